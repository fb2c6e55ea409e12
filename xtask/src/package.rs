//! The npm package: the core as WebAssembly, its JavaScript glue, and the packed tarball.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::measure::{self, Measured};
use crate::step::Step;
use crate::wasm::{Module, Purpose};
use crate::{budget, codes, scripts, tool, workspace};

/// SIMD makes SHA-256 a third faster, and smaller. The core is compiled for speed, for the sake of
/// its loops over base64, and a low threshold keeps the rest of it from being copied into itself.
const MODULE: Module = Module {
    package: "postseal-js",
    target: "wasm32-unknown-unknown",
    flags: &["-Ctarget-feature=+simd128", "-Cllvm-args=-inline-threshold=25"],
};

/// What builds the npm package in pkg/npm.
pub(crate) fn build_steps() -> Vec<Step> {
    // npm waits for the network while the compilers use the processor.
    let tools = thread::spawn(|| tool::npm_ci(&workspace::root("bindings/js")));
    vec![
        Step::new(format!("compilation target {}", MODULE.target), || {
            tool::add_target(MODULE.target)
        }),
        Step::new("codes.ts from src/error.rs", codes::write),
        Step::new("stores/scripts.ts from src/policy", scripts::write),
        Step::new("compile the core to WebAssembly, with its glue", || glue(Purpose::Published)),
        Step::new("npm packages that build the package", || {
            tools.join().map_err(|_| anyhow!("npm's thread ended early"))?
        }),
        Step::new("bundle the package", || {
            bundle(Purpose::Published, &workspace::root("pkg/npm/dist"))
        }),
    ]
}

/// What builds the package, and packs it as it would be published.
pub(crate) fn pack_steps() -> Vec<Step> {
    let mut steps = build_steps();
    steps.push(Step::new("pack the package", pack));
    steps
}

/// The packed package: the one tarball in the folder `pack`.
pub(crate) fn tarball() -> Result<PathBuf> {
    let folder = workspace::target("pack");
    let entries = fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))?;
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .with_context(|| format!("no tarball in {}", folder.display()))
}

/// Installs the packed package in a folder, as a user would, without a trace in its package.json.
pub(crate) fn install_into(folder: &str) -> Result<String> {
    tool::run(
        tool::command("npm")
            .args(["install", "--no-save", "--no-package-lock", "--no-fund", "--no-audit"])
            .args(["--loglevel=error"])
            .arg(tarball()?)
            .current_dir(workspace::root(folder)),
    )?;
    Ok(String::new())
}

/// The package's files, compiled without wiping, for a test that must find that out.
pub(crate) fn build_unwiped() -> Result<PathBuf> {
    glue(Purpose::Unwiped)?;
    let files = Purpose::Unwiped.folder().join("npm");
    bundle(Purpose::Unwiped, &files)?;
    Ok(files)
}

fn glue(purpose: Purpose) -> Result<String> {
    let output = purpose.folder().join("bindgen");
    Bindgen::new()
        .input_path(MODULE.compile(purpose)?)
        .web(true)?
        .omit_default_module_path(true)
        .typescript(true)
        .generate(&output)
        .with_context(|| format!("wasm-bindgen fails; its output goes to {}", output.display()))?;
    Ok(String::new())
}

fn bundle(purpose: Purpose, files: &Path) -> Result<String> {
    let bindgen = purpose.folder().join("bindgen");
    tool::run(tool::command("node").arg("bindings/js/build.mjs").arg(bindgen).arg(files))?;
    Ok(String::new())
}

/// Packs a copy, so that the texts of the root do not stand in the checkout twice.
fn pack() -> Result<String> {
    let (folder, copy) = (workspace::target("pack"), workspace::target("pack/npm"));
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    copy_folder(&workspace::root("pkg/npm"), &copy)?;
    copy_texts(&copy)?;
    tool::run(
        tool::command("npm")
            .args(["pack", "--loglevel=error", "--pack-destination"])
            .arg(&folder)
            .current_dir(&copy),
    )?;
    measure(&folder, &tarball()?)
}

/// The licences and the README are the project's own, unless the package has its own.
fn copy_texts(copy: &Path) -> Result<()> {
    for entry in fs::read_dir(workspace::root(""))? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let wanted = text.starts_with("LICENSE") || text == "README.md";
        if wanted && !copy.join(&name).exists() {
            fs::copy(entry.path(), copy.join(&name))?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("no {}", from.display()))? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true if entry.file_name() == "node_modules" => (),
            true => copy_folder(&entry.path(), &copy)?,
            false => drop(fs::copy(entry.path(), copy)?),
        }
    }
    Ok(())
}

/// Tells the sizes that a user pays for, and holds them to the budget.
fn measure(folder: &Path, tarball: &Path) -> Result<String> {
    let files = [folder.join("npm/dist/core.wasm"), tarball.to_owned()];
    let measured = measure::files(folder, &files)?;
    budget::check(&measured)?;
    let size = |file: &Measured| {
        format!("\n      {:<34}{:>9} bytes {:>9} gzip", file.name, file.bytes, file.gzip)
    };
    Ok(format!("in {}{}", folder.display(), measured.iter().map(size).collect::<String>()))
}
