//! What is on a disk after the power was lost: all that was synced, and some of what was not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::random::Random;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
const HEAD_BYTES: usize = 24;
/// The store's files, by the letters of `world.c`. The log's index is memory, and gone.
const FILES: [(u8, &str); 3] = [(b'd', ""), (b'w', "-wal"), (b'j', "-journal")];

/// The files beside which a store lies, and what has been done to them since.
#[derive(Default)]
pub(crate) struct Disk {
    /// Every file that was ever there; one that is made anew is another one.
    files: Vec<File>,
    /// Which of them bears a name now.
    named: BTreeMap<u8, usize>,
    /// The same, as far as it was synced; and what was done to names since.
    synced_names: BTreeMap<u8, usize>,
    names: Vec<(u8, Option<usize>)>,
    pub(crate) syncs: usize,
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    since: Vec<Change>,
}

enum Change {
    Written { offset: usize, bytes: Vec<u8> },
    Truncated { size: usize },
}

impl Disk {
    /// The files as they are now, all of them synced.
    pub(crate) fn read(store: &Path) -> Self {
        let mut disk = Disk::default();
        for (letter, end) in FILES {
            if let Ok(synced) = fs::read(path(store, end)) {
                disk.named.insert(letter, disk.files.len());
                disk.files.push(File { synced, since: Vec::new() });
            }
        }
        disk.synced_names = disk.named.clone();
        disk
    }

    /// Does what was noted. A last note that is not whole was not answered either.
    pub(crate) fn replay(&mut self, notes: &Path) {
        let notes = fs::read(notes).unwrap();
        let mut rest = notes.as_slice();
        while let Some((head, after)) = rest.split_at_checked(HEAD_BYTES) {
            let number = |at: usize| {
                let bytes = head[at..at + 8].try_into().unwrap();
                usize::try_from(u64::from_ne_bytes(bytes)).unwrap()
            };
            let (what, letter, offset, size) = (head[0], head[1], number(8), number(16));
            let written = if what == b'w' { size } else { 0 };
            let Some((bytes, after)) = after.split_at_checked(written) else { return };
            rest = after;
            match what {
                b'c' => self.name(letter, true),
                b'u' => self.name(letter, false),
                b's' => self.sync(letter),
                b'w' => self.change(letter, Change::Written { offset, bytes: bytes.to_vec() }),
                b't' => self.change(letter, Change::Truncated { size }),
                _ => panic!("a note of {what}"),
            }
        }
    }

    fn name(&mut self, letter: u8, made: bool) {
        let file = made.then_some(self.files.len());
        self.files.extend(made.then(File::default));
        match file {
            Some(file) => self.named.insert(letter, file),
            None => self.named.remove(&letter),
        };
        self.names.push((letter, file));
    }

    fn change(&mut self, letter: u8, change: Change) {
        self.files[self.named[&letter]].since.push(change);
    }

    fn sync(&mut self, letter: u8) {
        self.syncs += 1;
        if letter == b'f' {
            let names = std::mem::take(&mut self.names);
            apply_names(&mut self.synced_names, &names);
            return;
        }
        let file = &mut self.files[self.named[&letter]];
        for change in std::mem::take(&mut file.since) {
            change.apply(&mut file.synced, |_| true);
        }
    }

    /// Writes what is left of the files in the place of those that were there.
    pub(crate) fn lose_power(mut self, random: &mut Random, store: &Path) {
        let kept = random.below(1 + u64::try_from(self.names.len()).unwrap());
        apply_names(&mut self.synced_names, &self.names[..usize::try_from(kept).unwrap()]);
        for end in ["", "-wal", "-journal", "-shm"] {
            let _ = fs::remove_file(path(store, end));
        }
        for (letter, end) in FILES {
            let Some(&file) = self.synced_names.get(&letter) else { continue };
            let file = std::mem::take(&mut self.files[file]);
            fs::write(path(store, end), file.left(random)).unwrap();
        }
    }
}

impl File {
    /// All that was synced, and of each later change all, nothing, or some of its sectors. How many
    /// of a file's changes are lost is drawn as well: much, little and all must be tried.
    fn left(self, random: &mut Random) -> Vec<u8> {
        let File { synced: mut bytes, since } = self;
        let lost_in_4 = random.below(5);
        for change in since {
            if random.below(4) >= lost_in_4 {
                change.apply(&mut bytes, |_| true);
            } else if random.below(2) == 0 {
                change.apply(&mut bytes, |_| random.below(2) == 0);
            }
        }
        bytes
    }
}

impl Change {
    /// Changes those sectors that `reaches` the disk.
    fn apply(&self, file: &mut Vec<u8>, mut reaches: impl FnMut(usize) -> bool) {
        match self {
            Change::Truncated { size } if reaches(0) => file.resize(*size, 0),
            Change::Truncated { .. } => {}
            Change::Written { offset, bytes } => {
                let (mut at, end) = (*offset, offset + bytes.len());
                while at < end {
                    let sector_end = end.min((at / SECTOR + 1) * SECTOR);
                    if reaches(at) {
                        file.resize(file.len().max(sector_end), 0);
                        let part = &bytes[at - offset..sector_end - offset];
                        file[at..sector_end].copy_from_slice(part);
                    }
                    at = sector_end;
                }
            }
        }
    }
}

fn apply_names(names: &mut BTreeMap<u8, usize>, changes: &[(u8, Option<usize>)]) {
    for (letter, file) in changes {
        match file {
            Some(file) => names.insert(*letter, *file),
            None => names.remove(letter),
        };
    }
}

fn path(store: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", store.display()))
}
