//! Delivery: takes what is due, sends it to the application, and settles it.
//!
//! At least once: a worker that dies between the application's answer and the settlement has its
//! job delivered again, after the lease. Order is not promised.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use postseal::policy::retry::{Attempt, Outcome};
use postseal::{Code, ContentType, Error, Message, StorageKey};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::config::Source;
use crate::deliver::{Answer, Failure, header_map};
use crate::host;
use crate::operate::alerts::{Alerts, Kind};
use crate::operate::metrics::Metrics;
use crate::passed_on::PassedOn;
use crate::store::{Event, Job, Lease, Settlement, Store, Take, Taken};

/// A lease is longer than an attempt by this, for the settlement.
const SETTLEMENT_TIME: Duration = Duration::from_secs(15);
/// How often the store is asked where nobody has told of a job: for those of other gateways, and
/// for leases that have run out.
const IDLE_POLL: Duration = Duration::from_secs(5);
/// Whatever is due sooner than that is not worth another question.
const POLL_MIN: Duration = Duration::from_millis(20);
/// After the store has failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);
const KEY_PREFIX: &str = "postseal:claim:v1:";

/// What delivery needs beside the source.
pub(crate) struct Delivering {
    pub(crate) store: Arc<Store>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) alerts: Arc<Alerts>,
    /// What payloads are stored under.
    pub(crate) storage_keys: RwLock<Arc<Vec<StorageKey>>>,
    pub(crate) slots: Slots,
}

/// How many deliveries of a source may be under way, whichever configuration they began under.
#[derive(Default)]
pub(crate) struct Slots(Mutex<HashMap<(String, u32), Arc<Semaphore>>>);

impl Slots {
    fn of(&self, source: &Source) -> Arc<Semaphore> {
        let concurrency = source.delivery.concurrency;
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = slots.entry((source.name.clone(), concurrency));
        let count = usize::try_from(concurrency).unwrap_or(1);
        Arc::clone(slots.or_insert_with(|| Arc::new(Semaphore::new(count))))
    }
}

/// Delivers a source's events until `stop` says so, and then what it holds; of that it gives back
/// what has not ended when the gateway has been `ending` for so long as it may.
pub(crate) async fn run(
    delivering: Arc<Delivering>,
    source: Arc<Source>,
    mut stop: watch::Receiver<bool>,
    mut ending: watch::Receiver<bool>,
    shutdown: Duration,
) {
    let free = delivering.slots.of(&source);
    let mut running = JoinSet::new();
    let held = Arc::new(Held::default());
    loop {
        // A slot first: nothing is leased that nobody can deliver.
        let slot = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            slot = Arc::clone(&free).acquire_owned() => slot,
        };
        let Ok(slot) = slot else { break };
        let mut slots = vec![slot];
        while let Ok(slot) = Arc::clone(&free).try_acquire_owned() {
            slots.push(slot);
        }
        let jobs_max = u32::try_from(slots.len()).unwrap_or(1);
        let lease = source.delivery.timeout + SETTLEMENT_TIME;
        let take = Take { source: source.name.clone(), jobs_max, now_ms: host::now_ms(), lease };
        let Taken { jobs, unreadable, next_due_ms } = match delivering.store.take(take).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::error!(source = source.name, why = error.message(), "nothing taken");
                drop(slots);
                idle(&source, STORE_PAUSE, &mut stop).await;
                continue;
            }
        };
        for event in unreadable {
            tracing::error!(source = source.name, event, "it cannot be read, and is given up");
            delivering.alerts.raise(Kind::DeadLetter, &source.name);
        }
        if jobs.is_empty() {
            let due = next_due_ms.map(|due_ms| due_ms.saturating_sub(host::now_ms()));
            let due = due.map_or(IDLE_POLL, Duration::from_millis).clamp(POLL_MIN, IDLE_POLL);
            drop(slots);
            idle(&source, due, &mut stop).await;
            continue;
        }
        while running.try_join_next().is_some() {}
        for (job, slot) in jobs.into_iter().zip(slots) {
            let (delivering, source) = (Arc::clone(&delivering), Arc::clone(&source));
            let (held, lease) = (Arc::clone(&held), job.lease);
            held.add(lease);
            running.spawn(async move {
                delivering.deliver(&source, job).await;
                held.remove(lease);
                drop(slot);
            });
        }
    }
    let late = async {
        let _ = ending.wait_for(|ending| *ending).await;
        sleep(shutdown).await;
    };
    tokio::select! {
        () = async { while running.join_next().await.is_some() {} } => {}
        () = late => delivering.give_back(&source, &held).await,
    }
}

