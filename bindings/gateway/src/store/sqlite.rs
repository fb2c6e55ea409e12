//! The inbox in SQLite: one thread writes, and each read has a connection of its own.
//!
//! SPEC: WAL with `synchronous=FULL`: a commit is on the disk when it answers, power loss included.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use postseal::{Code, Error};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::sqlite_files::{Files, Watch};
use super::sqlite_log::{Log, Mover};
use super::sqlite_rows as rows;
use super::sqlite_schema::{BUSY_TIMEOUT, SCHEMA_VERSION, open_writer};
use super::sqlite_writer::{Command, GivenUp, write};
use super::waiting::Budget;
use super::{
    Acceptance, Backlog, Durability, Event, Filter, Job, Lease, Listed, Needed, NewEvent,
    QUEUE_EVENTS_MAX, QUEUE_PATIENCE, SetBack, Settlement, Take, Taken, UNREADABLE, closed,
    left_behind, overloaded, unavailable,
};

pub(crate) struct Sqlite {
    path: Arc<PathBuf>,
    files: Arc<Files>,
    commands: mpsc::Sender<Command>,
    budget: Budget,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Sqlite {
    /// Opens or makes the file that `sqlite:PATH` names.
    ///
    /// # Errors
    /// `invalid_config` for what cannot be a durable file; `store_unavailable`.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let path = Arc::new(path_of(url)?);
        let opened = Arc::clone(&path);
        let (log, connection, files) = blocking(move || open_files(&opened)).await?;
        let (commands, queue) = mpsc::channel(QUEUE_EVENTS_MAX);
        let watch = Watch::new(Arc::clone(&files));
        let writer = std::thread::Builder::new()
            .name("inbox".to_owned())
            .spawn(move || write(watch, connection, log, queue))
            .map_err(|why| unavailable(format!("no thread for the store: {why}")))?;
        let writer = Mutex::new(Some(writer));
        Ok(Sqlite { path, files, commands, budget: Budget::new(), writer })
    }

    /// Looks for the file.
    pub(crate) fn find(url: &str) -> Result<(), Error> {
        let path = path_of(url)?;
        match path.exists() {
            true => Ok(()),
            false => {
                let path = std::path::absolute(&path).unwrap_or(path);
                Err(unavailable(format!("there is no store at {}", path.display())))
            }
        }
    }

    pub(crate) fn hold(&self) -> Result<(), Error> {
        match self.files.database().try_lock() {
            Err(TryLockError::WouldBlock) => {
                Err(unavailable("another gateway has the store: SQLite is for one".to_owned()))
            }
            // Where a file system has no locks, nobody can be kept away.
            _ => Ok(()),
        }
    }

