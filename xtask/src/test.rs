//! Everything that can be tested, the cheapest first: all are counted, and none stops the others.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

use crate::count::Count;
use crate::program::Programs;
use crate::{constant_time, fuzz, outside, package, program, step, sums, tool, wasi, workspace};

/// A target without `std`: what compiles for it cannot use `std` by mistake.
const BARE_TARGET: &str = "thumbv7em-none-eabihf";
const GENERATORS: [&str; 3] = [
    "tests/vectors/generate/all.py",
    "tests/vectors/generate/at_rest.py",
    "tests/vectors/policy/generate.py",
];

struct Group {
    name: &'static str,
    run: fn() -> Result<Count>,
}

const GROUPS: &[Group] = &[
    Group { name: "format", run: format },
    Group { name: "generated vectors", run: generated_vectors },
    Group { name: "vectors against a second implementation", run: cross_check },
    Group { name: "TypeScript", run: typescript },
    Group { name: "clippy, native", run: clippy_native },
    Group { name: "clippy, outside the workspace", run: outside::clippy },
    Group { name: "clippy, WebAssembly", run: clippy_wasm },
    Group { name: "core without std", run: without_std },
    Group { name: "constant time under valgrind", run: constant_time::test },
    Group { name: "cargo test", run: cargo_test },
    Group { name: "generated TypeScript", run: generated_typescript },
    Group { name: "fuzz, 5 s each", run: fuzz::test },
    Group { name: "WASI module in wasmtime", run: wasmtime },
    Group { name: "documentation", run: documentation },
    Group { name: "licences and sources of dependencies", run: deny },
    Group { name: "npm package, packed", run: pack },
    Group { name: "npm package in its runtimes", run: npm_package },
    Group { name: "npm package in frameworks", run: npm_frameworks },
    Group { name: "npm package, stores in real servers", run: npm_stores },
    Group { name: "npm package in bundlers and test runners", run: npm_packaging },
    Group { name: "npm package, wiping", run: npm_wiping },
    Group { name: "hashes of the modules", run: hashes },
    Group { name: "WASI module in Python, from docs/abi.md", run: python_host },
    Group { name: "interop with Python", run: interop },
];

