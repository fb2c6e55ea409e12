//! The idle connections of one target.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::deliver::connection::Connection;

/// Idle connections that are kept: as many as deliver to one target at a time.
const IDLE_MAX: usize = 32;
/// How long one is kept: less than the five seconds after which Node's server closes it, so that
/// a request seldom meets a connection that is being closed.
const IDLE_TIME_MAX: Duration = Duration::from_secs(4);

/// Connections that wait for a request, the latest last.
#[derive(Default)]
pub(crate) struct Pool {
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    since: Instant,
    connection: Connection,
}

impl Pool {
    /// The latest that seems usable. That the peer has just closed it may still be on its way.
    pub(crate) fn take(&self) -> Option<Connection> {
        let mut idle = self.lock();
        discard_old(&mut idle);
        while let Some(Idle { connection, .. }) = idle.pop() {
            if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection, if there is room.
    pub(crate) fn keep(&self, connection: Connection) {
        let mut idle = self.lock();
        discard_old(&mut idle);
        if idle.len() < IDLE_MAX {
            idle.push(Idle { since: Instant::now(), connection });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn discard_old(idle: &mut Vec<Idle>) {
    idle.retain(|idle| idle.since.elapsed() < IDLE_TIME_MAX);
}
