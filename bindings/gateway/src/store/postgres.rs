//! The inbox in PostgreSQL: what has come together is inserted as one batch, and several gateways
//! share it.
//!
//! SPEC: a commit is on the server's disk when it answers, unless the server itself was told not to
//! write (`fsync = off`); `durability` says so.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, HookError, Object, Pool, PoolError, TimeoutType};
use postseal::Error;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tokio_postgres::Error as PgError;

use super::postgres_pool;
use super::postgres_rows as rows;
use super::waiting::{Budget, Queued};
use super::{
    Acceptance, Backlog, Durability, Event, Filter, Lease, Listed, Needed, NewEvent,
    QUEUE_EVENTS_MAX, QUEUE_PATIENCE, SetBack, Settlement, Take, Taken, closed, left_behind,
    overloaded, unavailable,
};

const SCHEMA: &str = include_str!("migrations/postgres_1.sql");
const SCHEMA_VERSION: i32 = 1;
/// Of the lock under which gateways that start together migrate one after another: `postseal`.
const MIGRATION_LOCK: i64 = 0x706f_7374_7365_616c;
/// Batches under way. While they are, the next ones grow.
const BATCHES_MAX: usize = 3;
const BATCH_EVENTS_MAX: usize = 256;
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Longer than a statement may take on the server: then it is the network that is silent.
const PATIENCE: Duration = Duration::from_secs(12);

/// An event to accept, and the channel for the answer.
struct Command {
    event: Queued,
    answer: oneshot::Sender<Result<Acceptance, Error>>,
}

pub(crate) struct Postgres {
    pool: Pool,
    queue: mpsc::Sender<Command>,
    budget: Budget,
}

impl Postgres {
    /// Connects to the server that a `postgres://` URL names, and makes the tables.
    ///
    /// # Errors
    /// `invalid_config`, `store_unavailable`.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let pool = postgres_pool::pool(url)?;
        migrate(&pool).await?;
        rewrite(&pool).await?;
        let (queue, waiting) = mpsc::channel(QUEUE_EVENTS_MAX);
        tokio::spawn(accept_in_batches(pool.clone(), waiting));
        Ok(Postgres { pool, queue, budget: Budget::new() })
    }

    /// Whether it could be opened, and its tables made or written to.
    pub(crate) async fn look(url: &str, known: &[&str]) -> Result<Durability, Error> {
        let pool = postgres_pool::pool(url)?;
        let mut durability = durability(&pool).await?;
        let query = async |query: &'static str| {
            let row =
                ask(&pool, |client| async move { client.query_one(query, &[]).await }).await?;
            Ok::<bool, Error>(row.try_get(0).unwrap_or(false))
        };
        if query(IS_MADE).await? {
            rewrite(&pool).await?;
            durability.warnings.extend(left_in(&pool, known).await?);
        } else if !query(MAY_MAKE).await? {
            return Err(unavailable("this role may not make the store's tables".to_owned()));
        }
        Ok(durability)
    }

    pub(crate) async fn durability(&self) -> Result<Durability, Error> {
        durability(&self.pool).await
    }

    pub(crate) async fn accept(&self, event: NewEvent) -> Result<Acceptance, Error> {
        // When this future is dropped, the event is withdrawn.
        let (_waiting, event) = self.budget.admit(event).await?;
        let (answer, answered) = oneshot::channel();
        let sent = self.queue.send_timeout(Command { event, answer }, QUEUE_PATIENCE).await;
        sent.map_err(|_| overloaded())?;
        answered.await.map_err(|_| closed())?
    }

    pub(crate) async fn take(&self, take: Take) -> Result<Taken, Error> {
        self.ask(|client| async move {
            let jobs = rows::take(&client, &take).await?;
            let next_due_ms = match jobs.is_empty() {
                true => rows::next_due(&client, &take.source).await?,
                false => None,
            };
            Ok(Taken { jobs, unreadable: Vec::new(), next_due_ms })
        })
        .await
    }

    pub(crate) async fn settle(
        &self,
        lease: Lease,
        settlement: Settlement,
        result: Option<&str>,
        now_ms: u64,
    ) -> Result<bool, Error> {
        self.ask(
            |client| async move { rows::settle(&client, lease, settlement, result, now_ms).await },
        )
        .await
    }

    pub(crate) async fn note_needed(&self, needed: Vec<Needed>) -> Result<(), Error> {
        self.ask(|client| async move { rows::note_needed(&client, &needed).await }).await
    }

    pub(crate) async fn expire(
        &self,
        source: &str,
        before_ms: u64,
        rows_max: u32,
    ) -> Result<u64, Error> {
        self.ask(|client| async move { rows::expire(&client, source, before_ms, rows_max).await })
            .await
    }

    pub(crate) async fn forget(&self, source: &str, last: i64) -> Result<u64, Error> {
        self.ask(|client| async move { rows::forget(&client, source, last).await }).await
    }

    pub(crate) async fn last(&self, source: &str) -> Result<Option<i64>, Error> {
        self.ask(|client| async move { rows::last(&client, source).await }).await
    }

    pub(crate) async fn reschedule(
        &self,
        source: &str,
        now_ms: u64,
        set_back: SetBack,
    ) -> Result<u64, Error> {
        self.ask(|client| async move { rows::reschedule(&client, source, now_ms, set_back).await })
            .await
    }

    pub(crate) async fn replay(&self, number: i64, now_ms: u64) -> Result<bool, Error> {
        self.ask(|client| async move { rows::replay(&client, number, now_ms).await }).await
    }

    pub(crate) async fn purge(&self, number: i64) -> Result<bool, Error> {
        self.ask(|client| async move { rows::purge(&client, number).await }).await
    }

    pub(crate) async fn list(&self, filter: Filter) -> Result<Vec<Listed>, Error> {
        self.ask(|client| async move { rows::list(&client, &filter).await }).await
    }

    pub(crate) async fn event(&self, number: i64) -> Result<Option<Event>, Error> {
        self.ask(|client| async move { rows::event(&client, number).await }).await
    }

    pub(crate) async fn backlog(&self) -> Result<Vec<Backlog>, Error> {
        self.ask(|client| async move { rows::backlog(&client).await }).await
    }

    pub(crate) async fn left_behind(&self, known: &[&str]) -> Result<Vec<String>, Error> {
        left_in(&self.pool, known).await
    }

    pub(crate) async fn needed(&self) -> Result<Vec<Needed>, Error> {
        self.ask(|client| async move { rows::needed(&client).await }).await
    }

    pub(crate) async fn ready(&self) -> Result<(), Error> {
        rewrite(&self.pool).await
    }

    pub(crate) async fn close(&self) {
        self.pool.close();
    }

    async fn ask<T, F: Future<Output = Result<T, PgError>>>(
        &self,
        question: impl FnOnce(Arc<Object>) -> F,
    ) -> Result<T, Error> {
        ask(&self.pool, question).await
    }
}

