//! A request, from its head to its one answer: limit, size, verification, and the commit.
//!
//! The order is that of cost: what a stranger can make us do stands before what only an
//! authenticated sender can. The core decides what is authentic; a stranger learns nothing of why.

use std::collections::HashMap;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use hyper::body::Incoming;
use postseal::policy::claim::Subject;
use postseal::{Code, ContentType, Delivery, Error, LogKey, StorageKey};
use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::body::Body;
use super::client_address::{client_address, limited};
use super::head::{HEADERS_MAX, Head, head_bytes};
use super::last_needed::LastNeeded;
use super::limit::{Limiter, Verdict};
use super::share::{Holder, Share, Shares};
use crate::config::Source;
use crate::host;
use crate::operate::alerts::{Alerts, Kind};
use crate::operate::metrics::Metrics;
use crate::passed_on::PassedOn;
use crate::store::{Acceptance, Event, NewEvent, Store};

/// A body from which on verifying and decrypting would hold up the other tasks of a thread.
const LONG_BODY_BYTES: usize = 256 << 10;
/// The longest challenge that is answered, in bytes. Slack's have some fifty.
const CHALLENGE_BYTES_MAX: usize = 1024;

/// Maximum memory of all requests in progress, heads and bodies, in bytes: eight of the longest
/// bodies, or some 30 000 requests with ten headers and a body of 1 KiB.
pub(crate) const REQUEST_BYTES_MAX: usize = 256 << 20;

/// What receiving needs.
pub(crate) struct Receiving {
    pub(crate) store: Arc<Store>,
    pub(crate) limiter: Limiter,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) alerts: Arc<Alerts>,
    pub(crate) log_key: LogKey,
    pub(crate) body_timeout: Duration,
    /// The memory of requests, [`REQUEST_BYTES_MAX`] in all.
    pub(crate) memory: Arc<Shares>,
    pub(crate) routes: RwLock<Arc<Routes>>,
    pub(crate) last_needed: LastNeeded,
}

/// What a reload replaces, as a whole.
pub(crate) struct Routes {
    pub(crate) sources: HashMap<String, Arc<Source>>,
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
    pub(crate) storage_keys: Arc<Vec<StorageKey>>,
}

impl Routes {
    /// Whether an address is a trusted proxy's.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

/// A request whose head was accepted, and whose memory is accounted for.
struct Admitted {
    source: Arc<Source>,
    head: Head,
    share: Share,
    body: Incoming,
}

impl Receiving {
    pub(crate) fn routes(&self) -> Arc<Routes> {
        Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers a request. It never fails: what goes wrong is an answer too.
    ///
    /// The head is checked, and its memory accounted for, before this returns rather than when the
    /// future is polled: HTTP/2 hands over a connection's requests faster than it polls their
    /// answers. For the same reason an early refusal has no memory but its own.
    pub(crate) fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let began = Instant::now();
        let routes = self.routes();
        let admitted = match self.admit(&routes, peer, request, began) {
            Ok(admitted) => admitted,
            Err(answer) => return Box::pin(ready(answer)),
        };
        Box::pin(async move {
            let Admitted { source, head, share, body } = admitted;
            let answer = match self.receive(&routes, &source, &head, share, body).await {
                Ok(answer) => answer,
                Err(refusal) => Answer::Refused(refusal),
            };
            self.report(&source, head.client, &answer, began);
            answer
        })
    }

    /// Admits a request if its head is valid and there is memory for it.
    fn admit(
        &self,
        routes: &Routes,
        peer: SocketAddr,
        request: Request<Incoming>,
        began: Instant,
    ) -> Result<Admitted, Answer> {
        let (parts, body) = request.into_parts();
        let Some(source) = routes.sources.get(parts.uri.path()) else {
            return Err(Answer::NotFound);
        };
        let client = client_address(peer, &parts.headers, &routes.trusted_proxies);
        let head = Head { method: parts.method, headers: parts.headers, client };
        match self.admit_to(source, &head) {
            Ok(share) => Ok(Admitted { source: Arc::clone(source), head, share, body }),
            Err(refusal) => {
                let answer = Answer::Refused(refusal);
                self.report(source, client, &answer, began);
                Err(answer)
            }
        }
    }

