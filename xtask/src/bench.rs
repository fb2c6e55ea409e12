//! Speed as a ratio: the packed package, and the crate, against other libraries, in one run on one
//! machine.

use std::path::PathBuf;

use anyhow::Result;

use crate::step::{self, Step};
use crate::{package, tool, workspace};

/// Builds all that is measured, then measures it. The numbers are printed as they come.
pub(crate) fn run() -> Result<bool> {
    let mut steps = package::pack_steps();
    steps.push(Step::new("npm packages to compare with", || {
        tool::npm_ci(&workspace::root("tests/bench"))
    }));
    steps.push(Step::new("install the packed package", || package::install_into("tests/bench")));
    steps.push(Step::new("compile the crate, and ring", compile_native));
    step::run(steps)?;
    println!();
    let bench = workspace::root("tests/bench/bench.mjs");
    Ok(tool::command("node").arg(bench).arg(native_program()).status()?.success())
}

/// It has a workspace and a lock file of its own.
fn compile_native() -> Result<String> {
    let manifest = workspace::root("tests/bench/native/Cargo.toml");
    tool::run(
        tool::cargo("build --release --locked")
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(workspace::target("bench-native")),
    )?;
    Ok(String::new())
}

fn native_program() -> PathBuf {
    workspace::target("bench-native/release/postseal-bench-native")
}
