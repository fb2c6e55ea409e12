//! Compiles a crate to WebAssembly so that anybody gets the same bytes: nothing of the folders in
//! which it is compiled goes into the module.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{tool, workspace};

/// The profile of the modules, and the folder that it names.
const PROFILE: &str = "wasm";

/// Compiles a package for a target.
pub(crate) fn compile(package: &str, target: &str) -> Result<String> {
    let arguments =
        format!("build --locked --package {package} --target {target} --profile {PROFILE}");
    let flags = [
        format!("--remap-path-prefix={}=cargo", cargo_home()?.display()),
        format!("--remap-path-prefix={}=postseal", workspace::root("").display()),
    ];
    // Also what RUSTFLAGS says is overridden by this: the bytes are to be the same everywhere.
    tool::run(tool::cargo(&arguments).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")))?;
    Ok(String::new())
}

/// The module that was compiled.
pub(crate) fn module(package: &str, target: &str) -> PathBuf {
    let file = package.replace('-', "_");
    workspace::target(&format!("{target}/{PROFILE}/{file}.wasm"))
}

/// Where cargo keeps the sources of dependencies, whose paths stand in the messages of panics.
fn cargo_home() -> Result<PathBuf> {
    let given = env::var_os("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).context("no home folder")
}
