//! `postseal events` and `postseal dead`: what a gateway has accepted, and what it has given up.

use std::path::PathBuf;
use std::time::Instant;

use base64ct::{Base64, Encoding};
use clap::{Args, Subcommand};
use postseal::{Code, Error};
use serde::Serialize;
use tokio::runtime;
use tokio::time::sleep;

use super::event_table::{Row, rows};
use crate::config::StoreConfig;
use crate::host::now_ms;
use crate::report::Answer;
use crate::store::{Event, Filter, State, Store};

const ROWS_DEFAULT: u32 = 50;
const ROWS_MAX: u32 = 10_000;
/// Dead letters that one command replays or purges: run it again for more.
const AT_ONCE_MAX: u32 = 10_000;

/// List what was accepted, show one event, deliver it again, or forget a source
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
    /// Delete all events of a source that is no longer in the configuration, delivered or not
    Forget {
        /// Its name
        source: String,
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
        let config = StoreConfig::read(&self.config)?;
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
            EventsAction::Forget { source } => forget(&config, store, &source, json).await,
        })
    }
}

impl Dead {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        let config = StoreConfig::read(&self.config)?;
        in_store(&config, async |store| match self.action {
            DeadAction::List { selection } => {
                rows(&store.list(selection.filter(Some(State::Dead))).await?, json)
            }
            DeadAction::Replay(chosen) => {
                let events = chosen.events(store).await?;
                let replay = async |event| {
                    Ok(is_dead(store, event).await? && store.replay(event, now_ms()).await?)
                };
                each(&events, json, replay).await
            }
            DeadAction::Purge(chosen) => {
                let events = chosen.events(store).await?;
                each(&events, json, async |event| store.purge(event).await).await
            }
        })
    }
}

async fn is_dead(store: &Store, number: i64) -> Result<bool, Error> {
    let number = Some(number);
    let filter = Filter { number, state: Some(State::Dead), rows_max: 1, ..Filter::default() };
    Ok(!store.list(filter).await?.is_empty())
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
    config: &StoreConfig,
    run: impl AsyncFnOnce(&Store) -> Result<Answer, Error>,
) -> Result<Answer, Error> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| {
        Error::new(Code::UnsupportedRuntime, format!("the store cannot be reached: {why}"))
    })?;
    runtime.block_on(async {
        let store = Store::open_existing(&config.store).await?;
        let answer = run(&store).await;
        store.close().await;
        answer
    })
}

async fn show(
    config: &StoreConfig,
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

fn opened(config: &StoreConfig, event: &Event) -> Result<Vec<u8>, Error> {
    let Some(id) = &event.storage_key_id else { return Ok(event.payload.clone()) };
    let keys = config.storage_keys()?;
    let key = keys.iter().find(|key| key.id() == id).ok_or_else(|| {
        Error::new(Code::UnknownKey, "the storage key of this event is not in storage_keys")
    })?;
    key.open(&event.key, &event.payload)
}

async fn forget(
    config: &StoreConfig,
    store: &Store,
    source: &str,
    json: bool,
) -> Result<Answer, Error> {
    if config.has_source(source) {
        let why = format!("source {source} is in the configuration: take it out, and reload");
        return Err(Error::new(Code::InvalidConfig, why));
    }
    let Some(last) = store.last(source).await? else {
        return Err(Error::new(Code::InvalidConfig, format!("there is no event of {source:?}")));
    };
    let mut events = 0;
    loop {
        let began = Instant::now();
        let deleted = store.forget(source, last).await?;
        events += deleted;
        if deleted == 0 {
            break;
        }
        // A gateway that writes at the same time has its turn.
        sleep(began.elapsed()).await;
    }
    let left = store.last(source).await?.is_some();
    #[derive(Serialize)]
    struct Forgotten<'a> {
        source: &'a str,
        events: u64,
        /// Whether there are any left.
        left: bool,
    }
    if json {
        return Answer::json(&Forgotten { source, events, left });
    }
    let answer = Answer::line(&format!("{events} deleted"));
    Ok(match left {
        false => answer,
        true => answer.with_note(
            "postseal: some are left: a gateway accepts or deletes them, or they cannot be read"
                .to_owned(),
        ),
    })
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
        false => Ok(answer
            .with_note(format!("postseal: not there, or not in a state for this: {missed:?}"))),
    }
}
