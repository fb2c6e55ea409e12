//! The program as a user runs it: each test starts the built binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../deliver/authority.rs"]
mod authority;
mod exit;
mod hostile;
mod key_argument;
mod keygen;
mod program;
mod request;
mod round_trip;
mod send;
#[path = "../deliver/server.rs"]
mod server;
mod vectors;
