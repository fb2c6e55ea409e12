//! What a host is made from: which module it loads, and what that module may use.

use core::fmt;
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use postseal::{Code, Error};

use crate::checksum::Trust;
use crate::imports::{Clock, Entropy, system_clock, system_entropy};

/// The most instances of one host: each has its own memory, and more than processors gain nothing.
pub const INSTANCES_MAX: usize = 1024;
/// The least memory of an instance: what the module has at its start, and some requests.
pub const MEMORY_BYTES_MIN: usize = 4 << 20;
/// Memory of an instance where nothing is given: what the module declares. Bodies of 32 MiB fit.
pub const MEMORY_BYTES_DEFAULT: usize = 256 << 20;
/// The deadline of a call where none is given: three times what the worst header and the largest
/// body take, eight Ed25519 checks over 32 MiB, which is far more than any webhook.
pub const DEADLINE_DEFAULT: Duration = Duration::from_secs(5);
/// The longest deadline: a minute.
pub const DEADLINE_MAX: Duration = Duration::from_secs(60);

/// What a host is made from. `HostOptions::default()` takes the published module alone.
pub struct HostOptions {
    /// Which module may be loaded; by default the published one.
    pub trust: Trust,
    /// How many instances there are at most, 1 to 1024: as many calls run at once. By default as
    /// many as there are processors.
    pub instances_max: usize,
    /// The most memory that an instance may have, in bytes: at least 4 MiB, by default 256 MiB.
    pub memory_bytes_max: usize,
    /// How long each call of the module may take, and how long one may wait for an instance: up to
    /// a minute, by default 5 seconds. An open may make an instance and a receiver in it first,
    /// each with the deadline anew.
    pub deadline: Duration,
    /// The clock; by default the operating system's.
    pub clock: Clock,
    /// The source of random bytes; by default the operating system's.
    pub entropy: Entropy,
}

impl HostOptions {
    /// Options within their bounds.
    ///
    /// # Errors
    /// `invalid_config`.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let invalid = |why: &'static str| Err(Error::new(Code::InvalidConfig, why));
        if !(1..=INSTANCES_MAX).contains(&self.instances_max) {
            return invalid("`instances_max` must be 1 to 1024");
        }
        if self.memory_bytes_max < MEMORY_BYTES_MIN {
            return invalid("`memory_bytes_max` must be at least 4 MiB");
        }
        if self.deadline.is_zero() || self.deadline > DEADLINE_MAX {
            return invalid("`deadline` must be more than nothing, and at most a minute");
        }
        Ok(self)
    }
}

impl Default for HostOptions {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        HostOptions {
            trust: Trust::default(),
            instances_max: processors.min(INSTANCES_MAX),
            memory_bytes_max: MEMORY_BYTES_DEFAULT,
            deadline: DEADLINE_DEFAULT,
            clock: system_clock(),
            entropy: system_entropy(),
        }
    }
}

impl fmt::Debug for HostOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostOptions")
            .field("trust", &self.trust)
            .field("instances_max", &self.instances_max)
            .field("memory_bytes_max", &self.memory_bytes_max)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
