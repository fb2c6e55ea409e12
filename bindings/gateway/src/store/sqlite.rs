//! The inbox in SQLite: one thread writes, and commits what has come together.
//!
//! SPEC: WAL with `synchronous=FULL`: a commit is on the disk when it answers, power loss included.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use postseal::{Code, Error};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::sqlite_log::{Log, Mover};
use super::sqlite_rows as rows;
use super::{
    Acceptance, Backlog, Durability, Event, Filter, Job, Lease, Listed, Needed, NewEvent,
    QUEUE_EVENTS_MAX, QUEUE_PATIENCE, SetBack, Settlement, Take, Taken, UNREADABLE, closed,
    left_behind, overloaded, unavailable,
};

const SCHEMA: &str = include_str!("migrations/sqlite_1.sql");
const SCHEMA_VERSION: i64 = 1;
/// Commands in one transaction: enough that a commit costs each of them next to nothing.
const GROUP_MAX: usize = 256;
/// For another process, as `postseal events` is one, that writes at the moment.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// For whether the file is still there.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

type Run = dyn FnMut(&Connection) -> rusqlite::Result<()> + Send;

/// A command: it runs in the group's transaction, and is answered when that has ended.
struct Command {
    run: Box<Run>,
    answer: Box<dyn FnOnce(Result<(), Error>) + Send>,
    /// After it the writer ends.
    last: bool,
}

pub(crate) struct Sqlite {
    path: Arc<PathBuf>,
    handle: Arc<std::fs::File>,
    commands: mpsc::Sender<Command>,
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
        let (connection, moving) = blocking(move || {
            let connection = open_writer(&opened)?;
            Ok((connection, Connection::open(opened.as_path())?))
        })
        .await?;
        let (commands, queue) = mpsc::channel(QUEUE_EVENTS_MAX);
        let file = File::opened(&path)?;
        let handle = Arc::clone(&file.handle);
        let mover = Mover { connection: moving, database: Arc::clone(&handle) };
        let log = Log::new(&connection, mover)
            .map_err(|why| unavailable(format!("the store could not be read: {why}")))?;
        let writer = std::thread::Builder::new()
            .name("inbox".to_owned())
            .spawn(move || write(file, connection, log, queue))
            .map_err(|why| unavailable(format!("no thread for the store: {why}")))?;
        Ok(Sqlite { path, handle, commands, writer: Mutex::new(Some(writer)) })
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
        match self.handle.try_lock() {
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
        self.command(move |connection| rows::accept(connection, &event)).await
    }

    pub(crate) async fn take(&self, take: Take) -> Result<Taken, Error> {
        let (asked, damaged) = (take.clone(), Arc::new(AtomicBool::new(false)));
        let met = Arc::clone(&damaged);
        let taken = self.command(move |connection| {
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
        let leased = self.command(move |connection| {
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
        self.command(|connection| connection.pragma_update(None, "user_version", SCHEMA_VERSION))
            .await
    }

    /// Lets the writer end what waits. After that every method fails.
    pub(crate) async fn close(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (ended, end) = oneshot::channel();
        let last =
            Command { run: Box::new(|_| Ok(())), answer: Box::new(|_| drop(ended)), last: true };
        if self.commands.send(last).await.is_ok() {
            let _: Result<(), _> = end.await;
        }
        let Some(writer) = writer else { return };
        let _ = spawn_blocking(move || writer.join()).await;
    }

    /// Has the writer run a command, and answers when it is committed.
    async fn command<T: Send + 'static>(
        &self,
        mut run: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let value = Arc::new(Mutex::new(None));
        let written = Arc::clone(&value);
        let command = Command {
            run: Box::new(move |connection| {
                let value = run(connection)?;
                *written.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            }),
            // Whoever has gone away does not want to know.
            answer: Box::new(move |outcome| drop(sender.send(outcome))),
            last: false,
        };
        let waiting = self.commands.send_timeout(command, QUEUE_PATIENCE).await;
        waiting.map_err(|_| overloaded())?;
        receiver.await.map_err(|_| closed())??;
        let value = value.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| unavailable("the store has not answered".to_owned()))
    }

    /// Reads beside the writer, on a connection of its own.
    async fn read<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let path = Arc::clone(&self.path);
        blocking(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path.as_path(), flags)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            run(&connection)
        })
        .await
    }
}

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

