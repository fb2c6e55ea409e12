//! Passed-on headers: request headers that a source's application receives too.
//!
//! They are not authenticated, so nothing in them may prevent an event from being delivered. The
//! same rule decides what can be passed on when an event is accepted and again when it is
//! delivered, since an earlier version may have stored it.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Maximum number of names in `pass_on`. With a delivery's own headers they are half of the 100
/// that Apache and gunicorn accept.
pub(crate) const NAMES_MAX: usize = 32;
/// Maximum length of a value in bytes: half of [`BYTES_MAX`], so that one header leaves room for
/// others.
const VALUE_BYTES_MAX: usize = 2 << 10;
/// Maximum size of all passed-on headers of a delivery, in bytes of its head. Tomcat and Jetty
/// accept a head of 8 KiB; Apache, gunicorn and nginx accept a line of 8 KiB. A delivery's own
/// headers are below 2 KiB, which leaves 2 KiB for the application's URL.
const BYTES_MAX: usize = 4 << 10;
/// Bytes of a header line besides name and value: `: ` and CRLF.
const LINE_BYTES: usize = 4;

/// Headers that have a meaning only on the connection they came over: hop-by-hop headers (RFC 9110,
/// section 7.6.1), and `host`.
const OF_THE_CONNECTION: [&str; 8] = [
    "connection",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Headers that may make a server, or a proxy in front of it, refuse any request: 406 for `Accept`,
/// 417 for `Expect`, 425 for `Early-Data`, 508 for a loop. Those that begin with `if-` may cause a
/// 412. gunicorn answers 400 to schemes that contradict each other, and 500 to a foreign path.
const CONDITIONS: [&str; 12] = [
    "accept",
    "cdn-loop",
    "early-data",
    "expect",
    "max-forwards",
    "path_info",
    "range",
    "script_name",
    "via",
    "x-forwarded-proto",
    "x-forwarded-protocol",
    "x-forwarded-ssl",
];

/// The names in a source's `pass_on`, each once.
pub(crate) struct PassOn(Vec<HeaderName>);

impl PassOn {
    /// Parses header names.
    ///
    /// # Errors
    /// The reason why a header cannot be passed on, with its name; for an invalid name, its
    /// position.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, String> {
        let mut names = Vec::new();
        for (text, position) in texts.iter().zip(1usize..) {
            // An invalid name is not shown: it may be anything, a secret included.
            let name = HeaderName::try_from(text.as_str())
                .map_err(|_| format!("entry {position} is not the name of a header"))?;
            if let Some(why) = refusal(name.as_str()) {
                return Err(format!("{name} {why}"));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match names.len() {
            0..=NAMES_MAX => Ok(PassOn(names)),
            _ => Err(format!("at most {NAMES_MAX} names are allowed")),
        }
    }
}

/// The reason why headers of this name cannot be passed on, if there is one.
fn refusal(name: &str) -> Option<&'static str> {
    let begins = |with: &[&str]| with.iter().any(|prefix| name.starts_with(prefix));
    if OF_THE_CONNECTION.contains(&name) || begins(&["proxy-"]) {
        return Some("applies only to the connection that the request came over");
    }
    if begins(&["content-"]) {
        return Some("describes the body as received, which may have been encrypted");
    }
    // The `svix-` headers are aliases of the `webhook-` headers: a receiver refuses both together.
    if begins(&["postseal-", "webhook-", "svix-"]) {
        return Some("is reserved for the gateway's own headers");
    }
    if CONDITIONS.contains(&name) || begins(&["accept-", "if-"]) {
        return Some("may make a server refuse the delivery");
    }
    None
}

/// The headers of one event that are passed on, as many as its delivery has room for.
#[derive(Default)]
pub(crate) struct PassedOn {
    headers: Vec<(HeaderName, HeaderValue)>,
    bytes: usize,
}

impl PassedOn {
    /// Takes the headers of these names from a request, and returns the names of those it drops.
    ///
    /// SPEC: several values of a header are joined with `, ` (RFC 9110, section 5.3). A header is
    /// dropped whole if any value has a character other than visible ASCII, space and tab.
    pub(crate) fn of_request<'n>(
        PassOn(names): &'n PassOn,
        headers: &HeaderMap,
    ) -> (Self, Vec<&'n HeaderName>) {
        let (mut passed_on, mut dropped) = (Self::default(), Vec::new());
        for name in names.iter().filter(|name| headers.contains_key(*name)) {
            let values = headers.get_all(name).iter().map(|value| value.to_str().map(trimmed));
            let joined = values.collect::<Result<Vec<_>, _>>().map(|values| values.join(", "));
            if !joined.is_ok_and(|value| passed_on.add(name, &value)) {
                dropped.push(name);
            }
        }
        (passed_on, dropped)
    }

    /// Takes the headers of these names from the stored form of an event, without those that cannot
    /// be passed on.
    pub(crate) fn of_event(PassOn(names): &PassOn, stored: &str) -> Self {
        let stored: BTreeMap<String, Value> = serde_json::from_str(stored).unwrap_or_default();
        let mut passed_on = Self::default();
        for name in names {
            if let Some(value) = stored.get(name.as_str()).and_then(Value::as_str) {
                passed_on.add(name, value);
            }
        }
        passed_on
    }

    /// The stored form: a JSON object of names and values.
    pub(crate) fn to_json(&self) -> String {
        let members = self.headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), Value::from(value.to_str().ok()?)))
        });
        Value::Object(members.collect()).to_string()
    }

    /// Adds them to a delivery's own headers, none of which they replace.
    pub(crate) fn add_to(self, headers: &mut HeaderMap) {
        for (name, value) in self.headers {
            headers.entry(name).or_insert(value);
        }
    }

    /// Adds a header, if its value can be sent and there is room for it.
    fn add(&mut self, name: &HeaderName, value: &str) -> bool {
        let value = trimmed(value);
        let bytes = self.bytes + name.as_str().len() + value.len() + LINE_BYTES;
        let fits = value.len() <= VALUE_BYTES_MAX && bytes <= BYTES_MAX;
        let Some(value) = HeaderValue::from_str(value).ok().filter(|_| fits) else {
            return false;
        };
        self.headers.push((name.clone(), value));
        self.bytes = bytes;
        true
    }
}

/// A value without the optional white space around it (RFC 9110, section 5.5), which HTTP/2 does
/// not strip.
fn trimmed(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}