/// Runs the groups whose name has `word` in it, and fails if anything failed.
///
/// The last line printed is the sum: `N passed, N failed`.
pub(crate) fn run(word: &str) -> Result<bool> {
    let chosen: Vec<_> = GROUPS.iter().filter(|group| group.name.contains(word)).collect();
    if chosen.is_empty() {
        bail!("no group of tests has `{word}` in its name:{}", names());
    }
    let mut sum = Count::default();
    for (index, group) in chosen.iter().enumerate() {
        let run = || (group.run)().unwrap_or_else(|error| Count::failure(format!("{error:#}")));
        let count = step::announced(index + 1, chosen.len(), group.name, run, Count::summary);
        if !count.report.is_empty() {
            println!("{}\n", count.report);
        }
        sum.add(&count);
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    Ok(sum.failed == 0)
}

/// The names of the groups, each on a line of its own.
pub(crate) fn names() -> String {
    GROUPS.iter().map(|group| format!("\n  {}", group.name)).collect()
}

fn cargo(arguments: &str) -> Result<Count> {
    Count::of(&mut tool::cargo(arguments))
}

fn format() -> Result<Count> {
    let mut sum = cargo("fmt --all --check")?;
    sum.add(&outside::format()?);
    Ok(sum)
}

fn generated_typescript() -> Result<Count> {
    Programs::Tested.compile()?;
    package::check_typescript()?;
    Ok(Count::success())
}

fn generated_vectors() -> Result<Count> {
    let mut sum = Count::default();
    for generator in GENERATORS {
        sum.add(&python(generator, Path::new("--check"), Count::of)?);
    }
    Ok(sum)
}

fn cross_check() -> Result<Count> {
    Count::of(tool::command("node").arg("tests/vectors/generate/cross_check.mjs"))
}

/// esbuild drops the types without a look at them.
fn typescript() -> Result<Count> {
    let folder = workspace::root("bindings/js");
    tool::npm_ci(&folder)?;
    Count::of(tool::command("npm").args(["run", "--silent", "check"]).current_dir(folder))
}

fn clippy_native() -> Result<Count> {
    cargo("clippy --workspace --all-targets -- -D warnings")
}

/// Uses the modules' profile, in which their procedural macros are compiled anyway.
fn clippy_wasm() -> Result<Count> {
    tool::add_target("wasm32-unknown-unknown")?;
    tool::add_target("wasm32-wasip1")?;
    let mut sum = Count::default();
    for face in
        ["postseal-js --target wasm32-unknown-unknown", "postseal-wasi --target wasm32-wasip1"]
    {
        sum.add(&cargo(&format!("clippy --profile wasm --package {face} -- -D warnings"))?);
    }
    Ok(sum)
}

fn without_std() -> Result<Count> {
    tool::add_target(BARE_TARGET)?;
    cargo(&format!("check --package postseal --lib --no-default-features --target {BARE_TARGET}"))
}

fn cargo_test() -> Result<Count> {
    Count::of_cargo_test(&mut tool::cargo("test --workspace --no-fail-fast -- --quiet"))
}

/// The tests that need the module, and are ignored where there is none. They are asked of the whole
/// workspace, so that wasmtime is compiled with the features that `cargo test` has given it.
fn wasmtime() -> Result<Count> {
    let mut tests = tool::cargo("test --workspace --test module -- --ignored --quiet");
    wasi::build()?;
    tests.env("POSTSEAL_WASM", wasi::path());
    tests.env("POSTSEAL_UNWIPED_WASM", wasi::build_unwiped()?);
    Count::of_cargo_test(&mut tests)
}

fn documentation() -> Result<Count> {
    Count::of(tool::cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny() -> Result<Count> {
    let installed = tool::output(&mut tool::cargo("deny --version"))?.status.success();
    match (installed, workspace::is_ci()) {
        (true, _) => {
            let checks = "check licenses bans sources";
            let mut sum = cargo(&format!("deny --workspace {checks}"))?;
            sum.add(&outside::deny(checks)?);
            Ok(sum)
        }
        (false, true) => bail!("cargo-deny is not installed: .ci/run installs it"),
        (false, false) => Ok(Count::skipped(
            "cargo-deny is not there: `cargo install cargo-deny --locked --no-default-features`",
        )),
    }
}

/// Whether this run has built the package: it takes a minute, and several groups need it.
static BUILT: AtomicBool = AtomicBool::new(false);

fn pack() -> Result<Count> {
    step::run_quietly(package::pack_steps(Programs::Tested))?;
    BUILT.store(true, Ordering::Relaxed);
    Ok(Count::success())
}

fn build_package() -> Result<()> {
    if !BUILT.swap(true, Ordering::Relaxed) {
        step::run_quietly(package::build_steps(Programs::Tested))?;
    }
    Ok(())
}

fn npm_package() -> Result<Count> {
    tool::npm_ci(&workspace::root("tests/js/next"))?;
    of_tarball("tests/js")
}

fn npm_frameworks() -> Result<Count> {
    of_tarball("tests/js/frameworks")
}

fn npm_stores() -> Result<Count> {
    of_tarball("tests/js/stores")
}

fn npm_packaging() -> Result<Count> {
    of_tarball("tests/packaging")
}

/// The tests of the packed package in a folder. All use the Nodes that `tests/js` installs.
fn of_tarball(folder: &str) -> Result<Count> {
    tool::npm_ci(&workspace::root("tests/js"))?;
    tool::npm_ci(&workspace::root(folder))?;
    let mut node = tool::command("node");
    node.arg(workspace::root(folder).join("run.mjs")).arg(package::tarball()?);
    Count::of_closing_line(&mut node)
}

fn npm_wiping() -> Result<Count> {
    build_package()?;
    let unwiped = package::build_unwiped()?.join("inline.cjs");
    let published = workspace::root("pkg/npm/dist/inline.cjs");
    let mut node = tool::command("node");
    Count::of_closing_line(node.arg("tests/js/wiping.mjs").args([published, unwiped]))
}

fn hashes() -> Result<Count> {
    build_package()?;
    wasi::build()?;
    sums::check()?;
    Ok(Count::success())
}

fn python_host() -> Result<Count> {
    wasi::build()?;
    python("tests/abi/run.py", &wasi::path(), Count::of_closing_line)
}

fn interop() -> Result<Count> {
    Programs::Tested.compile()?;
    python("tests/interop/run.py", &program::path(), Count::of_closing_line)
}

type Counting = fn(&mut Command) -> Result<Count>;

/// Runs a script in an environment of its own, with what its folder's requirements.txt names.
fn python(script: &str, argument: &Path, counting: Counting) -> Result<Count> {
    let script = workspace::root(script);
    let folder = script.parent().context("a script stands in a folder")?;
    let python = tool::python_environment(&folder.join("requirements.txt"))?;
    counting(tool::command(python).arg(&script).arg(argument))
}
