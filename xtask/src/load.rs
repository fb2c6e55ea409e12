//! The gateway under load, against what people would build or take in its place.

use std::path::PathBuf;

use anyhow::Result;

use crate::step::{self, Step};
use crate::{tool, workspace};

/// The nearest peer, of the default registry.
const QHOOK_VERSION: &str = "0.6.1";
const FLASK: &str = "tests/bench/gateway/flask/requirements.txt";

/// Builds all that is measured, then measures it. The numbers are printed when all are there.
pub(crate) fn run() -> Result<bool> {
    step::run(vec![
        Step::new("compile the gateway", compile_gateway),
        Step::new("compile what it is measured with", compile_native),
        Step::new("npm packages to compare with", || tool::npm_ci(&workspace::root("tests/bench"))),
        Step::new("Python packages to compare with", || {
            tool::python_environment(&workspace::root(FLASK)).map(|_| String::new())
        }),
        Step::new("compile qhook, some minutes the first time", compile_qhook),
    ])?;
    println!();
    let mut node = tool::command("node");
    node.arg(workspace::root("tests/bench/gateway/bench.mjs"));
    node.args([workspace::target("release/postseal"), native_program()]);
    node.args([tool::python_environment(&workspace::root(FLASK))?, qhook()]);
    Ok(node.status()?.success())
}

fn compile_gateway() -> Result<String> {
    tool::run(&mut tool::cargo("build --release --locked --package postseal-gateway"))?;
    Ok(String::new())
}

fn compile_native() -> Result<String> {
    tool::run(&mut tool::cargo("build --release --locked --package postseal-bench-gateway"))?;
    Ok(String::new())
}

/// Where it does not compile, it is left out, and the benchmark says so.
fn compile_qhook() -> Result<String> {
    if qhook().exists() {
        return Ok("there".to_owned());
    }
    let mut install = tool::cargo("install qhook --locked --quiet --version");
    install.arg(QHOOK_VERSION).arg("--root").arg(workspace::target("qhook"));
    install.arg("--target-dir").arg(workspace::target("qhook-build"));
    Ok(tool::run(&mut install).map_or_else(|why| format!("left out: {why:#}"), |_| String::new()))
}

fn qhook() -> PathBuf {
    workspace::target("qhook/bin/qhook")
}

fn native_program() -> PathBuf {
    workspace::target("release/postseal-bench-gateway")
}
