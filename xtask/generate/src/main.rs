//! Generates parts of the npm package: the JavaScript glue of a compiled module, and the TypeScript
//! that repeats facts of the core. `xtask` runs it in the root of the checkout.

mod codes;
mod scripts;

use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "usage: xtask-generate glue MODULE FOLDER | typescript | check";

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["glue", module, folder] => glue(Path::new(module), Path::new(folder)),
        ["typescript"] => each_text(write),
        ["check"] => each_text(check),
        _ => bail!(USAGE),
    }
}

fn glue(module: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .omit_default_module_path(true)
        .typescript(true)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen cannot write the glue to {}", folder.display()))
}

/// Acts on each generated file: its path, and its expected content.
fn each_text(act: impl Fn(&str, &str) -> Result<()>) -> Result<()> {
    act(codes::PATH, &codes::text()?)?;
    act(scripts::PATH, &scripts::text())
}

/// Writes the file if it is not up to date.
fn write(path: &str, text: &str) -> Result<()> {
    if read(path).is_ok_and(|written| written == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {path}"))
}

/// Fails if the committed file differs from what would be generated.
fn check(path: &str, text: &str) -> Result<()> {
    if read(path)? != text {
        bail!("{path} differs from the core's sources: run `cargo xtask build`");
    }
    Ok(())
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {path}"))
}
