//! The fuzz targets of tests/fuzz: compiled once, then each run for some time.
//!
//! They need no cargo-fuzz: tests/fuzz/.cargo/config.toml has the flags that it would give.
//! libFuzzer itself is C++.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

use crate::count::Count;
use crate::{step, tool, workspace};

/// Every target, by the name of its program.
const TARGETS: [&str; 6] =
    ["headers", "jwe", "json_envelope", "secrets", "abi_frames", "differential"];
const NO_COMPILER: &str = "c++ is not there: Debian has it in g++";
/// Longer inputs hold nothing that these do not, and run slower.
const INPUT_BYTES_MAX: u32 = 4096;
/// In a test, each target runs all its seeds, and then a little longer.
const SECONDS_IN_A_TEST: u32 = 5;
/// Long enough to be run by hand, after a change of what it reads.
pub(crate) const SECONDS: u32 = 600;

/// Runs each target for some seconds, from the vectors alone.
pub(crate) fn test() -> Result<Count> {
    if !has_compiler()? {
        return Ok(Count::skipped(NO_COMPILER));
    }
    compile()?;
    let mut sum = Count::default();
    for target in TARGETS {
        let corpus = workspace::target("fuzz/seeds").join(target);
        if corpus.exists() {
            fs::remove_dir_all(&corpus).context("cannot empty the folder of seeds")?;
        }
        let mut run = program(target, &corpus, SECONDS_IN_A_TEST)?;
        sum.add(&Count::of(run.arg("-verbosity=0"))?);
    }
    Ok(sum)
}

/// Asks clippy of the targets, and of what they share: libFuzzer is compiled for that as well.
pub(crate) fn clippy() -> Result<Count> {
    match has_compiler()? {
        true => Count::of(cargo(tool::CLIPPY_OUTSIDE).args(["--", "-D", "warnings"])),
        false => Ok(Count::skipped(NO_COMPILER)),
    }
}

/// Runs each target for so long, from the vectors and what earlier runs have found, and says how
/// much it did. Answers whether nothing was found.
pub(crate) fn run(seconds: u32) -> Result<bool> {
    compile()?;
    let mut clean = true;
    for (index, target) in TARGETS.into_iter().enumerate() {
        let corpus = workspace::target("fuzz/corpus").join(target);
        let mut program = program(target, &corpus, seconds)?;
        let run = || tool::output(&mut program);
        let note = |output: &Result<Output>| output.as_ref().map(summary).unwrap_or_default();
        let output = step::announced(index + 1, TARGETS.len(), target, run, note)?;
        if !output.status.success() {
            println!("{}", tool::printed(&output));
            clean = false;
        }
    }
    Ok(clean)
}

fn has_compiler() -> Result<bool> {
    let there = tool::output(tool::command("c++").arg("--version")).is_ok();
    if !there && workspace::is_ci() {
        bail!("there is no C++ compiler: .ci/run installs it");
    }
    Ok(there)
}

fn compile() -> Result<()> {
    tool::run(&mut cargo("build --release --locked")).map(|_| ())
}

/// The run of a target, with its folders made.
fn program(target: &str, corpus: &Path, seconds: u32) -> Result<Command> {
    let findings: PathBuf = workspace::target("fuzz/findings").join(target);
    for folder in [corpus, &findings] {
        fs::create_dir_all(folder).context("cannot make a folder of fuzzing")?;
    }
    let mut program = cargo("run");
    program.args(["--release", "--locked", "--quiet", "--bin", target, "--"]);
    program.env("SEEDS", corpus).arg(corpus).args([
        &format!("-max_total_time={seconds}"),
        &format!("-max_len={INPUT_BYTES_MAX}"),
        &format!("-artifact_prefix={}/", findings.display()),
        "-dict=dictionary.txt",
    ]);
    Ok(program)
}

/// Cargo in the crate's own folder, where its flags stand. Flags from outside would replace them.
fn cargo(task: &str) -> Command {
    let mut cargo = tool::cargo(task);
    cargo.arg("--target-dir").arg(workspace::target("fuzz"));
    cargo.current_dir(workspace::root("tests/fuzz"));
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

/// What libFuzzer's last lines say: `#1152513 DONE cov: 2789 …`.
fn summary(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stderr);
    let done = printed.lines().find(|line| line.contains("DONE"));
    let words: Vec<_> = done.unwrap_or_default().split_whitespace().collect();
    match words.as_slice() {
        [runs, "DONE", "cov:", edges, ..] => {
            format!("{} executions, {edges} edges covered", runs.trim_start_matches('#'))
        }
        _ => "FOUND SOMETHING".to_owned(),
    }
}
