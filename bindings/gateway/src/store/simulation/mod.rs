//! A model of the inbox: the real statements and the real rule of retries, in a world where senders
//! repeat, answers are lost, gateways die at every point, and the clock jumps.
//!
//! A schedule is drawn from a seed: which step is next, of many small ones. What must hold is
//! checked after each. At the end the faults stop, and all that was acknowledged must arrive. Every
//! bug that is planted must be found, so that what finds nothing is known to look.

mod delivery;
mod gateway;
mod ledger;
mod life;
#[path = "../../../tests/random/mod.rs"]
mod random;
mod rules;
mod world;
mod writer;

use rusqlite::Connection;

use random::Random;
use world::World;

/// Schedules of a run; `POSTSEAL_SCHEDULES` has more for a soak.
const SCHEDULES: u64 = 10_000;
const SCHEMA: &str = include_str!("../migrations/sqlite_1.sql");

/// Something that is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    AnswersBeforeCommit,
    AcceptsWithoutJob,
    TakesWithoutLease,
    SettlesAnyLease,
    SettlesTwice,
    CountsReturned,
    ExpiresPending,
    TriesForEver,
    WaitsForClock,
}

const BUGS: [Bug; 9] = [
    Bug::AnswersBeforeCommit,
    Bug::AcceptsWithoutJob,
    Bug::TakesWithoutLease,
    Bug::SettlesAnyLease,
    Bug::SettlesTwice,
    Bug::CountsReturned,
    Bug::ExpiresPending,
    Bug::TriesForEver,
    Bug::WaitsForClock,
];

impl Random {
    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    /// True once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

fn store() -> Connection {
    let store = Connection::open_in_memory().unwrap();
    store.pragma_update(None, "foreign_keys", true).unwrap();
    store.set_prepared_statement_cache_capacity(32);
    store.execute_batch(SCHEMA).unwrap();
    store
}

fn empty(store: &Connection) {
    if !store.is_autocommit() {
        store.execute_batch("ROLLBACK").unwrap();
    }
    store
        .execute_batch("DELETE FROM events; DELETE FROM jobs; DELETE FROM sqlite_sequence")
        .unwrap();
}

/// The first of these schedules that fails, and why.
fn first_failure(seeds: impl Iterator<Item = u64>, bug: Option<Bug>) -> Option<(u64, String)> {
    let store = store();
    for seed in seeds {
        empty(&store);
        if let Err(why) = World::new(&store, seed, bug, false).run() {
            return Some((seed, why));
        }
    }
    None
}

/// Every step of a schedule.
fn trace(seed: u64, bug: Option<Bug>) -> String {
    let store = store();
    let mut world = World::new(&store, seed, bug, true);
    let _ = world.run();
    world.trace.unwrap().join("\n")
}

#[test]
fn every_schedule_keeps_what_was_promised() {
    let schedules =
        std::env::var("POSTSEAL_SCHEDULES").map_or(SCHEDULES, |text| text.parse().unwrap());
    let halves = [0, 1]
        .map(|half| std::thread::spawn(move || first_failure((half..schedules).step_by(2), None)));
    for half in halves {
        if let Some((seed, why)) = half.join().unwrap() {
            panic!("seed {seed}: {why}\n{}", trace(seed, None));
        }
    }
}

#[test]
fn every_planted_bug_is_found() {
    for bug in BUGS {
        let found = first_failure(0..SCHEDULES, Some(bug));
        let (seed, why) = found.unwrap_or_else(|| panic!("{bug:?} was not found"));
        println!("{bug:?}: seed {seed}: {why}");
    }
}
