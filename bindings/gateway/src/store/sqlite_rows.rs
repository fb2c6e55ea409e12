//! The inbox's statements in SQLite, each within the transaction of its caller.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, Row, named_params, params};

use super::{
    Acceptance, Backlog, Event, FORGOTTEN_AT_ONCE, Filter, Job, Lease, Listed, Needed, NewEvent,
    SetBack, Settlement, State, Take, UNREADABLE, longest_wait_ms, signed, unsigned,
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
        "INSERT INTO jobs (number, source, state, due_ms, received_ms)
         VALUES (?1, ?2, 'pending', ?3, ?3)",
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

pub(super) fn take(connection: &Connection, take: &Take) -> Result<Vec<Job>> {
    let leases = lease(connection, take)?;
    let mut jobs = Vec::with_capacity(leases.len());
    for lease in leases {
        if let Some(event) = event(connection, lease.number)? {
            jobs.push(Job { lease, event });
        }
    }
    Ok(jobs)
}

/// Takes jobs, and looks at no event.
pub(super) fn lease(connection: &Connection, take: &Take) -> Result<Vec<Lease>> {
    let mut update = connection.prepare_cached(
        "UPDATE jobs SET attempts = attempts + 1, lease = lease + 1, due_ms = ?4
         WHERE number IN (
           SELECT number FROM jobs WHERE state = 'pending' AND source = ?1 AND due_ms <= ?2
           ORDER BY due_ms, number LIMIT ?3)
         RETURNING number, attempts, lease",
    )?;
    let (now, until) = (signed(take.now_ms), signed(take.until_ms()));
    let leases = update.query_map(params![take.source, now, take.jobs_max, until], |row| {
        Ok(Lease { number: row.get(0)?, attempt: row.get(1)?, count: row.get(2)? })
    })?;
    let mut leases = leases.collect::<Result<Vec<_>>>()?;
    leases.sort_by_key(|lease| lease.number);
    Ok(leases)
}

pub(super) fn next_due(connection: &Connection, source: &str) -> Result<Option<u64>> {
    let mut select = connection
        .prepare_cached("SELECT min(due_ms) FROM jobs WHERE state = 'pending' AND source = ?1")?;
    select.query_row([source], |row| Ok(row.get::<_, Option<i64>>(0)?.map(unsigned)))
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
           WHERE events.source = ?1 AND events.received_ms < ?2 AND state <> 'pending'
             AND last_result IS NOT ?3 LIMIT ?4)",
    )?;
    let deleted = delete.execute(params![source, signed(before_ms), UNREADABLE, rows_max])?;
    counted(deleted)
}

/// An event that cannot be read cannot be deleted either.
pub(super) fn forget(connection: &Connection, source: &str, last: i64) -> Result<u64> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM events WHERE number IN (
           SELECT events.number FROM events JOIN jobs USING (number)
           WHERE events.source = ?1 AND number <= ?2 AND last_result IS NOT ?3 LIMIT ?4)",
    )?;
    let deleted = delete.execute(params![source, last, UNREADABLE, FORGOTTEN_AT_ONCE])?;
    if deleted == 0 {
        let delete = "DELETE FROM secrets_needed WHERE source = ?1";
        connection.execute(delete, [source])?;
    }
    counted(deleted)
}

pub(super) fn last(connection: &Connection, source: &str) -> Result<Option<i64>> {
    let select = "SELECT max(number) FROM events WHERE source = ?1";
    connection.query_row(select, [source], |row| row.get(0))
}

pub(super) fn reschedule(
    connection: &Connection,
    source: &str,
    now_ms: u64,
    set_back: SetBack,
) -> Result<u64> {
    let latest = signed(longest_wait_ms(now_ms));
    let back_ms = match set_back {
        // A short range of the index, and mostly an empty one.
        SetBack::No => {
            let mut update = connection.prepare_cached(
                "UPDATE jobs SET due_ms = ?1
                 WHERE state = 'pending' AND source = ?2 AND due_ms > ?1",
            )?;
            return counted(update.execute(params![latest, source])?);
        }
        SetBack::Perhaps => 0,
        SetBack::By { back_ms } => back_ms,
    };
    let mut update = connection.prepare_cached(
        "UPDATE jobs SET due_ms =
           iif(attempts = 0, :now, max(:now, min(due_ms - :back, :latest)))
         WHERE state = 'pending' AND source = :source AND due_ms > :now
           AND (attempts = 0 OR :back > 0 OR due_ms > :latest)",
    )?;
    counted(update.execute(named_params! {
        ":now": signed(now_ms),
        ":back": signed(back_ms),
        ":latest": latest,
        ":source": source,
    })?)
}

fn counted(rows: usize) -> Result<u64> {
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
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
    let mut select = connection.prepare_cached(&format!(
        "SELECT number, events.source, message_id, signed_at, secret_id, encrypted, content_type,
           length(payload), jobs.received_ms, state, attempts, due_ms, last_result, ended_ms
         FROM events JOIN jobs USING (number)
         WHERE {} AND (?1 IS NULL OR number = ?1) AND (?2 IS NULL OR events.source = ?2)
           AND (?3 IS NULL OR message_id = ?3) AND (?4 IS NULL OR number < ?4)
         ORDER BY number DESC LIMIT ?5",
        filter.state_condition(),
    ))?;
    let Filter { number, source, message_id, before, rows_max, .. } = filter;
    let rows = select.query_map(params![number, source, message_id, before, rows_max], listed)?;
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

/// Each state by its own index: the jobs that have ended are most, and are not looked at.
pub(super) fn backlog(connection: &Connection) -> Result<Vec<Backlog>> {
    let mut select = connection.prepare_cached(
        "SELECT source, sum(pending), sum(dead), min(oldest) FROM (
           SELECT source, count(*) AS pending, 0 AS dead, min(received_ms) AS oldest
           FROM jobs WHERE state = 'pending' GROUP BY source
           UNION ALL
           SELECT source, 0, count(*), NULL FROM jobs WHERE state = 'dead' GROUP BY source
         ) GROUP BY source ORDER BY source",
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

/// From one to the next in the index, since sources are few and events many.
pub(super) fn sources(connection: &Connection) -> Result<Vec<String>> {
    let mut select = connection.prepare_cached(
        "WITH RECURSIVE known (source) AS (
           SELECT min(source) FROM events
           UNION ALL
           SELECT (SELECT min(source) FROM events AS event WHERE event.source > known.source)
           FROM known WHERE known.source IS NOT NULL
         )
         SELECT source FROM known WHERE source IS NOT NULL",
    )?;
    let rows = select.query_map([], |row| row.get(0))?;
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
