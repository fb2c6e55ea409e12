//! The commands, one file each.

mod check;
mod event_table;
mod events;
mod keygen;
mod keyid;
mod open;
mod seal;
mod send;
mod serve;

use clap::Subcommand;
use postseal::Error;

use crate::report::Answer;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Keygen(keygen::Keygen),
    Keyid(keyid::Keyid),
    Seal(seal::Seal),
    Open(open::Open),
    Send(send::Send),
    Serve(serve::Serve),
    Check(check::Check),
    Events(events::Events),
    Dead(events::Dead),
}

impl Command {
    /// Does it. With `json` the answer is one JSON object.
    pub(crate) fn run(self, json: bool) -> Result<Answer, Error> {
        match self {
            Command::Keygen(keygen) => keygen.run(json),
            Command::Keyid(keyid) => keyid.run(json),
            Command::Seal(seal) => seal.run(json),
            Command::Open(open) => open.run(json),
            Command::Send(send) => send.run(json),
            Command::Serve(serve) => serve.run(),
            Command::Check(check) => check.run(json),
            Command::Events(events) => events.run(json),
            Command::Dead(dead) => dead.run(json),
        }
    }
}
