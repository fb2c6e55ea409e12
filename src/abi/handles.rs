//! Handles: numbers for what the module keeps, each of which is valid once.

use alloc::vec::Vec;

use crate::error::{Code, Error};
use crate::limits::HANDLES_MAX;

/// Things by handle. A handle is the slot's generation, then its index, each of 32 bits; no
/// generation is zero, so zero is never a handle.
pub(super) struct Handles<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

struct Slot<T> {
    generation: u32,
    held: Option<T>,
}

impl<T> Handles<T> {
    /// No handles.
    pub(super) const fn new() -> Self {
        Handles { slots: Vec::new(), free: Vec::new() }
    }

    /// Keeps a thing.
    ///
    /// # Errors
    /// `invalid_config` where as many are kept as may be.
    pub(super) fn keep(&mut self, thing: T) -> Result<u64, Error> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.add_slot()?,
        };
        let slot = self.slots.get_mut(position(index)).ok_or_else(stale)?;
        slot.held = Some(thing);
        Ok(u64::from(slot.generation) << 32 | u64::from(index))
    }

    /// What a handle stands for.
    ///
    /// # Errors
    /// `stale_handle` for one that was freed, or never given out.
    pub(super) fn held(&self, handle: u64) -> Result<&T, Error> {
        let (generation, index) = parts(handle);
        let slot = self.slots.get(position(index)).filter(|slot| slot.generation == generation);
        slot.and_then(|slot| slot.held.as_ref()).ok_or_else(stale)
    }

    /// Drops what a handle stands for. The handle is never valid again.
    ///
    /// # Errors
    /// `stale_handle`, as [`Handles::held`].
    pub(super) fn drop(&mut self, handle: u64) -> Result<(), Error> {
        let (generation, index) = parts(handle);
        let slot = self.slots.get_mut(position(index));
        let slot = slot.filter(|slot| slot.generation == generation && slot.held.is_some());
        let slot = slot.ok_or_else(stale)?;
        slot.held = None;
        // A slot whose generations are used up is left alone: a handle must not come twice.
        if let Some(next) = slot.generation.checked_add(1) {
            slot.generation = next;
            self.free.push(index);
        }
        Ok(())
    }

    fn add_slot(&mut self) -> Result<u32, Error> {
        let index = u32::try_from(self.slots.len()).ok().filter(|index| *index < HANDLES_MAX);
        let full = || Error::new(Code::InvalidConfig, "too many handles are held: free some");
        let index = index.ok_or_else(full)?;
        self.slots.push(Slot { generation: 1, held: None });
        Ok(index)
    }
}

/// The refusal of a handle.
pub(super) fn stale() -> Error {
    Error::new(Code::StaleHandle, "there is no such handle: it was freed, or never given out")
}

fn parts(handle: u64) -> (u32, u32) {
    let [high, low] = [handle >> 32, handle & u64::from(u32::MAX)];
    (u32::try_from(high).unwrap_or(0), u32::try_from(low).unwrap_or(u32::MAX))
}

fn position(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_valid_until_it_is_dropped() {
        let mut handles = Handles::new();
        let first = handles.keep("first").unwrap();
        let second = handles.keep("second").unwrap();
        assert_eq!((handles.held(first), handles.held(second)), (Ok(&"first"), Ok(&"second")));
        handles.drop(first).unwrap();
        assert_eq!(handles.held(first).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(handles.drop(first).unwrap_err().code(), Code::StaleHandle);
        let third = handles.keep("third").unwrap();
        assert_ne!(third, first);
        assert_eq!(handles.held(first).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(handles.held(third), Ok(&"third"));
    }

    #[test]
    fn no_neighbour_of_a_handle_is_one() {
        let mut handles = Handles::new();
        let handle = handles.keep(()).unwrap();
        for bit in 0..64 {
            assert!(handles.held(handle ^ 1 << bit).is_err(), "bit {bit}");
        }
        assert!(handles.held(0).is_err() && handles.held(u64::MAX).is_err());
    }

    #[test]
    fn a_slot_at_its_last_generation_is_retired() {
        let mut handles = Handles::new();
        let first = handles.keep(1).unwrap();
        handles.drop(first).unwrap();
        handles.slots[0].generation = u32::MAX;
        let last = handles.keep(2).unwrap();
        handles.drop(last).unwrap();
        assert!(handles.held(last).is_err() && handles.drop(last).is_err());
        let (_, index) = parts(handles.keep(3).unwrap());
        assert_eq!(index, 1);
    }

    #[test]
    fn there_are_only_so_many() {
        let mut handles = Handles::new();
        for _ in 0..HANDLES_MAX {
            handles.keep(()).unwrap();
        }
        assert_eq!(handles.keep(()).unwrap_err().code(), Code::InvalidConfig);
    }
}
