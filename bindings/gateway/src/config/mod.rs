//! The gateway's configuration: `postseal.toml`, read, checked, and made into what runs.
//!
//! An error names the file and the line, and shows no value: a secret may stand where a number
//! should.

mod alerts;
mod document;
mod keys;
mod source;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use postseal::{Error, LogKey, StorageKey};
use zeroize::Zeroizing;

use crate::store::is_store;
pub(crate) use alerts::AlertRules;
pub(crate) use document::{Document, Step};
pub(crate) use source::{RateLimit, Source};

const LISTEN_DEFAULT: &str = "127.0.0.1:8080";
const STORE_DEFAULT: &str = "sqlite:postseal.db";
const CONNECTIONS_DEFAULT: u32 = 10_000;
/// Long enough for a slow network, and short for someone who sends a byte a second.
const HEADER_TIMEOUT_SECONDS_DEFAULT: u32 = 10;
const BODY_TIMEOUT_SECONDS_DEFAULT: u32 = 30;
/// What service managers wait for before they kill.
const SHUTDOWN_SECONDS_DEFAULT: u32 = 25;
const SECONDS_MAX: u32 = 3600;
const SOURCES_MAX: usize = 1000;
/// Of a token of the admin port, in bytes: it must not be guessed.
const ADMIN_TOKEN_BYTES_MIN: usize = 16;

/// What a gateway runs on.
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: Option<Admin>,
    /// `sqlite:PATH` or `postgres://…`.
    pub(crate) store: Zeroizing<String>,
    /// The first seals, all open; none: payloads are stored as they are.
    pub(crate) storage_keys: Vec<StorageKey>,
    pub(crate) redis: Option<Redis>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) log: LogFormat,
    pub(crate) log_key: LogKey,
    pub(crate) bounds: Bounds,
    pub(crate) tls: Option<Tls>,
    pub(crate) alerts: AlertRules,
    pub(crate) sources: Vec<Source>,
    /// The files that it was made from.
    pub(crate) files: Vec<PathBuf>,
    /// What works, and may still be a mistake.
    pub(crate) warnings: Vec<String>,
}

/// The port for operators.
pub(crate) struct Admin {
    pub(crate) listen: SocketAddr,
    /// What `Authorization: Bearer` must bear for metrics; none: whoever reaches the port may.
    pub(crate) token: Option<Zeroizing<String>>,
}

/// Where limits are shared.
pub(crate) struct Redis {
    pub(crate) url: Zeroizing<String>,
    pub(crate) down: RedisDown,
}

/// What holds while Redis does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedisDown {
    /// This gateway's own limiter.
    Local,
    /// Every request is refused, 503.
    Refuse,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What a listener bears.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) connections_max: usize,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) shutdown: Duration,
}

/// The certificate, and which clients are let in.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_ca: Option<PathBuf>,
    /// Whether a client must show a certificate; else it may.
    pub(crate) client_required: bool,
    /// `sha256/…` of client keys; none: every certificate of `client_ca`.
    pub(crate) client_pins: Vec<String>,
}

impl Config {
    /// Reads and checks a configuration, and the keys that it names.
    ///
    /// # Errors
    /// `invalid_config`, `invalid_secret` or `invalid_key`, with the file and the line.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let document = Document::read(path)?;
        let values = &document.values;
        let mut files = vec![path.to_owned()];
        files.extend(keys::files(&document));
        if let Some(tls) = &values.tls {
            files.extend([tls.certificate.clone(), tls.key.clone()]);
            files.extend(tls.client_ca.clone());
        }
        Ok(Config {
            listen: address(
                &document,
                "listen",
                values.listen.as_deref().unwrap_or(LISTEN_DEFAULT),
            )?,
            admin: admin(&document)?,
            store: store(&document)?,
            storage_keys: keys::storage(&document)?,
            redis: redis(&document)?,
            trusted_proxies: networks(
                &document,
                &[Step::Name("trusted_proxies")],
                &values.trusted_proxies,
            )?,
            log: log(&document)?,
            log_key: log_key(&document)?,
            bounds: bounds(&document)?,
            tls: tls(&document)?,
            alerts: alerts::alerts(&document)?,
            sources: source::sources(&document)?,
            files,
            warnings: keys::warnings(&document)?,
        })
    }
}

