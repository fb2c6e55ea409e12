//! The inbox's statements in PostgreSQL. Each is a transaction of its own.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::ClientWrapper as Client;
use tokio_postgres::{Error, Row};

use super::{
    Acceptance, Backlog, Event, FORGOTTEN_AT_ONCE, Filter, Job, Lease, Listed, Needed, NewEvent,
    SetBack, Settlement, State, Take, longest_wait_ms, signed, unsigned,
};

type Result<T> = std::result::Result<T, Error>;

/// Accepts a batch. `None` for an event whose key is there, or was, and of which nothing more could
/// be read: it can be tried again.
///
/// Keys are inserted in their order: two batches that share some wait for one another, and never
/// each for the other.
pub(super) async fn accept(
    client: &Client,
    batch: &[&NewEvent],
) -> Result<Vec<Option<Acceptance>>> {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(batch.len());
    for (index, new) in batch.iter().enumerate() {
        first.entry(&new.event.key).or_insert(index);
    }
    let mut firsts: Vec<&NewEvent> =
        first.values().filter_map(|&at| batch.get(at).copied()).collect();
    firsts.sort_unstable_by(|one, other| one.event.key.cmp(&other.event.key));
    let inserted = insert(client, &firsts).await?;
    let there: Vec<&str> = first.keys().copied().filter(|&key| !inserted.contains(key)).collect();
    let mut digests: HashMap<String, Option<String>> = match there.is_empty() {
        true => HashMap::new(),
        // What was inserted is committed, whatever becomes of this question.
        false => digests(client, &there).await.unwrap_or_default(),
    };
    for new in firsts.iter().filter(|new| inserted.contains(&new.event.key)) {
        digests.insert(new.event.key.clone(), new.digest.clone());
    }
    let acceptance = |(index, new): (usize, &&NewEvent)| {
        let key = new.event.key.as_str();
        if inserted.contains(key) && first.get(key) == Some(&index) {
            return Some(Acceptance::Accepted);
        }
        let ours = digests.get(key)?;
        Some(Acceptance::of_repeat(ours.as_deref(), new.digest.as_deref()))
    };
    Ok(batch.iter().enumerate().map(acceptance).collect())
}

/// Inserts what is not there, with its jobs, and answers with the keys of that.
async fn insert(client: &Client, events: &[&NewEvent]) -> Result<HashSet<String>> {
    let insert = client
        .prepare_cached(
            "WITH new AS (
               INSERT INTO postseal_events (key, digest, source, message_id, signed_at, secret_id,
                 encrypted, content_type, passed_on, payload, storage_key_id, received_ms)
               SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],
                 $6::text[], $7::boolean[], $8::text[], $9::text[], $10::bytea[], $11::text[],
                 $12::bigint[])
               ON CONFLICT (key) DO NOTHING RETURNING number, key, source, received_ms
             ), job AS (
               INSERT INTO postseal_jobs (number, source, state, due_ms, received_ms)
               SELECT number, source, 'pending', received_ms, received_ms FROM new
             )
             SELECT key FROM new",
        )
        .await?;
    fn column<'a, T>(events: &[&'a NewEvent], value: impl Fn(&'a Event) -> T) -> Vec<T> {
        events.iter().map(|new| value(&new.event)).collect()
    }
    let digests: Vec<_> = events.iter().map(|new| new.digest.as_deref()).collect();
    let rows = client
        .query(
            &insert,
            &[
                &column(events, |event| event.key.as_str()),
                &digests,
                &column(events, |event| event.source.as_str()),
                &column(events, |event| event.message_id.as_deref()),
                &column(events, |event| event.signed_at.map(signed)),
                &column(events, |event| event.secret_id.as_str()),
                &column(events, |event| event.encrypted),
                &column(events, |event| event.content_type.as_deref()),
                &column(events, |event| event.passed_on.as_str()),
                &column(events, |event| event.payload.as_slice()),
                &column(events, |event| event.storage_key_id.as_deref()),
                &column(events, |event| signed(event.received_ms)),
            ],
        )
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

