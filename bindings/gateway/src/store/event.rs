//! What is accepted, and what has become of it.

/// An authenticated message, as it is written.
#[derive(Debug)]
pub(crate) struct Event {
    /// Of source, scheme and replay key: [`postseal::policy::claim::Subject::key`].
    pub(crate) key: String,
    /// The name of its source.
    pub(crate) source: String,
    /// The sender's id, where it is authenticated.
    pub(crate) message_id: Option<String>,
    /// When it was signed, in Unix seconds, where that is authenticated.
    pub(crate) signed_at: Option<u64>,
    /// The key of the ring that signed it.
    pub(crate) secret_id: String,
    /// Whether it came encrypted.
    pub(crate) encrypted: bool,
    /// The media type of the payload.
    pub(crate) content_type: Option<String>,
    /// Headers that the source passes on, which nobody has authenticated: a JSON object.
    pub(crate) passed_on: String,
    /// The payload, or what a storage key has sealed it into.
    pub(crate) payload: Vec<u8>,
    /// The id of that key; `None` for a payload as it is.
    pub(crate) storage_key_id: Option<String>,
    /// When it came, in Unix milliseconds.
    pub(crate) received_ms: u64,
}

/// An event that is to be accepted.
pub(crate) struct NewEvent {
    pub(crate) event: Event,
    /// Of the payload; `None` where repeats may differ:
    /// [`postseal::policy::claim::Subject::digest`].
    pub(crate) digest: Option<String>,
}

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acceptance {
    /// The event and its job are committed.
    Accepted,
    /// It had been accepted before: nothing is written.
    Duplicate,
    /// An event of this key has another payload: nothing is written.
    Conflict,
}

impl Acceptance {
    /// Of a message whose key is there: whether its payload is another one, as far as that can be
    /// known.
    pub(super) fn of_repeat(ours: Option<&str>, theirs: Option<&str>) -> Self {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => Acceptance::Conflict,
            _ => Acceptance::Duplicate,
        }
    }
}
