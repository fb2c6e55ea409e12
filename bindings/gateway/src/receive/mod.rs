//! Receiving: from a socket to a committed event, one way down.

pub(crate) mod accept;
mod answer;
pub(crate) mod client_address;
pub(crate) mod limit;
pub(crate) mod listener;
pub(crate) mod tls;
