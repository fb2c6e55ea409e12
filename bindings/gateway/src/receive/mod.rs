//! Receiving: from a socket to a committed event, one way down.

pub(crate) mod accept;
mod activity;
mod answer;
pub(crate) mod body;
mod client_address;
mod client_pins;
mod last_needed;
pub(crate) mod limit;
pub(crate) mod listener;
pub(crate) mod tls;