/// What decides on whether a commit lasts: in our session, and as the role has it.
const SETTINGS: &str = "\
    SELECT current_setting('server_version'), current_setting('synchronous_commit'), \
      current_setting('fsync'), current_setting('full_page_writes'), \
      (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit')";
/// A write that changes nothing: a failover can leave us on a standby, and a disk can be full.
const REWRITE: &str = "UPDATE postseal_schema SET version = version \
    WHERE to_regclass('postseal_events') IS NOT NULL AND to_regclass('postseal_jobs') IS NOT NULL";

const IS_MADE: &str = "SELECT to_regclass('postseal_schema') IS NOT NULL";
const MAY_MAKE: &str = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";

/// Whether it can be written to.
async fn rewrite(pool: &Pool) -> Result<(), Error> {
    match ask(pool, |client| async move { client.execute(REWRITE, &[]).await }).await? {
        0 => Err(unavailable("the store's tables are not there".to_owned())),
        _ => Ok(()),
    }
}

async fn durability(pool: &Pool) -> Result<Durability, Error> {
    let row = ask(pool, |client| async move { client.query_one(SETTINGS, &[]).await }).await?;
    let setting = |column: usize| row.try_get::<_, String>(column).unwrap_or_default();
    let (version, commit) = (setting(0), setting(1));
    let mut warnings = Vec::new();
    for (name, column) in [("fsync", 2), ("full_page_writes", 3)] {
        if setting(column) != "on" {
            warnings.push(format!(
                "store: PostgreSQL runs with {name} = off: a power failure there loses events \
                 that were acknowledged"
            ));
        }
    }
    if setting(4) == "off" {
        let why = "store: synchronous_commit is off for this role or database: the gateway \
                   sets it on in its own sessions";
        warnings.push(why.to_owned());
    }
    Ok(Durability {
        store: format!("PostgreSQL {version}, synchronous_commit = {commit}"),
        warnings,
    })
}

async fn left_in(pool: &Pool, known: &[&str]) -> Result<Vec<String>, Error> {
    let sources = ask(pool, |client| async move { rows::sources(&client).await }).await?;
    let backlog = ask(pool, |client| async move { rows::backlog(&client).await }).await?;
    Ok(left_behind(&sources, &backlog, known))
}

async fn connection(pool: &Pool) -> Result<Object, Error> {
    let silent = || unavailable("the store's server cannot be connected to in time".to_owned());
    // The pool's own times do not hold for what a new session is told.
    let got = timeout(PATIENCE, pool.get()).await.map_err(|_| silent())?;
    got.map_err(|why| match &why {
        PoolError::Backend(why) | PoolError::PostCreateHook(HookError::Backend(why)) => {
            unavailable(format!("the store cannot be connected to: {}", fault(why)))
        }
        PoolError::Timeout(TimeoutType::Wait) => {
            unavailable("no connection to the store was free in time".to_owned())
        }
        PoolError::Timeout(_) => silent(),
        _ => closed(),
    })
}

