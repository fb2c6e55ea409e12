//! SQLite's write-ahead log, kept short beside the writer.
//!
//! A log is moved into the database while the writer goes on; the writer then moves what has come
//! meanwhile, which is little, and the log begins anew. Moving all of it in the writer would let
//! every sender wait for as long.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OpenFlags, Result};

use super::sqlite::BUSY_TIMEOUT;

/// From which length on it is moved, in pages of 4 KiB: 24 MiB. The longer it grows, the more often
/// a page that was changed many times is written once.
const MOVED_PAGES: i64 = 6144;
/// How much longer it grows until it is tried again, while somebody reads what is to be moved.
const AGAIN_PAGES: i64 = 1024;
/// From 96 MiB on the writer waits for readers to end, so that the log does.
const FULL_PAGES: i64 = 24_576;

/// The log of the writer's connection.
pub(super) struct Log {
    database: PathBuf,
    next_pages: i64,
    moving: Option<JoinHandle<Result<()>>>,
}

impl Log {
    pub(super) fn new(database: &Path) -> Self {
        Log { database: database.to_owned(), next_pages: MOVED_PAGES, moving: None }
    }

    /// To be called after each commit.
    pub(super) fn keep_short(&mut self, connection: &Connection) {
        if let Err(why) = self.try_keep_short(connection) {
            tracing::warn!(%why, "the store's log could not be moved into the database");
        }
    }

    fn try_keep_short(&mut self, connection: &Connection) -> Result<()> {
        let pages = pages(connection)?;
        if pages >= FULL_PAGES {
            return checkpoint(connection, "RESTART");
        }
        if let Some(moving) = self.moving.take_if(|moving| moving.is_finished()) {
            self.next_pages = pages + AGAIN_PAGES;
            moved(moving)?;
            return checkpoint(connection, "PASSIVE");
        }
        if pages < MOVED_PAGES {
            self.next_pages = MOVED_PAGES;
        }
        if pages >= self.next_pages && self.moving.is_none() {
            let database = self.database.clone();
            let mover = thread::Builder::new().name("inbox-log".to_owned());
            match mover.spawn(move || move_beside(&database)) {
                Ok(moving) => self.moving = Some(moving),
                Err(_) => return checkpoint(connection, "PASSIVE"),
            }
        }
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // What it leaves, SQLite moves when the last connection is closed.
        let _ = self.moving.take().map(moved);
    }
}

/// Whether it has ended well. It does not panic.
fn moved(moving: JoinHandle<Result<()>>) -> Result<()> {
    moving.join().unwrap_or(Ok(()))
}

/// Moves on a connection of its own, which is no reason for the writer to wait.
fn move_beside(database: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    checkpoint(&connection, "PASSIVE")
}

fn pages(connection: &Connection) -> Result<i64> {
    // Without work to do, it only says how long the log is.
    connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))
}

fn checkpoint(connection: &Connection, mode: &str) -> Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}
