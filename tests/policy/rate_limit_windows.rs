//! The promise of a rate limit, counted in every window of long sequences: at most
//! `requests + w · requests / per_seconds` admitted in `w` seconds.

use postseal::policy::rate_limit::{Decision, Rule};

const HITS: usize = 1500;

/// A linear congruential generator (Knuth's MMIX constants): the same sequence in every run.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn no_window_admits_more_than_is_promised() {
    let mut random = Lcg(1);
    let mut full_windows = 0;
    for _ in 0..400 {
        let requests = 1 + random.below(20);
        let per_seconds = 1 + random.below(30);
        let admitted = admitted(&mut random, requests, per_seconds);
        full_windows += windows_that_are_full(&admitted, requests, per_seconds);
    }
    assert!(full_windows > 1000, "the sequences never reach the bound: {full_windows}");
}

/// Hits at random distances: many at once, or about as far apart as the rule allows, or idle times.
fn admitted(random: &mut Lcg, requests: u64, per_seconds: u64) -> Vec<u64> {
    let rule = Rule::new(small(requests), small(per_seconds)).unwrap();
    let emission = rule.emission_micros();
    let (mut now, mut state, mut admitted) = (1_700_000_000_000_000, None, Vec::new());
    for _ in 0..HITS {
        now += match random.below(10) {
            0..=3 => 0,
            4..=5 => 1,
            6..=7 => random.below(2 * emission),
            8 => emission,
            _ => random.below(rule.burst_micros()) * random.below(2),
        };
        match rule.decide(state, now) {
            Decision::Admit { tat, expires_in_seconds } => {
                assert!(tat <= now + rule.burst_micros());
                assert!(u64::from(expires_in_seconds) * 1_000_000 >= tat - now);
                state = Some(tat);
                admitted.push(now);
            }
            Decision::Refuse { retry_after_seconds } => {
                let later = now + u64::from(retry_after_seconds) * 1_000_000;
                assert!(matches!(rule.decide(state, later), Decision::Admit { .. }));
                let sooner = later - 1_000_000;
                assert!(matches!(rule.decide(state, sooner), Decision::Refuse { .. }));
            }
        }
    }
    admitted
}

/// Checks every window that begins and ends with an admitted hit, which are the fullest; and counts
/// those that hold as many as they may.
fn windows_that_are_full(admitted: &[u64], requests: u64, per_seconds: u64) -> usize {
    let mut full = 0;
    for (start, first) in admitted.iter().enumerate() {
        for (count, last) in (1u64..).zip(&admitted[start..]) {
            let promised = requests + (last - first) * requests / (per_seconds * 1_000_000);
            assert!(count <= promised, "{count} in {} µs: {requests}/{per_seconds}", last - first);
            full += usize::from(count == promised);
        }
    }
    full
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap()
}

#[test]
fn state_and_clock_may_be_any_number() {
    let extremes = [0, 1, 1_000_000, u64::MAX / 2, u64::MAX - 1_000_000, u64::MAX - 1, u64::MAX];
    for (requests, per_seconds) in [(1, 1), (1, 86_400), (1_000_000, 1), (999_999, 86_400)] {
        let rule = Rule::new(requests, per_seconds).unwrap();
        for now in extremes {
            for state in extremes.into_iter().map(Some).chain([None]) {
                match rule.decide(state, now) {
                    Decision::Admit { tat, expires_in_seconds } => {
                        assert!(tat > now && tat > state.unwrap_or(0) && tat < u64::MAX);
                        assert!((1..=86_401).contains(&expires_in_seconds));
                    }
                    Decision::Refuse { retry_after_seconds } => {
                        assert!((1..=86_401).contains(&retry_after_seconds));
                    }
                }
            }
        }
    }
}
