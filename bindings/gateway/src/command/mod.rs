//! The commands, one file each.

mod keygen;
mod keyid;
mod open;
mod seal;
mod send;

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
        }
    }
}
