//! The inbox's statements in SQLite, each within the transaction of its caller.

use std::time::Duration;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, Row, named_params, params};

use super::{
    Acceptance, Backlog, Event, Filter, Job, Lease, Listed, Needed, NewEvent, Settlement, State,
    longest_wait_ms, signed, unsigned,
};

pub(super) fn accept(connection: &Connection, new: &NewEvent) -> Result<Acceptance> {
    let NewEvent { event, digest } = new;
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (key, digest, source, message_id, signed_at, secret_id, encrypted,
           content_type, passed_on, payload, storage_key_id, received_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (key) DO NOTHING",
    )?;
    let inserted = insert.execute(params![
        event.key,
        digest,
        event.source,
        event.message_id,
        event.signed_at.map(signed),
        event.secret_id,
        event.encrypted,
        event.content_type,
        event.passed_on,
        event.payload,
        event.storage_key_id,
        signed(event.received_ms),
    ])?;
    if inserted == 0 {
        return repeated(connection, new);
    }
    let number = connection.last_insert_rowid();
    let mut job = connection.prepare_cached(
        "INSERT INTO jobs (number, source, state, due_ms) VALUES (?1, ?2, 'pending', ?3)",
    )?;
    job.execute(params![number, event.source, signed(event.received_ms)])?;
    Ok(Acceptance::Accepted)
}

/// Whether what is there has the same payload, as far as that can be known.
fn repeated(connection: &Connection, new: &NewEvent) -> Result<Acceptance> {
    let mut select = connection.prepare_cached("SELECT digest FROM events WHERE key = ?1")?;
    let digest: Option<String> = select.query_row([&new.event.key], |row| row.get(0))?;
    Ok(Acceptance::of_repeat(digest.as_deref(), new.digest.as_deref()))
}

pub(super) fn take(
    connection: &Connection,
    source: &str,
    jobs_max: u32,
    now_ms: u64,
    lease: Duration,
) -> Result<Vec<Job>> {
    let lease_ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
    let until = signed(now_ms.saturating_add(lease_ms));
    let mut take = connection.prepare_cached(
        "UPDATE jobs SET attempts = attempts + 1, lease = lease + 1, due_ms = ?4
         WHERE number IN (
           SELECT number FROM jobs WHERE state = 'pending' AND source = ?1 AND due_ms <= ?2
           ORDER BY due_ms, number LIMIT ?3)
         RETURNING number, attempts, lease",
    )?;
    let leases = take.query_map(params![source, signed(now_ms), jobs_max, until], |row| {
        Ok(Lease { number: row.get(0)?, attempt: row.get(1)?, count: row.get(2)? })
    })?;
    let mut leases = leases.collect::<Result<Vec<_>>>()?;
    leases.sort_by_key(|lease| lease.number);
    let mut jobs = Vec::with_capacity(leases.len());
    for lease in leases {
        if let Some(event) = event(connection, lease.number)? {
            jobs.push(Job { lease, event });
        }
    }
    Ok(jobs)
}

pub(super) fn settle(
    connection: &Connection,
    lease: Lease,
    settlement: Settlement,
    result: Option<&str>,
    now_ms: u64,
) -> Result<bool> {
    let (state, due_ms, returned) = settlement.effect(now_ms);
    let ended = due_ms.is_none().then(|| signed(now_ms));
    // A lease is settled once: what a shutdown has given back is nobody's.
    let mut update = connection.prepare_cached(
        "UPDATE jobs SET state = :state, due_ms = coalesce(:due, due_ms), ended_ms = :ended,
           last_result = coalesce(:result, last_result), attempts = attempts - :returned,
           lease = lease + 1
         WHERE number = :number AND lease = :lease AND state = 'pending'",
    )?;
    let changed = update.execute(named_params! {
        ":state": state.as_str(),
        ":due": due_ms.map(signed),
        ":ended": ended,
        ":result": result,
        ":returned": returned,
        ":number": lease.number,
        ":lease": lease.count,
    })?;
    Ok(changed == 1)
}

pub(super) fn note_needed(connection: &Connection, needed: &[Needed]) -> Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO secrets_needed (source, secret_id, at_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (source, secret_id) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)",
    )?;
    for row in needed {
        upsert.execute(params![row.source, row.secret_id, signed(row.at_ms)])?;
    }
    Ok(())
}

pub(super) fn expire(
    connection: &Connection,
    source: &str,
    before_ms: u64,
    rows_max: u32,
) -> Result<u64> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM events WHERE number IN (
           SELECT events.number FROM events JOIN jobs USING (number)
           WHERE events.source = ?1 AND received_ms < ?2 AND state <> 'pending' LIMIT ?3)",
    )?;
    let deleted = delete.execute(params![source, signed(before_ms), rows_max])?;
    Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
}

