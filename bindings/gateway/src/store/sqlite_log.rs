//! SQLite's write-ahead log, kept short beside the writer.
//!
//! It is moved into the database while the writer goes on; the writer then moves the little that
//! has come meanwhile, and the log begins anew. If the writer moved all of it, every sender would
//! wait for as long.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OpenFlags, Result};

use super::sqlite::BUSY_TIMEOUT;

/// From which length on it is moved, in pages of 4 KiB: 24 MiB. The longer it grows, the fewer
/// times a page that changes often is written.
const MOVED_PAGES: i64 = 6144;
/// How much longer it grows until it is tried again, while somebody reads what is to be moved.
const AGAIN_PAGES: i64 = 1024;
/// From 96 MiB on the writer waits for readers to end, so that the log does.
const FULL_PAGES: i64 = 24_576;

/// The log of the writer's connection.
pub(super) struct Log {
    path: PathBuf,
    database: Arc<File>,
    next_pages: i64,
    moving: Option<JoinHandle<Result<()>>>,
}

impl Log {
    /// `database` is the file at `path`. It must be closed after every connection to it, since
    /// POSIX ends a process's locks on a file with any descriptor of it.
    pub(super) fn new(path: &Path, database: Arc<File>) -> Self {
        Log { path: path.to_owned(), database, next_pages: MOVED_PAGES, moving: None }
    }

    /// To be called after each commit.
    pub(super) fn keep_short(&mut self, connection: &Connection) {
        if let Err(why) = self.try_keep_short(connection) {
            tracing::warn!(%why, "the store's log could not be moved into the database");
        }
    }

    fn try_keep_short(&mut self, connection: &Connection) -> Result<()> {
        let pages = log_pages(connection)?;
        if pages >= FULL_PAGES {
            // SQLite has one mover at a time, and another does not wait for it.
            let ended = self.moving.take().map_or(Ok(()), ended);
            return checkpoint(connection, "RESTART").and(ended);
        }
        if let Some(moving) = self.moving.take_if(|moving| moving.is_finished()) {
            self.next_pages = pages + AGAIN_PAGES;
            let ended = ended(moving);
            return checkpoint(connection, "PASSIVE").and(ended);
        }
        if pages < MOVED_PAGES {
            self.next_pages = MOVED_PAGES;
        }
        if pages >= self.next_pages && self.moving.is_none() {
            let (path, database) = (self.path.clone(), Arc::clone(&self.database));
            let mover = thread::Builder::new().name("inbox-log".to_owned());
            match mover.spawn(move || move_beside(&path, &database)) {
                Ok(moving) => self.moving = Some(moving),
                Err(_) => {
                    self.next_pages = pages + AGAIN_PAGES;
                    return checkpoint(connection, "PASSIVE");
                }
            }
        }
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // What it leaves, SQLite moves when the last connection is closed.
        let _ = self.moving.take().map(ended);
    }
}

/// How it has ended. After a panic the writer moves all of it.
fn ended(moving: JoinHandle<Result<()>>) -> Result<()> {
    moving.join().unwrap_or(Ok(()))
}

/// On a connection of its own: the writer does not wait for it.
fn move_beside(path: &Path, database: &File) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    checkpoint(&connection, "PASSIVE")?;
    // SQLite itself syncs the database when all is moved, which is with the writer's rest: it
    // finds most of it done.
    let _ = database.sync_data();
    Ok(())
}

fn log_pages(connection: &Connection) -> Result<i64> {
    // Without work to do, it only says how long the log is.
    connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))
}

fn checkpoint(connection: &Connection, mode: &str) -> Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(PathBuf);

    impl Drop for Place {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    impl Place {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("postseal-{name}-{}", std::process::id()));
            std::fs::create_dir(&folder).unwrap();
            Place(folder)
        }

        fn path(&self) -> PathBuf {
            self.0.join("events.db")
        }

        fn connection(&self) -> Connection {
            let connection = Connection::open(self.path()).unwrap();
            connection.pragma_update(None, "journal_mode", "WAL").unwrap();
            connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
            connection
                .execute_batch("CREATE TABLE IF NOT EXISTS events (payload BLOB) STRICT")
                .unwrap();
            connection
        }
    }

    /// Writes about so many pages, a mebibyte at a time.
    fn write(connection: &Connection, pages: i64) {
        for _ in 0..=pages / 256 {
            connection.execute("INSERT INTO events VALUES (zeroblob(1 << 20))", []).unwrap();
        }
    }

    fn move_all(log: &mut Log, connection: &Connection) {
        assert!(log.moving.is_some());
        while log.moving.is_some() {
            log.try_keep_short(connection).unwrap();
        }
    }

    #[test]
    fn a_long_log_is_moved_and_begins_anew() {
        let place = Place::new("log");
        let database = File::create(place.path()).map(Arc::new).unwrap();
        let connection = place.connection();
        let mut log = Log::new(&place.path(), database);
        write(&connection, MOVED_PAGES / 2);
        log.try_keep_short(&connection).unwrap();
        assert!(log.moving.is_none(), "it is short");
        write(&connection, MOVED_PAGES / 2);
        log.try_keep_short(&connection).unwrap();
        move_all(&mut log, &connection);
        write(&connection, 1);
        assert!(log_pages(&connection).unwrap() < MOVED_PAGES);
        log.try_keep_short(&connection).unwrap();
        assert_eq!(log.next_pages, MOVED_PAGES);
        drop(log);
        connection.close().unwrap();
    }

    #[test]
    fn while_somebody_reads_it_is_tried_again_now_and_then() {
        let place = Place::new("read-log");
        let database = File::create(place.path()).map(Arc::new).unwrap();
        let (connection, reader) = (place.connection(), place.connection());
        let mut log = Log::new(&place.path(), database);
        reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
        write(&connection, MOVED_PAGES);
        log.try_keep_short(&connection).unwrap();
        move_all(&mut log, &connection);
        write(&connection, 1);
        let pages = log_pages(&connection).unwrap();
        assert!(pages > MOVED_PAGES, "the reader still needs it");
        log.try_keep_short(&connection).unwrap();
        assert!(log.moving.is_none(), "not at each commit");
        write(&connection, AGAIN_PAGES);
        reader.execute_batch("COMMIT").unwrap();
        log.try_keep_short(&connection).unwrap();
        move_all(&mut log, &connection);
        write(&connection, 1);
        assert!(log_pages(&connection).unwrap() < MOVED_PAGES);
        drop(log);
        reader.close().unwrap();
        connection.close().unwrap();
    }
}
