//! The tables in SQLite, and the settings of the connection that writes to them.
//!
//! SPEC: WAL with `synchronous=FULL`: a commit is on the disk when it answers, power loss included.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

const SCHEMA: &str = include_str!("migrations/sqlite_1.sql");
pub(super) const SCHEMA_VERSION: i64 = 1;
/// How long to wait for another process's write lock (for example `postseal events`).
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a database for writing, and creates the tables if it has none.
pub(super) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
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