    fn admit_to(&self, source: &Source, head: &Head) -> Result<Share, Refusal> {
        if head.method != Method::POST {
            return Err(Refusal::MethodNotAllowed);
        }
        let allowed = |network: &ipnet::IpNet| network.contains(&head.client);
        if !source.allow_from.is_empty() && !source.allow_from.iter().any(allowed) {
            return Err(Refusal::AddressNotAllowed);
        }
        if head.headers.len() > HEADERS_MAX {
            return Err(Refusal::HeadTooLarge);
        }
        let holders =
            vec![Holder::Client(limited(head.client)), Holder::Source(source.name.clone())];
        let mut share = self.memory.share(holders);
        share.grow(head_bytes(&head.headers)).map_err(|_| Refusal::Busy)?;
        Ok(share)
    }

    async fn receive(
        &self,
        routes: &Routes,
        source: &Arc<Source>,
        head: &Head,
        share: Share,
        body: Incoming,
    ) -> Result<Answer, Refusal> {
        self.limit(source, head.client).await?;
        let most = source.receiver.max_body_bytes();
        // The share is held until the store has answered: once `bytes` is dropped, it covers the
        // event.
        let Body { bytes, share: _share } =
            Body::read(body, most, self.body_timeout, share).await?;
        // Opening and sealing are CPU-bound: a long body must not block other requests.
        let opened = match bytes.len() {
            0..LONG_BODY_BYTES => open(routes, source, head, &bytes),
            _ => tokio::task::block_in_place(|| open(routes, source, head, &bytes)),
        };
        drop(bytes);
        let (event, dropped) = match opened? {
            Opened::Challenge(text) => return Ok(Answer::Challenge(text)),
            Opened::Event { event, dropped } => (event, dropped),
        };
        let Event { key, secret_id, received_ms, .. } = &event.event;
        let (id, secret_id, received_ms) =
            (self.log_key.name(key), secret_id.clone(), *received_ms);
        let acceptance = self.store.accept(*event).await?;
        if acceptance != Acceptance::Conflict {
            self.last_needed.note(&source.name, &secret_id, received_ms);
        }
        if acceptance == Acceptance::Accepted {
            source.due.notify_one();
            self.report_dropped(source, &id, &dropped);
        }
        Ok(Answer::of(acceptance, id))
    }

    /// Counts and logs the headers of an event that its application will not receive.
    fn report_dropped(&self, source: &Source, id: &str, dropped: &[HeaderName]) {
        for header in dropped {
            self.metrics.header_dropped(&source.name, header.as_str());
            let (source, header) = (source.name.as_str(), header.as_str());
            tracing::debug!(source, id, header, "dropped a header that cannot be sent on");
        }
    }

    async fn limit(&self, source: &Source, client: IpAddr) -> Result<(), Refusal> {
        let Some(limit) = source.rate_limit else { return Ok(()) };
        let verdict = self.limiter.admit(&source.name, limit, limited(client), &self.metrics);
        match verdict.await.map_err(Refusal::LimitUnknown)? {
            Verdict::Admitted => Ok(()),
            Verdict::Limited { retry_after_seconds } => {
                Err(Refusal::RateLimited { retry_after_seconds })
            }
        }
    }

    fn report(&self, source: &Source, client: IpAddr, answer: &Answer, began: Instant) {
        let (outcome, status) = (answer.outcome(), answer.status().as_u16());
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.metrics.request(&source.name, outcome);
        let source = source.name.as_str();
        match answer {
            Answer::Stored { acceptance, id } => {
                self.metrics.accepted(began.elapsed());
                tracing::info!(source, outcome, status, id, micros, "received");
                if *acceptance == Acceptance::Conflict {
                    self.alerts.raise(Kind::Conflict, source);
                }
            }
            Answer::Refused(refusal) => {
                let why = refusal.message();
                tracing::warn!(source, outcome, status, %client, micros, why, "refused");
                self.raise(source, refusal);
            }
            Answer::Challenge(_) | Answer::NotFound => {
                tracing::info!(source, outcome, status, micros, "answered");
            }
        }
    }

