//! A bounded resource that clients share: connections, or the memory of requests.
//!
//! A share is charged to one or more holders, such as a client and a source, and may grow by no
//! more than what is free minus what these holders have already. So a lone client gets half of the
//! connections, `n` greedy clients get `1/(n + 1)` each, and as much is left for the next one. No
//! fixed quota has to be configured, and a single sender is not held to a small one.
//!
//! SPEC: the dynamic thresholds of shared packet buffers, with a factor of 1 (A. Choudhury and
//! E. Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The account that a share is charged to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// An IPv4 address, or an IPv6 network of 64 bits.
    Client(IpAddr),
    /// A source, by its name.
    Source(String),
}

/// A bounded resource, in units of the caller's choice.
pub(crate) struct Shares(Mutex<State>);

struct State {
    total: usize,
    taken: usize,
    /// The most that was taken at once since `reset_peak`.
    peak: usize,
    held: HashMap<Holder, usize>,
}

/// The part taken for one connection or request. It is returned on drop.
pub(crate) struct Share {
    shares: Arc<Shares>,
    holders: Vec<Holder>,
    amount: usize,
}

/// Too little is left for these holders.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Shares {
    pub(crate) fn new(total: usize) -> Arc<Self> {
        Arc::new(Shares(Mutex::new(State { total, taken: 0, peak: 0, held: HashMap::new() })))
    }

    /// Changes the total. Shares that are already taken stay valid.
    pub(crate) fn set_total(&self, total: usize) {
        self.lock().total = total;
    }

    /// Returns the most that was taken at once since the last call, and begins anew.
    pub(crate) fn reset_peak(&self) -> usize {
        let mut state = self.lock();
        let taken = state.taken;
        std::mem::replace(&mut state.peak, taken)
    }

    /// An empty share, charged to these holders. Without holders, only the total bounds it.
    pub(crate) fn share(self: &Arc<Self>, holders: Vec<Holder>) -> Share {
        Share { shares: Arc::clone(self), holders, amount: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes `more` units, or none.
    ///
    /// # Errors
    /// [`Exhausted`] if that is more than what is free minus what the holders have.
    pub(crate) fn grow(&mut self, more: usize) -> Result<(), Exhausted> {
        let mut state = self.shares.lock();
        let free = state.total.saturating_sub(state.taken);
        let held = |holder| state.held.get(holder).copied().unwrap_or(0);
        let held = self.holders.iter().map(held).sum();
        if more > free.saturating_sub(held) {
            return Err(Exhausted);
        }
        state.taken += more;
        state.peak = state.peak.max(state.taken);
        for holder in &self.holders {
            match state.held.get_mut(holder) {
                Some(held) => *held += more,
                None => drop(state.held.insert(holder.clone(), more)),
            }
        }
        drop(state);
        self.amount += more;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = self.shares.lock();
        state.taken = state.taken.saturating_sub(self.amount);
        for holder in &self.holders {
            let Some(held) = state.held.get_mut(holder) else { continue };
            *held = held.saturating_sub(self.amount);
            if *held == 0 {
                state.held.remove(holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> Holder {
        Holder::Client([127, 0, 0, number].into())
    }

    /// Takes units for a client, one at a time, until it gets no more.
    fn take_all(shares: &Arc<Shares>, number: u8) -> Vec<Share> {
        let one = || {
            let mut share = shares.share(vec![client(number)]);
            share.grow(1).ok().map(|()| share)
        };
        std::iter::from_fn(one).collect()
    }

    #[test]
    fn a_client_gets_half_and_leaves_as_much_for_others() {
        let shares = Shares::new(100);
        let first = take_all(&shares, 1);
        assert_eq!(first.len(), 50);
        let second = take_all(&shares, 2);
        assert_eq!(second.len(), 25);
        drop(first);
        assert_eq!(take_all(&shares, 3).len(), 38);
    }

    #[test]
    fn many_greedy_clients_leave_something_for_the_next() {
        let shares = Shares::new(1000);
        let greedy: Vec<_> = (1..=5).map(|number| take_all(&shares, number)).collect();
        assert!(greedy.iter().all(|taken| !taken.is_empty()));
        assert!(!take_all(&shares, 6).is_empty());
    }

    #[test]
    fn the_last_unit_can_be_taken_if_nothing_else_is_held() {
        let shares = Shares::new(1);
        let taken = take_all(&shares, 1);
        assert_eq!(taken.len(), 1);
        assert_eq!(take_all(&shares, 2).len(), 0);
        drop(taken);
        assert_eq!(take_all(&shares, 2).len(), 1);
    }

    #[test]
    fn a_client_leaves_room_for_others_of_its_source_and_more_for_other_sources() {
        let shares = Shares::new(300);
        let of = |number, source: &str| {
            let mut share = shares.share(vec![client(number), Holder::Source(source.to_owned())]);
            let most = (0..300).take_while(|_| share.grow(1).is_ok()).count();
            (share, most)
        };
        let (_first, most) = of(1, "orders");
        assert_eq!(most, 100);
        let (second, most) = of(2, "orders");
        assert_eq!(most, 34);
        drop(second);
        let (_third, most) = of(3, "invoices");
        assert_eq!(most, 67);
    }

    #[test]
    fn a_dropped_share_is_free_again_and_leaves_no_account() {
        let shares = Shares::new(10);
        let mut share = shares.share(vec![client(1)]);
        assert_eq!(share.grow(4), Ok(()));
        assert_eq!(share.grow(4), Err(Exhausted), "it would hold more than was free");
        assert_eq!(share.grow(2), Ok(()));
        drop(share);
        let state = shares.lock();
        assert_eq!((state.taken, state.held.len()), (0, 0));
    }

    #[test]
    fn the_peak_counts_from_the_last_reset() {
        let shares = Shares::new(10);
        let mut share = shares.share(Vec::new());
        assert_eq!(share.grow(6), Ok(()));
        drop(share);
        let mut share = shares.share(Vec::new());
        assert_eq!(share.grow(2), Ok(()));
        assert_eq!((shares.reset_peak(), shares.reset_peak()), (6, 2));
    }

    #[test]
    fn without_holders_everything_can_be_taken_and_a_smaller_total_applies_at_once() {
        let shares = Shares::new(10);
        let mut share = shares.share(Vec::new());
        assert_eq!(share.grow(8), Ok(()));
        shares.set_total(5);
        assert_eq!(share.grow(1), Err(Exhausted));
        shares.set_total(9);
        assert_eq!(share.grow(1), Ok(()));
    }
}
