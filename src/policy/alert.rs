//! When to wake somebody: over a threshold in a window, and at most once in an interval.

use super::rate_limit;
use super::{ALERT_SECONDS_MAX, ALERT_THRESHOLD_MAX};
use crate::error::{Code, Error};
use crate::time::UnixTime;

const SECOND_MICROS: u64 = 1_000_000;

/// How often something may happen before it is an alert, and how often that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `None`: each time is one too many.
    admitted: Option<rate_limit::Rule>,
    interval_seconds: u64,
}

/// What a rule remembers of one kind of event in one place. The default is that nothing happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The theoretical arrival time, as in a rate limit.
    pub tat: Option<u64>,
    /// When the last alert was, in Unix seconds.
    pub last_alert: Option<u64>,
    /// How many events came since then, or since the beginning.
    pub count: u64,
}

/// Whether to alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Not now.
    Quiet,
    /// Now.
    Alert {
        /// How many events came since the last alert, this one included.
        count: u64,
    },
}

impl Rule {
    /// An alert after more than `threshold` events (0 to 1 000 000) within `window_seconds`, and
    /// then not again for `interval_seconds` (each 1 to 86 400).
    ///
    /// It is a rate limit's count: there is no alert where no window has more events than the
    /// threshold, and there is one where some window has more than twice as many.
    ///
    /// # Errors
    /// `invalid_config` outside these bounds.
    pub fn new(threshold: u32, window_seconds: u32, interval_seconds: u32) -> Result<Self, Error> {
        let bounded = |seconds| (1..=ALERT_SECONDS_MAX).contains(&seconds);
        if threshold > ALERT_THRESHOLD_MAX || !bounded(window_seconds) || !bounded(interval_seconds)
        {
            return Err(Error::new(
                Code::InvalidConfig,
                "an alert is after 0 to 1000000 events in 1 to 86400 seconds, once in 1 to 86400",
            ));
        }
        let admitted = match threshold {
            0 => None,
            threshold => Some(rate_limit::Rule::new(threshold, window_seconds)?),
        };
        Ok(Rule { admitted, interval_seconds: interval_seconds.into() })
    }

    /// Decides on one event at `now`, and gives the state to remember.
    ///
    /// If the clock goes back behind the last alert, the interval begins anew.
    ///
    /// ```
    /// use postseal::UnixTime;
    /// use postseal::policy::alert::{Decision, Rule, State};
    ///
    /// let rule = Rule::new(2, 60, 900)?; // more than two a minute, said once in a quarter
    /// let now = UnixTime::new(1_700_000_000)?;
    /// let (state, first) = rule.decide(State::default(), now);
    /// let (state, second) = rule.decide(state, now);
    /// let (state, third) = rule.decide(state, now);
    /// assert_eq!([first, second], [Decision::Quiet; 2]);
    /// assert_eq!(third, Decision::Alert { count: 3 });
    /// assert_eq!(rule.decide(state, now).1, Decision::Quiet);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    #[must_use]
    pub fn decide(&self, state: State, now: UnixTime) -> (State, Decision) {
        let count = state.count.saturating_add(1);
        let now_micros = now.seconds().saturating_mul(SECOND_MICROS);
        let decision = self.admitted.map(|rule| rule.decide(state.tat, now_micros));
        if let Some(rate_limit::Decision::Admit { tat, .. }) = decision {
            return (State { tat: Some(tat), count, ..state }, Decision::Quiet);
        }
        let recent = state.last_alert.is_some_and(|last| {
            let since = now.seconds().checked_sub(last);
            since.is_some_and(|seconds| seconds < self.interval_seconds)
        });
        if recent {
            return (State { count, ..state }, Decision::Quiet);
        }
        let state = State { last_alert: Some(now.seconds()), count: 0, ..state };
        (state, Decision::Alert { count })
    }
}