async fn digests(client: &Client, keys: &[&str]) -> Result<HashMap<String, Option<String>>> {
    let select = client
        .prepare_cached("SELECT key, digest FROM postseal_events WHERE key = ANY($1::text[])")
        .await?;
    let rows = client.query(&select, &[&keys]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// What another gateway is taking at the moment is left to it.
pub(super) async fn take(client: &Client, take: &Take) -> Result<Vec<Job>> {
    let statement = client
        .prepare_cached(
            "WITH due AS MATERIALIZED (
               SELECT number FROM postseal_jobs
               WHERE state = 'pending' AND source = $1 AND due_ms <= $2
               ORDER BY due_ms, number LIMIT $3 FOR UPDATE SKIP LOCKED
             ), taken AS (
               UPDATE postseal_jobs AS job
               SET attempts = attempts + 1, lease = lease + 1, due_ms = $4
               FROM due WHERE job.number = due.number
               RETURNING job.number, job.attempts, job.lease
             )
             SELECT key, source, message_id, signed_at, secret_id, encrypted, content_type,
               passed_on, payload, storage_key_id, received_ms, number, attempts, lease
             FROM taken JOIN postseal_events USING (number) ORDER BY number",
        )
        .await?;
    let (now, until) = (signed(take.now_ms), signed(take.until_ms()));
    let most = i64::from(take.jobs_max);
    let rows = client.query(&statement, &[&take.source, &now, &most, &until]).await?;
    let job = |row: &Row| {
        let attempt = u32::try_from(row.try_get::<_, i32>(12)?).unwrap_or(0);
        let lease = Lease { number: row.try_get(11)?, attempt, count: row.try_get(13)? };
        Ok(Job { lease, event: event_of(row)? })
    };
    rows.iter().map(job).collect()
}

pub(super) async fn next_due(client: &Client, source: &str) -> Result<Option<u64>> {
    let select = client
        .prepare_cached(
            "SELECT min(due_ms) FROM postseal_jobs WHERE state = 'pending' AND source = $1",
        )
        .await?;
    let due: Option<i64> = client.query_one(&select, &[&source]).await?.try_get(0)?;
    Ok(due.map(unsigned))
}

/// A lease is settled once: what a shutdown has given back is nobody's.
pub(super) async fn settle(
    client: &Client,
    lease: Lease,
    settlement: Settlement,
    result: Option<&str>,
    now_ms: u64,
) -> Result<bool> {
    let (state, due_ms, returned) = settlement.effect(now_ms);
    let update = client
        .prepare_cached(
            "UPDATE postseal_jobs SET state = $1, due_ms = coalesce($2, due_ms), ended_ms = $3,
               last_result = coalesce($4, last_result), attempts = attempts - $5,
               lease = lease + 1
             WHERE number = $6 AND lease = $7 AND state = 'pending'",
        )
        .await?;
    let ended = due_ms.is_none().then(|| signed(now_ms));
    let (state, due, returned) = (state.as_str(), due_ms.map(signed), i32::from(returned));
    let changed = client
        .execute(&update, &[&state, &due, &ended, &result, &returned, &lease.number, &lease.count])
        .await?;
    Ok(changed == 1)
}

/// In the order of the names, as gateways do this at the same time.
pub(super) async fn note_needed(client: &Client, needed: &[Needed]) -> Result<()> {
    let upsert = client
        .prepare_cached(
            "INSERT INTO postseal_secrets_needed AS row (source, secret_id, at_ms)
             SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) ORDER BY 1, 2
             ON CONFLICT (source, secret_id)
             DO UPDATE SET at_ms = greatest(row.at_ms, excluded.at_ms)",
        )
        .await?;
    let sources: Vec<_> = needed.iter().map(|row| row.source.as_str()).collect();
    let secrets: Vec<_> = needed.iter().map(|row| row.secret_id.as_str()).collect();
    let times: Vec<_> = needed.iter().map(|row| signed(row.at_ms)).collect();
    client.execute(&upsert, &[&sources, &secrets, &times]).await.map(drop)
}

pub(super) async fn expire(
    client: &Client,
    source: &str,
    before_ms: u64,
    rows_max: u32,
) -> Result<u64> {
    let delete = client
        .prepare_cached(
            "WITH old AS MATERIALIZED (
               SELECT number FROM postseal_events AS event JOIN postseal_jobs AS job USING (number)
               WHERE event.source = $1 AND event.received_ms < $2 AND state <> 'pending'
               LIMIT $3 FOR UPDATE OF job SKIP LOCKED
             ), job AS (
               DELETE FROM postseal_jobs USING old WHERE postseal_jobs.number = old.number
             )
             DELETE FROM postseal_events USING old WHERE postseal_events.number = old.number",
        )
        .await?;
    client.execute(&delete, &[&source, &signed(before_ms), &i64::from(rows_max)]).await
}

