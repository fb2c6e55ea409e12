//! Delivering: where a message may go, over what, and what has come back.

mod address_policy;
mod connection;
mod connector;
mod destination;
mod failure;
mod pins;
mod pool;
mod public_address;
mod resolver;
mod tls;

#[cfg(test)]
#[path = "../../tests/deliver/mod.rs"]
mod tests;

pub(crate) use connection::Answer;
pub(crate) use connector::{TIMEOUT_DEFAULT, Target, TargetOptions, header_map};
pub(crate) use destination::Plain;
pub(crate) use failure::Failure;
pub(crate) use pins::Pins;
pub(crate) use tls::client_config;
