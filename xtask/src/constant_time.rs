//! The MAC and its comparison under valgrind: see tests/constant_time.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::count::Count;
use crate::{tool, workspace};

/// What valgrind ends with where it has found an error.
const FOUND: i32 = 9;
/// Why the crate is not built on another machine.
const ELSEWHERE: &str = "its requests to valgrind are written for Linux on x86-64";

/// Nothing may be found in the core's comparison, and something must be in a careless one.
pub(crate) fn test() -> Result<Count> {
    if !is_for_this_machine() {
        return Ok(Count::skipped(ELSEWHERE));
    }
    let there = tool::output(tool::command("valgrind").arg("--version")).is_ok();
    match (there, workspace::is_ci()) {
        (true, _) => (),
        (false, true) => bail!("valgrind is not installed: .ci/run installs it"),
        (false, false) => return Ok(Count::skipped("valgrind is not there: Debian has it")),
    }
    tool::run(&mut cargo("build --release --locked"))?;
    let program = workspace::target("constant_time/release/postseal-constant-time");
    let mut sum = expect(&program, "mac", 0)?;
    sum.add(&expect(&program, "control", FOUND)?);
    Ok(sum)
}

/// Asks clippy of the crate.
pub(crate) fn clippy() -> Result<Count> {
    match is_for_this_machine() {
        true => Count::of(cargo(tool::CLIPPY_OUTSIDE).args(["--", "-D", "warnings"])),
        false => Ok(Count::skipped(ELSEWHERE)),
    }
}

fn is_for_this_machine() -> bool {
    cfg!(all(target_arch = "x86_64", target_os = "linux"))
}

fn cargo(task: &str) -> Command {
    let mut cargo = tool::cargo(task);
    cargo.args(["--manifest-path", "tests/constant_time/Cargo.toml", "--target-dir"]);
    cargo.arg(workspace::target("constant_time"));
    cargo
}

fn expect(program: &Path, part: &str, status: i32) -> Result<Count> {
    let mut valgrind = tool::command("valgrind");
    valgrind.args(["--quiet", &format!("--error-exitcode={FOUND}")]).arg(program).arg(part);
    let output = tool::output(&mut valgrind)?;
    if output.status.code() == Some(status) {
        return Ok(Count::success());
    }
    let ended = format!("`{part}` ended with {}, and not with {status}", output.status);
    Ok(Count::failure(format!("{ended}:\n{}", tool::printed(&output))))
}
