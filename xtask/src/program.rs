//! The native programs that the demo and the tests use, compiled without optimisation: `postseal`,
//! and the generator of the npm package's glue.

use std::path::PathBuf;

use anyhow::Result;

use crate::step::Step;
use crate::{tool, workspace};

/// Programs that one cargo invocation compiles, so that their shared dependencies are compiled
/// once: cargo compiles a crate again for each set of features that an invocation selects.
#[derive(Clone, Copy)]
pub(crate) enum Programs {
    /// The generator alone.
    Generator,
    /// Both.
    All,
    /// Both, with the features that `cargo test` selects.
    Tested,
}

impl Programs {
    /// The step that compiles them.
    pub(crate) fn step(self) -> Step {
        let what = match self {
            Programs::Generator => "compile the generator of the glue",
            _ => "compile the program `postseal`, and the generator of the glue",
        };
        Step::new(what, move || self.compile())
    }

    /// Compiles them, or finds that they are up to date.
    pub(crate) fn compile(self) -> Result<String> {
        let selected = match self {
            Programs::Generator => "--package xtask-generate",
            Programs::All => "--package xtask-generate --package postseal-gateway --bins",
            // A test target selects the features that tests need in every crate.
            Programs::Tested => "--workspace --bin xtask-generate --bin postseal --test tidy",
        };
        tool::run(&mut tool::cargo(&format!("build --locked {selected}")))?;
        Ok(String::new())
    }
}

/// Where the program `postseal` is.
pub(crate) fn path() -> PathBuf {
    workspace::target("debug/postseal")
}

/// Where the generator is.
pub(crate) fn generator() -> PathBuf {
    workspace::target("debug/xtask-generate")
}
