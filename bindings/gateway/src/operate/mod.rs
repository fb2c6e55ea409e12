//! Operating a gateway: its log, its numbers, its alerts, and the port for who runs it.

pub(crate) mod admin;
pub(crate) mod alerts;
pub(crate) mod descriptors;
pub(crate) mod log;
pub(crate) mod metrics;
