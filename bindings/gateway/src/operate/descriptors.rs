//! The limit of open files: raised as far as it may be, and what it leaves for senders.
//!
//! Where senders could take the last descriptor, deliveries would fail for want of one, and the
//! failures would count toward dead letters. So connections get what the gateway itself can spare.

use postseal::{Code, Error};

use crate::config::Source;

/// Standard streams, the listening sockets, the runtime's own, and files that a reload reads.
const OWN: u64 = 64;
/// Connections of the admin port.
pub(crate) const ADMIN: usize = 64;
/// The store's files and connections, those to Redis, and posts of alerts.
const STORE: u64 = 64;
/// Idle connections to an application come on top of the busy ones.
const DELIVERIES_FACTOR: u64 = 2;

/// How many connections of senders there may be.
pub(crate) struct Descriptors {
    pub(crate) connections_max: usize,
    /// What an operator should know, where it is less than the configuration says.
    pub(crate) warning: Option<String>,
}

impl Descriptors {
    /// Raises the limit of this process, and divides it.
    ///
    /// # Errors
    /// `invalid_config` where it leaves nothing for senders.
    pub(crate) fn divide<'a>(
        connections_max: usize,
        sources: impl Iterator<Item = &'a Source>,
    ) -> Result<Self, Error> {
        // Where the limit cannot be read, nothing is known that could be complained of.
        let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
        let concurrency = sources.map(|source| u64::from(source.delivery.concurrency));
        divide(limit, connections_max, concurrency.sum())
    }
}

fn divide(limit: u64, wanted: usize, concurrency: u64) -> Result<Descriptors, Error> {
    let fixed = OWN + STORE + u64::try_from(ADMIN).unwrap_or(u64::MAX);
    // Not all sources deliver at once: they have at most as much as senders have.
    let spare = limit.saturating_sub(fixed);
    let deliveries = concurrency.saturating_mul(DELIVERIES_FACTOR);
    let left = spare.saturating_sub(deliveries.min(spare / 2));
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    if left == 0 {
        let why = format!(
            "the limit of open files is {limit}, and the gateway itself needs {fixed}: raise it \
             (`ulimit -n`, or LimitNOFILE= of systemd)"
        );
        return Err(Error::new(Code::InvalidConfig, why));
    }
    let needed =
        fixed.saturating_add(deliveries).saturating_add(wanted.try_into().unwrap_or(limit));
    let warning = (needed > limit).then(|| {
        format!(
            "the limit of open files is {limit}, and connections_max = {wanted} needs {needed}, \
             deliveries and the store included: at most {} connections are taken; raise the \
             limit (`ulimit -n`, or LimitNOFILE= of systemd), or lower connections_max",
            left.min(wanted)
        )
    });
    Ok(Descriptors { connections_max: left.min(wanted), warning })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_get_what_the_gateway_can_spare() {
        let enough = divide(20_000, 10_000, 8).unwrap();
        assert_eq!((enough.connections_max, enough.warning), (10_000, None));
        let scarce = divide(1024, 10_000, 8).unwrap();
        assert_eq!(scarce.connections_max, 1024 - 192 - 16);
        assert!(scarce.warning.is_some_and(|warning| warning.contains("at most 816 connections")));
    }

    #[test]
    fn just_enough_is_no_reason_to_complain() {
        let needed = 192 + 16 + 1000;
        assert!(divide(needed, 1000, 8).unwrap().warning.is_none());
        assert!(divide(needed - 1, 1000, 8).unwrap().warning.is_some());
    }

    #[test]
    fn many_sources_leave_half_of_what_is_to_spare() {
        let divided = divide(4096, 10_000, 8000).unwrap();
        assert_eq!(divided.connections_max, (4096 - 192) / 2);
        assert!(divided.warning.is_some());
    }

    #[test]
    fn a_limit_that_leaves_nothing_is_an_error() {
        assert_eq!(divide(192, 10, 8).err().map(|error| error.code()), Some(Code::InvalidConfig));
        assert_eq!(divide(193, 10, 8).unwrap().connections_max, 1);
    }
}
