//! How a command ends: standard output, standard error and the exit code.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use base64ct::{Base64, Encoding};
use postseal::{Code, Error};
use serde::Serialize;
use zeroize::Zeroizing;

/// The exit code where all went well.
pub(crate) const ACCEPTED: u8 = 0;
/// The exit code where the other side, or a message, is refused.
pub(crate) const REFUSED: u8 = 1;
/// The exit code of all that is neither accepted nor refused.
pub(crate) const FAILED: u8 = 2;

/// What a command gives: bytes for standard output, which may be a key, and a note for a person.
pub(crate) struct Answer {
    output: Zeroizing<Vec<u8>>,
    note: Option<String>,
    exit: u8,
}

impl Answer {
    /// Exactly these bytes.
    pub(crate) fn bytes(output: Vec<u8>) -> Self {
        Answer { output: Zeroizing::new(output), note: None, exit: ACCEPTED }
    }

    /// Text, and the end of its line.
    pub(crate) fn line(text: &str) -> Self {
        Answer::bytes([text.as_bytes(), b"\n"].concat())
    }

    /// One JSON object on a line: `"ok":true`, and the facts.
    pub(crate) fn json(facts: &impl Serialize) -> Result<Self, Error> {
        json_line(true, facts)
    }

    /// One JSON object on a line: `"ok":false`, and the facts; [`Answer::with_exit`] says how bad
    /// that is.
    pub(crate) fn refused_json(facts: &impl Serialize) -> Result<Self, Error> {
        json_line(false, facts)
    }

    /// Adds a line for standard error.
    pub(crate) fn with_note(self, note: String) -> Self {
        Answer { note: Some(note), ..self }
    }

    /// Ends the program with another exit code than 0.
    pub(crate) fn with_exit(self, exit: u8) -> Self {
        Answer { exit, ..self }
    }
}

fn json_line(ok: bool, facts: &impl Serialize) -> Result<Answer, Error> {
    #[derive(Serialize)]
    struct Told<'a, F> {
        ok: bool,
        #[serde(flatten)]
        facts: &'a F,
    }
    let json = serde_json::to_string(&Told { ok, facts })
        .map(Zeroizing::new)
        .map_err(|_| Error::new(Code::InvalidConfig, "the answer cannot be written as JSON"))?;
    Ok(Answer::line(&json))
}

/// Bytes as JSON carries them.
pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Writes the answer, or the error, and gives the exit code.
pub(crate) fn finish(outcome: Result<Answer, Error>, json: bool) -> ExitCode {
    match outcome {
        Ok(answer) => {
            if let Some(note) = &answer.note {
                complain(note);
            }
            write_output(&answer.output, ExitCode::from(answer.exit))
        }
        Err(error) => {
            complain(&format!("postseal: {error}"));
            refuse(error.code(), error.message(), json)
        }
    }
}

/// Writes an error's JSON object where one is wanted, and gives the exit code.
pub(crate) fn refuse(code: Code, message: &str, json: bool) -> ExitCode {
    let exit = ExitCode::from(match code.status() {
        401 | 413 => REFUSED,
        _ => FAILED,
    });
    if !json {
        return exit;
    }
    #[derive(Serialize)]
    struct Refused<'a> {
        ok: bool,
        code: &'a str,
        message: &'a str,
    }
    let refused = Refused { ok: false, code: code.as_str(), message };
    let json = serde_json::to_string(&refused).unwrap_or_default();
    write_output(format!("{json}\n").as_bytes(), exit)
}

/// Writes a line to standard error. Where that is closed, there is nobody to tell.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes to standard output, and gives `exit`. A reader who has gone has seen enough: no error.
pub(crate) fn write_output(bytes: &[u8], exit: ExitCode) -> ExitCode {
    let written =
        standard_output().and_then(|mut output| output.write_all(bytes).and(output.flush()));
    match written {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => {
            complain(&format!("postseal: standard output cannot be written: {why}"));
            ExitCode::from(FAILED)
        }
        _ => exit,
    }
}

/// The descriptor itself: `Stdout` passes over the error of one that cannot be written. One that
/// was closed at the start (`>&-`) is not seen: Rust opens the null device in its place before
/// `main`.
#[cfg(unix)]
fn standard_output() -> io::Result<impl Write> {
    use std::os::fd::AsFd;

    io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

#[cfg(not(unix))]
fn standard_output() -> io::Result<impl Write> {
    Ok(io::stdout().lock())
}
