//! The npm package: the core as WebAssembly, its JavaScript glue, and the packed tarball.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::measure::{self, Measured};
use crate::program::{self, Programs};
use crate::step::Step;
use crate::wasm::{Module, Purpose};
use crate::{budget, tool, workspace};

/// SIMD makes SHA-256 a third faster, and smaller. The core is compiled for speed, for the sake of
/// its loops over base64, and a low threshold keeps the rest of it from being copied into itself.
const MODULE: Module = Module {
    package: "postseal-js",
    target: "wasm32-unknown-unknown",
    flags: &["-Ctarget-feature=+simd128", "-Cllvm-args=-inline-threshold=25"],
};

/// The steps that build the npm package in pkg/npm, with the programs that the task compiles
/// anyway.
pub(crate) fn build_steps(programs: Programs) -> Vec<Step> {
    vec![
        programs.step(),
        Step::in_background("compile the core to WebAssembly", || {
            MODULE.compile(Purpose::Published).map(|_| String::new())
        }),
        Step::in_background("npm packages that build the package", || {
            tool::npm_ci(&workspace::root("bindings/js"))
        }),
        Step::new("generate the JavaScript glue, codes.ts and scripts.ts", || {
            generate("typescript", &[])?;
            glue(Purpose::Published)
        }),
        Step::new("bundle the package", || {
            bundle(Purpose::Published, &workspace::root("pkg/npm/dist"))
        }),
    ]
}

/// What builds the package, and packs it as it would be published.
pub(crate) fn pack_steps(programs: Programs) -> Vec<Step> {
    let mut steps = build_steps(programs);
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

/// Fails if the generated TypeScript in the checkout differs from the core.
pub(crate) fn check_typescript() -> Result<String> {
    generate("check", &[])
}

fn glue(purpose: Purpose) -> Result<String> {
    let module = MODULE.compile(purpose)?;
    generate("glue", &[module, purpose.folder().join("bindgen")])
}

fn generate(what: &str, paths: &[PathBuf]) -> Result<String> {
    tool::run(tool::command(program::generator()).arg(what).args(paths))
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
