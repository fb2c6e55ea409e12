//! The native program `postseal` that the demo and the tests use: compiled fast, not for speed.

use std::path::PathBuf;

use anyhow::Result;

use crate::{tool, workspace};

/// Compiles the program, or finds that it is up to date.
pub(crate) fn compile() -> Result<String> {
    tool::run(&mut tool::cargo("build --package postseal-gateway --bin postseal"))?;
    Ok(String::new())
}

/// Where the compiled program is.
pub(crate) fn path() -> PathBuf {
    workspace::target("debug/postseal")
}
