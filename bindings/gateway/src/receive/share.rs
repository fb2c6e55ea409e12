//! A bounded resource that clients share: connections, or memory.
//!
//! A client may hold at most a quarter of what is free, so one client alone gets a fifth of
//! everything, and each further greedy client leaves four fifths of the rest: ten of them leave a
//! tenth. What a source holds for all its clients counts as not free for another client of it, so
//! that a source cannot take everything either. No fixed share has to be configured.
//!
//! SPEC: the dynamic thresholds of shared packet buffers, with a factor of 1/4 (A. Choudhury and
//! E. Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The part of what is free that one client may hold.
const CLIENT_DIVISOR: usize = 4;

/// An account that a part is charged to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// An IPv4 address, or an IPv6 network of 64 bits.
    Client(IpAddr),
    /// A source, by its name.
    Source(String),
}

/// A resource, in units of its own.
pub(crate) struct Shares(Mutex<State>);

struct State {
    total: usize,
    taken: usize,
    /// The most that was taken since the last call of `given_back`.
    peak: usize,
    held: HashMap<Holder, usize>,
}

/// What one connection or request has taken. It is given back on drop.
pub(crate) struct Share {
    shares: Arc<Shares>,
    holders: Vec<Holder>,
    amount: usize,
}

/// Too little is left for the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Shares {
    pub(crate) fn new(total: usize) -> Arc<Self> {
        let state = State { total, taken: 0, peak: 0, held: HashMap::new() };
        Arc::new(Shares(Mutex::new(state)))
    }

    /// Changes the total. What has been taken stays taken.
    pub(crate) fn set_total(&self, total: usize) {
        self.lock().total = total;
    }

    /// How much less is taken now than at the most since this was last called.
    pub(crate) fn given_back(&self) -> usize {
        let mut state = self.lock();
        let taken = state.taken;
        std::mem::replace(&mut state.peak, taken).saturating_sub(taken)
    }

    /// An empty share that is charged to these accounts. Without a client only the total bounds it.
    pub(crate) fn share(self: &Arc<Self>, holders: Vec<Holder>) -> Share {
        Share { shares: Arc::clone(self), holders, amount: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How much more may be charged to these accounts. The first part of a client is bounded by
    /// what is free alone, so that small totals can be used up.
    fn room(&self, holders: &[Holder]) -> usize {
        let mut free = self.total.saturating_sub(self.taken);
        let mut client = None;
        for holder in holders {
            let held = self.held.get(holder).copied().unwrap_or(0);
            match holder {
                Holder::Client(_) => client = Some(held),
                Holder::Source(_) => free = free.saturating_sub(held),
            }
        }
        match client {
            None | Some(0) => free,
            Some(held) => (free / CLIENT_DIVISOR).saturating_sub(held),
        }
    }
}

impl Share {
    /// Takes this much more, or nothing.
    ///
    /// # Errors
    /// [`Exhausted`].
    pub(crate) fn grow(&mut self, more: usize) -> Result<(), Exhausted> {
        let mut state = self.shares.lock();
        if more > state.room(&self.holders) {
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

    /// Takes more or gives back, so that it holds this much.
    ///
    /// # Errors
    /// [`Exhausted`]: it holds what it held before.
    pub(crate) fn resize(&mut self, amount: usize) -> Result<(), Exhausted> {
        match amount.checked_sub(self.amount) {
            Some(0) => Ok(()),
            Some(more) => self.grow(more),
            None => {
                self.give_back(self.amount - amount);
                Ok(())
            }
        }
    }

    fn give_back(&mut self, less: usize) {
        let mut state = self.shares.lock();
        state.taken = state.taken.saturating_sub(less);
        for holder in &self.holders {
            let Some(held) = state.held.get_mut(holder) else { continue };
            *held = held.saturating_sub(less);
            if *held == 0 {
                state.held.remove(holder);
            }
        }
        drop(state);
        self.amount -= less;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> Holder {
        Holder::Client([127, 0, 0, number].into())
    }

    /// How many units a client gets, one after another.
    fn take_all(shares: &Arc<Shares>, number: u8) -> Vec<Share> {
        let one = || {
            let mut share = shares.share(vec![client(number)]);
            share.grow(1).ok().map(|()| share)
        };
        std::iter::from_fn(one).collect()
    }

    #[test]
    fn one_client_gets_a_fifth() {
        let shares = Shares::new(1000);
        let first = take_all(&shares, 1);
        assert_eq!(first.len(), 200);
        let second = take_all(&shares, 2);
        assert_eq!(second.len(), 160);
        drop(first);
        assert_eq!(take_all(&shares, 3).len(), 168);
    }

    #[test]
    fn ten_greedy_clients_leave_a_tenth_and_twenty_a_hundredth() {
        let shares = Shares::new(10_000);
        let greedy: Vec<_> = (1..=20).map(|number| take_all(&shares, number)).collect();
        let left = |clients: usize| 10_000 - greedy[..clients].iter().map(Vec::len).sum::<usize>();
        assert!((1000..1100).contains(&left(10)), "{}", left(10));
        assert!((100..130).contains(&left(20)), "{}", left(20));
    }

    #[test]
    fn a_small_total_can_be_used_up_by_several_clients() {
        let shares = Shares::new(3);
        let taken: Vec<_> = (1..=3).map(|number| take_all(&shares, number)).collect();
        assert!(taken.iter().all(|taken| taken.len() == 1));
        assert!(take_all(&shares, 4).is_empty());
    }

    #[test]
    fn a_client_leaves_room_for_others_of_its_source_and_more_for_other_sources() {
        let shares = Shares::new(600);
        let of = |number, source: &str| {
            let mut share = shares.share(vec![client(number), Holder::Source(source.to_owned())]);
            let most = (0..600).take_while(|_| share.grow(1).is_ok()).count();
            (share, most)
        };
        let (_first, most) = of(1, "orders");
        assert_eq!(most, 100);
        let (second, most) = of(2, "orders");
        assert_eq!(most, 67);
        drop(second);
        let (_third, most) = of(3, "invoices");
        assert_eq!(most, 83);
    }

    #[test]
    fn what_is_given_back_is_free_again_and_no_account_is_left() {
        let shares = Shares::new(100);
        let mut share = shares.share(vec![client(1)]);
        assert_eq!(share.grow(10), Ok(()));
        assert_eq!(share.resize(30), Err(Exhausted), "more than a quarter of what is free");
        assert_eq!(share.resize(15), Ok(()));
        assert_eq!(share.resize(5), Ok(()));
        assert_eq!(shares.lock().taken, 5);
        drop(share);
        let state = shares.lock();
        assert_eq!((state.taken, state.held.len()), (0, 0));
    }

    #[test]
    fn what_was_given_back_is_told_once() {
        let shares = Shares::new(10);
        let mut share = shares.share(Vec::new());
        assert_eq!(share.grow(6), Ok(()));
        drop(share);
        let mut share = shares.share(Vec::new());
        assert_eq!(share.grow(2), Ok(()));
        assert_eq!((shares.given_back(), shares.given_back()), (4, 0));
    }

    #[test]
    fn without_a_client_all_of_it_can_be_taken_and_a_smaller_total_holds_at_once() {
        let shares = Shares::new(10);
        let mut share = shares.share(Vec::new());
        assert_eq!(share.grow(8), Ok(()));
        shares.set_total(5);
        assert_eq!(share.grow(1), Err(Exhausted));
        shares.set_total(9);
        assert_eq!(share.grow(1), Ok(()));
    }
}
