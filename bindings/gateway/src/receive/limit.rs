//! The rate limit of a client at a source: in this process, or in a Redis that several share.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use postseal::policy::rate_limit::{Decision, REDIS_SCRIPT};
use postseal::{Code, Error};
use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use crate::config::{RateLimit, Redis, RedisDown};
use crate::operate::metrics::Metrics;

/// Clients that are remembered at once in this process, at most twice: 16 MiB or so.
const CLIENTS_MAX: usize = 65_536;
const REDIS_TIMEOUT: Duration = Duration::from_millis(250);
/// After a failure Redis is left alone for this long: requests must not wait for it one by one.
const REDIS_PAUSE: Duration = Duration::from_secs(1);

/// Whether a request may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admitted,
    Limited { retry_after_seconds: u32 },
}

/// Limits requests by source and client.
pub(crate) struct Limiter {
    local: Local,
    shared: Option<Shared>,
}

impl Limiter {
    /// Redis is not spoken to before the first request: it may be down at the start.
    pub(crate) fn new(redis: Option<&Redis>) -> Result<Self, Error> {
        let shared = redis.map(Shared::new).transpose()?;
        Ok(Limiter { local: Local::new(), shared })
    }

    /// Asks Redis whether it is there.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub(crate) async fn reach(&self) -> Result<(), Error> {
        match &self.shared {
            Some(shared) => shared.reach().await,
            None => Ok(()),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// `store_unavailable` where Redis does not answer, and nothing else is to stand in.
    pub(crate) async fn admit(
        &self,
        source: &str,
        limit: RateLimit,
        client: IpAddr,
        metrics: &Metrics,
    ) -> Result<Verdict, Error> {
        let Some(shared) = &self.shared else {
            return Ok(self.local.admit(source, limit, client));
        };
        match shared.admit(source, limit, client).await {
            Ok(verdict) => Ok(verdict),
            Err(error) => {
                metrics.redis_failed();
                match shared.down {
                    RedisDown::Local => Ok(self.local.admit(source, limit, client)),
                    RedisDown::Refuse => Err(error),
                }
            }
        }
    }
}

/// In this process. Two generations of clients: when the young one is full, the old one is dropped.
/// So it forgets first who has been away longest, and a flood of addresses cannot fill the memory.
struct Local {
    began: Instant,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<(String, IpAddr), u64>,
    old: HashMap<(String, IpAddr), u64>,
}

impl Local {
    fn new() -> Self {
        Local { began: Instant::now(), generations: Mutex::default() }
    }

    fn admit(&self, source: &str, limit: RateLimit, client: IpAddr) -> Verdict {
        let now_micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.admit((source.to_owned(), client), limit, now_micros)
    }
}

impl Generations {
    fn admit(&mut self, key: (String, IpAddr), limit: RateLimit, now_micros: u64) -> Verdict {
        let tat = self.young.get(&key).or_else(|| self.old.get(&key)).copied();
        match limit.rule.decide(tat, now_micros) {
            Decision::Refuse { retry_after_seconds } => Verdict::Limited { retry_after_seconds },
            Decision::Admit { tat, .. } => {
                self.remember(key, tat);
                Verdict::Admitted
            }
        }
    }

    fn remember(&mut self, key: (String, IpAddr), tat: u64) {
        if self.young.len() >= CLIENTS_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, tat);
    }
}

/// In Redis: the core's script, on the server's clock.
struct Shared {
    connection: ConnectionManager,
    script: Script,
    down: RedisDown,
    began: Instant,
    /// Until when Redis is left alone, in milliseconds since `began`.
    paused_until_ms: AtomicU64,
}

impl Shared {
    fn new(redis: &Redis) -> Result<Self, Error> {
        let unusable = |why: redis::RedisError| {
            Error::new(Code::InvalidConfig, format!("redis_url cannot be used: {}", why.category()))
        };
        let client = redis::Client::open(redis.url.as_str()).map_err(unusable)?;
        let settings = ConnectionManagerConfig::new()
            .set_response_timeout(Some(REDIS_TIMEOUT))
            .set_connection_timeout(Some(REDIS_TIMEOUT))
            .set_number_of_retries(1);
        let connection =
            ConnectionManager::new_lazy_with_config(client, settings).map_err(unusable)?;
        Ok(Shared {
            connection,
            script: Script::new(REDIS_SCRIPT),
            down: redis.down,
            began: Instant::now(),
            paused_until_ms: AtomicU64::new(0),
        })
    }

    async fn reach(&self) -> Result<(), Error> {
        let mut connection = self.connection.clone();
        let answer = redis::cmd("PING").query_async::<()>(&mut connection).await;
        answer.map_err(|why| self.failed(&why))
    }

    async fn admit(
        &self,
        source: &str,
        limit: RateLimit,
        client: IpAddr,
    ) -> Result<Verdict, Error> {
        if self.elapsed_ms() < self.paused_until_ms.load(Ordering::Relaxed) {
            return Err(Error::new(Code::StoreUnavailable, "Redis did not answer a moment ago"));
        }
        let RateLimit { requests, per_seconds, .. } = limit;
        let key = format!("postseal:limit:v1:{requests}/{per_seconds}:{source}:{client}");
        let mut call = self.script.prepare_invoke();
        let call = call.key(key).arg(requests).arg(per_seconds);
        let mut connection = self.connection.clone();
        match call.invoke_async::<(u8, u32)>(&mut connection).await {
            Ok((1, _)) => Ok(Verdict::Admitted),
            Ok((_, retry_after_seconds)) => Ok(Verdict::Limited { retry_after_seconds }),
            Err(why) => Err(self.failed(&why)),
        }
    }

    fn failed(&self, why: &redis::RedisError) -> Error {
        let pause = u64::try_from(REDIS_PAUSE.as_millis()).unwrap_or(u64::MAX);
        let until = self.elapsed_ms().saturating_add(pause);
        self.paused_until_ms.store(until, Ordering::Relaxed);
        tracing::warn!(why = why.category(), "Redis does not answer");
        Error::new(Code::StoreUnavailable, format!("Redis does not answer: {}", why.category()))
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postseal::policy::rate_limit::Rule;

    fn limit(requests: u32, per_seconds: u32) -> RateLimit {
        RateLimit { rule: Rule::new(requests, per_seconds).unwrap(), requests, per_seconds }
    }

    fn key(number: u32) -> (String, IpAddr) {
        ("orders".to_owned(), IpAddr::V4(number.into()))
    }

    #[test]
    fn clients_are_counted_apart() {
        let mut generations = Generations::default();
        let limit = limit(1, 10);
        assert_eq!(generations.admit(key(1), limit, 0), Verdict::Admitted);
        assert_eq!(generations.admit(key(2), limit, 0), Verdict::Admitted);
        let limited = Verdict::Limited { retry_after_seconds: 10 };
        assert_eq!(generations.admit(key(1), limit, 0), limited);
        assert_eq!(generations.admit(key(1), limit, 10_000_000), Verdict::Admitted);
    }

    #[test]
    fn a_flood_of_clients_is_bounded_and_the_latest_are_remembered() {
        let mut generations = Generations::default();
        let limit = limit(1, 10);
        let flood = u32::try_from(CLIENTS_MAX).unwrap() * 3;
        for number in 0..flood {
            assert_eq!(generations.admit(key(number), limit, 0), Verdict::Admitted);
        }
        assert!(generations.young.len() + generations.old.len() <= 2 * CLIENTS_MAX);
        let limited = Verdict::Limited { retry_after_seconds: 10 };
        assert_eq!(generations.admit(key(flood - 1), limit, 0), limited);
    }
}
