//! The WASI module, and the one without wiping by which the test of wiping is itself tested.

use std::path::PathBuf;

use anyhow::Result;

use crate::{tool, workspace};

/// The target of the module.
pub(crate) const TARGET: &str = "wasm32-wasip1";
/// What leaves keys in memory: see Cargo.toml, and bindings/wasi.
const UNWIPED: &str = "--cfg postseal_unwiped";
const BUILD: &str = "build --package postseal-wasi --profile wasm --target";

/// Compiles the module, or finds that it is up to date.
pub(crate) fn compile() -> Result<PathBuf> {
    tool::add_target(TARGET)?;
    tool::run(&mut tool::cargo(&format!("{BUILD} {TARGET}")))?;
    Ok(workspace::target(&format!("{TARGET}/wasm/postseal_wasi.wasm")))
}

/// Compiles the module without wiping, in a folder of its own.
pub(crate) fn compile_unwiped() -> Result<PathBuf> {
    tool::add_target(TARGET)?;
    let folder = workspace::target("unwiped");
    let mut build = tool::cargo(&format!("{BUILD} {TARGET}"));
    tool::run(build.env("RUSTFLAGS", UNWIPED).arg("--target-dir").arg(&folder))?;
    Ok(folder.join(TARGET).join("wasm/postseal_wasi.wasm"))
}
