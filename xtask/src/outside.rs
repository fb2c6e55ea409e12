//! The crates outside the workspace, each with a lock file of its own, since they need flags or a
//! machine that the others do not. They are checked like the crates of the workspace.

use anyhow::Result;

use crate::count::Count;
use crate::{constant_time, fuzz, tool};

/// A crate outside the workspace.
struct Crate {
    folder: &'static str,
    clippy: fn() -> Result<Count>,
}

const CRATES: [Crate; 2] = [
    Crate { folder: "tests/constant_time", clippy: constant_time::clippy },
    Crate { folder: "tests/fuzz", clippy: fuzz::clippy },
];

/// Checks the format of each.
pub(crate) fn format() -> Result<Count> {
    each(|Crate { folder, .. }| cargo(&format!("fmt --manifest-path {folder}/Cargo.toml --check")))
}

/// Asks clippy of each.
pub(crate) fn clippy() -> Result<Count> {
    each(|Crate { clippy, .. }| clippy())
}

/// Checks the dependencies of each, by the rules of the workspace.
pub(crate) fn deny(checks: &str) -> Result<Count> {
    each(|Crate { folder, .. }| {
        let context = format!("--locked --config deny.toml --manifest-path {folder}/Cargo.toml");
        cargo(&format!("deny {context} {checks}"))
    })
}

fn each(check: impl Fn(&Crate) -> Result<Count>) -> Result<Count> {
    let mut sum = Count::default();
    for outside in &CRATES {
        sum.add(&check(outside)?);
    }
    Ok(sum)
}

fn cargo(arguments: &str) -> Result<Count> {
    Count::of(&mut tool::cargo(arguments))
}
