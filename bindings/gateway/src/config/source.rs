//! A source: who sends, how its messages are known, and where they go.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use postseal::policy::rate_limit::Rule;
use postseal::policy::{
    ATTEMPTS_MAX, RETAIN_SECONDS_DEFAULT, RETAIN_SECONDS_MAX, SOURCE_BYTES_MAX,
};
use postseal::{
    Code, Encryption, Envelope, Error, KeyOptions, Receiver, ReceiverOptions, Scheme, Sender,
    SenderOptions,
};
use tokio::sync::Notify;

use super::document::{Document, Key, SourceValues, Step};
use super::{SOURCES_MAX, internal_targets, keys, networks};
use crate::deliver::{Plain, Target, TargetOptions};
use crate::key_argument::KeyKind;
use crate::passed_on::PassOn;

/// With full jitter and an hour at most between two, they span about half a day; a restart of the
/// application must not lose what is accepted.
const ATTEMPTS_DEFAULT: u32 = 24;
/// After three days somebody has to look.
const MAX_AGE_SECONDS_DEFAULT: u32 = 259_200;
const TIMEOUT_SECONDS_DEFAULT: u32 = 15;
const TIMEOUT_SECONDS_MAX: u32 = 300;
const CONCURRENCY_DEFAULT: u32 = 8;
const CONCURRENCY_MAX: u32 = 1000;

/// One source.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) receiver: Receiver,
    pub(crate) rate_limit: Option<RateLimit>,
    /// Whose requests are read; none: everyone's.
    pub(crate) allow_from: Vec<IpNet>,
    /// Request headers that the application receives too, unauthenticated.
    pub(crate) pass_on: PassOn,
    pub(crate) retention: Duration,
    pub(crate) delivery: Delivery,
    /// Tells the worker that there is something to deliver.
    pub(crate) due: Arc<Notify>,
}

/// A rule, and the numbers it was made from.
#[derive(Clone, Copy)]
pub(crate) struct RateLimit {
    pub(crate) rule: Rule,
    pub(crate) requests: u32,
    pub(crate) per_seconds: u32,
}

/// How a source's events reach the application.
pub(crate) struct Delivery {
    pub(crate) target: Target,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: u32,
    pub(crate) max_attempts: u32,
    pub(crate) max_age: Duration,
    /// Signs what is delivered; `None` where the operator wants it unsigned.
    pub(crate) sender: Option<Sender>,
}

/// Makes the sources.
pub(super) fn sources(document: &Document) -> Result<Vec<Source>, Error> {
    let values = &document.values.source;
    let place = [Step::Name("source")];
    if values.is_empty() {
        return Err(document.invalid(&place, "there is no [[source]]: nothing would be received"));
    }
    if values.len() > SOURCES_MAX {
        return Err(document.invalid(&place, format!("at most {SOURCES_MAX} sources")));
    }
    let mut sources: Vec<Source> = Vec::with_capacity(values.len());
    for (index, values) in values.iter().enumerate() {
        let field = Field { document, index };
        let twice = |is: fn(&Source) -> &String, value: &String| {
            sources.iter().any(|source| is(source) == value)
        };
        if twice(|source| &source.name, &values.name) {
            return Err(field.invalid("name", "another source has this name"));
        }
        if twice(|source| &source.path, &values.path) {
            return Err(field.invalid("path", "another source has this path"));
        }
        sources.push(source(&field, values)?);
    }
    Ok(sources)
}

/// The place of a source's values.
struct Field<'a> {
    document: &'a Document,
    index: usize,
}

impl Field<'_> {
    fn invalid(&self, name: &str, why: impl std::fmt::Display) -> Error {
        self.document.invalid(&self.place(name), format!("{name}: {why}"))
    }

    fn locate(&self, name: &str, error: &Error) -> Error {
        self.document.locate(&self.place(name), error)
    }

    fn place<'n>(&self, name: &'n str) -> [Step<'n>; 3] {
        [Step::Name("source"), Step::Index(self.index), Step::Name(name)]
    }

    /// A number of seconds, or of something else, within its bounds.
    fn bounded(
        &self,
        name: &str,
        given: Option<u32>,
        default: u32,
        most: u32,
    ) -> Result<u32, Error> {
        let value = given.unwrap_or(default);
        match (1..=most).contains(&value) {
            true => Ok(value),
            false => Err(self.invalid(name, format!("1 to {most}"))),
        }
    }
}

