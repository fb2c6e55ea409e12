//! Receiving: from a socket to a committed event, one way down.

pub(crate) mod accept;
mod answer;
mod client_address;
mod client_pins;
pub(crate) mod limit;
pub(crate) mod listener;
pub(crate) mod tls;
