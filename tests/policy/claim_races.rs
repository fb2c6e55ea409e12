//! Workers that claim one delivery at the same time, in every order in which their swaps, the clock
//! and lost answers can fall.
//!
//! A model: each worker is a small machine that does what a host does, one swap of the store at a
//! step. All orders of steps are searched, each state once.

use std::collections::HashSet;

use postseal::policy::SWAPS_MAX;
use postseal::policy::claim::{Decision, Settled, Subject, Swap, Terms};
use postseal::{Scheme, UnixTime};

const START: i64 = 1_700_000_000;
const LEASE: u32 = 60;

/// What a worker does with a delivery that it holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Plan {
    Done,
    Failed,
    RenewThenDone,
    /// Another thread renews, and the worker then finishes with the text that it knew before.
    RenewUnseenThenDone,
    Crash,
}

const PLANS: [Plan; 5] =
    [Plan::Done, Plan::Failed, Plan::RenewThenDone, Plan::RenewUnseenThenDone, Plan::Crash];

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Step {
    /// About to swap so as to claim.
    Claiming(Swapping),
    /// Holds the delivery; the handler runs.
    Holding {
        held: String,
    },
    /// About to renew; `seen` says whether the new text becomes the held one.
    Renewing {
        held: String,
        swapping: Swapping,
    },
    /// About to finish.
    Finishing(Swapping),
    Ended(End),
}

