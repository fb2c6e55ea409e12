//! The secrets and keys of a configuration, in the spellings of the command line.

use std::path::PathBuf;

use postseal::{Error, KeyInput, KeyList, SecretEncoding, StorageKey};
use zeroize::Zeroizing;

use super::document::{Document, Key, Step};
use crate::key_argument::{KeyKind, read_text};

/// A list of keys; `None` where there is none.
pub(super) fn list(
    document: &Document,
    place: &[Step<'_>],
    kind: KeyKind,
    keys: Option<&[Key]>,
) -> Result<Option<KeyList>, Error> {
    let Some(keys) = keys else { return Ok(None) };
    let inputs = keys.iter().enumerate().map(|(index, key)| {
        let place = [place, &[Step::Index(index)]].concat();
        input(document, &place, kind, key).map(Some)
    });
    inputs.collect::<Result<_, _>>().map(Some)
}

fn input(
    document: &Document,
    place: &[Step<'_>],
    kind: KeyKind,
    key: &Key,
) -> Result<KeyInput, Error> {
    let read = |text: &str| {
        read_text(kind, Zeroizing::new(text.to_owned()))
            .map_err(|error| document.locate(place, &error))
    };
    let table = match key {
        Key::Text(text) => return Ok(KeyInput { text: read(text)?, ..KeyInput::default() }),
        Key::Table(table) => table,
    };
    let encoding = match table.encoding.as_deref() {
        None => SecretEncoding::OfScheme,
        Some("text") => SecretEncoding::Text,
        Some(_) => return Err(document.invalid(place, "encoding is \"text\", or absent")),
    };
    Ok(KeyInput {
        text: read(&table.secret)?,
        id: table.id.clone(),
        encoding,
        not_before: table.not_before,
        not_after: table.not_after,
    })
}

/// A text that may stand in a variable or a file.
pub(super) fn text(
    document: &Document,
    place: &[Step<'_>],
    text: Option<&str>,
) -> Result<Option<Zeroizing<String>>, Error> {
    let read = |text: &str| {
        read_text(KeyKind::Secret, Zeroizing::new(text.to_owned()))
            .map_err(|error| document.locate(place, &error))
    };
    text.map(read).transpose()
}

/// The keys under which payloads are stored.
pub(super) fn storage(document: &Document) -> Result<Vec<StorageKey>, Error> {
    let place = [Step::Name("storage_keys")];
    let keys = document.values.storage_keys.as_deref();
    let keys = list(document, &place, KeyKind::EncryptionKey, keys)?.unwrap_or_default();
    let keys = keys.iter().flatten().enumerate().map(|(index, key)| {
        let place = [Step::Name("storage_keys"), Step::Index(index)];
        StorageKey::parse(key).map_err(|error| document.locate(&place, &error))
    });
    keys.collect()
}

/// What may be a mistake with the keys: one for both directions is an error.
pub(super) fn warnings(document: &Document) -> Result<Vec<String>, Error> {
    let place = [Step::Name("delivery_secrets")];
    let own = document.values.delivery_secrets.as_deref();
    let own = list(document, &place, KeyKind::Secret, own)?.unwrap_or_default();
    let mut warnings = Vec::new();
    for (index, source) in document.values.source.iter().enumerate() {
        let place = |name| [Step::Name("source"), Step::Index(index), Step::Name(name)];
        let received =
            list(document, &place("secrets"), KeyKind::Secret, source.secrets.as_deref())?;
        for key in received.iter().flatten().flatten() {
            if own.iter().flatten().any(|own| own.text == key.text) {
                let why = "this secret signs deliveries too: whoever sends could then pass for \
                           the gateway. Make a second one, `postseal keygen`";
                return Err(document.invalid(&place("secrets"), why));
            }
        }
        let keys = source.encryption_keys.as_deref();
        let keys = list(document, &place("encryption_keys"), KeyKind::EncryptionKey, keys)?;
        let endless = keys.iter().flatten().flatten().filter(|key| key.not_after.is_none()).count();
        if endless > 0 {
            warnings.push(format!(
                "source {}: {endless} encryption keys have no not_after: a key is good for 2^32 \
                 messages, and nobody counts those of all senders",
                source.name
            ));
        }
    }
    Ok(warnings)
}

/// The files that keys stand in.
pub(super) fn files(document: &Document) -> Vec<PathBuf> {
    let values = &document.values;
    let sources = values.source.iter();
    let lists =
        sources.flat_map(|source| [&source.secrets, &source.public_keys, &source.encryption_keys]);
    let alerts = values.alerts.iter().map(|alerts| &alerts.secrets);
    let lists = lists.chain(alerts).chain([&values.storage_keys, &values.delivery_secrets]);
    let texts = lists.flatten().flatten().map(|key| match key {
        Key::Text(text) => text,
        Key::Table(table) => &table.secret,
    });
    texts.filter_map(|text| text.strip_prefix("file:")).map(PathBuf::from).collect()
}
