//! What holds in the model's world: times, bounds, and what differs from schedule to schedule.

pub(super) const SOURCE: &str = "orders";
pub(super) const LEASE_MS: u64 = 16_000;
pub(super) const MAX_AGE_MS: u64 = 2_000_000;
/// What any job may have to wait at most.
pub(super) const DELAY_MS_MAX: u64 = 3_600_000;
/// Of the attempts that there are in a schedule.
pub(super) const BACKOFF_MS_MAX: u64 = 4000;
/// Attempts of a gateway at once.
pub(super) const SLOTS: usize = 2;
pub(super) const RETENTION_MS: u64 = 600_000;
pub(super) const GROUP_MAX: usize = 4;

/// What a schedule has set.
pub(super) struct Rules {
    pub(super) attempts_max: u32,
    /// Whether the clock has jumped: then a lease ends when it ends.
    pub(super) jumped: bool,
}
