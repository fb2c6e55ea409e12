//! What a file is, measured: its size, its size compressed, and its hash.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{tool, workspace};

/// A file.
pub(crate) struct Measured {
    /// Its path from the folder that was named.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Under gzip -9.
    pub(crate) gzip: u64,
    /// SHA-256, in hexadecimal.
    pub(crate) sha256: String,
}

/// Measures files, and names them from a folder.
pub(crate) fn files(folder: &Path, files: &[PathBuf]) -> Result<Vec<Measured>> {
    let script = workspace::root("xtask/src/measure.mjs");
    let measured = tool::run(tool::command("node").arg(script).arg(folder).args(files))?;
    let measured: Vec<Value> = serde_json::from_str(&measured)?;
    measured
        .iter()
        .map(|file| Measured::parse(file).context("measure.mjs: a member lacks"))
        .collect()
}

impl Measured {
    fn parse(file: &Value) -> Option<Self> {
        let text = |member| file.get(member)?.as_str().map(str::to_owned);
        let number = |member| file.get(member)?.as_u64();
        Some(Measured {
            name: text("name")?,
            bytes: number("bytes")?,
            gzip: number("gzip")?,
            sha256: text("sha256")?,
        })
    }
}
