//! The task runner: `cargo xtask help` lists what it does.

mod bench;
mod budget;
mod case;
mod cases;
mod constant_time;
mod count;
mod demo;
mod fuzz;
mod gateway;
mod load;
mod measure;
mod outside;
mod package;
mod program;
mod progress;
mod runtime;
mod sealed;
mod step;
mod sums;
mod table;
mod test;
mod tool;
mod wasi;
mod wasm;
mod workspace;

use std::env;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::program::Programs;

const HELP: &str = "\
Builds, shows and tests postseal.

Usage: cargo xtask TASK

  demo            show the main job in one screen: seal, open, refuse, rotate, in every runtime
  build           build the npm package in pkg/npm: WebAssembly, JavaScript glue, types;
                  and the WASI module in pkg/wasi
  pack            build it, pack it as it would be published, and print its sizes
  sums            build both modules, and write their hashes to pkg/SHA256SUMS
  test [WORD]     run every test, or the groups of tests whose name has WORD in it
  fuzz [SECONDS]  run each fuzz target for so long, by default ten minutes
  bench           measure the package against other libraries, as ratios; then the gateway
  bench gateway   measure the gateway alone under load, against what stands in its place elsewhere
  help            print this

What is built goes to `target`, or to the folder that CARGO_TARGET_DIR names.
On a bare Debian machine with rustup, `.ci/run` installs what is missing and tests everything.";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match task(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does the task, and answers whether it went well.
fn task(words: &[&str]) -> Result<bool> {
    match words {
        ["demo"] => demo::run(),
        ["build"] => {
            let mut steps = package::build_steps(Programs::Generator);
            steps.push(wasi::build_step());
            step::run(steps).map(|()| true)
        }
        ["pack"] => step::run(package::pack_steps(Programs::Generator)).map(|()| true),
        ["sums"] => step::run(sums::write_steps()).map(|()| true),
        ["test"] => test::run(""),
        ["test", word] => test::run(word),
        ["fuzz"] => fuzz::run(fuzz::SECONDS),
        ["fuzz", seconds] => fuzz::run(seconds.parse().context("SECONDS is a whole number")?),
        ["bench"] => Ok(bench::run()? & load::run()?),
        ["bench", "gateway"] => load::run(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}\n\nGroups of tests:{}", test::names());
            Ok(true)
        }
        other => bail!("`{}` is no task: `cargo xtask help` lists them", other.join(" ")),
    }
}
