//! File descriptors: raises the process limit as far as allowed, and divides it among the gateway's
//! uses.
//!
//! If senders could take the last descriptor, deliveries would fail for lack of one, and those
//! failures would count toward dead letters. So senders get only what the gateway itself does not
//! need.

use postseal::{Code, Error};

use crate::config::Source;

/// Standard streams, listening sockets, the async runtime's own descriptors, and files that a
/// reload reads.
const OWN_DESCRIPTORS: u64 = 64;
/// Connections of the admin port.
pub(crate) const ADMIN: usize = 64;
/// The store's files and connections, connections to Redis, and alert requests.
const STORE_DESCRIPTORS: u64 = 64;
/// Descriptors for each concurrent delivery: idle connections to the application come on top of
/// busy ones.
const DELIVERIES_FACTOR: u64 = 2;

/// How the limit of file descriptors is divided.
pub(crate) struct Descriptors {
    /// Maximum number of senders' connections.
    pub(crate) connections_max: usize,
    /// For the operator, if the limit is too low for what is configured.
    pub(crate) warning: Option<String>,
}

impl Descriptors {
    /// Raises the limit of this process, and divides what it then is.
    ///
    /// # Errors
    /// `invalid_config` if it leaves nothing for senders.
    pub(crate) fn divide<'a>(
        connections_max: usize,
        sources: impl Iterator<Item = &'a Source>,
    ) -> Result<Self, Error> {
        // If the limit cannot be read, there is nothing to warn of.
        let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
        let concurrency = sources.map(|source| u64::from(source.delivery.concurrency));
        divide(limit, connections_max, concurrency.sum())
    }
}

fn divide(limit: u64, wanted: usize, concurrency: u64) -> Result<Descriptors, Error> {
    let fixed = OWN_DESCRIPTORS + STORE_DESCRIPTORS + u64::try_from(ADMIN).unwrap_or(u64::MAX);
    // Not all sources deliver at full concurrency at once, so deliveries get at most half.
    let spare = limit.saturating_sub(fixed);
    let deliveries = concurrency.saturating_mul(DELIVERIES_FACTOR);
    let left = spare.saturating_sub(deliveries.min(spare / 2));
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    if left == 0 {
        let why = format!(
            "the limit of open files is {limit}, and the gateway itself needs {fixed}: raise it \
             (`ulimit -n`, or systemd's LimitNOFILE=)"
        );
        return Err(Error::new(Code::InvalidConfig, why));
    }
    let connections_max = left.min(wanted);
    let needed =
        fixed.saturating_add(deliveries).saturating_add(u64::try_from(wanted).unwrap_or(u64::MAX));
    let warning = (needed > limit).then(|| {
        let consequence = match connections_max < wanted {
            true => format!("at most {connections_max} connections are accepted"),
            false => "deliveries may fail when all sources are busy".to_owned(),
        };
        format!(
            "the limit of open files is {limit}, but connections_max = {wanted}, deliveries and \
             the store need {needed}; {consequence}: raise the limit (`ulimit -n`, or systemd's \
             LimitNOFILE=), or lower connections_max or concurrency"
        )
    });
    Ok(Descriptors { connections_max, warning })
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
    fn an_exactly_sufficient_limit_gives_no_warning() {
        let needed = 192 + 16 + 1000;
        assert!(divide(needed, 1000, 8).unwrap().warning.is_none());
        assert!(divide(needed - 1, 1000, 8).unwrap().warning.is_some());
    }

    #[test]
    fn many_sources_leave_half_of_the_spare_descriptors() {
        let divided = divide(4096, 10_000, 8000).unwrap();
        assert_eq!(divided.connections_max, (4096 - 192) / 2);
        assert!(divided.warning.is_some_and(|warning| warning.contains("at most 1952")));
        let few = divide(4096, 100, 8000).unwrap();
        assert_eq!(few.connections_max, 100);
        assert!(few.warning.is_some_and(|warning| warning.contains("deliveries may fail")));
    }

    #[test]
    fn a_limit_that_leaves_nothing_is_an_error() {
        assert_eq!(divide(192, 10, 8).err().map(|error| error.code()), Some(Code::InvalidConfig));
        assert_eq!(divide(193, 10, 8).unwrap().connections_max, 1);
    }
}
