//! Alerts: what somebody should look at, logged, counted, and sent as a signed webhook.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use http::HeaderMap;
use postseal::policy::alert::{Decision, State};
use postseal::{Error, Message, Sender};
use serde_json::json;
use tokio::sync::mpsc;

use super::metrics::Metrics;
use crate::config::AlertRules;
use crate::deliver::{Target, header_map};
use crate::host;

/// Alerts that wait to be sent. The interval between two of a kind keeps them few.
const WAITING_MAX: usize = 256;
/// Tries to send an alert; the log has it anyway.
const ATTEMPTS: u32 = 3;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// More messages of a source were refused than usual.
    Refusals,
    /// Messages of a source come from another time: its sender's clock, or ours, is wrong.
    ClockSkew,
    /// A repeat had another payload.
    Conflict,
    /// An event was given up.
    DeadLetter,
    /// A server showed a key that is not pinned.
    PinMismatch,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Kind::Refusals => "refusals",
            Kind::ClockSkew => "clock_skew",
            Kind::Conflict => "conflict",
            Kind::DeadLetter => "dead_letter",
            Kind::PinMismatch => "pin_mismatch",
        }
    }

    /// Whether one is an alert already.
    const fn each_counts(self) -> bool {
        matches!(self, Kind::Conflict | Kind::DeadLetter | Kind::PinMismatch)
    }
}

/// Decides on alerts, and hands them over.
pub(crate) struct Alerts {
    settings: RwLock<Arc<AlertRules>>,
    states: Mutex<HashMap<(Kind, String), State>>,
    metrics: Arc<Metrics>,
    waiting: mpsc::Sender<Alert>,
}

/// One alert. It bears no id, no payload and no key.
struct Alert {
    kind: Kind,
    source: String,
    count: u64,
    at: u64,
}

impl Alerts {
    /// Begins; a task of the current runtime sends.
    pub(crate) fn begin(settings: AlertRules, metrics: Arc<Metrics>) -> Arc<Self> {
        let (waiting, receiver) = mpsc::channel(WAITING_MAX);
        let alerts = Arc::new(Alerts {
            settings: RwLock::new(Arc::new(settings)),
            states: Mutex::default(),
            metrics,
            waiting,
        });
        tokio::spawn(send_all(Arc::downgrade(&alerts), receiver));
        alerts
    }

    /// Puts other rules in place of the old ones.
    pub(crate) fn set(&self, settings: AlertRules) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    fn settings(&self) -> Arc<AlertRules> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Something has happened at a source.
    pub(crate) fn raise(&self, kind: Kind, source: &str) {
        let Ok(now) = host::instant(None) else { return };
        let settings = self.settings();
        let rule = if kind.each_counts() { settings.each } else { settings.refusals };
        let decision = {
            let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            let state = states.entry((kind, source.to_owned())).or_default();
            let (next, decision) = rule.decide(*state, now);
            *state = next;
            decision
        };
        let Decision::Alert { count } = decision else { return };
        tracing::error!(kind = kind.as_str(), source, count, "alert");
        self.metrics.alert(kind.as_str());
        let alert = Alert { kind, source: source.to_owned(), count, at: now.seconds() };
        if settings.channel.is_some() && self.waiting.try_send(alert).is_err() {
            tracing::error!(kind = kind.as_str(), source, "alert not sent: too many are waiting");
        }
    }
}

/// Sends one alert after the other, until nobody can raise more.
async fn send_all(alerts: std::sync::Weak<Alerts>, mut waiting: mpsc::Receiver<Alert>) {
    while let Some(alert) = waiting.recv().await {
        let Some(settings) = alerts.upgrade().map(|alerts| alerts.settings()) else { return };
        let Some(channel) = &settings.channel else { continue };
        if let Err(why) = send(channel, &alert).await {
            let (kind, source) = (alert.kind.as_str(), alert.source.as_str());
            tracing::error!(kind, source, why, "alert not sent");
        }
    }
}

async fn send(channel: &(Target, Sender), alert: &Alert) -> Result<(), String> {
    let mut failure = String::new();
    for attempt in 1..=ATTEMPTS {
        match send_once(channel, alert).await {
            Ok(()) => return Ok(()),
            Err(why) => failure = why,
        }
        if attempt < ATTEMPTS {
            tokio::time::sleep(std::time::Duration::from_secs(attempt.into())).await;
        }
    }
    Err(failure)
}

async fn send_once((target, sender): &(Target, Sender), alert: &Alert) -> Result<(), String> {
    let (headers, body) = sealed(sender, alert).map_err(|error| error.to_string())?;
    let answer = target.post(headers, body).await;
    match answer.map_err(|failure| failure.as_str().to_owned())?.status {
        200..=299 => Ok(()),
        status => Err(format!("answered {status}")),
    }
}

fn sealed(sender: &Sender, alert: &Alert) -> Result<(HeaderMap, Bytes), Error> {
    let Alert { kind, source, count, at } = alert;
    let id = format!("alert_{}_{at}_{}", kind.as_str(), source.replace('.', "_"));
    let payload = json!({
        "type": format!("postseal.alert.{}", kind.as_str()),
        "timestamp": at,
        "data": { "kind": kind.as_str(), "source": source, "count": count },
    })
    .to_string();
    let message =
        Message { id: &id, content_type: Some("application/json"), payload: payload.as_bytes() };
    let sealed = sender.seal(&message, host::instant(None)?, &mut host::entropy)?;
    Ok((header_map(&sealed.headers)?, Bytes::from(sealed.body)))
}
