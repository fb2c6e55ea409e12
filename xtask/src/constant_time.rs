//! The MAC and its comparison under valgrind: see tests/constant_time.

use std::path::Path;

use anyhow::{Result, bail};

use crate::count::Count;
use crate::{tool, workspace};

/// What valgrind ends with where it has found an error.
const FOUND: i32 = 9;

/// Nothing may be found in the core's comparison, and something must be in a careless one.
pub(crate) fn test() -> Result<Count> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Ok(Count::skipped("its requests to valgrind are written for Linux on x86-64"));
    }
    let there = tool::output(tool::command("valgrind").arg("--version")).is_ok();
    match (there, workspace::is_ci()) {
        (true, _) => (),
        (false, true) => bail!("valgrind is not installed: .ci/run installs it"),
        (false, false) => return Ok(Count::skipped("valgrind is not there: Debian has it")),
    }
    let folder = workspace::target("constant_time");
    let manifest = "build --release --locked --manifest-path tests/constant_time/Cargo.toml";
    tool::run(tool::cargo(manifest).arg("--target-dir").arg(&folder))?;
    let program = folder.join("release/postseal-constant-time");
    let mut sum = expect(&program, "mac", 0)?;
    sum.add(&expect(&program, "control", FOUND)?);
    Ok(sum)
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
