//! The program `postseal`: make keys, seal webhooks and open them, on the command line.
//!
//! It marshals: arguments, files and standard input go to the core, and its answer to standard
//! output. What is accepted, and why not, the core decides.

mod allocator;
mod command;
mod config;
mod deliver;
mod gateway;
mod host;
mod housekeeping;
mod input;
mod key_argument;
mod operate;
mod passed_on;
#[cfg(test)]
#[path = "../tests/postgres/mod.rs"]
mod postgres_server;
mod receive;
mod report;
mod request;
mod shared_arguments;
mod shown;
mod store;
mod usage;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Command;

const EXAMPLES: &str = "\
Examples:
  export SECRET=$(postseal keygen) KEY=$(postseal keygen encryption)
  echo '{\"n\":1}' | postseal seal --secret env:SECRET --encryption-key env:KEY --id evt_1 > request
  postseal open --secret env:SECRET --encryption-key env:KEY --request request

Exit status:
  0  accepted
  1  refused: the message is not authentic, not fresh, not readable or too large
  2  anything else: a wrong argument, an unreadable key, no clock";

/// Encrypted webhooks: sign, verify, encrypt and decrypt
#[derive(Parser)]
#[command(name = "postseal", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Program {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object, also where it fails
    #[arg(long, global = true)]
    json: bool,
}

fn main() -> ExitCode {
    match Program::try_parse() {
        Ok(program) => report::finish(program.command.run(program.json), program.json),
        Err(error) => usage::finish(error),
    }
}
