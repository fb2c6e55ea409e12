//! The WASI module: the core for hosts of any language, as pkg/wasi/dist/postseal.wasm.

use std::fs;
use std::path::PathBuf;

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
