//! Where things are: the root of the checkout, and the folder of what is built.

use std::env;
use std::path::{Path, PathBuf};

/// A path in the checkout, from its root.
pub(crate) fn root(path: &str) -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().unwrap_or(Path::new(".")).join(path)
}

/// A path in the folder of what is built: `target`, or `CARGO_TARGET_DIR`.
pub(crate) fn target(path: &str) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root("").join(directory).join(path),
        None => root("target").join(path),
    }
}

/// Whether this is a run of continuous integration, where a missing tool is a failure.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
