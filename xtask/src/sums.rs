//! The hashes of the modules, so that anybody can compare what they have: `pkg/SHA256SUMS`, and the
//! one that the Rust host knows.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::program::Programs;
use crate::step::Step;
use crate::{measure, package, tool, wasi, workspace};

const ADVICE: &str = "`cargo xtask sums` writes the files anew: commit them";

/// What builds both modules, and writes their hashes.
pub(crate) fn write_steps() -> Vec<Step> {
    let mut steps = package::build_steps(Programs::Generator);
    steps.push(wasi::build_step());
    steps.push(Step::new("hashes of the modules", write));
    steps
}

fn write() -> Result<String> {
    for (path, text) in current()? {
        tool::write(&path, text)?;
    }
    Ok(String::new())
}

/// Compares the hashes of the modules, as they were built, with those that are committed.
pub(crate) fn check() -> Result<()> {
    for (path, text) in current()? {
        if tool::read(&path)? != text {
            bail!("{} is not of these sources; it should be\n{text}{ADVICE}", path.display());
        }
    }
    Ok(())
}

/// The files of hashes, and what should stand in them.
fn current() -> Result<[(PathBuf, String); 2]> {
    let modules = [workspace::root("pkg/npm/dist/core.wasm"), wasi::path()];
    let measured = measure::files(&workspace::root("pkg"), &modules)?;
    let lines = measured.iter().map(|file| format!("{}  {}\n", file.sha256, file.name));
    let hosted = measured.last().context("no module was measured")?;
    Ok([
        (workspace::root("pkg/SHA256SUMS"), lines.collect()),
        (workspace::root("bindings/rust-host/module.sha256"), format!("{}\n", hosted.sha256)),
    ])
}
