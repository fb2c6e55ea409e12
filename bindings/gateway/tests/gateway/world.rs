//! The world around a gateway, as `world.c` makes it: a disk that loses power, lies or is full, and
//! a clock that jumps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::running::{Gateway, Place};

/// A place whose gateways live in such a world.
pub(crate) struct World {
    library: PathBuf,
    folder: PathBuf,
    store: PathBuf,
}

impl World {
    /// `None`, said aloud, where there is none: this is Linux's, and a C compiler must be there.
    pub(crate) fn around(place: &Place) -> Option<Self> {
        static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
        let library = LIBRARY.get_or_init(compile).clone()?;
        let folder = place.folder.join("world");
        fs::create_dir_all(&folder).unwrap();
        // SQLite opens the path without links.
        let store = place.folder.canonicalize().unwrap().join("events.db");
        Some(World { library, folder, store })
    }

    /// Starts a gateway whose writes and syncs are noted anew.
    pub(crate) fn start_noted(&self, place: &Place) -> Gateway {
        let _ = fs::remove_file(self.notes());
        self.start_with(place, &[("WORLD_NOTES", self.notes())])
    }

    /// Starts a gateway whose disk is real, until it is full.
    pub(crate) fn start(&self, place: &Place) -> Gateway {
        self.start_with(place, &[])
    }

    fn start_with(&self, place: &Place, more: &[(&str, PathBuf)]) -> Gateway {
        let variables = [
            ("LD_PRELOAD", self.library.clone()),
            ("WORLD_STORE", self.store.clone()),
            ("WORLD_LYING", self.folder.join("lying")),
            ("WORLD_FULL", self.folder.join("full")),
            ("WORLD_CLOCK", self.folder.join("clock")),
        ];
        place.start_in(&[&variables, more].concat())
    }

    /// What was done to the store's files, in its order.
    pub(crate) fn notes(&self) -> PathBuf {
        self.folder.join("notes")
    }

    /// From now on syncs do nothing, and say that they have.
    pub(crate) fn lie(&self) {
        fs::write(self.folder.join("lying"), "").unwrap();
    }

    /// From now on nothing can be written to the store.
    pub(crate) fn fill(&self) {
        fs::write(self.folder.join("full"), "").unwrap();
    }

    pub(crate) fn make_room(&self) {
        fs::remove_file(self.folder.join("full")).unwrap();
    }

    /// How far the gateway's clock is ahead from now on.
    pub(crate) fn set_clock_ahead(&self, seconds: i64) {
        let new = self.folder.join("clock.new");
        fs::write(&new, seconds.to_string()).unwrap();
        // At once, so that nobody reads half a number.
        fs::rename(new, self.folder.join("clock")).unwrap();
    }
}

fn compile() -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        println!("skipped: the world of disks and clocks is made for Linux alone");
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway/world.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("world.so");
    let arguments = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-pthread", "-o"];
    let compiled = Command::new("cc").args(arguments).arg(&library).arg(source).status();
    match compiled {
        Ok(status) => assert!(status.success(), "world.c does not compile"),
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "no C compiler: {why}");
            println!("skipped: there is no C compiler for the world of disks and clocks: {why}");
            return None;
        }
    }
    Some(library)
}