    /// Whether it could be opened, or made.
    pub(crate) async fn look(url: &str, known: &[&str]) -> Result<Durability, Error> {
        let path = path_of(url)?;
        if path.exists() {
            let store = Sqlite::open(url).await?;
            let looked = match store.ready().await {
                Ok(()) => store.left_behind(known).await,
                Err(error) => Err(error),
            };
            store.close().await;
            return looked.map(|warnings| Durability { warnings, ..Sqlite::durability() });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder.is_none_or(Path::is_dir) {
            true => Ok(Durability {
                store: "SQLite, a file that is made at the start".to_owned(),
                warnings: Vec::new(),
            }),
            false => Err(unavailable("there is no folder for the store's file".to_owned())),
        }
    }

    pub(crate) fn durability() -> Durability {
        let store = "SQLite, synchronous = FULL".to_owned();
        Durability { store, warnings: Vec::new() }
    }

    pub(crate) async fn accept(&self, event: NewEvent) -> Result<Acceptance, Error> {
        // When this future is dropped, the event is withdrawn.
        let (_waiting, queued) = self.budget.admit(event).await?;
        let accept = move |connection: &Connection| {
            queued.with(|event| rows::accept(connection, event)).transpose()
        };
        let accepted = self.command_of(GivenUp::Dropped, accept).await?;
        accepted.ok_or_else(|| unavailable("the event was withdrawn".to_owned()))
    }

    pub(crate) async fn take(&self, take: Take) -> Result<Taken, Error> {
        let (asked, damaged) = (take.clone(), Arc::new(AtomicBool::new(false)));
        let met = Arc::clone(&damaged);
        let taken = self.command_of(GivenUp::Dropped, move |connection| {
            let jobs = rows::take(connection, &asked)
                .inspect_err(|why| met.store(is_damage(why), Ordering::Relaxed))?;
            let next_due_ms = match jobs.is_empty() {
                true => rows::next_due(connection, &asked.source)?,
                false => None,
            };
            Ok(Taken { jobs, unreadable: Vec::new(), next_due_ms })
        });
        match taken.await {
            Err(_) if damaged.load(Ordering::Relaxed) => self.take_readable(take).await,
            taken => taken,
        }
    }

    /// Takes what can be read beside a damaged page, after which a transaction comes to nothing.
    /// What cannot be read is a dead letter.
    async fn take_readable(&self, take: Take) -> Result<Taken, Error> {
        let now_ms = take.now_ms;
        let leased = self.command_of(GivenUp::Dropped, move |connection| {
            Ok((rows::lease(connection, &take)?, rows::next_due(connection, &take.source)?))
        });
        let (leases, next_due_ms) = leased.await?;
        let (mut jobs, mut unreadable) = (Vec::with_capacity(leases.len()), Vec::new());
        for lease in leases {
            let event = self.read(move |connection| match rows::event(connection, lease.number) {
                Err(why) if is_corrupt(&why) => Ok(Err(Unreadable)),
                event => event.map(Ok),
            });
            match event.await {
                Ok(Ok(Some(event))) => jobs.push(Job { lease, event }),
                Ok(Err(Unreadable)) => {
                    self.settle(lease, Settlement::Dead, Some(UNREADABLE), now_ms).await?;
                    unreadable.push(lease.number);
                }
                // Gone, or of a disk that may do better when the lease has ended.
                Ok(Ok(None)) | Err(_) => {}
            }
        }
        let next_due_ms = next_due_ms.filter(|_| jobs.is_empty());
        Ok(Taken { jobs, unreadable, next_due_ms })
    }

    pub(crate) async fn settle(
        &self,
        lease: Lease,
        settlement: Settlement,
        result: Option<&str>,
        now_ms: u64,
    ) -> Result<bool, Error> {
        let result = result.map(str::to_owned);
        self.command(move |connection| {
            rows::settle(connection, lease, settlement, result.as_deref(), now_ms)
        })
        .await
    }

    pub(crate) async fn note_needed(&self, needed: Vec<Needed>) -> Result<(), Error> {
        self.command(move |connection| rows::note_needed(connection, &needed)).await
    }

    pub(crate) async fn expire(
        &self,
        source: &str,
        before_ms: u64,
        rows_max: u32,
    ) -> Result<u64, Error> {
        let source = source.to_owned();
        self.command(move |connection| rows::expire(connection, &source, before_ms, rows_max)).await
    }

    pub(crate) async fn forget(&self, source: &str, last: i64) -> Result<u64, Error> {
        let source = source.to_owned();
        self.command(move |connection| rows::forget(connection, &source, last)).await
    }

    pub(crate) async fn last(&self, source: &str) -> Result<Option<i64>, Error> {
        let source = source.to_owned();
        self.read(move |connection| rows::last(connection, &source)).await
    }

    pub(crate) async fn reschedule(
        &self,
        source: &str,
        now_ms: u64,
        set_back: SetBack,
    ) -> Result<u64, Error> {
        let source = source.to_owned();
        self.command(move |connection| rows::reschedule(connection, &source, now_ms, set_back))
            .await
    }

    pub(crate) async fn replay(&self, number: i64, now_ms: u64) -> Result<bool, Error> {
        self.command(move |connection| rows::replay(connection, number, now_ms)).await
    }

    pub(crate) async fn purge(&self, number: i64) -> Result<bool, Error> {
        self.command(move |connection| rows::purge(connection, number)).await
    }

    pub(crate) async fn list(&self, filter: Filter) -> Result<Vec<Listed>, Error> {
        self.read(move |connection| rows::list(connection, &filter)).await
    }

    pub(crate) async fn event(&self, number: i64) -> Result<Option<Event>, Error> {
        self.read(move |connection| rows::event(connection, number)).await
    }

    pub(crate) async fn backlog(&self) -> Result<Vec<Backlog>, Error> {
        self.read(rows::backlog).await
    }

    pub(crate) async fn left_behind(&self, known: &[&str]) -> Result<Vec<String>, Error> {
        let sources = self.read(rows::sources).await?;
        Ok(left_behind(&sources, &self.backlog().await?, known))
    }

    pub(crate) async fn needed(&self) -> Result<Vec<Needed>, Error> {
        self.read(rows::needed).await
    }

    pub(crate) async fn ready(&self) -> Result<(), Error> {
        self.command_of(GivenUp::Dropped, |connection| {
            connection.pragma_update(None, "user_version", SCHEMA_VERSION)
        })
        .await
    }

    /// Lets the writer end what waits. After that every method fails.
    pub(crate) async fn close(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (answer, end) = oneshot::channel();
        let last =
            Command { run: Box::new(|_| Ok(())), answer, given_up: GivenUp::Run, last: true };
        if self.commands.send(last).await.is_ok() {
            let _ = end.await;
        }
        let Some(writer) = writer else { return };
        let _ = spawn_blocking(move || writer.join()).await;
    }

    /// Has the writer run a command, and answers when it is committed.
    async fn command<T: Send + 'static>(
        &self,
        run: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.command_of(GivenUp::Run, run).await
    }

