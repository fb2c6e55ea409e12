//! SQLite's write-ahead log, kept short beside the writer.
//!
//! It is moved into the database while the writer goes on; the writer then moves the little that
//! has come meanwhile, and the log begins anew. If the writer moved all of it, every sender would
//! wait for as long.

use std::fs::File;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Result};

use super::sqlite_schema::BUSY_TIMEOUT;

/// From which length on it is moved, in pages of 4 KiB: 48 MiB. The longer it grows, the fewer
/// times a page that changes often is written.
const MOVED_PAGES: i64 = 12_288;
/// How much longer it grows until it is tried again, while somebody reads what is to be moved.
const AGAIN_PAGES: i64 = 1024;
/// From 96 MiB on the writer waits for readers, shortly and now and then: they may cost disk, and
/// senders nothing.
const FULL_PAGES: i64 = 24_576;
const READER_PATIENCE: Duration = Duration::from_millis(50);
const READER_INTERVAL: Duration = Duration::from_secs(2);
/// What stays of the file when a longer log has begun anew, in bytes.
const KEPT_BYTES: i64 = 96 << 20;

/// The log of the writer's connection.
pub(super) struct Log {
    mover: Option<Mover>,
    next_pages: i64,
    next_wait: Instant,
    moving: Option<JoinHandle<(Mover, Result<()>)>>,
}

/// What moves it beside the writer.
pub(super) struct Mover {
    /// A connection of its own, opened with the writer's: at another time there could be another
    /// file at the path.
    pub(super) connection: Connection,
    /// The database. It must be closed after every connection to it, since POSIX ends a process's
    /// locks on a file with any descriptor of it.
    pub(super) database: Arc<File>,
}

impl Log {
    /// # Errors
    /// Where SQLite does not take the settings.
    pub(super) fn new(writer: &Connection, mover: Mover) -> Result<Self> {
        writer.query_row(&format!("PRAGMA journal_size_limit = {KEPT_BYTES}"), [], |_| Ok(()))?;
        mover.connection.pragma_update(None, "synchronous", "FULL")?;
        // SQLite opens the WAL at the first read. A later read might find another file at its path.
        mover.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Log {
            mover: Some(mover),
            next_pages: MOVED_PAGES,
            next_wait: Instant::now(),
            moving: None,
        })
    }

    /// To be called after each commit.
    pub(super) fn keep_short(&mut self, connection: &Connection) {
        if let Err(why) = self.try_keep_short(connection) {
            tracing::warn!(%why, "the store's log could not be moved into the database");
        }
    }

    fn try_keep_short(&mut self, connection: &Connection) -> Result<()> {
        let pages = log_pages(connection)?;
        let mut ended = Ok(());
        if let Some(moving) = self.moving.take_if(|moving| moving.is_finished()) {
            ended = self.end(moving);
            self.next_pages = pages + AGAIN_PAGES;
            checkpoint(connection, "PASSIVE")?;
        }
        if pages < MOVED_PAGES {
            self.next_pages = MOVED_PAGES;
        }
        if pages >= FULL_PAGES && self.moving.is_none() && Instant::now() >= self.next_wait {
            wait_for_readers(connection, pages)?;
            self.next_wait = Instant::now() + READER_INTERVAL;
        } else if pages >= self.next_pages && self.moving.is_none() {
            self.next_pages = pages + AGAIN_PAGES;
            self.begin(connection)?;
        }
        ended
    }

    fn begin(&mut self, connection: &Connection) -> Result<()> {
        let Some(mover) = self.mover.take() else { return checkpoint(connection, "PASSIVE") };
        let name = thread::Builder::new().name("inbox-log".to_owned());
        let moving = name.spawn(move || {
            let moved = mover.run();
            (mover, moved)
        });
        match moving {
            Ok(moving) => self.moving = Some(moving),
            // Without threads, the writer moves all of it from now on.
            Err(_) => return checkpoint(connection, "PASSIVE"),
        }
        Ok(())
    }

    fn end(&mut self, moving: JoinHandle<(Mover, Result<()>)>) -> Result<()> {
        // After a panic, the writer moves all of it from now on.
        let Ok((mover, moved)) = moving.join() else { return Ok(()) };
        self.mover = Some(mover);
        moved
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // What it leaves, SQLite moves when the last connection is closed.
        let moving = self.moving.take();
        let _ = moving.map(|moving| self.end(moving));
    }
}

impl Mover {
    fn run(&self) -> Result<()> {
        checkpoint(&self.connection, "PASSIVE")?;
        // SQLite itself syncs the database when all is moved, which is with the writer's rest: it
        // finds most of it done.
        let _ = self.database.sync_data();
        Ok(())
    }
}

fn wait_for_readers(connection: &Connection, pages: i64) -> Result<()> {
    connection.busy_timeout(READER_PATIENCE)?;
    let waited = checkpoint(connection, "RESTART");
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let [busy, log, moved] = waited.and_then(|()| state(connection))?;
    if busy != 0 || log > moved {
        let mebibytes = pages / 256;
        tracing::warn!(mebibytes, "somebody reads the store for long, and its log grows");
    }
    Ok(())
}

fn log_pages(connection: &Connection) -> Result<i64> {
    state(connection).map(|[_, log, _]| log)
}

/// Whether it is busy, its pages, and how many of them are in the database.
pub(super) fn state(connection: &Connection) -> Result<[i64; 3]> {
    // Without work to do, it only says how it is.
    connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?])
    })
}

pub(super) fn checkpoint(connection: &Connection, mode: &str) -> Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

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

        fn log(&self, writer: &Connection) -> Log {
            let database = Arc::new(File::open(self.path()).unwrap());
            Log::new(writer, Mover { connection: self.connection(), database }).unwrap()
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
        let connection = place.connection();
        let mut log = place.log(&connection);
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
    }

    #[test]
    fn while_somebody_reads_it_is_tried_again_now_and_then() {
        let place = Place::new("read-log");
        let (connection, reader) = (place.connection(), place.connection());
        let mut log = place.log(&connection);
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
    }

    #[test]
    fn a_reader_costs_disk_and_holds_up_no_writer() {
        let place = Place::new("long-log");
        let (connection, reader) = (place.connection(), place.connection());
        let mut log = place.log(&connection);
        reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
        write(&connection, FULL_PAGES);
        let began = Instant::now();
        for _ in 0..50 {
            write(&connection, 1);
            log.try_keep_short(&connection).unwrap();
        }
        assert!(began.elapsed() < BUSY_TIMEOUT, "{:?}", began.elapsed());
        reader.execute_batch("COMMIT").unwrap();
        while log_pages(&connection).unwrap() >= MOVED_PAGES {
            write(&connection, 1);
            log.try_keep_short(&connection).unwrap();
        }
        let kept = std::fs::metadata(place.0.join("events.db-wal")).unwrap().len();
        assert!(kept <= u64::try_from(KEPT_BYTES).unwrap(), "{kept}");
    }
}