fn source(field: &Field<'_>, values: &SourceValues) -> Result<Source, Error> {
    check_name(field, &values.name)?;
    check_path(field, &values.path)?;
    let retention = field.bounded(
        "retention_seconds",
        values.retention_seconds,
        RETAIN_SECONDS_DEFAULT,
        RETAIN_SECONDS_MAX,
    )?;
    Ok(Source {
        name: values.name.clone(),
        path: values.path.clone(),
        receiver: receiver(field, values)?,
        rate_limit: rate_limit(field, values)?,
        allow_from: networks(field.document, &field.place("allow_from"), &values.allow_from)?,
        pass_on: PassOn::parse(values.pass_on.as_deref().unwrap_or_default())
            .map_err(|why| field.invalid("pass_on", why))?,
        retention: seconds(retention),
        delivery: delivery(field, values)?,
        due: Arc::default(),
    })
}

fn check_name(field: &Field<'_>, name: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || name.len() > SOURCE_BYTES_MAX / 4 || !name.bytes().all(plain) {
        return Err(field.invalid("name", "1 to 64 letters, digits, and - _ ."));
    }
    Ok(())
}

fn check_path(field: &Field<'_>, path: &str) -> Result<(), Error> {
    let plain = path.starts_with('/') && !path.contains(['?', '#', ' ', '%']) && path.is_ascii();
    match plain {
        true => Ok(()),
        false => Err(field.invalid("path", "begins with / and has no ? # % or space in it")),
    }
}

fn receiver(field: &Field<'_>, values: &SourceValues) -> Result<Receiver, Error> {
    let made = |values: &SourceValues| Receiver::new(receiver_options(field, values)?);
    Receiver::new(receiver_options(field, values)?)
        .map_err(|error| locate_in_receiver(field, values, made, &error))
}

fn receiver_options(field: &Field<'_>, values: &SourceValues) -> Result<ReceiverOptions, Error> {
    let scheme = values.scheme.as_deref().map_or(Ok(Scheme::standard()), Scheme::named);
    let envelope = values.envelope.as_deref().map(Envelope::named).transpose();
    let encryption = values.encryption.as_deref().map(Encryption::named).transpose();
    let list = |name, kind, keys: &Option<Vec<_>>| {
        keys::list(field.document, &field.place(name), kind, keys.as_deref())
    };
    let keys = KeyOptions {
        secrets: list("secrets", KeyKind::Secret, &values.secrets)?,
        public_keys: list("public_keys", KeyKind::PublicKey, &values.public_keys)?,
        encryption_keys: list("encryption_keys", KeyKind::EncryptionKey, &values.encryption_keys)?,
    };
    if keys.secrets.is_none() && keys.public_keys.is_none() {
        return Err(field.invalid("secrets", "a source needs a secret or a public key"));
    }
    Ok(ReceiverOptions {
        scheme: scheme.map_err(|error| field.locate("scheme", &error))?,
        keys,
        envelope: envelope.map_err(|error| field.locate("envelope", &error))?,
        encryption: encryption.map_err(|error| field.locate("encryption", &error))?,
        audience: values.audience.clone(),
        tolerance_seconds: values.tolerance_seconds,
        future_tolerance_seconds: values.future_tolerance_seconds,
        max_body_bytes: values.max_body_bytes,
    })
}

/// Names the secret that is none by itself, or the value without which there is no error.
fn locate_in_receiver(
    field: &Field<'_>,
    values: &SourceValues,
    made: impl Fn(&SourceValues) -> Result<Receiver, Error>,
    error: &Error,
) -> Error {
    type Change = fn(&mut SourceValues);
    let bad = |secret: &Key| {
        let (secrets, public_keys) = (Some(vec![secret.clone()]), None);
        let alone = SourceValues { secrets, public_keys, ..values.clone() };
        made(&alone).is_err_and(|other| other.code() == Code::InvalidSecret)
    };
    let secret = values.secrets.iter().flatten().position(bad);
    if let (Code::InvalidSecret, Some(index)) = (error.code(), secret) {
        let place = [&field.place("secrets")[..], &[Step::Index(index)]].concat();
        return field.document.locate(&place, error);
    }
    let without: [(&str, Change); 6] = [
        ("encryption", |values| values.encryption = None),
        ("audience", |values| values.audience = None),
        ("tolerance_seconds", |values| values.tolerance_seconds = None),
        ("future_tolerance_seconds", |values| values.future_tolerance_seconds = None),
        ("max_body_bytes", |values| values.max_body_bytes = None),
        ("encryption_keys", |values| values.encryption_keys = None),
    ];
    let culprit = without.into_iter().find(|(_, change)| {
        let mut changed = values.clone();
        change(&mut changed);
        made(&changed).is_ok()
    });
    field.locate(culprit.map_or("secrets", |(name, _)| name), error)
}

