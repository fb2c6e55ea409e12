//! A request, and the receiver that it comes to, from a fuzzer's bytes.
//!
//! The bytes are: one that chooses the scheme, one for the receiver's options, then the headers as
//! lines of `name: value`, an empty line, and the body. So a seed can be read, and a mutation stays
//! close to it.
//!
//! No fuzzer finds a MAC. So `{1}`, `{2}` and `{e}` in a header stand for the right signature by
//! the first secret, the second secret and the Ed25519 key, of whatever else is in the request.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use postseal::Scheme;
use ring::hmac;

use crate::keys;

/// The schemes, by their choosing byte.
pub const SCHEMES: [&str; 6] = ["standard", "x-webhook", "stripe", "github", "slack", "shopify"];

/// What the receiver is made with.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub scheme: &'static str,
    /// By name; `None` leaves it to the keys.
    pub encryption: Option<&'static str>,
    /// By name; `None` leaves it to the scheme.
    pub envelope: Option<&'static str>,
    pub audience: bool,
    pub secrets: usize,
    pub encryption_keys: usize,
    pub public_key: bool,
}

/// A request and its receiver.
#[derive(Clone, Debug)]
pub struct Request {
    pub options: Options,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Options {
    /// Reads the two bytes; all that they can say is a valid configuration.
    pub fn read(scheme: u8, choices: u8) -> Self {
        let scheme = SCHEMES[usize::from(scheme) % SCHEMES.len()];
        let bit = |number: u8| choices >> number & 1 == 1;
        let encryption = [None, Some("required"), Some("optional"), Some("forbidden")];
        let encryption = encryption[usize::from(choices & 3)];
        let other = if scheme == "x-webhook" { "jwe" } else { "json" };
        let mut options = Options {
            scheme,
            encryption,
            envelope: bit(2).then_some(other),
            audience: false,
            secrets: 1 + usize::from(bit(4)),
            encryption_keys: usize::from(bit(5)) * 2,
            public_key: bit(6) && scheme == "standard",
        };
        if matches!(encryption, Some("required" | "optional")) {
            options.encryption_keys = options.encryption_keys.max(1);
        }
        let always = options.encryption_keys > 0 && matches!(encryption, None | Some("required"));
        options.audience = bit(3) && always && options.envelope() == "jwe";
        options
    }

    /// The envelope that the receiver reads.
    pub fn envelope(&self) -> &'static str {
        let by_default = if self.scheme == "x-webhook" { "json" } else { "jwe" };
        self.envelope.unwrap_or(by_default)
    }
}

impl Request {
    /// Reads a request; `None` for fewer than two bytes, or a header name that is not text.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let ([scheme, choices], rest) = bytes.split_first_chunk()?;
        let (head, body) = match rest.windows(2).position(|pair| pair == b"\n\n") {
            Some(end) => (&rest[..end], &rest[end + 2..]),
            None => (rest, &rest[rest.len()..]),
        };
        let lines = head.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
        let options = Options::read(*scheme, *choices);
        Some(Request { options, headers, body: body.to_vec() }.signed())
    }

    /// A request with this body, and the right headers around it.
    pub fn around(options: Options, id: &str, body: Vec<u8>) -> Self {
        let now = keys::NOW;
        let lines = match options.scheme {
            "standard" => {
                format!("webhook-id: {id}\nwebhook-timestamp: {now}\nwebhook-signature: v1,{{1}}")
            }
            "x-webhook" => format!("x-webhook-timestamp: {now}\nx-webhook-signature: {{1}}"),
            "stripe" => format!("stripe-signature: t={now},v1={{1}}"),
            "github" => "x-hub-signature-256: sha256={1}".to_owned(),
            "slack" => {
                format!("x-slack-request-timestamp: {now}\nx-slack-signature: v0={{1}}")
            }
            _ => "x-shopify-hmac-sha256: {1}".to_owned(),
        };
        let headers =
            lines.lines().map(|line| header(line.as_bytes()).expect("a header")).collect();
        Request { options, headers, body }.signed()
    }

    /// The values of a header, without the white space around them.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| trimmed(value))
    }

    /// The bytes that the scheme signs, for this id and timestamp.
    pub fn signed_bytes(&self, id: &[u8], timestamp: &[u8]) -> Vec<u8> {
        let body = self.body.as_slice();
        match self.options.scheme {
            "standard" => [id, b".", timestamp, b".", body].concat(),
            "x-webhook" | "stripe" => [timestamp, b".", body].concat(),
            "slack" => [b"v0:", timestamp, b":", body].concat(),
            _ => body.to_vec(),
        }
    }

    /// The text of the MAC by a secret, as the scheme writes it.
    pub fn mac_text(&self, secret: usize, signed: &[u8]) -> String {
        let tag = hmac::sign(&keys::mac_key(self.options.scheme, secret), signed);
        match self.options.scheme {
            "standard" | "shopify" => BASE64_STANDARD.encode(tag),
            _ => tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// The bytes that the first id and the first timestamp would be signed with.
    pub fn presumed_signed_bytes(&self) -> Vec<u8> {
        let first = |names: &[&str]| {
            names.iter().find_map(|name| self.values(name).next().map(<[u8]>::to_vec))
        };
        let id = first(&["webhook-id", "svix-id"]).unwrap_or_default();
        let timestamp = match self.options.scheme {
            "standard" => first(&["webhook-timestamp", "svix-timestamp"]),
            "x-webhook" => first(&["x-webhook-timestamp"]),
            "slack" => first(&["x-slack-request-timestamp"]),
            _ => self.values("stripe-signature").find_map(pair_of_time).map(<[u8]>::to_vec),
        };
        self.signed_bytes(&id, &timestamp.unwrap_or_default())
    }

    /// The marks that a header may have, and what each stands for in this request.
    pub fn marks(&self) -> [(&'static [u8], String); 3] {
        let signed = self.presumed_signed_bytes();
        [
            (b"{1}", self.mac_text(0, &signed)),
            (b"{2}", self.mac_text(1, &signed)),
            (b"{e}", BASE64_STANDARD.encode(keys::key_pair().sign(&signed))),
        ]
    }

    fn signed(mut self) -> Self {
        let marked = |(_, value): &(String, Vec<u8>)| value.contains(&b'{');
        if self.headers.iter().any(marked) {
            let marks = self.marks();
            for (_, value) in &mut self.headers {
                for (mark, text) in &marks {
                    *value = replaced(value, mark, text.as_bytes());
                }
            }
        }
        self
    }
}

/// The scheme, by its name.
pub fn scheme(name: &str) -> &'static Scheme {
    Scheme::named(name).expect("a scheme")
}

/// A text with every occurrence of one piece replaced.
pub fn replaced(text: &[u8], piece: &[u8], by: &[u8]) -> Vec<u8> {
    let mut rest = text;
    let mut whole = Vec::with_capacity(text.len());
    while let Some(at) = rest.windows(piece.len()).position(|window| window == piece) {
        whole.extend_from_slice(&rest[..at]);
        whole.extend_from_slice(by);
        rest = &rest[at + piece.len()..];
    }
    whole.extend_from_slice(rest);
    whole
}

fn header(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    let name = std::str::from_utf8(&line[..colon]).ok()?;
    Some((name.to_owned(), line.get(colon + 1..).unwrap_or_default().to_vec()))
}

fn pair_of_time(value: &[u8]) -> Option<&[u8]> {
    let mut items = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    items.find_map(|item| item.strip_prefix(b"t="))
}

fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
