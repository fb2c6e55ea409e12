//! Speed as a ratio: the packed package against other libraries, in one run on one machine.

use anyhow::Result;

use crate::step::{self, Step};
use crate::{package, tool, workspace};

/// Builds and packs the package, then measures it. The numbers are printed as they come.
pub(crate) fn run() -> Result<bool> {
    let mut steps = package::pack_steps();
    steps.push(Step::new("npm packages to compare with", || {
        tool::npm_ci(&workspace::root("tests/bench"))
    }));
    steps.push(Step::new("install the packed package", || package::install_into("tests/bench")));
    step::run(steps)?;
    println!();
    Ok(tool::command("node").arg("tests/bench/bench.mjs").status()?.success())
}
