//! Compiles a crate to WebAssembly so that anybody gets the same bytes: nothing of the folders in
//! which it is compiled goes into the module.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result};

use crate::{tool, workspace};

/// The profile of the modules, and the folder that it names.
const PROFILE: &str = "wasm";

/// What a module is compiled for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// To be published.
    Published,
    /// To show that the tests of wiping find something where nothing wipes.
    Unwiped,
}

impl Purpose {
    /// The folder of the modules, and of the files generated from them.
    pub(crate) fn folder(self) -> PathBuf {
        match self {
            Purpose::Published => workspace::target("published"),
            Purpose::Unwiped => workspace::target("unwiped"),
        }
    }

    fn flag(self) -> Option<String> {
        match self {
            Purpose::Published => None,
            Purpose::Unwiped => Some("--cfg=postseal_unwiped".to_owned()),
        }
    }
}

/// A crate that becomes a WebAssembly module.
pub(crate) struct Module {
    pub(crate) package: &'static str,
    pub(crate) target: &'static str,
    /// What the compiler is told beside the profile.
    pub(crate) flags: &'static [&'static str],
}

impl Module {
    /// Compiles it, and gives the module's path.
    pub(crate) fn compile(&self, purpose: Purpose) -> Result<PathBuf> {
        let Module { package, target, .. } = self;
        tool::add_target(target)?;
        let arguments =
            format!("build --locked --package {package} --target {target} --profile {PROFILE}");
        let mut cargo = tool::cargo(&arguments);
        cargo.arg("--target-dir").arg(workspace::target(""));
        // Also what RUSTFLAGS says is overridden by this: the bytes are to be the same everywhere.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.all_flags(purpose)?.join("\u{1f}"));
        tool::run(&mut cargo)?;
        // Cargo writes the modules of both purposes to the same path.
        let file = format!("{}.wasm", package.replace('-', "_"));
        let compiled = workspace::target(&format!("{target}/{PROFILE}/{file}"));
        let module = purpose.folder().join(file);
        fs::create_dir_all(purpose.folder())
            .and_then(|()| fs::copy(&compiled, &module))
            .with_context(|| format!("cannot copy {}", compiled.display()))?;
        Ok(module)
    }

    fn all_flags(&self, purpose: Purpose) -> Result<Vec<String>> {
        let mut flags: Vec<String> = self.flags.iter().map(ToString::to_string).collect();
        flags.push(format!("--remap-path-prefix={}=cargo", cargo_home()?.display()));
        flags.push(format!("--remap-path-prefix={}=postseal", workspace::root("").display()));
        flags.extend(purpose.flag());
        Ok(flags)
    }
}

/// Where cargo keeps the sources of dependencies, whose paths stand in the messages of panics.
fn cargo_home() -> Result<PathBuf> {
    let given = env::var_os("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).context("no home folder")
}
