//! An inbox as it is written at first: the gateway's tables, and a transaction for each event.
//!
//! One thread writes, as SQLite lets but one: a pool of connections would wait for each other.

use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};

use crate::Failure;

const SCHEMA: &str =
    include_str!("../../../../../bindings/gateway/src/store/migrations/sqlite_1.sql");
const QUEUE_MAX: usize = 4096;

/// An event, and who waits for its commit.
struct Waiting {
    key: String,
    payload: Vec<u8>,
    committed: oneshot::Sender<bool>,
}

pub(crate) struct Inbox(mpsc::Sender<Waiting>);

impl Inbox {
    pub(crate) fn open(path: &str) -> Result<Self, Failure> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA)?;
        let (sender, mut queue) = mpsc::channel::<Waiting>(QUEUE_MAX);
        thread::spawn(move || {
            while let Some(Waiting { key, payload, committed }) = queue.blocking_recv() {
                // Whoever has gone away does not want to know.
                let _ = committed.send(write(&mut connection, &key, &payload).is_ok());
            }
        });
        Ok(Inbox(sender))
    }

    /// 202 for a new event that is on the disk. A repeat is an error: the load has none.
    pub(crate) async fn accept(&self, key: String, payload: Vec<u8>) -> StatusCode {
        let (committed, answer) = oneshot::channel();
        let sent = self.0.send(Waiting { key, payload, committed }).await;
        match (sent, answer.await) {
            (Ok(()), Ok(true)) => StatusCode::ACCEPTED,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

fn write(connection: &mut Connection, key: &str, payload: &[u8]) -> rusqlite::Result<()> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let transaction = connection.transaction()?;
    transaction
        .prepare_cached(
            "INSERT INTO events (key, source, secret_id, encrypted, passed_on, payload, received_ms)
             VALUES (?1, 'orders', 'secret', 0, '{}', ?2, ?3)",
        )?
        .execute(params![key, payload, now_ms])?;
    let number = transaction.last_insert_rowid();
    transaction
        .prepare_cached(
            "INSERT INTO jobs (number, source, state, due_ms, received_ms)
             VALUES (?1, 'orders', 'pending', ?2, ?2)",
        )?
        .execute(params![number, now_ms])?;
    transaction.commit()
}
