//! Speed as a ratio: the packed package, and the crate, against other libraries, in one run on one
//! machine.

use std::path::PathBuf;

use anyhow::Result;

use crate::program::Programs;
use crate::step::{self, Step};
use crate::{package, tool, wasi, workspace};

/// Builds all that is measured, then measures it. The numbers are printed as they come.
pub(crate) fn run() -> Result<bool> {
    let mut steps = package::pack_steps(Programs::Generator);
    steps.push(Step::new("npm packages to compare with", || {
        tool::npm_ci(&workspace::root("tests/bench"))
    }));
    steps.push(Step::new("install the packed package", || package::install_into("tests/bench")));
    steps.push(Step::new("compile the crate, and ring", compile_native));
    steps.push(wasi::build_step());
    steps.push(Step::new("compile wasmtime, and the host of the module", wasi::compile_bench));
    step::run(steps)?;
    println!();
    let bench = workspace::root("tests/bench/bench.mjs");
    let mut node = tool::command("node");
    node.arg(bench).args([native_program(), wasi::bench(), wasi::path()]);
    Ok(node.status()?.success())
}

fn compile_native() -> Result<String> {
    tool::run(&mut tool::cargo("build --release --locked --package postseal-bench-native"))?;
    Ok(String::new())
}

fn native_program() -> PathBuf {
    workspace::target("release/postseal-bench-native")
}