/// A swap that is about to be made, and how many were tried for the same purpose.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Swapping {
    expected: Option<String>,
    next: String,
    attempt: u32,
    tries: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum End {
    Done,
    Failed,
    Lost,
    Duplicate,
    InProgress,
    Crashed,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Worker {
    plan: Plan,
    step: Step,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    now: i64,
    stored: Option<String>,
    workers: Vec<Worker>,
    /// Steps of the clock that are still to come, in seconds.
    ticks: Vec<i64>,
    /// Answers that may still be lost: the driver sends the command again.
    losses: u32,
    /// The attempt of the latest claim that came back new, and whether one was done.
    latest_attempt: u32,
    done: bool,
}

struct Search {
    terms: Terms,
    /// Whether the clock only goes forward, so that a lease that has ended stays ended.
    steady_clock: bool,
    seen: HashSet<World>,
    ends: HashSet<Vec<End>>,
}

impl Search {
    fn run(&mut self, world: World) {
        if !self.seen.insert(world.clone()) {
            return;
        }
        if world.workers.iter().all(|worker| matches!(worker.step, Step::Ended(_))) {
            let ends = world.workers.iter().map(|worker| match worker.step {
                Step::Ended(end) => end,
                _ => unreachable!(),
            });
            self.ends.insert(ends.collect());
        }
        if let Some((tick, later)) = world.ticks.split_first() {
            let (now, ticks) = (world.now + tick, later.to_vec());
            self.run(World { now, ticks, ..world.clone() });
        }
        for index in 0..world.workers.len() {
            if world.losses > 0 {
                let mut next = world.clone();
                next.losses -= 1;
                self.step(&mut next, index, true);
                self.run(next);
            }
            let mut next = world.clone();
            self.step(&mut next, index, false);
            self.run(next);
        }
    }

    /// One step of one worker: at most one swap, asked twice if its answer is lost.
    fn step(&self, world: &mut World, index: usize, lose_answer: bool) {
        let now = UnixTime::new(world.now).unwrap();
        let Worker { plan, step } = world.workers[index].clone();
        let next = match step {
            Step::Claiming(swapping) => match ask(world, &swapping, lose_answer) {
                Ok(()) => self.held(world, index, swapping.next, swapping.attempt),
                Err(current) => {
                    match self.terms.decide(&swapping.next, current.as_deref(), now).unwrap() {
                        Decision::Swap(swap) => Step::Claiming(again(swap, swapping.tries)),
                        Decision::New { held, attempt } => self.held(world, index, held, attempt),
                        Decision::Duplicate => Step::Ended(End::Duplicate),
                        Decision::InProgress { retry_after_seconds } => {
                            assert!((1..=86_400).contains(&retry_after_seconds));
                            Step::Ended(End::InProgress)
                        }
                        Decision::Conflict => panic!("every worker has the same payload"),
                    }
                }
            },
            Step::Holding { held } => match plan {
                Plan::Crash => Step::Ended(End::Crashed),
                Plan::Done => Step::Finishing(first(self.terms.done(&held).unwrap())),
                Plan::Failed => Step::Finishing(first(self.terms.failed(&held).unwrap())),
                Plan::RenewThenDone | Plan::RenewUnseenThenDone => {
                    let swapping = first(self.terms.renew(&held, now).unwrap());
                    Step::Renewing { held, swapping }
                }
            },
            Step::Renewing { held, swapping } => {
                match self.change(world, index, &swapping, lose_answer) {
                    Change::Again(swapping) => Step::Renewing { held, swapping },
                    Change::Lost => Step::Ended(End::Lost),
                    Change::Ok => {
                        let known = if plan == Plan::RenewThenDone { swapping.next } else { held };
                        Step::Finishing(first(self.terms.done(&known).unwrap()))
                    }
                }
            }
            Step::Finishing(swapping) => match self.change(world, index, &swapping, lose_answer) {
                Change::Again(swapping) => Step::Finishing(swapping),
                Change::Lost => Step::Ended(End::Lost),
                Change::Ok if plan == Plan::Failed => Step::Ended(End::Failed),
                Change::Ok => {
                    assert!(!world.done, "two claims are done: {world:?}");
                    world.done = true;
                    Step::Ended(End::Done)
                }
            },
            Step::Ended(end) => Step::Ended(end),
        };
        world.workers[index].step = next;
    }

    /// A claim came back new: checks that nobody else may have it.
    fn held(&self, world: &mut World, index: usize, held: String, attempt: u32) -> Step {
        assert!(!world.done, "new after done: {world:?}");
        assert!(attempt > world.latest_attempt, "attempt {attempt} again: {world:?}");
        world.latest_attempt = attempt;
        for (other, worker) in world.workers.iter().enumerate() {
            let (Step::Holding { held } | Step::Renewing { held, .. }) = &worker.step else {
                continue;
            };
            let live = world.now < lease_end(held);
            assert!(other == index || !self.steady_clock || !live, "two hold a lease: {world:?}");
        }
        Step::Holding { held }
    }

    /// A holder's swap. Whoever still stands in the store must not lose, and whoever does not must.
    fn change(
        &self,
        world: &mut World,
        index: usize,
        swapping: &Swapping,
        lose_answer: bool,
    ) -> Change {
        let before = world.stored.clone();
        let ours = token(&swapping.next);
        let holds = before
            .as_deref()
            .is_some_and(|text| text.starts_with("v1:pending:") && token(text) == ours);
        let change = match ask(world, swapping, lose_answer) {
            Ok(()) => Change::Ok,
            Err(current) => match self.terms.settle(&swapping.next, current.as_deref()).unwrap() {
                Settled::Swap(swap) => Change::Again(again(swap, swapping.tries)),
                Settled::Ok => Change::Ok,
                Settled::Lost => Change::Lost,
            },
        };
        let lost = matches!(change, Change::Lost);
        assert_eq!(lost, !holds, "worker {index} {change:?}: {world:?}");
        assert!(!lost || world.stored == before, "a lost change has changed the store: {world:?}");
        change
    }
}

#[derive(Debug)]
enum Change {
    Ok,
    Lost,
    Again(Swapping),
}

/// The store: one atomic compare-and-set. Where the answer is lost, the command comes a second
/// time.
fn ask(world: &mut World, swapping: &Swapping, lose_answer: bool) -> Result<(), Option<String>> {
    let times = if lose_answer { 2 } else { 1 };
    let mut answer = Ok(());
    for _ in 0..times {
        answer = if world.stored == swapping.expected {
            world.stored = Some(swapping.next.clone());
            Ok(())
        } else {
            Err(world.stored.clone())
        };
    }
    answer
}

fn first(swap: Swap) -> Swapping {
    again(swap, 0)
}

fn again(swap: Swap, tries: u32) -> Swapping {
    let tries = tries + 1;
    assert!(tries <= SWAPS_MAX, "a host would give up");
    Swapping { expected: swap.expected, next: swap.next, attempt: swap.attempt, tries }
}

fn token(text: &str) -> &str {
    text.split(':').nth(2).unwrap()
}

fn lease_end(text: &str) -> i64 {
    text.rsplit(':').next().unwrap().parse().unwrap()
}

/// Searches all orders for workers with the given plans, from what the store holds.
fn search(plans: &[Plan], stored: Option<String>, ticks: &[i64], losses: u32) -> Search {
    let terms = Terms::new(Some(LEASE), None).unwrap();
    let subject = Subject::new("orders", Scheme::standard(), "evt_1", b"{}").unwrap();
    let now = UnixTime::new(START).unwrap();
    let workers = plans.iter().zip(1u8..).map(|(plan, number)| {
        let begin = terms.begin(&subject, [number; 16], now).unwrap();
        Worker { plan: *plan, step: Step::Claiming(first(begin)) }
    });
    let world = World {
        now: START,
        stored,
        workers: workers.collect(),
        ticks: ticks.to_vec(),
        losses,
        latest_attempt: 0,
        done: false,
    };
    let steady_clock = ticks.iter().all(|tick| *tick >= 0);
    let mut search = Search { terms, steady_clock, seen: HashSet::new(), ends: HashSet::new() };
    search.run(world);
    search
}

/// Texts of a worker that is no longer there, in every state.
fn leftovers() -> Vec<Option<String>> {
    let terms = Terms::new(Some(LEASE), None).unwrap();
    let subject = Subject::new("orders", Scheme::standard(), "evt_1", b"{}").unwrap();
    let pending =
        |start| terms.begin(&subject, [99; 16], UnixTime::new(start).unwrap()).unwrap().next;
    let failed = terms.failed(&pending(START)).unwrap().next;
    let done = terms.done(&pending(START)).unwrap().next;
    let (live, lapsed) = (pending(START - 30), pending(START - 60));
    [None, Some(live), Some(lapsed), Some(failed), Some(done)].into()
}

const CLOCKS: [&[i64]; 4] = [&[], &[59, 1, 60], &[60, -60, 60], &[61, -100_000, 200_000]];

#[test]
fn two_workers_with_every_plan_state_and_clock() {
    let mut ends = HashSet::new();
    for stored in leftovers() {
        for one in PLANS {
            for other in PLANS {
                for clock in CLOCKS {
                    ends.extend(search(&[one, other], stored.clone(), clock, 1).ends);
                }
            }
        }
    }
    for end in [
        [End::Done, End::Duplicate],
        [End::Done, End::InProgress],
        [End::Failed, End::Done],
        [End::Failed, End::Failed],
        [End::Lost, End::Done],
        [End::Crashed, End::Done],
        [End::Crashed, End::InProgress],
        [End::Duplicate, End::Duplicate],
        [End::InProgress, End::InProgress],
    ] {
        assert!(ends.contains(&end[..]), "{end:?} never happens: the model is too small");
    }
    for end in [[End::Done, End::Done], [End::Lost, End::Lost], [End::Lost, End::InProgress]] {
        assert!(!ends.contains(&end[..]), "{end:?} must not happen");
    }
}

#[test]
fn three_workers_at_once() {
    for plans in [
        [Plan::Done, Plan::Done, Plan::Done],
        [Plan::Crash, Plan::RenewThenDone, Plan::Done],
        [Plan::Failed, Plan::RenewUnseenThenDone, Plan::Done],
    ] {
        for clock in [&[60, 60][..], &[60, -60]] {
            let ends = search(&plans, None, clock, 1).ends;
            assert!(ends.iter().any(|ends| ends.contains(&End::Done)));
        }
    }
}

#[test]
fn a_done_after_the_lease_is_made_unless_another_has_taken_over() {
    let alone = search(&[Plan::Done], None, &[100_000], 0).ends;
    assert_eq!(alone, HashSet::from([vec![End::Done]]));
    let late = search(&[Plan::Done, Plan::Crash], None, &[60], 0).ends;
    assert!(late.contains(&vec![End::Lost, End::Crashed]));
}
