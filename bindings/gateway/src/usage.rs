//! Wrong arguments: what is said of them, without what may be a secret in the wrong place.
//!
//! `postseal keyid --secret whsec_…` must not copy the secret to a log, and a secret may look like
//! any word, so a usage error shows nothing that was typed: only what is like it, and would be
//! right.

use std::env;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use postseal::Code;

use crate::report::{FAILED, complain, refuse, write_output};
use crate::shown::NOT_SHOWN;

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

/// Takes out of an error what the user typed.
fn redacted(mut error: clap::Error) -> clap::Error {
    let typed =
        [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    for kind in typed {
        if is_typed(&error, kind) {
            error.insert(kind, ContextValue::String(NOT_SHOWN.to_owned()));
            // This advice quotes it again; a similar argument's name does not.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// Whether the user typed this part of an error. The names of the program's own arguments are not.
fn is_typed(error: &clap::Error, kind: ContextKind) -> bool {
    error.get(kind).is_some()
        && (kind != ContextKind::InvalidArg || error.kind() == ErrorKind::UnknownArgument)
}
