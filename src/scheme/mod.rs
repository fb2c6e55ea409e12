//! Schemes: how a provider names its headers and what it signs. A scheme is data, an entry of one
//! table.

pub(crate) mod headers;
mod message;
pub(crate) mod sign;
mod signature;
mod table;
pub(crate) mod verify;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{Code, Error};
use crate::secret::SecretForm;

/// A webhook scheme: the headers, the signed bytes and the form of the secret.
pub struct Scheme {
    pub(crate) name: &'static str,
    /// Whose headers these are, for a message that says what was seen instead.
    pub(crate) provider: &'static str,
    /// Where the facts of this entry come from.
    pub(crate) source: &'static str,
    /// The names of the headers. A sender writes the first family; a receiver reads any.
    pub(crate) families: &'static [HeaderFamily],
    /// How the signature header is written.
    pub(crate) layout: Layout,
    /// What is signed, in order.
    pub(crate) signed: &'static [Part],
    /// How a MAC is written.
    pub(crate) encoding: MacEncoding,
    /// What the scheme takes as a secret.
    pub(crate) secret_form: SecretForm,
    /// The header that repeats the nonce of the envelope `json`, where the scheme has one.
    pub(crate) nonce_header: Option<&'static str>,
    /// Whether a message that is sent again has the same payload, so that another one is a
    /// conflict.
    pub(crate) repeats_have_same_payload: bool,
    /// The envelope where none is named.
    pub(crate) default_envelope: Envelope,
}

/// The headers that belong together, in the sender's spelling.
pub(crate) struct HeaderFamily {
    pub(crate) id: Option<&'static str>,
    pub(crate) timestamp: Option<&'static str>,
    pub(crate) signature: &'static str,
}

impl HeaderFamily {
    /// The names, in the order in which a sender writes them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.id.into_iter().chain(self.timestamp).chain([self.signature])
    }
}

/// How a signature header is written.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// `v1,… v1a,…`: entries of a version and a value, HMAC and Ed25519 side by side.
    Entries { mac: &'static str, ed25519: &'static str },
    /// One MAC behind a fixed prefix, which may be empty.
    Single { prefix: &'static str },
    /// `t=…,v1=…`: named items, one of them the timestamp.
    Pairs { timestamp: &'static str, mac: &'static str },
}

/// A piece of the signed bytes.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Text(&'static str),
    Id,
    Timestamp,
    Body,
}

/// How a MAC is written.
#[derive(Clone, Copy)]
pub(crate) enum MacEncoding {
    /// Canonical padded base64.
    Base64,
    /// Lower-case hexadecimal.
    Hex,
}

/// The form that an encrypted payload has on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// JWE compact serialisation (RFC 7516), `dir` and `A256GCM`: any JOSE library opens it.
    Jwe,
    /// The guide's JSON object of `encrypted` and `nonce`.
    Json,
}

impl Envelope {
    /// Finds an envelope by its name, `jwe` or `json`.
    ///
    /// # Errors
    /// `invalid_config` for another name.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "jwe" => Ok(Envelope::Jwe),
            "json" => Ok(Envelope::Json),
            _ => Err(Error::new(Code::InvalidConfig, "envelope must be jwe or json")),
        }
    }
}

impl Scheme {
    /// Every scheme, the default first.
    pub const ALL: &'static [Scheme] = table::SCHEMES;

    /// The default scheme, `standard`: Standard Webhooks.
    #[must_use]
    pub fn standard() -> &'static Scheme {
        &table::STANDARD
    }

    /// Finds a scheme by its name.
    ///
    /// # Errors
    /// `invalid_config` for a name that is not in [`Scheme::ALL`].
    ///
    /// ```
    /// # use postseal::Scheme;
    /// assert_eq!(Scheme::named("stripe")?.name(), "stripe");
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<&'static Scheme, Error> {
        Scheme::ALL.iter().find(|scheme| scheme.name == name).ok_or_else(|| {
            let names: Vec<_> = Scheme::ALL.iter().map(Scheme::name).collect();
            Error::new(Code::InvalidConfig, format!("scheme must be one of {}", names.join(", ")))
        })
    }

    /// The name, as it stands in options.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Where the facts of this scheme come from.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// Whether the scheme signs a timestamp, so that an old message can be told from a new one.
    #[must_use]
    pub fn signs_timestamp(&self) -> bool {
        self.signed.iter().any(|part| matches!(part, Part::Timestamp))
    }

    /// Whether the scheme signs a message id.
    #[must_use]
    pub fn signs_id(&self) -> bool {
        self.signed.iter().any(|part| matches!(part, Part::Id))
    }

    /// Whether a message that is sent again has the same payload. Where it does, another payload
    /// under the same replay key is a conflict.
    #[must_use]
    pub const fn repeats_have_same_payload(&self) -> bool {
        self.repeats_have_same_payload
    }

    /// The names of all headers that a receiver of this scheme reads, in lower case.
    #[must_use]
    pub fn header_names(&self) -> Vec<String> {
        let families = self.families.iter().flat_map(HeaderFamily::names);
        families.chain(self.nonce_header).map(str::to_ascii_lowercase).collect()
    }

    /// The names of all headers of all schemes, in lower case: what a `missing_header` looks for.
    #[must_use]
    pub fn all_header_names() -> Vec<String> {
        let mut names = Vec::new();
        for name in Scheme::ALL.iter().flat_map(Scheme::header_names) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scheme").field(&self.name).finish()
    }
}

impl PartialEq for Scheme {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Scheme {}