pub(super) fn reschedule(
    connection: &Connection,
    source: &str,
    now_ms: u64,
    back_ms: u64,
) -> Result<u64> {
    let latest = longest_wait_ms(now_ms);
    let mut update = connection.prepare_cached(
        "UPDATE jobs SET due_ms =
           iif(attempts = 0, :now, max(:now, min(due_ms - :back, :latest)))
         WHERE state = 'pending' AND source = :source AND due_ms > :now
           AND (attempts = 0 OR :back > 0 OR due_ms > :latest)",
    )?;
    let changed = update.execute(named_params! {
        ":now": signed(now_ms),
        ":back": signed(back_ms),
        ":latest": signed(latest),
        ":source": source,
    })?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

pub(super) fn replay(connection: &Connection, number: i64, now_ms: u64) -> Result<bool> {
    let mut update = connection.prepare_cached(
        "UPDATE jobs SET state = 'pending', attempts = 0, due_ms = ?2, ended_ms = NULL
         WHERE number = ?1 AND state <> 'pending'",
    )?;
    Ok(update.execute(params![number, signed(now_ms)])? == 1)
}

pub(super) fn purge(connection: &Connection, number: i64) -> Result<bool> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM events WHERE number =
           (SELECT number FROM jobs WHERE number = ?1 AND state = 'dead')",
    )?;
    Ok(delete.execute([number])? == 1)
}

pub(super) fn list(connection: &Connection, filter: &Filter) -> Result<Vec<Listed>> {
    let mut select = connection.prepare_cached(
        "SELECT number, events.source, message_id, signed_at, secret_id, encrypted, content_type,
           length(payload), received_ms, state, attempts, due_ms, last_result, ended_ms
         FROM events JOIN jobs USING (number)
         WHERE (:number IS NULL OR number = :number)
           AND (:source IS NULL OR events.source = :source)
           AND (:message_id IS NULL OR message_id = :message_id)
           AND (:state IS NULL OR state = :state)
           AND (:before IS NULL OR number < :before)
         ORDER BY number DESC LIMIT :rows_max",
    )?;
    let rows = select.query_map(
        named_params! {
            ":number": filter.number,
            ":source": filter.source,
            ":message_id": filter.message_id,
            ":state": filter.state.map(State::as_str),
            ":before": filter.before,
            ":rows_max": filter.rows_max,
        },
        listed,
    )?;
    rows.collect()
}

fn listed(row: &Row<'_>) -> Result<Listed> {
    let state: String = row.get(9)?;
    let unknown = || rusqlite::Error::InvalidColumnType(9, "state".to_owned(), Type::Text);
    Ok(Listed {
        number: row.get(0)?,
        source: row.get(1)?,
        message_id: row.get(2)?,
        signed_at: row.get::<_, Option<i64>>(3)?.map(unsigned),
        secret_id: row.get(4)?,
        encrypted: row.get(5)?,
        content_type: row.get(6)?,
        payload_bytes: unsigned(row.get(7)?),
        received_ms: unsigned(row.get(8)?),
        state: State::named(&state).ok_or_else(unknown)?,
        attempts: row.get(10)?,
        due_ms: unsigned(row.get(11)?),
        last_result: row.get(12)?,
        ended_ms: row.get::<_, Option<i64>>(13)?.map(unsigned),
    })
}

pub(super) fn event(connection: &Connection, number: i64) -> Result<Option<Event>> {
    let mut select = connection.prepare_cached(
        "SELECT key, source, message_id, signed_at, secret_id, encrypted, content_type,
           passed_on, payload, storage_key_id, received_ms
         FROM events WHERE number = ?1",
    )?;
    let event = select.query_row([number], |row| {
        Ok(Event {
            key: row.get(0)?,
            source: row.get(1)?,
            message_id: row.get(2)?,
            signed_at: row.get::<_, Option<i64>>(3)?.map(unsigned),
            secret_id: row.get(4)?,
            encrypted: row.get(5)?,
            content_type: row.get(6)?,
            passed_on: row.get(7)?,
            payload: row.get(8)?,
            storage_key_id: row.get(9)?,
            received_ms: unsigned(row.get(10)?),
        })
    });
    event.optional()
}

pub(super) fn backlog(connection: &Connection) -> Result<Vec<Backlog>> {
    let mut select = connection.prepare_cached(
        "SELECT jobs.source, count(*) FILTER (WHERE state = 'pending'),
           count(*) FILTER (WHERE state = 'dead'),
           min(received_ms) FILTER (WHERE state = 'pending')
         FROM jobs JOIN events USING (number) WHERE state IN ('pending', 'dead')
         GROUP BY jobs.source ORDER BY jobs.source",
    )?;
    let rows = select.query_map([], |row| {
        Ok(Backlog {
            source: row.get(0)?,
            pending: unsigned(row.get(1)?),
            dead: unsigned(row.get(2)?),
            oldest_ms: row.get::<_, Option<i64>>(3)?.map(unsigned),
        })
    })?;
    rows.collect()
}

pub(super) fn needed(connection: &Connection) -> Result<Vec<Needed>> {
    let mut select = connection
        .prepare_cached("SELECT source, secret_id, at_ms FROM secrets_needed ORDER BY 1, 2")?;
    let rows = select.query_map([], |row| {
        Ok(Needed { source: row.get(0)?, secret_id: row.get(1)?, at_ms: unsigned(row.get(2)?) })
    })?;
    rows.collect()
}
