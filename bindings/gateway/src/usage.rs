//! Wrong arguments: what is said of them, without what may be a secret in the wrong place.
//!
//! `postseal keyid --secret whsec_…` must not copy the secret to a log, so a usage error shows only
//! what looks like a word.

use std::env;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use postseal::Code;

use crate::report::{FAILED, complain, refuse, write_output};

/// What users type by mistake and need to see again, `--secrets` or `opne`, is no longer.
const WORD_BYTES_MAX: usize = 20;

/// Answers the argument parser's error: prints the help that was asked for, or says what is wrong.
pub(crate) fn finish(error: clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write_output(error.render().to_string().as_bytes(), ExitCode::SUCCESS)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            complain(error.render().to_string().trim_end());
            ExitCode::from(FAILED)
        }
        _ => {
            let text = redacted(error).render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
            complain(&format!("postseal: {}: {text}", Code::InvalidConfig));
            let message = text.split("\n\n").next().unwrap_or(text);
            refuse(
                Code::InvalidConfig,
                message,
                env::args_os().any(|argument| argument == "--json"),
            )
        }
    }
}

/// Takes out of an error what the user typed, but for words.
fn redacted(mut error: clap::Error) -> clap::Error {
    let typed =
        [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    for kind in typed {
        if is_secret(&error, kind) {
            error.insert(kind, ContextValue::String("(not shown)".to_owned()));
            // A suggestion quotes it again.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// Whether a part of an error may be a secret. The names of the program's own arguments are not.
fn is_secret(error: &clap::Error, kind: ContextKind) -> bool {
    let typed = kind != ContextKind::InvalidArg || error.kind() == ErrorKind::UnknownArgument;
    match error.get(kind) {
        Some(ContextValue::String(text)) => typed && !is_word(text),
        _ => false,
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= WORD_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
