//! The main job, shown: sealed in one runtime, opened in another, and refused alike in all of them.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::cases::{self, Keys};
use crate::program::Programs;
use crate::runtime::Runtime;
use crate::step::{self, Step};
use crate::table::Table;
use crate::{gateway, package, tool, wasi, workspace};

/// Builds what it needs, shows the table, and answers whether every cell is as it must be.
pub(crate) fn run() -> Result<bool> {
    let began = Instant::now();
    println!("Building the program, the npm package and the WASI module.");
    println!("The first run takes about four minutes on two cores.\n");
    step::run(setup_steps())?;
    println!();
    let correct = show()?;
    println!("\nTook {:.0} s. {NEXT}", began.elapsed().as_secs_f32());
    Ok(correct)
}

const NEXT: &str = "\
Read next: README.md; src/receiver.rs, which reads from the top down;
tests/vectors/, the cases that every runtime must answer alike. Run next: cargo xtask test.";

/// npm and PyPI download in the background while the compilers use the processor.
fn setup_steps() -> Vec<Step> {
    let mut steps = package::pack_steps(Programs::All);
    steps.extend([
        wasi::build_step(),
        Step::in_background("npm packages that the demo runs on", || {
            tool::npm_ci(&workspace::root("tests/demo"))
        }),
        Step::in_background("wasmtime from PyPI", wasi::install_wasmtime),
        Step::new("install the packed package", || package::install_into("tests/demo")),
        Step::new("bundle the worker for workerd", bundle_worker),
    ]);
    steps
}

/// A Worker is deployed as a bundle: esbuild makes it, under the conditions of Cloudflare's tools.
fn bundle_worker() -> Result<String> {
    let folder = workspace::target("demo");
    tool::run(
        tool::command("node_modules/.bin/esbuild")
            .args(["worker.js", "--bundle", "--format=esm", "--conditions=workerd,worker"])
            .args(["--loader:.wasm=copy", "--asset-names=[name]", "--log-level=warning"])
            .arg(format!("--outdir={}", folder.display()))
            .current_dir(workspace::root("tests/demo")),
    )?;
    fs::copy(workspace::root("tests/demo/workerd.capnp"), folder.join("workerd.capnp"))
        .context("cannot copy workerd.capnp")?;
    Ok(String::new())
}

fn show() -> Result<bool> {
    let asked = "seal and open in every runtime";
    let (sample, table) = step::announced(1, 2, asked, fill_table, |_| String::new())?;
    println!("\n{sample}\n\n{table}");
    for why in Runtime::ALL.into_iter().filter_map(Runtime::missing) {
        println!("{why}");
    }
    let faults = table.faults();
    if !faults.is_empty() {
        println!("\nWRONG: {}", faults.join("\nWRONG: "));
        return Ok(false);
    }
    println!("\n{}\n", table.rotation());
    let sent = "send events through the gateway, and kill it midway";
    let arrived = step::announced(2, 2, sent, gateway::show, |_| String::new())?;
    println!("\n{arrived}");
    Ok(true)
}

/// Fills the table from every installed runtime. Also returns a message as it is sent.
fn fill_table() -> Result<(String, Table)> {
    let keys = Keys::generate()?;
    let runtimes: Vec<_> =
        Runtime::ALL.into_iter().filter(|runtime| runtime.missing().is_none()).collect();
    let (messages, sample) = cases::messages(&keys, &runtimes)?;
    let mut table = Table::new(cases::cases(&keys, &messages)?);
    for runtime in runtimes {
        let answers = runtime.open_all(table.cases())?;
        table.add(runtime, answers);
    }
    Ok((sample, table))
}
