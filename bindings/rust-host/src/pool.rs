//! The instances of a host: a bounded number, each lent to one call at a time.
//!
//! What is made in an instance (a receiver, a sender, a prepared message) has an id here, and a
//! handle in each instance that has met it. When it is dropped, its handles are freed at once in
//! the instances that are idle, and in the others as their call ends.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
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
    /// The ids of all instances, idle or lent.
    instances: HashSet<u64>,
    /// The ids of what is made and not dropped.
    made: HashSet<u64>,
    /// How many of them were dropped: an instance that has seen fewer has handles to free.
    drops: u64,
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
                return Ok(Lent { pool: self, instance: Some(instance) });
            }
            if state.instances.len() < self.compiled.options().instances_max {
                return self.make(state);
            }
            state = self.wait(state, began)?;
        }
    }

    /// Borrows one certain instance.
    ///
    /// # Errors
    /// `module_failed` where it was thrown away, or does not come back within the deadline.
    pub(crate) fn borrow_only(&self, id: u64) -> Result<Lent<'_>, Error> {
        let began = Instant::now();
        let mut state = self.lock();
        loop {
            if let Some(at) = state.idle.iter().position(|instance| instance.id == id) {
                let instance = Some(state.idle.swap_remove(at));
                return Ok(Lent { pool: self, instance });
            }
            if !state.instances.contains(&id) {
                return Err(failed("the module that prepared the message has failed since"));
            }
            state = self.wait(state, began)?;
        }
    }

    /// How many instances there are.
    pub(crate) fn instances(&self) -> usize {
        self.lock().instances.len()
    }

    fn make<'p>(&'p self, mut state: MutexGuard<'p, State>) -> Result<Lent<'p>, Error> {
        let id = state.next_id();
        // Counted before it is there, so that others do not make too many.
        state.instances.insert(id);
        let drops = state.drops;
        drop(state);
        match Instance::new(&self.compiled, id) {
            Ok(mut instance) => {
                instance.drops_seen = drops;
                Ok(Lent { pool: self, instance: Some(instance) })
            }
            Err(error) => {
                self.lock().instances.remove(&id);
                self.returned.notify_all();
                Err(error)
            }
        }
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

    /// Takes an instance back, once it is in step with what was dropped meanwhile.
    fn take_back(&self, mut instance: Instance) {
        loop {
            let mut state = self.lock();
            if instance.is_broken() || thread::panicking() {
                state.instances.remove(&instance.id);
                break;
            }
            if instance.drops_seen == state.drops {
                state.idle.push(instance);
                break;
            }
            instance.drops_seen = state.drops;
            let is_dropped = |id: &u64| !state.made.contains(id);
            let dropped: Vec<_> =
                instance.handles.extract_if(|id, _| is_dropped(id)).map(|(_, held)| held).collect();
            drop(state);
            // A failure breaks the instance, which is then thrown away with all its keys.
            let _ = dropped.iter().try_for_each(|held| instance.free_handle(held.number));
        }
        self.returned.notify_all();
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
        let mut state = pool.lock();
        let id = state.next_id();
        state.made.insert(id);
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
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.made.remove(&self.id);
        state.drops = state.drops.wrapping_add(1);
        let holds = |instance: &mut Instance| instance.handles.contains_key(&self.id);
        let holders: Vec<_> = state.idle.extract_if(.., holds).collect();
        drop(state);
        for instance in holders {
            self.pool.take_back(instance);
        }
    }
}

fn failed(why: &'static str) -> Error {
    Error::new(Code::ModuleFailed, why)
}
