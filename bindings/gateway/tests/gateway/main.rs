//! The gateway as an operator runs it: each test starts `postseal serve` and speaks HTTP with it.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod clock;
mod configuration;
mod crash;
mod delivering;
mod disk;
mod disk_full;
#[cfg(target_os = "linux")]
mod flood;
mod hostile;
mod http2;
#[cfg(target_os = "linux")]
mod http2_frames;
mod lost_files;
mod message;
mod operating;
mod postgres;
#[path = "../postgres/mod.rs"]
mod postgres_server;
mod power_loss;
#[path = "../random/mod.rs"]
mod random;
mod receiving;
mod redis;
mod running;
#[cfg(target_os = "linux")]
mod shares;
mod shutdown;
#[cfg(target_os = "linux")]
mod stalled;
mod strict;
mod tls;
mod values;
mod world;
