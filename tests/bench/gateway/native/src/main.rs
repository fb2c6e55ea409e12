//! What the gateway is measured against, and with: servers that do one part of its job each, signed
//! requests, and connections that do nothing.

mod certificate;
mod connections;
mod inbox;
mod requests;
mod server;
mod verifier;

use std::env;
use std::process::ExitCode;

use inbox::Inbox;
use server::Job;
use verifier::{ByHand, Core};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "\
usage: postseal-bench-gateway WHAT
  serve bare PORT                  verifies by hand
  serve core PORT                  verifies with the core
  serve transactions PORT DATABASE verifies with the core, and commits each event on its own
  sign FILE COUNT RUN              writes requests, whose ids have RUN in them
  certificate FOLDER               writes ca.pem, server.pem and server.key
  connect ADDRESS COUNT [CA]       holds idle connections, with TLS where there is an authority";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match task(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn task(words: &[&str]) -> Result<(), Failure> {
    match words {
        ["serve", "bare", port] => server::run(port.parse()?, Job::ByHand(ByHand::new()?)),
        ["serve", "core", port] => server::run(port.parse()?, Job::Core(Core::new()?)),
        ["serve", "transactions", port, database] => {
            server::run(port.parse()?, Job::Inbox(Core::new()?, Inbox::open(database)?))
        }
        ["sign", file, count, run] => requests::write(file, count.parse()?, run.parse()?),
        ["certificate", folder] => certificate::write(folder),
        ["connect", address, count] => connections::hold(address, count.parse()?, None),
        ["connect", address, count, ca] => connections::hold(address, count.parse()?, Some(ca)),
        _ => Err(USAGE.into()),
    }
}
