//! The instances of a host: a bounded number, each lent to one call at a time.
//!
//! What is made in an instance (a receiver, a sender) has an id here, and a handle in each instance
//! that has met it. When it is dropped, its handles are freed at once in the instances that are
//! idle, and in the others as their call ends.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use postseal::{Code, Error};

use crate::engine::Compiled;
use crate::instance::Instance;

/// The instances of one host.
pub(crate) struct Pool {
    compiled: Compiled,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Instance>,
    /// The ids of those that are lent or still being made, each with the ids of what was dropped
    /// meanwhile, of which it may have handles to free.
    lent: HashMap<u64, Vec<u64>>,
    last_id: u64,
}

impl Pool {
    /// A pool without an instance yet.
    pub(crate) fn new(compiled: Compiled) -> Self {
        Pool { compiled, state: Mutex::default(), returned: Condvar::new() }
    }

    /// Borrows any instance; makes one where all are lent and there may be more; else waits.
    ///
    /// # Errors
    /// `module_failed` where none comes back within the deadline; what making one gives.
    pub(crate) fn borrow(&self) -> Result<Lent<'_>, Error> {
        let began = Instant::now();
        let mut state = self.lock();
        loop {
            if let Some(instance) = state.idle.pop() {
                state.lent.insert(instance.id, Vec::new());
                return Ok(Lent { pool: self, instance: Some(instance) });
            }
            if state.lent.len() < self.compiled.options().instances_max {
                return self.make(state);
            }
            state = self.wait(state, began)?;
        }
    }

    /// How many instances there are.
    pub(crate) fn instances(&self) -> usize {
        let state = self.lock();
        state.idle.len().saturating_add(state.lent.len())
    }

    fn make<'p>(&'p self, mut state: MutexGuard<'p, State>) -> Result<Lent<'p>, Error> {
        let id = state.next_id();
        // Counted before it is there, so that others do not make too many.
        state.lent.insert(id, Vec::new());
        drop(state);
        let place = Place { pool: self, id };
        let instance = Instance::new(&self.compiled, id)?;
        mem::forget(place);
        Ok(Lent { pool: self, instance: Some(instance) })
    }

    fn wait<'p>(
        &'p self,
        state: MutexGuard<'p, State>,
        began: Instant,
    ) -> Result<MutexGuard<'p, State>, Error> {
        let left = self.compiled.options().deadline.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(failed("every instance is busy: raise `instances_max`"));
        }
        let waited = self.returned.wait_timeout(state, left);
        Ok(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Takes an instance back, once what was dropped meanwhile is freed in it. A broken one is
    /// thrown away, with all its keys.
    fn take_back(&self, mut instance: Instance) {
        let place = Place { pool: self, id: instance.id };
        while !instance.is_broken() {
            let mut state = self.lock();
            let dropped = state.lent.get_mut(&instance.id).map(mem::take).unwrap_or_default();
            if dropped.is_empty() {
                state.lent.remove(&instance.id);
                state.idle.push(instance);
                drop(state);
                mem::forget(place);
                self.returned.notify_one();
                return;
            }
            drop(state);
            let handles = dropped.iter().filter_map(|id| instance.handles.remove(id));
            let handles: Vec<_> = handles.collect();
            // A failure breaks the instance.
            let _ = handles.iter().try_for_each(|held| instance.free_handle(held.number));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two of its changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_id(&mut self) -> u64 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }
}

/// The place of an instance among those that are lent. Its drop gives the place up: where there is
/// no instance, or no longer one, be it for a panic of the clock or the source of randomness.
struct Place<'p> {
    pool: &'p Pool,
    id: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.pool.lock().lent.remove(&self.id);
        self.pool.returned.notify_one();
    }
}

/// An instance that is lent to one call.
pub(crate) struct Lent<'p> {
    pool: &'p Pool,
    /// There until the drop.
    instance: Option<Instance>,
}

impl Lent<'_> {
    /// Runs a call on the instance.
    ///
    /// # Errors
    /// Those of the call.
    pub(crate) fn run<T>(
        &mut self,
        call: impl FnOnce(&mut Instance) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &mut self.instance {
            Some(instance) => call(instance),
            None => Err(failed("the instance was given back")),
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            self.pool.take_back(instance);
        }
    }
}

/// Something that is made in instances, until it is dropped.
pub(crate) struct Made {
    pool: Arc<Pool>,
    id: u64,
}

impl Made {
    /// A new id.
    pub(crate) fn new(pool: &Arc<Pool>) -> Self {
        let id = pool.lock().next_id();
        Made { pool: Arc::clone(pool), id }
    }

    /// The id.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The pool.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }
}

impl Drop for Made {
    /// The time under the lock grows with the instances, and not with what is made in them.
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.lent.values_mut().for_each(|dropped| dropped.push(self.id));
        let holds = |instance: &mut Instance| instance.handles.contains_key(&self.id);
        let holders: Vec<_> = state.idle.extract_if(.., holds).collect();
        state.lent.extend(holders.iter().map(|instance| (instance.id, vec![self.id])));
        drop(state);
        // Each is given back by its drop, even where that of another panics.
        let lend = |instance| Lent { pool: &self.pool, instance: Some(instance) };
        drop(holders.into_iter().map(lend).collect::<Vec<_>>());
    }
}

fn failed(why: &'static str) -> Error {
    Error::new(Code::ModuleFailed, why)
}