/// The writer's thread: groups of commands, until nobody is left to send one. Its
/// connections go before the file, as what is declared last does.
fn write(
    mut file: File,
    mut connection: Connection,
    mut log: Log,
    mut queue: mpsc::Receiver<Command>,
) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = queue.blocking_recv() {
        group.push(first);
        while group.len() < GROUP_MAX {
            let Ok(next) = queue.try_recv() else { break };
            group.push(next);
        }
        let ends = group.iter().any(|command| command.last);
        match file.check().and_then(|()| commit(&mut connection, &mut group)) {
            // What one of them met, the others need not meet.
            Err(_) if group.len() > 1 => {
                for mut command in group.drain(..) {
                    let alone = std::slice::from_mut(&mut command);
                    let outcome = file.check().and_then(|()| commit(&mut connection, alone));
                    (command.answer)(outcome);
                }
            }
            outcome => {
                for command in group.drain(..) {
                    (command.answer)(outcome.clone());
                }
            }
        }
        log.keep_short(&connection);
        if ends {
            return;
        }
    }
}

/// The file that was opened. Whoever removes or replaces it takes the store away.
struct File {
    path: PathBuf,
    handle: Arc<std::fs::File>,
    number: u64,
    looked: Instant,
}

impl File {
    fn opened(path: &Path) -> Result<Self, Error> {
        let handle = std::fs::File::open(path).map(Arc::new).map_err(|_| gone())?;
        let number = file_number(path).ok_or_else(gone)?;
        Ok(File { path: path.to_owned(), handle, number, looked: Instant::now() })
    }

    /// Looks whether it is still there, each second.
    fn check(&mut self) -> Result<(), Error> {
        if self.looked.elapsed() < LOOK_INTERVAL {
            return Ok(());
        }
        if file_number(&self.path) != Some(self.number) {
            tracing::error!("the store's file was removed or replaced");
            return Err(gone());
        }
        self.looked = Instant::now();
        Ok(())
    }
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

fn gone() -> Error {
    unavailable("the store's file was removed or replaced".to_owned())
}

#[cfg(unix)]
fn file_number(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|facts| std::os::unix::fs::MetadataExt::ino(&facts))
}

#[cfg(not(unix))]
fn file_number(path: &Path) -> Option<u64> {
    path.exists().then_some(0)
}

/// One transaction for the whole group: if it fails, nothing of it is written.
fn commit(connection: &mut Connection, group: &mut [Command]) -> Result<(), Error> {
    let mut run = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for command in group.iter_mut() {
            (command.run)(&transaction)?;
        }
        transaction.commit()
    };
    run().map_err(|why| {
        tracing::error!(%why, commands = group.len(), "the store could not write");
        unavailable(format!("the store could not write: {why}"))
    })
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    private_file(path);
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_prepared_statement_cache_capacity(32);
    migrate(&mut connection)?;
    Ok(connection)
}

/// Others have no business with payloads.
#[cfg(unix)]
fn private_file(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;

    // What is wrong with the path, SQLite says.
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

#[cfg(not(unix))]
fn private_file(_: &Path) {}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        SCHEMA_VERSION => {}
        0 => {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        }
        _ => {
            let newer = "the database is of a newer version of postseal".to_owned();
            return Err(rusqlite::Error::ToSqlConversionFailure(newer.into()));
        }
    }
    transaction.commit()
}

async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = spawn_blocking(run).await;
    let done = done.map_err(|_| unavailable("the store's reader has ended early".to_owned()))?;
    done.map_err(|why| unavailable(format!("the store could not be read: {why}")))
}