fn rate_limit(field: &Field<'_>, values: &SourceValues) -> Result<Option<RateLimit>, Error> {
    let Some(limit) = values.rate_limit else { return Ok(None) };
    let rule = Rule::new(limit.requests, limit.per_seconds)
        .map_err(|error| field.locate("rate_limit", &error))?;
    Ok(Some(RateLimit { rule, requests: limit.requests, per_seconds: limit.per_seconds }))
}

fn delivery(field: &Field<'_>, values: &SourceValues) -> Result<Delivery, Error> {
    let bounded = |name, given, default, most| field.bounded(name, given, default, most);
    let timeout = bounded(
        "timeout_seconds",
        values.timeout_seconds,
        TIMEOUT_SECONDS_DEFAULT,
        TIMEOUT_SECONDS_MAX,
    )?;
    let max_age = bounded(
        "max_age_seconds",
        values.max_age_seconds,
        MAX_AGE_SECONDS_DEFAULT,
        RETAIN_SECONDS_MAX,
    )?;
    Ok(Delivery {
        target: target(field, values, seconds(timeout))?,
        timeout: seconds(timeout),
        concurrency: bounded(
            "concurrency",
            values.concurrency,
            CONCURRENCY_DEFAULT,
            CONCURRENCY_MAX,
        )?,
        max_attempts: bounded("max_attempts", values.max_attempts, ATTEMPTS_DEFAULT, ATTEMPTS_MAX)?,
        max_age: seconds(max_age),
        sender: sender(field.document)?,
    })
}

fn target(field: &Field<'_>, values: &SourceValues, timeout: Duration) -> Result<Target, Error> {
    let internal = internal_targets(field.document)?;
    let made = |pins: Option<&Vec<String>>, ca_file: Option<&PathBuf>| {
        let options = TargetOptions {
            pins: pins.cloned().unwrap_or_default(),
            ca_file: ca_file.cloned(),
            internal: internal.iter().map(ToString::to_string).collect(),
            plain: Plain::ToInternal,
            timeout,
            ..TargetOptions::default()
        };
        Target::new(&values.deliver_to, options)
    };
    let (pins, ca_file) = (values.pins.as_ref(), values.ca_file.as_ref());
    made(pins, ca_file).map_err(|error| {
        let place = match (made(None, ca_file), made(pins, None)) {
            (Ok(_), _) => "pins",
            (_, Ok(_)) => "ca_file",
            _ => "deliver_to",
        };
        field.locate(place, &error)
    })
}

/// What signs deliveries. Each source has a sender of its own, of the same secrets.
fn sender(document: &Document) -> Result<Option<Sender>, Error> {
    let values = &document.values;
    let place = [Step::Name("delivery_secrets")];
    let list = values.delivery_secrets.as_deref();
    let secrets = keys::list(document, &place, KeyKind::Secret, list)?;
    match (secrets, values.unsigned_deliveries.unwrap_or(false)) {
        (None, true) => Ok(None),
        (Some(_), true) => Err(document.invalid(
            &[Step::Name("unsigned_deliveries")],
            "deliveries are signed with delivery_secrets, or unsigned: not both",
        )),
        (None, false) => Err(document.invalid(
            &place,
            "give delivery_secrets, with which the application knows a delivery as the gateway's, \
             or say unsigned_deliveries = true",
        )),
        (secrets, false) => {
            let max_body_bytes = Some(postseal::limits::BODY_BYTES_MAX);
            let options = SenderOptions { secrets, max_body_bytes, ..SenderOptions::default() };
            Sender::new(options).map(Some).map_err(|error| document.locate(&place, &error))
        }
    }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}
