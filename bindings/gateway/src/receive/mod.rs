//! Receiving: from a socket to a committed event, one way down.

pub(crate) mod accept;
mod activity;
mod answer;
mod body;
mod client_address;
mod client_pins;
pub(crate) mod connection_memory;
mod frames;
mod head;
mod last_needed;
pub(crate) mod limit;
pub(crate) mod listener;
pub(crate) mod share;
pub(crate) mod tls;