/// What another one is deleting at the moment is left to it.
pub(super) async fn forget(client: &Client, source: &str, last: i64) -> Result<u64> {
    let delete = client
        .prepare_cached(
            "WITH gone AS MATERIALIZED (
               SELECT number FROM postseal_events AS event JOIN postseal_jobs AS job USING (number)
               WHERE event.source = $1 AND number <= $2 LIMIT $3 FOR UPDATE OF job SKIP LOCKED
             ), job AS (
               DELETE FROM postseal_jobs USING gone WHERE postseal_jobs.number = gone.number
             )
             DELETE FROM postseal_events USING gone WHERE postseal_events.number = gone.number",
        )
        .await?;
    let deleted = client.execute(&delete, &[&source, &last, &i64::from(FORGOTTEN_AT_ONCE)]).await?;
    if deleted == 0 {
        let delete = "DELETE FROM postseal_secrets_needed WHERE source = $1
           AND NOT EXISTS (SELECT 1 FROM postseal_events WHERE source = $1)";
        client.execute(delete, &[&source]).await?;
    }
    Ok(deleted)
}

pub(super) async fn last(client: &Client, source: &str) -> Result<Option<i64>> {
    let select = "SELECT max(number) FROM postseal_events WHERE source = $1";
    client.query_one(select, &[&source]).await?.try_get(0)
}

pub(super) async fn reschedule(
    client: &Client,
    source: &str,
    now_ms: u64,
    set_back: SetBack,
) -> Result<u64> {
    let latest = signed(longest_wait_ms(now_ms));
    if let SetBack::No = set_back {
        // A short range of the index, and mostly an empty one.
        let update = client
            .prepare_cached(
                "UPDATE postseal_jobs SET due_ms = $1
                 WHERE state = 'pending' AND source = $2 AND due_ms > $1",
            )
            .await?;
        return client.execute(&update, &[&latest, &source]).await;
    }
    let update = client
        .prepare_cached(
            "UPDATE postseal_jobs SET due_ms = CASE attempts WHEN 0 THEN $1 ELSE $2 END
             WHERE state = 'pending' AND source = $3 AND due_ms > $1
               AND (attempts = 0 OR due_ms > $2)",
        )
        .await?;
    client.execute(&update, &[&signed(now_ms), &latest, &source]).await
}

pub(super) async fn replay(client: &Client, number: i64, now_ms: u64) -> Result<bool> {
    let update = client
        .prepare_cached(
            "UPDATE postseal_jobs SET state = 'pending', attempts = 0, due_ms = $2, ended_ms = NULL
             WHERE number = $1 AND state <> 'pending'",
        )
        .await?;
    Ok(client.execute(&update, &[&number, &signed(now_ms)]).await? == 1)
}

pub(super) async fn purge(client: &Client, number: i64) -> Result<bool> {
    let delete = client
        .prepare_cached(
            "WITH job AS (
               DELETE FROM postseal_jobs WHERE number = $1 AND state = 'dead' RETURNING number
             )
             DELETE FROM postseal_events USING job WHERE postseal_events.number = job.number",
        )
        .await?;
    Ok(client.execute(&delete, &[&number]).await? == 1)
}