/// The leases that attempts are being made under.
#[derive(Default)]
struct Held(Mutex<HashMap<i64, Lease>>);

impl Held {
    fn add(&self, lease: Lease) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(lease.number, lease);
    }

    fn remove(&self, lease: Lease) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&lease.number);
    }

    fn take(&self) -> Vec<Lease> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.drain().map(|(_, lease)| lease).collect()
    }
}

/// Waits until there may be something to do.
async fn idle(source: &Source, longest: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        _ = timeout(longest, source.due.notified()) => {}
    }
}

impl Delivering {
    /// One attempt, from the lease to its settlement.
    async fn deliver(&self, source: &Source, job: Job) {
        let began = Instant::now();
        let outcome = match job.lease.attempt > source.delivery.max_attempts {
            // The last attempt was begun, and its gateway died: what kills gateways must end too.
            true => Err(Failed::Exhausted),
            false => self.attempt(source, &job).await,
        };
        let result = match &outcome {
            Ok(answer) => answer.status.to_string(),
            Err(failed) => failed.as_str().to_owned(),
        };
        self.metrics.delivery(&source.name, &result, began.elapsed());
        let settlement = self.settlement(source, &job, outcome.as_ref());
        self.report(source, &job, settlement, &result, began.elapsed());
        let lease_end = began + source.delivery.timeout + SETTLEMENT_TIME;
        self.settle(source, job.lease, settlement, &result, lease_end).await;
        if let Settlement::Retry { .. } = settlement {
            // Whoever waits for the next job may have to wait less.
            source.due.notify_one();
        }
    }

    /// Writes down what has become of an attempt, as often as it takes: else it is made again.
    async fn settle(
        &self,
        source: &Source,
        lease: Lease,
        settlement: Settlement,
        result: &str,
        lease_end: Instant,
    ) {
        let (name, event) = (source.name.as_str(), lease.number);
        loop {
            let settled = self.store.settle(lease, settlement, Some(result), host::now_ms()).await;
            match settled {
                Ok(true) => return,
                Ok(false) => return tracing::warn!(source = name, event, "the lease was lost"),
                Err(error) => {
                    tracing::error!(source = name, event, why = error.message(), "not settled");
                }
            }
            if Instant::now() + STORE_PAUSE > lease_end {
                return;
            }
            sleep(STORE_PAUSE).await;
        }
    }

    /// Ends what a shutdown does not wait for: another worker begins it anew.
    async fn give_back(&self, source: &Source, held: &Held) {
        for lease in held.take() {
            let returned = Settlement::Returned;
            if self.store.settle(lease, returned, None, host::now_ms()).await.is_err() {
                tracing::warn!(source = source.name, event = lease.number, "not given back");
            }
        }
    }

    async fn attempt(&self, source: &Source, job: &Job) -> Result<Answer, Failed> {
        let payload = self.payload(&job.event)?;
        let headers = headers(source, job, &payload)?;
        let answer = source.delivery.target.post(headers, payload).await;
        answer.map_err(|failure| {
            if failure == Failure::PinMismatch {
                self.alerts.raise(Kind::PinMismatch, &source.name);
            }
            Failed::Sending(failure)
        })
    }

    /// The payload as it was accepted.
    fn payload(&self, event: &Event) -> Result<Bytes, Error> {
        let Some(id) = &event.storage_key_id else { return Ok(event.payload.clone().into()) };
        let keys = Arc::clone(&self.storage_keys.read().unwrap_or_else(PoisonError::into_inner));
        let key = keys.iter().find(|key| key.id() == id).ok_or_else(|| {
            Error::new(Code::UnknownKey, "the storage key of this event is not in storage_keys")
        })?;
        key.open(&event.key, &event.payload).map(Bytes::from)
    }

