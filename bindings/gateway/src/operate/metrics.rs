//! The numbers of a gateway, as Prometheus reads them.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::store::{Backlog, Needed};

/// From half a millisecond, which a commit takes on a good disk, to what a sender waits for.
const ACCEPT_BUCKETS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const DELIVER_BUCKETS: [f64; 10] = [0.002_5, 0.01, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    source: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempted {
    source: String,
    result: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Dropped {
    source: String,
    header: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// Counts what happens.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Outcome, Counter>,
    accept_seconds: Histogram,
    deliveries: Family<Attempted, Counter>,
    delivery_seconds: Family<OfSource, Histogram>,
    dropped_headers: Family<Dropped, Counter>,
    alerts: Family<OfKind, Counter>,
    redis_failures: Counter,
    connections: Gauge,
    refused_connections: Counter,
    reloads: Counter,
    failed_reloads: Counter,
    start_time: Gauge<f64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Metrics {
            registry: Registry::with_prefix("postseal"),
            requests: Family::default(),
            accept_seconds: Histogram::new(ACCEPT_BUCKETS),
            deliveries: Family::default(),
            delivery_seconds: Family::new_with_constructor(|| Histogram::new(DELIVER_BUCKETS)),
            dropped_headers: Family::default(),
            alerts: Family::default(),
            redis_failures: Counter::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            reloads: Counter::default(),
            failed_reloads: Counter::default(),
            start_time: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("requests", "Requests by how they ended", self.requests.clone());
        registry.register_with_unit(
            "accept",
            "From a whole request to its commit",
            Unit::Seconds,
            self.accept_seconds.clone(),
        );
        registry.register(
            "deliveries",
            "Attempts to deliver, by HTTP status or failure",
            self.deliveries.clone(),
        );
        registry.register_with_unit(
            "delivery",
            "Time of an attempt to deliver",
            Unit::Seconds,
            self.delivery_seconds.clone(),
        );
        registry.register(
            "dropped_headers",
            "Headers dropped from accepted events because they cannot be sent on",
            self.dropped_headers.clone(),
        );
        registry.register("alerts", "Alerts by kind", self.alerts.clone());
        registry.register(
            "redis_failures",
            "Limits that Redis did not answer",
            self.redis_failures.clone(),
        );
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register(
            "refused_connections",
            "Connections over the limit",
            self.refused_connections.clone(),
        );
        registry.register("reloads", "Configurations read anew", self.reloads.clone());
        registry.register(
            "failed_reloads",
            "Configurations that could not be read anew",
            self.failed_reloads.clone(),
        );
        registry.register_with_unit(
            "start_time",
            "When this process began",
            Unit::Seconds,
            self.start_time.clone(),
        );
        self.start_time.set(Duration::from_millis(crate::host::now_ms()).as_secs_f64());
        self
    }

    /// A request has ended: with `accepted`, `duplicate`, `conflict`, or the code of an error.
    pub(crate) fn request(&self, source: &str, outcome: &'static str) {
        let labels = Outcome { source: source.to_owned(), outcome };
        self.requests.get_or_create(&labels).inc();
    }

    pub(crate) fn accepted(&self, took: Duration) {
        self.accept_seconds.observe(took.as_secs_f64());
    }

    /// An attempt has ended: with an HTTP status, or the name of a failure.
    pub(crate) fn delivery(&self, source: &str, result: &str, took: Duration) {
        let labels = Attempted { source: source.to_owned(), result: result.to_owned() };
        self.deliveries.get_or_create(&labels).inc();
        let labels = OfSource { source: source.to_owned() };
        self.delivery_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts a header that was dropped from an accepted event, because it cannot be sent on: one
    /// that `pass_on` names, or the content type.
    pub(crate) fn header_dropped(&self, source: &str, header: &str) {
        let labels = Dropped { source: source.to_owned(), header: header.to_owned() };
        self.dropped_headers.get_or_create(&labels).inc();
    }

    pub(crate) fn alert(&self, kind: &'static str) {
        self.alerts.get_or_create(&OfKind { kind }).inc();
    }

    pub(crate) fn redis_failed(&self) {
        self.redis_failures.inc();
    }

    pub(crate) fn connected(&self) {
        self.connections.inc();
    }

    pub(crate) fn disconnected(&self) {
        self.connections.dec();
    }

    pub(crate) fn connection_refused(&self) {
        self.refused_connections.inc();
    }

    pub(crate) fn reloaded(&self, worked: bool) {
        if worked { &self.reloads } else { &self.failed_reloads }.inc();
    }

    /// The text of `/metrics`: what was counted, and what the store says, where it answers.
    pub(crate) fn text(&self, stored: Option<&(Vec<Backlog>, Vec<Needed>)>, now_ms: u64) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        let end = text.rfind("# EOF").unwrap_or(text.len());
        text.truncate(end);
        let up = "Whether the store has answered; if not, what it knows is not here";
        gauge(&mut text, "store_up", up, [u8::from(stored.is_some())].iter(), |up| {
            (String::new(), up.to_string())
        });
        let Some((backlog, needed)) = stored else {
            text.push_str("# EOF\n");
            return text;
        };
        gauge(&mut text, "pending", "Events to be delivered", backlog.iter(), |row| {
            (labels(&[("source", &row.source)]), row.pending.to_string())
        });
        gauge(&mut text, "dead", "Dead letters", backlog.iter(), |row| {
            (labels(&[("source", &row.source)]), row.dead.to_string())
        });
        let age = "Age of the oldest event to be delivered";
        gauge(&mut text, "oldest_pending_seconds", age, backlog.iter(), |row| {
            let age_ms = row.oldest_ms.map_or(0, |oldest| now_ms.saturating_sub(oldest));
            (labels(&[("source", &row.source)]), seconds(age_ms))
        });
        let help = "When a secret was last needed, in Unix seconds";
        gauge(&mut text, "secret_last_needed_seconds", help, needed.iter(), |row| {
            let names = [("source", row.source.as_str()), ("secret", row.secret_id.as_str())];
            (labels(&names), seconds(row.at_ms))
        });
        text.push_str("# EOF\n");
        text
    }
}

fn gauge<T>(
    text: &mut String,
    name: &str,
    help: &str,
    rows: impl Iterator<Item = T>,
    line: impl Fn(T) -> (String, String),
) {
    let _ = writeln!(text, "# HELP postseal_{name} {help}.\n# TYPE postseal_{name} gauge");
    for row in rows {
        let (labels, value) = line(row);
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        let _ = writeln!(text, "postseal_{name}{labels} {value}");
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    });
    pairs.collect::<Vec<_>>().join(",")
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}
