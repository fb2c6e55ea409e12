//! The files that SQLite has open, and whether their paths still name them.
//!
//! A file that is removed or replaced stays open: SQLite goes on writing to it, and everything that
//! it commits there is lost when the process ends. So the writer checks the files after each commit
//! and before any answer. The check does not notice a file that is removed between the check and
//! the answer, nor a file whose content is overwritten in place, as `cp` does.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postseal::Error;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Result as SqliteResult};

use super::sqlite_log::{checkpoint, state};
use super::unavailable;

/// Attempts to read the WAL, since another process may restart it during a read.
const LOOKS_MAX: usize = 16;
/// SPEC: SQLite, "The WAL File Format". The last bit is the byte order of the checksums.
const LOG_MAGIC: u32 = 0x377f_0682;
const LOG_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// The files of a store that is open.
pub(super) struct Files {
    named: Vec<Named>,
    log_path: PathBuf,
    /// INVARIANT: closed after every connection: when a process closes any descriptor of a file,
    /// POSIX releases all locks that the process has on it. SQLite takes no locks on the WAL.
    database: Arc<File>,
    /// Length of the database at the last check that it passed, in bytes.
    database_bytes: AtomicU64,
    log: File,
}

/// A path, and the identity of the file that SQLite opened there.
struct Named {
    role: Role,
    path: PathBuf,
    identity: Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Database,
    /// The WAL, `-wal`.
    Log,
    /// The shared memory of the WAL, `-shm`. Without it another process does not see our locks, and
    /// overwrites what we write.
    Index,
}

/// Device and inode.
type Identity = (u64, u64);

type Salt = [u8; 8];

/// A frame that the WAL had at a check.
#[derive(Clone, Copy)]
struct Mark {
    /// Number of the frame, from 1.
    frame: u64,
    salt: Salt,
}

/// The last frame of an intact WAL. `None` if it has no frame.
type Checked = Result<Option<Mark>, Loss>;

/// What has happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Its path names no file, or another file.
    Replaced { role: Role, path: PathBuf },
    /// It lacks what SQLite wrote to it.
    Damaged { role: Role, path: PathBuf },
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Replaced { path, .. } => {
                write!(formatter, "the store's file {} was removed or replaced", path.display())
            }
            Loss::Damaged { path, .. } => {
                write!(formatter, "the store's file {} was truncated or changed", path.display())
            }
        }
    }
}

impl From<Loss> for Error {
    fn from(loss: Loss) -> Self {
        unavailable(loss.to_string())
    }
}

impl Named {
    /// The file that the path names now.
    fn found(&self) -> Option<Identity> {
        self.path.metadata().ok().map(|facts| (facts.dev(), facts.ino()))
    }
}

impl Files {
    /// The files of a connection that was just opened. `database` was opened at `path` before the
    /// connection was, so that a path which changed meanwhile is noticed here. Only a commit proves
    /// that the WAL at its path is the one that SQLite has open: [`Files::check_log`] looks for the
    /// frame of each.
    ///
    /// # Errors
    /// `store_unavailable` if a file is gone already.
    pub(super) fn opened(path: &Path, database: Arc<File>) -> Result<Self, Error> {
        let facts = database.metadata().map_err(|why| unreadable(path, &why))?;
        let of_database = (facts.dev(), facts.ino());
        // SQLite follows symbolic links, and keeps the other files next to the target.
        let real = path.canonicalize().map_err(|why| unreadable(path, &why))?;
        let log_path = beside(&real, "-wal");
        let log = File::open(&log_path).map_err(|why| unreadable(&log_path, &why))?;
        let facts = log.metadata().map_err(|why| unreadable(&log_path, &why))?;
        let index_path = beside(&real, "-shm");
        let of_index = index_path.metadata().map_err(|why| unreadable(&index_path, &why))?;
        let named = |role, path, identity| Named { role, path, identity };
        let named = vec![
            named(Role::Database, path.to_owned(), of_database),
            named(Role::Database, real, of_database),
            named(Role::Log, log_path.clone(), (facts.dev(), facts.ino())),
            named(Role::Index, index_path, (of_index.dev(), of_index.ino())),
        ];
        let database_bytes = AtomicU64::new(0);
        let files = Files { named, log_path, database, database_bytes, log };
        files.check()?;
        Ok(files)
    }

