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

/// The step that builds the module, in the background of the steps before it.
pub(crate) fn build_step() -> Step {
    Step::in_background("compile the core to a WASI module", build)
}

/// Installs wasmtime from PyPI for the demo, if Python can: compiling it would take minutes.
pub(crate) fn install_wasmtime() -> Result<String> {
    if !tool::has_python() {
        return Ok("left out: Python 3 with venv is not installed".to_owned());
    }
    tool::python_environment(&demo_requirements()).map(|_| String::new())
}

/// The program that answers the demo's questions in wasmtime, and the module that it runs.
pub(crate) fn demo_host() -> Command {
    let mut host = tool::command(tool::environment_python(&demo_requirements()));
    host.arg(workspace::root("tests/demo/wasmtime_host.py")).arg(path());
    host
}

fn demo_requirements() -> PathBuf {
    workspace::root("tests/demo/requirements.txt")
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

/// Builds the module.
pub(crate) fn build() -> Result<String> {
    let module = MODULE.compile(Purpose::Published)?;
    let bytes = fs::read(module).context("the module was not compiled")?;
    tool::write(&path(), &bytes)?;
    Ok(format!("{} bytes", bytes.len()))
}
