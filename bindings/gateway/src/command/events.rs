//! `postseal events` and `postseal dead`: what a gateway has accepted, and what it has given up.

use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use clap::{Args, Subcommand};
use postseal::{Code, Error};
use serde::Serialize;
use tokio::runtime;

use crate::config::Config;
use crate::host::now_ms;
use crate::report::Answer;
use crate::store::{Event, Filter, Listed, State, Store};

const ROWS_DEFAULT: u32 = 50;
const ROWS_MAX: u32 = 10_000;
/// Dead letters that one command replays or purges: run it again for more.
const AT_ONCE_MAX: u32 = 10_000;

/// List what was accepted, show one event, or deliver it again
#[derive(Args)]
pub(crate) struct Events {
    #[command(subcommand)]
    action: EventsAction,
    /// The gateway's configuration, which names the store
    #[arg(long, value_name = "FILE", default_value = "postseal.toml", global = true)]
    config: PathBuf,
}

#[derive(Subcommand)]
enum EventsAction {
    /// List events, the newest first
    List {
        #[command(flatten)]
        selection: Selection,
        /// pending, delivered or dead
        #[arg(long, value_name = "STATE", value_parser = state)]
        state: Option<State>,
    },
    /// Show one event, without its payload
    Show {
        /// The number that `list` shows
        event: i64,
        /// Write the payload too: to standard output alone, byte for byte
        #[arg(long)]
        payload: bool,
    },
    /// Deliver again what was delivered or given up
    Replay {
        /// Numbers that `list` shows
        #[arg(required = true)]
        events: Vec<i64>,
    },
}

/// List what was given up, deliver it again, or delete it
#[derive(Args)]
pub(crate) struct Dead {
    #[command(subcommand)]
    action: DeadAction,
    /// The gateway's configuration, which names the store
    #[arg(long, value_name = "FILE", default_value = "postseal.toml", global = true)]
    config: PathBuf,
}

#[derive(Subcommand)]
enum DeadAction {
    /// List dead letters, the newest first
    List {
        #[command(flatten)]
        selection: Selection,
    },
    /// Deliver dead letters again
    Replay(Chosen),
    /// Delete dead letters
    Purge(Chosen),
}

#[derive(Args)]
struct Selection {
    /// Of this source
    #[arg(long)]
    source: Option<String>,
    /// With this id of the sender's
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only smaller numbers: the next page
    #[arg(long, value_name = "EVENT")]
    before: Option<i64>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = ROWS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(ROWS_MAX)))]
    rows: u32,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
struct Chosen {
    /// Numbers that `list` shows
    #[arg(group = "which")]
    events: Vec<i64>,
    /// All dead letters of this source, 10000 at once
    #[arg(long, group = "which", value_name = "SOURCE")]
    all: Option<String>,
}

fn state(text: &str) -> Result<State, &'static str> {
    State::named(text).ok_or("it is pending, delivered or dead")
}

impl Events {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        let config = Config::read(&self.config)?;
        in_store(&config, async |store| match self.action {
            EventsAction::List { selection, state } => {
                rows(&store.list(selection.filter(state)).await?, json)
            }
            EventsAction::Show { event, payload } => {
                show(&config, store, event, payload, json).await
            }
            EventsAction::Replay { events } => {
                each(&events, json, async |event| store.replay(event, now_ms()).await).await
            }
        })
    }
}

impl Dead {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        let config = Config::read(&self.config)?;
        in_store(&config, async |store| match self.action {
            DeadAction::List { selection } => {
                rows(&store.list(selection.filter(Some(State::Dead))).await?, json)
            }
            DeadAction::Replay(chosen) => {
                let events = chosen.events(store).await?;
                each(&events, json, async |event| store.replay(event, now_ms()).await).await
            }
            DeadAction::Purge(chosen) => {
                let events = chosen.events(store).await?;
                each(&events, json, async |event| store.purge(event).await).await
            }
        })
    }
}

impl Selection {
    fn filter(self, state: Option<State>) -> Filter {
        let Selection { source, id, before, rows } = self;
        Filter { number: None, source, message_id: id, state, before, rows_max: rows }
    }
}

impl Chosen {
    /// The numbers, of dead letters alone.
    async fn events(self, store: &Store) -> Result<Vec<i64>, Error> {
        let Some(source) = self.all else { return Ok(self.events) };
        let filter = Filter {
            source: Some(source),
            state: Some(State::Dead),
            rows_max: AT_ONCE_MAX,
            ..Filter::default()
        };
        Ok(store.list(filter).await?.iter().map(|row| row.number).collect())
    }
}

/// Opens the store, does something in it, and closes it.
fn in_store(
    config: &Config,
    run: impl AsyncFnOnce(&Store) -> Result<Answer, Error>,
) -> Result<Answer, Error> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| {
        Error::new(Code::UnsupportedRuntime, format!("the store cannot be reached: {why}"))
    })?;
    runtime.block_on(async {
        let store = Store::open(&config.store).await?;
        let answer = run(&store).await;
        store.close().await;
        answer
    })
}

#[derive(Serialize)]
struct Row<'a> {
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

fn rows(listed: &[Listed], json: bool) -> Result<Answer, Error> {
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

async fn show(
    config: &Config,
    store: &Store,
    number: i64,
    payload: bool,
    json: bool,
) -> Result<Answer, Error> {
    let filter = Filter { number: Some(number), rows_max: 1, ..Filter::default() };
    let listed = store.list(filter).await?;
    let (Some(row), Some(event)) = (listed.first(), store.event(number).await?) else {
        return Err(Error::new(Code::InvalidConfig, format!("there is no event {number}")));
    };
    if !payload {
        return match json {
            true => Answer::json(&Row::from(row)),
            false => rows(&listed, false),
        };
    }
    let payload = opened(config, &event)?;
    if !json {
        return Ok(Answer::bytes(payload));
    }
    #[derive(Serialize)]
    struct Shown<'a> {
        #[serde(flatten)]
        row: Row<'a>,
        payload_base64: String,
    }
    let payload_base64 = Base64::encode_string(&payload);
    Answer::json(&Shown { row: Row::from(row), payload_base64 })
}

fn opened(config: &Config, event: &Event) -> Result<Vec<u8>, Error> {
    let Some(id) = &event.storage_key_id else { return Ok(event.payload.clone()) };
    let key = config.storage_keys.iter().find(|key| key.id() == id).ok_or_else(|| {
        Error::new(Code::UnknownKey, "the storage key of this event is not in storage_keys")
    })?;
    key.open(&event.key, &event.payload)
}

/// Does something to each event, and counts on how many it had an effect.
async fn each(
    events: &[i64],
    json: bool,
    act: impl AsyncFn(i64) -> Result<bool, Error>,
) -> Result<Answer, Error> {
    let (mut done, mut missed) = (Vec::new(), Vec::new());
    for &event in events {
        if act(event).await? { &mut done } else { &mut missed }.push(event);
    }
    if json {
        #[derive(Serialize)]
        struct Done {
            events: Vec<i64>,
            not_found: Vec<i64>,
        }
        return Answer::json(&Done { events: done, not_found: missed });
    }
    let answer = Answer::line(&format!("{} done", done.len()));
    match missed.is_empty() {
        true => Ok(answer),
        false => Ok(answer.with_note(format!("postseal: not there, or pending: {missed:?}"))),
    }
}