    pub(super) fn database(&self) -> &Arc<File> {
        &self.database
    }

    /// Checks that each path names the file that SQLite has open, and that the database has not
    /// been truncated.
    pub(super) fn check(&self) -> Result<(), Loss> {
        for named in &self.named {
            if named.found() != Some(named.identity) {
                return Err(Loss::Replaced { role: named.role, path: named.path.clone() });
            }
        }
        let bytes = self.database.metadata().map_or(0, |facts| facts.len());
        if bytes < self.database_bytes.load(Ordering::Relaxed) && !self.has_pages(bytes) {
            let path = self.named.iter().find(|named| named.role == Role::Database);
            let path = path.map(|named| named.path.clone()).unwrap_or_default();
            return Err(Loss::Damaged { role: Role::Database, path });
        }
        self.database_bytes.store(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Whether a database of this length has all the pages that its header counts: `VACUUM` shrinks
    /// the header first.
    ///
    /// SPEC: SQLite, "Database File Format", section 1.3.
    fn has_pages(&self, bytes: u64) -> bool {
        let mut header = [0; 32];
        if self.database.read_exact_at(&mut header, 0).is_err() {
            return false;
        }
        let page_bytes = match header.get(16..18) {
            // 1 is 65 536.
            Some([0, 1]) => 1 << 16,
            Some([high, low]) => u64::from(u16::from_be_bytes([*high, *low])),
            _ => return false,
        };
        number(&header, 28).is_some_and(|pages| u64::from(pages) * page_bytes <= bytes)
    }

    /// Whether another process may use another `-shm` than ours: a process that finds none creates
    /// one.
    fn has_other_index(&self) -> bool {
        let mut indexes = self.named.iter().filter(|named| named.role == Role::Index);
        indexes.any(|named| named.found().is_some_and(|found| found != named.identity))
    }

    /// Checks that the WAL has what SQLite has committed to it, by its length, its header and two
    /// frames: the last one, and the one that was last at the check before. A WAL that was
    /// truncated just before a commit lacks the latter.
    fn check_log(&self, connection: &Connection, before: Option<Mark>) -> SqliteResult<Checked> {
        for _ in 0..LOOKS_MAX {
            let [_, frames, _] = state(connection)?;
            // Negative where another process is committing.
            let Ok(frame) = u64::try_from(frames) else { continue };
            if let Some(mark) = self.mark(frame, before) {
                return Ok(Ok(mark));
            }
            let [_, frames_now, _] = state(connection)?;
            if frames_now == frames {
                break;
            }
        }
        Ok(Err(Loss::Damaged { role: Role::Log, path: self.log_path.clone() }))
    }

    /// `None` if the WAL lacks this frame, or the one of the check before.
    fn mark(&self, frame: u64, before: Option<Mark>) -> Option<Option<Mark>> {
        if frame == 0 {
            // Everything is in the database, and the next commit restarts the WAL.
            return Some(None);
        }
        let salt = self.salt(frame)?;
        let is_whole = match before.filter(|before| before.salt == salt) {
            Some(before) => before.frame <= frame && self.salt(before.frame) == Some(salt),
            None => true,
        };
        is_whole.then_some(Some(Mark { frame, salt }))
    }

    /// The salt of a complete frame, if it is that of the WAL's header: each restart of the WAL
    /// changes it.
    fn salt(&self, frame: u64) -> Option<Salt> {
        let mut header = [0; LOG_HEADER_BYTES];
        self.log.read_exact_at(&mut header, 0).ok()?;
        let (magic, salt): (u32, Salt) = (number(&header, 0)?, *header.get(16..)?.first_chunk()?);
        let page_bytes = u64::from(number(&header, 8)?);
        let frame_bytes = page_bytes.checked_add(u64::try_from(FRAME_HEADER_BYTES).ok()?)?;
        let frames_bytes = frame.checked_mul(frame_bytes)?;
        let end = frames_bytes.checked_add(u64::try_from(LOG_HEADER_BYTES).ok()?)?;
        let mut frame_header = [0; FRAME_HEADER_BYTES];
        self.log.read_exact_at(&mut frame_header, end.checked_sub(frame_bytes)?).ok()?;
        let is_whole = magic & !1 == LOG_MAGIC && self.log.metadata().ok()?.len() >= end;
        (is_whole && frame_header.get(8..16)? == salt).then_some(salt)
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

fn beside(database: &Path, end: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn unreadable(path: &Path, why: &std::io::Error) -> Error {
    unavailable(format!("the store's file {} cannot be read: {why}", path.display()))
}

/// Sets whether SQLite writes the WAL to the database when the last connection is closed. SQLite
/// does not verify what it reads then, so a lost or damaged WAL could damage the database.
fn checkpoint_on_close(connection: &Connection, allowed: bool) {
    let refused = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !allowed);
    if let Err(why) = refused {
        tracing::warn!(%why, "could not configure the WAL checkpoint on close");
    }
}

/// The writer's watch over the files.
pub(super) struct Watch {
    files: Arc<Files>,
    /// The last frame of the WAL at the last check that it passed.
    mark: Option<Mark>,
    lost: Option<Loss>,
    /// Whether everything in a lost WAL has been written to the database.
    saved: bool,
}

impl Watch {
    pub(super) fn new(files: Arc<Files>) -> Self {
        Watch { files, mark: None, lost: None, saved: false }
    }

    /// Checks that what the writer has committed is in the files that the gateway finds at its next
    /// start. A file that is put back passes the check again.
    ///
    /// # Errors
    /// `store_unavailable`: nothing that was committed may be acknowledged.
    pub(super) fn check(&mut self, connection: &Connection) -> Result<(), Error> {
        let checked = match self.files.check() {
            Ok(()) => self.files.check_log(connection, self.mark).map_err(|why| {
                unavailable(format!("the store's WAL could not be checked: {why}"))
            })?,
            Err(loss) => Err(loss),
        };
        match checked {
            Ok(mark) => {
                self.mark = mark;
                if self.lost.take().is_some() {
                    checkpoint_on_close(connection, true);
                    tracing::warn!("the store's files are in place again; events are accepted");
                }
                Ok(())
            }
            Err(loss) => {
                self.note(connection, &loss);
                Err(loss.into())
            }
        }
    }

    /// Saves what can be saved, and tells the operator once.
    fn note(&mut self, connection: &Connection, loss: &Loss) {
        let is_new = self.lost.as_ref() != Some(loss);
        let was_saved = self.saved && !is_new;
        self.saved = was_saved || self.save(connection, loss);
        if is_new {
            checkpoint_on_close(connection, false);
            tracing::error!(
                "{loss}; until it is back, or the gateway is restarted, no event is accepted or \
                 delivered; {}",
                self.consequence(loss)
            );
            self.lost = Some(loss.clone());
        } else if self.saved && !was_saved {
            tracing::warn!("{}", self.consequence(loss));
        }
    }

    /// Writes a lost WAL, which SQLite still has open, to the database, if that is in its place.
    /// Returns whether the database now has all of it.
    fn save(&self, connection: &Connection, loss: &Loss) -> bool {
        // Processes with another `-shm` do not see each other's locks, and a damaged WAL would
        // damage the database.
        if !matches!(loss, Loss::Replaced { role: Role::Log, .. })
            || self.files.has_other_index()
            || !matches!(self.files.check_log(connection, self.mark), Ok(Ok(_)))
        {
            return false;
        }
        let moved = checkpoint(connection, "PASSIVE").and_then(|()| state(connection));
        moved.is_ok_and(|[_, frames, moved]| frames == moved)
    }

    fn consequence(&self, loss: &Loss) -> &'static str {
        match loss {
            Loss::Replaced { role: Role::Database, .. } => {
                "the events in it are lost when the gateway ends, unless it was only moved"
            }
            Loss::Replaced { role: Role::Log, .. } if self.saved => {
                "all events that were accepted have been written to the database"
            }
            Loss::Replaced { role: Role::Log, .. } => {
                "events that are not in the database yet may be lost when the gateway ends"
            }
            Loss::Replaced { role: Role::Index, .. } => {
                "no event is lost, if no other program writes to the database"
            }
            Loss::Damaged { role: Role::Database, .. } => "events in it are lost: restore a backup",
            Loss::Damaged { .. } => "events that were not in the database yet are lost",
        }
    }
}
