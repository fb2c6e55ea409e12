//! Running the program: arguments, variables and standard input go in, all it says comes out.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
pub(crate) const KEY: &str = "whenc_fWEIj924xMvz1cGWU8UcseyrBWI61/6/gTxaCgpUSQI=";
pub(crate) const KEY_ID: &str = "BS_Nx6EyPuFBAKeQnQgIScN21ilIZpySbYz5Nm3llKc";
pub(crate) const NOW: &str = "1700000000";

/// One run that is being described.
pub(crate) struct Program {
    command: Command,
    arguments: Vec<OsString>,
    input: Vec<u8>,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: String,
}

/// The program with these arguments.
pub(crate) fn postseal<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Program {
    let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
    let command = Command::new(env!("CARGO_BIN_EXE_postseal"));
    Program { command, arguments, input: Vec::new() }
}

/// Like [`postseal`], of words that have no space in them.
pub(crate) fn words(line: &str) -> Program {
    postseal(line.split_whitespace())
}

/// A path in a folder for tests; `name` must be the test's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Writes a file for a test, and gives `file:` and its path.
pub(crate) fn key_file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = scratch(name);
    std::fs::write(&path, content).unwrap();
    format!("file:{}", path.display())
}

impl Program {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, more: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(more.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn input(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.input = bytes.as_ref().to_vec();
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Run {
        let input = self.input.clone();
        let mut child = self.spawn();
        let mut pipe = child.stdin.take().unwrap();
        // The program may refuse before it has read all: then the pipe breaks, and that is right.
        let feeding = thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!errors.contains("panicked"), "{errors}");
        Run { exit: output.status.code().unwrap(), output: output.stdout, errors }
    }

    /// Starts it, with all three streams piped.
    pub(crate) fn spawn(mut self) -> Child {
        self.command.args(&self.arguments);
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command.spawn().unwrap()
    }
}

impl Run {
    /// The output of a run that was accepted.
    pub(crate) fn accepted(self) -> Vec<u8> {
        assert_eq!(self.exit, 0, "{}", self.errors);
        self.output
    }

    /// The output, which is text, of a run that was accepted.
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.accepted()).unwrap()
    }

    /// The output, which is one line of JSON.
    pub(crate) fn json(&self) -> Value {
        let line = self.output.strip_suffix(b"\n").expect("a whole line");
        assert!(!line.contains(&b'\n'), "one line");
        serde_json::from_slice(line).unwrap()
    }

    /// A run that ended with this exit code, an error of this code, and nothing on standard output.
    pub(crate) fn refused(self, exit: i32, code: &str) -> String {
        assert_eq!(self.exit, exit, "{}", self.errors);
        assert!(self.output.is_empty(), "an output: {:?}", String::from_utf8_lossy(&self.output));
        let start = format!("postseal: {code}: ");
        let message = self.errors.strip_prefix(&start).unwrap_or_else(|| {
            panic!("{code} expected: {}", self.errors);
        });
        message.trim_end().to_owned()
    }
}