/// Where a gateway's events are, read without the keys that only the gateway needs.
pub(crate) struct StoreConfig {
    document: Document,
    pub(crate) store: Zeroizing<String>,
}

impl StoreConfig {
    /// # Errors
    /// `invalid_config`, with the file and the line.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let document = Document::read(path)?;
        let store = store(&document)?;
        Ok(StoreConfig { document, store })
    }

    /// # Errors
    /// `invalid_config` or `invalid_key`, with the file and the line.
    pub(crate) fn storage_keys(&self) -> Result<Vec<StorageKey>, Error> {
        keys::storage(&self.document)
    }

    /// Whether it has a source of this name.
    pub(crate) fn has_source(&self, name: &str) -> bool {
        self.document.values.source.iter().any(|source| source.name == name)
    }
}

fn address(document: &Document, name: &str, text: &str) -> Result<SocketAddr, Error> {
    text.parse().map_err(|_| {
        document.invalid(&[Step::Name(name)], "an address and a port, as 127.0.0.1:8080")
    })
}

fn admin(document: &Document) -> Result<Option<Admin>, Error> {
    let values = &document.values;
    let Some(listen) = &values.admin_listen else { return Ok(None) };
    let listen = address(document, "admin_listen", listen)?;
    if Some(listen) == values.listen.as_deref().unwrap_or(LISTEN_DEFAULT).parse().ok() {
        let why = "operators have a port of their own: this one is listen's";
        return Err(document.invalid(&[Step::Name("admin_listen")], why));
    }
    let place = [Step::Name("admin_token")];
    let token = keys::text(document, &place, values.admin_token.as_deref())?;
    let short = |token: &Zeroizing<String>| token.trim().len() < ADMIN_TOKEN_BYTES_MIN;
    if token.as_ref().is_some_and(short) {
        let why = format!("a token has at least {ADMIN_TOKEN_BYTES_MIN} bytes");
        return Err(document.invalid(&place, why));
    }
    if token.is_none() && !listen.ip().is_loopback() {
        let why = "an admin port that others reach needs an admin_token";
        return Err(document.invalid(&[Step::Name("admin_listen")], why));
    }
    Ok(Some(Admin { listen, token: token.map(|text| Zeroizing::new(text.trim().to_owned())) }))
}

fn store(document: &Document) -> Result<Zeroizing<String>, Error> {
    let place = [Step::Name("store")];
    let given = document.values.store.as_deref().unwrap_or(STORE_DEFAULT);
    let store = match given.starts_with("env:") || given.starts_with("file:") {
        // With its password it is a secret.
        true => keys::text(document, &place, Some(given))?.unwrap_or_default(),
        false => Zeroizing::new(given.to_owned()),
    };
    let store = Zeroizing::new(store.trim().to_owned());
    match is_store(&store) {
        true => Ok(store),
        false => Err(document.invalid(&place, "a store is sqlite:PATH or postgres://...")),
    }
}

fn redis(document: &Document) -> Result<Option<Redis>, Error> {
    let values = &document.values;
    let down = match values.redis_down.as_deref() {
        None | Some("local") => RedisDown::Local,
        Some("refuse") => RedisDown::Refuse,
        Some(_) => {
            let why = "redis_down is \"local\" or \"refuse\"";
            return Err(document.invalid(&[Step::Name("redis_down")], why));
        }
    };
    let place = [Step::Name("redis_url")];
    let Some(url) = keys::text(document, &place, values.redis_url.as_deref())? else {
        return Ok(None);
    };
    let url = Zeroizing::new(url.trim().to_owned());
    // `#insecure` takes any certificate. The library refuses it, but not before it connects.
    if url.contains('#') {
        return Err(document.invalid(&place, "redis_url must be without #"));
    }
    Ok(Some(Redis { url, down }))
}

