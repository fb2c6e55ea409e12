//! When each secret was last needed, as long as that is not written down.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::store::Needed;

/// Times in Unix milliseconds, by source and secret.
#[derive(Default)]
pub(crate) struct LastNeeded(Mutex<HashMap<(String, String), u64>>);

impl LastNeeded {
    pub(super) fn note(&self, source: &str, secret_id: &str, at_ms: u64) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.insert((source.to_owned(), secret_id.to_owned()), at_ms);
    }

    /// What is to be written.
    pub(crate) fn all(&self) -> Vec<Needed> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = |((source, secret_id), at_ms): (&(String, String), &u64)| Needed {
            source: source.clone(),
            secret_id: secret_id.clone(),
            at_ms: *at_ms,
        };
        times.iter().map(row).collect()
    }

    /// What was written goes, unless it has been needed again.
    pub(crate) fn remove(&self, written: &[Needed]) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for Needed { source, secret_id, at_ms } in written {
            let key = (source.clone(), secret_id.clone());
            if times.get(&key) == Some(at_ms) {
                times.remove(&key);
            }
        }
    }
}