/// Asks the server something, on a connection of the pool: one that falls silent does not go back.
async fn ask<T, F: Future<Output = Result<T, PgError>>>(
    pool: &Pool,
    question: impl FnOnce(Arc<Object>) -> F,
) -> Result<T, Error> {
    ask_over(connection(pool).await?, question).await
}

async fn ask_over<T, F: Future<Output = Result<T, PgError>>>(
    client: Object,
    question: impl FnOnce(Arc<Object>) -> F,
) -> Result<T, Error> {
    let client = Arc::new(client);
    match timeout(PATIENCE, question(Arc::clone(&client))).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(why)) => Err(unavailable(format!("the store has failed: {}", fault(&why)))),
        Err(_) => {
            Arc::into_inner(client).map(Object::take);
            Err(unavailable("the store has not answered in time".to_owned()))
        }
    }
}

/// What is wrong, without the details in which PostgreSQL quotes rows.
fn fault(error: &PgError) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(error), _) => format!("{} (SQLSTATE {})", error.message(), error.code().code()),
        // Of the network, or of TLS.
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// Inserts the queued events in batches, until the store is closed.
async fn accept_in_batches(pool: Pool, mut queue: mpsc::Receiver<Command>) {
    let free = Arc::new(Semaphore::new(BATCHES_MAX));
    loop {
        let Ok(slot) = Arc::clone(&free).acquire_owned().await else { return };
        let Some(first) = queue.recv().await else { return };
        let mut bytes = first.event.bytes();
        let mut batch = vec![first];
        while batch.len() < BATCH_EVENTS_MAX && bytes < BATCH_BYTES_MAX {
            let Ok(next) = queue.try_recv() else { break };
            if !next.answer.is_closed() {
                bytes += next.event.bytes();
                batch.push(next);
            }
        }
        let pool = pool.clone();
        tokio::spawn(async move {
            accept(&pool, batch).await;
            drop(slot);
        });
    }
}

/// One batch, inserted in one transaction.
async fn accept(pool: &Pool, mut batch: Vec<Command>) {
    batch.retain(|command| !command.answer.is_closed());
    if batch.is_empty() {
        return;
    }
    let client = connection(pool).await;
    // Callers that gave up meanwhile have withdrawn their events.
    let (events, answers): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .filter_map(|command| Some((command.event.take()?, command.answer)))
        .unzip();
    let accepted = match client {
        Ok(client) => {
            let insert = |client: Arc<Object>| async move {
                let events: Vec<_> = events.iter().map(|held| &held.event).collect();
                rows::accept(&client, &events).await
            };
            ask_over(client, insert).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &accepted {
        tracing::error!(why = error.message(), events = answers.len(), "nothing accepted");
    }
    for (index, answer) in answers.into_iter().enumerate() {
        let outcome = match &accepted {
            Ok(accepted) => accepted.get(index).copied().flatten().ok_or_else(|| {
                unavailable("the earlier event of this id could not be read".to_owned())
            }),
            Err(error) => Err(error.clone()),
        };
        // A caller that has given up does not wait for the answer.
        let _ = answer.send(outcome);
    }
}

/// Makes the tables, on a connection of its own: it does not go back, whatever is left on it.
async fn migrate(pool: &Pool) -> Result<(), Error> {
    let mut client = Object::take(connection(pool).await?);
    match timeout(PATIENCE, make_tables(&mut client)).await {
        Ok(Ok(SCHEMA_VERSION)) => Ok(()),
        Ok(Ok(_)) => Err(unavailable("the database is of a newer version of postseal".to_owned())),
        Ok(Err(why)) => Err(unavailable(format!("no tables in the store: {}", fault(&why)))),
        Err(_) => Err(unavailable("the store has not answered in time".to_owned())),
    }
}

/// Makes the tables where there are none, and answers with their version. Gateways that start
/// together do so one after another.
async fn make_tables(client: &mut ClientWrapper) -> Result<i32, PgError> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS postseal_schema (version INTEGER NOT NULL)")
        .await?;
    let version = "SELECT max(version) FROM postseal_schema";
    let version: Option<i32> = transaction.query_one(version, &[]).await?.try_get(0)?;
    if let Some(version) = version {
        transaction.commit().await?;
        return Ok(version);
    }
    transaction.batch_execute(SCHEMA).await?;
    let version = "INSERT INTO postseal_schema (version) VALUES ($1)";
    transaction.execute(version, &[&SCHEMA_VERSION]).await?;
    transaction.commit().await?;
    Ok(SCHEMA_VERSION)
}