    async fn command_of<T: Send + 'static>(
        &self,
        given_up: GivenUp,
        mut run: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let value = Arc::new(Mutex::new(None));
        let written = Arc::clone(&value);
        let run = Box::new(move |connection: &Connection| {
            let value = run(connection)?;
            *written.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        });
        let command = Command { run, answer, given_up, last: false };
        let waiting = self.commands.send_timeout(command, QUEUE_PATIENCE).await;
        waiting.map_err(|_| overloaded())?;
        answered.await.map_err(|_| closed())??;
        let value = value.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| unavailable("the store has not answered".to_owned()))
    }

    /// Reads beside the writer, on a connection of its own.
    async fn read<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (path, files) = (Arc::clone(&self.path), Arc::clone(&self.files));
        blocking(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            files.check()?;
            let read = || {
                let connection = Connection::open_with_flags(path.as_path(), flags)?;
                connection.busy_timeout(BUSY_TIMEOUT)?;
                run(&connection)
            };
            let read = read().map_err(|why| unreadable(&why))?;
            // The path may have named another file when SQLite opened it.
            files.check()?;
            Ok(read)
        })
        .await
    }
}

/// Opens a store's files, or creates them. The caller must drop the returned values in this order.
fn open_files(path: &Path) -> Result<(Log, Connection, Arc<Files>), Error> {
    private_file(path);
    let database = File::open(path).map(Arc::new).map_err(|why| {
        unavailable(format!("the store's file {} cannot be opened: {why}", path.display()))
    })?;
    let open = || {
        let connection = open_writer(path)?;
        let moving = Connection::open(path)?;
        let mover = Mover { connection: moving, database: Arc::clone(&database) };
        let log = Log::new(&connection, mover)?;
        Ok((log, connection))
    };
    let (log, connection) = open().map_err(|why| unreadable(&why))?;
    let files = Files::opened(path, database).map(Arc::new)?;
    Ok((log, connection, files))
}

/// Creates the database without access for other users, since it holds payloads.
#[cfg(unix)]
fn private_file(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;

    // An error of the path is reported when the file is opened.
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

#[cfg(not(unix))]
fn private_file(_: &Path) {}

fn path_of(url: &str) -> Result<PathBuf, Error> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    if path.is_empty() || path.starts_with(':') || path.starts_with("file:") {
        return Err(Error::new(
            Code::InvalidConfig,
            "a store is sqlite: and the path of a file: what is in memory alone is lost",
        ));
    }
    Ok(PathBuf::from(path))
}

/// An event on a damaged page.
struct Unreadable;

fn is_corrupt(why: &rusqlite::Error) -> bool {
    why.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}

/// Of the file or of the disk, as far as SQLite can tell.
fn is_damage(why: &rusqlite::Error) -> bool {
    is_corrupt(why) || why.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

fn unreadable(why: &rusqlite::Error) -> Error {
    unavailable(format!("the store could not be read: {why}"))
}

async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = spawn_blocking(run).await;
    done.map_err(|_| unavailable("the store's reader has ended early".to_owned()))?
}
