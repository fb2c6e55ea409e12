//! The WASI module: the core for hosts of any language, as pkg/wasi/dist/postseal.wasm.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::step::Step;
use crate::wasm::Purpose;
use crate::{tool, wasm, workspace};

const PACKAGE: &str = "postseal-wasi";
const TARGET: &str = "wasm32-wasip1";

/// What builds the module.
pub(crate) fn build_steps() -> Vec<Step> {
    vec![
        Step::new(format!("compilation target {TARGET}"), || tool::add_target(TARGET)),
        Step::new("compile the core to a WASI module", build),
    ]
}

/// Where the module is.
pub(crate) fn path() -> PathBuf {
    workspace::root("pkg/wasi/dist/postseal.wasm")
}

fn build() -> Result<String> {
    let module = wasm::compile(PACKAGE, TARGET, Purpose::Published)?;
    let bytes = fs::read(module).context("the module was not compiled")?;
    tool::write(&path(), &bytes)?;
    Ok(format!("{} bytes", bytes.len()))
}