pub(super) async fn list(client: &Client, filter: &Filter) -> Result<Vec<Listed>> {
    let query = format!(
        "SELECT number, event.source, message_id, signed_at, secret_id, encrypted, content_type,
           length(payload)::bigint, event.received_ms, state, attempts, due_ms, last_result,
           ended_ms
         FROM postseal_events AS event JOIN postseal_jobs AS job USING (number)
         WHERE {}
           AND ($1::bigint IS NULL OR number = $1)
           AND ($2::text IS NULL OR event.source = $2)
           AND ($3::text IS NULL OR message_id = $3)
           AND ($4::bigint IS NULL OR number < $4)
         ORDER BY number DESC LIMIT $5",
        filter.state_condition(),
    );
    let Filter { number, source, message_id, before, rows_max, .. } = filter;
    let most = i64::from(*rows_max);
    let rows = client.query(&query, &[number, source, message_id, before, &most]).await?;
    Ok(rows.iter().map(listed).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// `None` for a state that only somebody else can have written.
fn listed(row: &Row) -> Result<Option<Listed>> {
    let Some(state) = State::named(row.try_get(9)?) else { return Ok(None) };
    Ok(Some(Listed {
        number: row.try_get(0)?,
        source: row.try_get(1)?,
        message_id: row.try_get(2)?,
        signed_at: row.try_get::<_, Option<i64>>(3)?.map(unsigned),
        secret_id: row.try_get(4)?,
        encrypted: row.try_get(5)?,
        content_type: row.try_get(6)?,
        payload_bytes: unsigned(row.try_get(7)?),
        received_ms: unsigned(row.try_get(8)?),
        state,
        attempts: u32::try_from(row.try_get::<_, i32>(10)?).unwrap_or(0),
        due_ms: unsigned(row.try_get(11)?),
        last_result: row.try_get(12)?,
        ended_ms: row.try_get::<_, Option<i64>>(13)?.map(unsigned),
    }))
}

pub(super) async fn event(client: &Client, number: i64) -> Result<Option<Event>> {
    let select = client
        .prepare_cached(
            "SELECT key, source, message_id, signed_at, secret_id, encrypted, content_type,
               passed_on, payload, storage_key_id, received_ms
             FROM postseal_events WHERE number = $1",
        )
        .await?;
    client.query_opt(&select, &[&number]).await?.as_ref().map(event_of).transpose()
}

fn event_of(row: &Row) -> Result<Event> {
    Ok(Event {
        key: row.try_get(0)?,
        source: row.try_get(1)?,
        message_id: row.try_get(2)?,
        signed_at: row.try_get::<_, Option<i64>>(3)?.map(unsigned),
        secret_id: row.try_get(4)?,
        encrypted: row.try_get(5)?,
        content_type: row.try_get(6)?,
        passed_on: row.try_get(7)?,
        payload: row.try_get(8)?,
        storage_key_id: row.try_get(9)?,
        received_ms: unsigned(row.try_get(10)?),
    })
}

/// Each state by its own index: the jobs that have ended are most, and are not looked at.
pub(super) async fn backlog(client: &Client) -> Result<Vec<Backlog>> {
    let select = client
        .prepare_cached(
            "SELECT source, sum(pending)::bigint, sum(dead)::bigint, min(oldest) FROM (
               SELECT source, count(*) AS pending, 0 AS dead, min(received_ms) AS oldest
               FROM postseal_jobs WHERE state = 'pending' GROUP BY source
               UNION ALL
               SELECT source, 0, count(*), NULL
               FROM postseal_jobs WHERE state = 'dead' GROUP BY source
             ) AS states GROUP BY source ORDER BY source",
        )
        .await?;
    let backlog = |row: &Row| {
        Ok(Backlog {
            source: row.try_get(0)?,
            pending: unsigned(row.try_get(1)?),
            dead: unsigned(row.try_get(2)?),
            oldest_ms: row.try_get::<_, Option<i64>>(3)?.map(unsigned),
        })
    };
    client.query(&select, &[]).await?.iter().map(backlog).collect()
}

/// From one to the next in the index, since sources are few and events many.
pub(super) async fn sources(client: &Client) -> Result<Vec<String>> {
    let select = client
        .prepare_cached(
            "WITH RECURSIVE known (source) AS (
               SELECT min(source) FROM postseal_events
               UNION ALL
               SELECT (SELECT min(source) FROM postseal_events AS event
                       WHERE event.source > known.source)
               FROM known WHERE known.source IS NOT NULL
             )
             SELECT source FROM known WHERE source IS NOT NULL",
        )
        .await?;
    let rows = client.query(&select, &[]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

pub(super) async fn needed(client: &Client) -> Result<Vec<Needed>> {
    let select = client
        .prepare_cached(
            "SELECT source, secret_id, at_ms FROM postseal_secrets_needed ORDER BY 1, 2",
        )
        .await?;
    let needed = |row: &Row| {
        Ok(Needed {
            source: row.try_get(0)?,
            secret_id: row.try_get(1)?,
            at_ms: unsigned(row.try_get(2)?),
        })
    };
    client.query(&select, &[]).await?.iter().map(needed).collect()
}