    fn raise(&self, source: &str, refusal: &Refusal) {
        match refusal {
            Refusal::Error(error) if error.status() == 401 => {
                self.alerts.raise(Kind::Refusals, source);
                if matches!(error.code(), Code::TimestampTooOld | Code::TimestampTooNew) {
                    // The clock is looked at after the signature: it is a sender of ours.
                    self.alerts.raise(Kind::ClockSkew, source);
                }
            }
            _ => {}
        }
    }
}

/// What an authenticated message asks for.
enum Opened {
    /// An event to deliver, without the `dropped` headers, whose values cannot be sent on.
    Event { event: Box<NewEvent>, dropped: Vec<HeaderName> },
    /// To have this text back: it wants to know whether we are there.
    Challenge(String),
}

fn open(routes: &Routes, source: &Source, head: &Head, body: &[u8]) -> Result<Opened, Error> {
    let headers: Vec<(&str, &[u8])> =
        head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let delivery = source.receiver.open(&headers, body, host::instant(None)?)?;
    if let Some(challenge) = challenge(&delivery) {
        return Ok(Opened::Challenge(challenge));
    }
    new_event(routes, source, head, delivery)
}

/// The challenge of Slack's `url_verification`, which is signed like every message of theirs.
fn challenge(delivery: &Delivery<'_>) -> Option<String> {
    if delivery.scheme().name() != "slack" {
        return None;
    }
    let message: Value = serde_json::from_slice(delivery.payload()).ok()?;
    if message.get("type")?.as_str()? != "url_verification" {
        return None;
    }
    let challenge = message.get("challenge")?.as_str()?;
    let plain = challenge.len() <= CHALLENGE_BYTES_MAX && !challenge.contains(char::is_control);
    plain.then(|| challenge.to_owned())
}

fn new_event(
    routes: &Routes,
    source: &Source,
    head: &Head,
    delivery: Delivery<'_>,
) -> Result<Opened, Error> {
    let replay_key = delivery.replay_key();
    let subject = Subject::new(&source.name, delivery.scheme(), &replay_key, delivery.payload())?;
    let (passed_on, dropped) = PassedOn::of_request(&source.pass_on, &head.headers);
    let mut dropped: Vec<_> = dropped.into_iter().cloned().collect();
    let content_type = content_type(&delivery, &head.headers).unwrap_or_else(|Unsendable| {
        dropped.push(CONTENT_TYPE);
        None
    });
    let digest = subject.digest().map(str::to_owned);
    let mut event = Event {
        key: subject.key().to_owned(),
        source: source.name.clone(),
        message_id: delivery.id().map(str::to_owned),
        signed_at: delivery.timestamp(),
        secret_id: delivery.secret_id().to_owned(),
        encrypted: delivery.encrypted(),
        content_type,
        passed_on: passed_on.to_json(),
        payload: Vec::new(),
        storage_key_id: None,
        received_ms: host::now_ms(),
    };
    match routes.storage_keys.first() {
        None => event.payload = delivery.into_payload(),
        Some(key) => {
            event.payload = key.seal(&event.key, delivery.payload(), &mut host::entropy)?;
            event.storage_key_id = Some(key.id().to_owned());
        }
    }
    Ok(Opened::Event { event: Box::new(NewEvent { event, digest }), dropped })
}

/// A content type is present, but no delivery could carry it.
struct Unsendable;

/// The authenticated content type of an encrypted payload; for a plain body, the first
/// `Content-Type` of the request that can be sent on.
fn content_type(
    delivery: &Delivery<'_>,
    headers: &HeaderMap,
) -> Result<Option<String>, Unsendable> {
    let values: Vec<&[u8]> = match delivery.encrypted() {
        true => delivery.content_type().map(str::as_bytes).into_iter().collect(),
        false => headers.get_all(CONTENT_TYPE).iter().map(HeaderValue::as_bytes).collect(),
    };
    match values.iter().find_map(|value| ContentType::from_header(value)) {
        Some(content_type) => Ok(Some(content_type.as_str().to_owned())),
        None if values.is_empty() => Ok(None),
        None => Err(Unsendable),
    }
}
