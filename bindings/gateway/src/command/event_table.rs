//! What `events` and `dead` show of an event.

use postseal::Error;
use serde::Serialize;

use crate::host::now_ms;
use crate::report::Answer;
use crate::store::{Listed, State};

/// One event, for programs.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    event: i64,
    source: &'a str,
    id: Option<&'a str>,
    timestamp: Option<u64>,
    secret_id: &'a str,
    encrypted: bool,
    content_type: Option<&'a str>,
    payload_bytes: u64,
    received_ms: u64,
    state: &'static str,
    attempts: u32,
    due_ms: Option<u64>,
    last_result: Option<&'a str>,
    ended_ms: Option<u64>,
}

impl<'a> From<&'a Listed> for Row<'a> {
    fn from(row: &'a Listed) -> Self {
        Row {
            event: row.number,
            source: &row.source,
            id: row.message_id.as_deref(),
            timestamp: row.signed_at,
            secret_id: &row.secret_id,
            encrypted: row.encrypted,
            content_type: row.content_type.as_deref(),
            payload_bytes: row.payload_bytes,
            received_ms: row.received_ms,
            state: row.state.as_str(),
            attempts: row.attempts,
            due_ms: (row.state == State::Pending).then_some(row.due_ms),
            last_result: row.last_result.as_deref(),
            ended_ms: row.ended_ms,
        }
    }
}

/// Many events: an object for programs, a table for people.
pub(super) fn rows(listed: &[Listed], json: bool) -> Result<Answer, Error> {
    if json {
        #[derive(Serialize)]
        struct Rows<'a> {
            events: Vec<Row<'a>>,
        }
        return Answer::json(&Rows { events: listed.iter().map(Row::from).collect() });
    }
    let head = ["EVENT", "SOURCE", "STATE", "ATTEMPTS", "LAST", "RECEIVED", "BYTES", "ID"];
    let mut table = vec![head.map(str::to_owned)];
    table.extend(listed.iter().map(|row| {
        [
            row.number.to_string(),
            row.source.clone(),
            row.state.as_str().to_owned(),
            row.attempts.to_string(),
            row.last_result.clone().unwrap_or_else(|| "-".to_owned()),
            ago(row.received_ms),
            row.payload_bytes.to_string(),
            row.message_id.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    }));
    Ok(Answer::line(&aligned(&table)))
}

/// Columns as wide as their widest cell.
fn aligned<const N: usize>(table: &[[String; N]]) -> String {
    let width = |column: usize| {
        table.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let lines = table.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn ago(at_ms: u64) -> String {
    let seconds = now_ms().saturating_sub(at_ms) / 1000;
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