fn log(document: &Document) -> Result<LogFormat, Error> {
    match document.values.log.as_deref() {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(_) => Err(document.invalid(&[Step::Name("log")], "log is \"text\" or \"json\"")),
    }
}

/// Without a key of its own each run has another: ids can then be followed within a run only.
fn log_key(document: &Document) -> Result<LogKey, Error> {
    let place = [Step::Name("log_key")];
    match keys::text(document, &place, document.values.log_key.as_deref())? {
        Some(text) => LogKey::parse(&text).map_err(|error| document.locate(&place, &error)),
        None => LogKey::generate(&mut crate::host::entropy),
    }
}

fn bounds(document: &Document) -> Result<Bounds, Error> {
    let values = &document.values;
    let seconds = |name, given: Option<u32>, default| {
        let seconds = given.unwrap_or(default);
        match (1..=SECONDS_MAX).contains(&seconds) {
            true => Ok(Duration::from_secs(seconds.into())),
            false => Err(document.invalid(&[Step::Name(name)], "1 to 3600 seconds")),
        }
    };
    let connections = values.connections_max.unwrap_or(CONNECTIONS_DEFAULT);
    let connections_max = usize::try_from(connections).ok().filter(|&most| most > 0);
    Ok(Bounds {
        connections_max: connections_max.ok_or_else(|| {
            document.invalid(&[Step::Name("connections_max")], "at least 1 connection")
        })?,
        header_timeout: seconds(
            "header_timeout_seconds",
            values.header_timeout_seconds,
            HEADER_TIMEOUT_SECONDS_DEFAULT,
        )?,
        body_timeout: seconds(
            "body_timeout_seconds",
            values.body_timeout_seconds,
            BODY_TIMEOUT_SECONDS_DEFAULT,
        )?,
        shutdown: seconds("shutdown_seconds", values.shutdown_seconds, SHUTDOWN_SECONDS_DEFAULT)?,
    })
}

fn tls(document: &Document) -> Result<Option<Tls>, Error> {
    let Some(tls) = &document.values.tls else { return Ok(None) };
    let place = [Step::Name("tls"), Step::Name("client_certificate")];
    let client_required = match tls.client_certificate.as_deref() {
        None => tls.client_ca.is_some(),
        Some("required") => true,
        Some("optional") => false,
        Some(_) => {
            return Err(document.invalid(&place, "\"required\" or \"optional\""));
        }
    };
    if tls.client_ca.is_none() && (tls.client_certificate.is_some() || tls.client_pins.is_some()) {
        return Err(document.invalid(&place, "clients are known by a client_ca"));
    }
    Ok(Some(Tls {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        client_ca: tls.client_ca.clone(),
        client_required,
        client_pins: tls.client_pins.clone().unwrap_or_default(),
    }))
}

fn internal_targets(document: &Document) -> Result<Vec<IpNet>, Error> {
    let place = [Step::Name("internal_targets")];
    networks(document, &place, &document.values.internal_targets)
}

/// Networks as `10.0.0.0/8`, or a single address.
fn networks(
    document: &Document,
    place: &[Step<'_>],
    texts: &Option<Vec<String>>,
) -> Result<Vec<IpNet>, Error> {
    let texts = texts.iter().flatten();
    let parsed = texts.map(|text| {
        let network = text.parse::<IpNet>().ok();
        network.or_else(|| text.parse().ok().map(|address: std::net::IpAddr| address.into()))
    });
    parsed
        .collect::<Option<_>>()
        .ok_or_else(|| document.invalid(place, "a network is 10.0.0.0/8, fd00::/8 or one address"))
}
