//! The WASI module: the core for hosts of any language, as pkg/wasi/dist/postseal.wasm.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::Step;
use crate::wasm::{Module, Purpose};
use crate::{tool, workspace};

/// One scalar build for every engine: some have no SIMD.
const MODULE: Module = Module { package: "postseal-wasi", target: "wasm32-wasip1", flags: &[] };

/// What builds the module.
pub(crate) fn build_steps() -> Vec<Step> {
    vec![
        Step::new(format!("compilation target {}", MODULE.target), || {
            tool::add_target(MODULE.target)
        }),
        Step::new("compile the core to a WASI module", build),
    ]
}

/// Compiles the program that answers the demo's questions in wasmtime. It is asked of the whole
/// workspace, so that wasmtime is compiled with the features that the tests give it.
pub(crate) fn compile_demo() -> Result<String> {
    tool::run(&mut tool::cargo("build --locked --workspace --example demo"))?;
    Ok(String::new())
}

/// That program, and the module that it runs.
pub(crate) fn demo() -> Command {
    let mut demo = tool::command(workspace::target("debug/examples/demo"));
    demo.arg(path());
    demo
}

/// Compiles the program that measures the module in wasmtime.
pub(crate) fn compile_bench() -> Result<String> {
    tool::run(&mut tool::cargo("build --locked --release --workspace --example bench"))?;
    Ok(String::new())
}

/// Where that program is.
pub(crate) fn bench() -> PathBuf {
    workspace::target("release/examples/bench")
}

/// The module without wiping, by which the tests of wiping are themselves tested.
pub(crate) fn build_unwiped() -> Result<PathBuf> {
    MODULE.compile(Purpose::Unwiped)
}

/// Where the module is.
pub(crate) fn path() -> PathBuf {
    workspace::root("pkg/wasi/dist/postseal.wasm")
}

fn build() -> Result<String> {
    let module = MODULE.compile(Purpose::Published)?;
    let bytes = fs::read(module).context("the module was not compiled")?;
    tool::write(&path(), &bytes)?;
    Ok(format!("{} bytes", bytes.len()))
}