    fn settlement(
        &self,
        source: &Source,
        job: &Job,
        outcome: Result<&Answer, &Failed>,
    ) -> Settlement {
        let attempt = Attempt {
            attempt: job.lease.attempt,
            status: outcome.ok().map(|answer| answer.status),
            retry_after: outcome.ok().and_then(|answer| answer.retry_after.as_deref()),
            max_attempts: Some(source.delivery.max_attempts),
        };
        let mut random = [0; 4];
        // Without randomness all retries of a moment fall together, which is better than none.
        let _ = host::entropy(&mut random);
        let max_age_ms = u64::try_from(source.delivery.max_age.as_millis()).unwrap_or(u64::MAX);
        let give_up_ms = job.event.received_ms.saturating_add(max_age_ms);
        Settlement::after(&attempt, give_up_ms, host::now_ms(), u32::from_le_bytes(random))
    }

    fn report(
        &self,
        source: &Source,
        job: &Job,
        settlement: Settlement,
        result: &str,
        took: Duration,
    ) {
        let (event, attempt) = (job.lease.number, job.lease.attempt);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let name = source.name.as_str();
        match settlement {
            Settlement::Delivered => {
                tracing::info!(source = name, event, attempt, result, micros, "delivered");
            }
            Settlement::Retry { .. } | Settlement::Returned => {
                tracing::warn!(source = name, event, attempt, result, micros, "not delivered");
            }
            Settlement::Dead => {
                tracing::error!(source = name, event, attempt, result, micros, "given up");
                self.alerts.raise(Kind::DeadLetter, name);
            }
        }
    }
}

/// Why an attempt has no answer.
enum Failed {
    /// It could not be made: a key is missing, or there is no clock.
    Making(Error),
    /// It is not made: there were as many as there may be.
    Exhausted,
    Sending(Failure),
}

impl Failed {
    fn as_str(&self) -> &'static str {
        match self {
            Failed::Making(error) => error.code().as_str(),
            Failed::Exhausted => Outcome::Exhausted.as_str(),
            Failed::Sending(failure) => failure.as_str(),
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Making(error)
    }
}

/// What is sent with a payload: our signature, what was authenticated of the message, and last what
/// was not.
fn headers(source: &Source, job: &Job, payload: &[u8]) -> Result<HeaderMap, Error> {
    let event = &job.event;
    // An earlier version may have stored a content type that cannot be sent.
    let content_type = event.content_type.as_deref().map(str::as_bytes);
    let content_type = content_type.and_then(ContentType::from_header).map(ContentType::as_str);
    // The same for every attempt, and for every repeat: it is made of what the event is unique by.
    let id = format!("evt_{}", event.key.strip_prefix(KEY_PREFIX).unwrap_or(&event.key));
    let mut headers = match &source.delivery.sender {
        Some(sender) => {
            let message = Message { id: &id, content_type, payload };
            header_map(&sender.seal(&message, host::instant(None)?, &mut host::entropy)?.headers)?
        }
        None => HeaderMap::new(),
    };
    if let Some(value) = content_type.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(http::header::CONTENT_TYPE, value);
    }
    let mut own = |name: &'static str, value: Option<String>| {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    own("postseal-event", Some(job.lease.number.to_string()));
    own("postseal-source", Some(event.source.clone()));
    own("postseal-id", event.message_id.clone());
    own("postseal-timestamp", event.signed_at.map(|seconds| seconds.to_string()));
    own("postseal-secret-id", Some(event.secret_id.clone()));
    own("postseal-encrypted", Some(event.encrypted.to_string()));
    own("postseal-attempt", Some(job.lease.attempt.to_string()));
    PassedOn::of_event(&source.pass_on, &event.passed_on).add_to(&mut headers);
    Ok(headers)
}
