//! The programs that tasks call: quiet when they succeed, shown in full when they fail.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use crate::{progress, workspace};

/// What clippy is asked of a crate outside the workspace. Of the release build, so that what was
/// built before is of use.
pub(crate) const CLIPPY_OUTSIDE: &str = "clippy --release --locked --all-targets";

/// A program that starts in the root of the checkout.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root(""));
    command
}

/// The cargo that runs this task. It prints its progress bar, as in a terminal.
pub(crate) fn cargo(arguments: &str) -> Command {
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments.split_whitespace());
    cargo.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "120");
    cargo
}

/// Runs a program, and returns its output and exit status. Meanwhile the last line that it printed
/// is the progress of the step, unless it runs in the background.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    let mut child = start(command)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let shown = thread::current().name() == Some("main");
    let errors = thread::spawn(move || stderr.map(|stream| progress::read(stream, shown)));
    let stdout = stdout.map(|stream| progress::read(stream, shown));
    let stderr = errors.join().map_err(|_| anyhow!("the thread that reads errors panicked"))?;
    let status = child.wait()?;
    if shown {
        progress::clear();
    }
    Ok(Output {
        status,
        stdout: stdout.transpose()?.unwrap_or_default(),
        stderr: stderr.transpose()?.unwrap_or_default(),
    })
}

fn start(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        match error.kind() {
            io::ErrorKind::NotFound => anyhow!("{program} is not installed. {}", advice(&program)),
            _ => anyhow!("{program} does not start: {error}"),
        }
    })
}

/// Runs a program that must succeed, and gives its standard output.
///
/// # Errors
/// All that the program printed, if it fails.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    bail!("{}\n{}", described(command, &output), printed(&output));
}

/// All that a program printed: what it says of itself first, then its errors.
pub(crate) fn printed(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{}", stdout.trim_end(), stderr.trim_end()).trim().to_owned()
}

fn described(command: &Command, output: &Output) -> String {
    let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    let program = command.get_program().to_string_lossy();
    format!("`{program} {}` failed ({}):", words.join(" "), output.status)
}

fn advice(program: &str) -> &'static str {
    match program {
        "node" | "npm" => "Install Node 20 or later, which brings npm.",
        "python3" => "Install Python 3.11 or later with its venv module.",
        "rustup" => "Install Rust through rustup: the toolchain is named in rust-toolchain.toml.",
        _ => "`.ci/run` installs what a bare Debian machine needs.",
    }
}

/// Adds a compilation target to the toolchain if it is not there.
pub(crate) fn add_target(name: &str) -> Result<String> {
    let installed = run(command("rustup").args(["target", "list", "--installed"]))?;
    if installed.lines().any(|line| line == name) {
        return Ok("there".to_owned());
    }
    run(command("rustup").args(["target", "add", name]))?;
    Ok("added".to_owned())
}

/// Installs exactly what a folder's package-lock.json names, unless that is what is there.
pub(crate) fn npm_ci(folder: &Path) -> Result<String> {
    let installed = folder.join("node_modules/.package-lock.json");
    if newer(&installed, &folder.join("package-lock.json")) {
        return Ok("there".to_owned());
    }
    run(command("npm")
        .args(["ci", "--no-fund", "--no-audit", "--loglevel=error"])
        .current_dir(folder))?;
    Ok("installed".to_owned())
}

/// Whether a Python that can create virtual environments is installed.
pub(crate) fn has_python() -> bool {
    output(command("python3").args(["-c", "import venv, ensurepip"]))
        .is_ok_and(|output| output.status.success())
}

/// The Python of an environment with what `requirements` names; plain python3 where there are none.
pub(crate) fn python_environment(requirements: &Path) -> Result<PathBuf> {
    let Ok(wanted) = read(requirements) else { return Ok("python3".into()) };
    let (venv, python) = (environment(requirements), environment_python(requirements));
    let stamp = venv.join("installed.txt");
    if read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(command("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    run(command(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(requirements))?;
    write(&stamp, wanted)?;
    Ok(python)
}

/// Where the Python of that environment is.
pub(crate) fn environment_python(requirements: &Path) -> PathBuf {
    environment(requirements).join("bin/python3")
}

fn environment(requirements: &Path) -> PathBuf {
    let folder = requirements.parent().and_then(|path| path.file_name()).unwrap_or_default();
    workspace::target("venv").join(folder)
}

fn newer(product: &Path, source: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    matches!((modified(product), modified(source)), (Ok(product), Ok(source)) if product >= source)
}

/// Writes a file, with its folder.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a file as text.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
