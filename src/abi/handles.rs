//! Handles: numbers for what the module keeps, each of which is valid once.

use alloc::vec::Vec;

use crate::error::{Code, Error};
use crate::generate::Entropy;
use crate::limits::HANDLES_MAX;

/// Things by handle. A handle is the instance's own number, of 32 bits and not zero; then the
/// slot's generation and its index, of 16 bits each. So a handle of another instance is stale here:
/// with it, a host that confuses two instances would reach another tenant's keys.
pub(super) struct Handles<T> {
    /// Drawn with the first handle; zero before.
    instance: u32,
    slots: Vec<Slot<T>>,
    free: Vec<u16>,
}

struct Slot<T> {
    generation: u16,
    held: Option<T>,
}

impl<T> Handles<T> {
    /// No handles.
    pub(super) const fn new() -> Self {
        Handles { instance: 0, slots: Vec::new(), free: Vec::new() }
    }

    /// Keeps a thing.
    ///
    /// # Errors
    /// `invalid_config` where as many are kept as may be; those of `entropy`, and
    /// `entropy_unavailable` if it gives nothing but zeros.
    pub(super) fn keep(&mut self, thing: T, entropy: Entropy<'_>) -> Result<u64, Error> {
        self.name_instance(entropy)?;
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.add_slot()?,
        };
        let slot = self.slots.get_mut(usize::from(index)).ok_or_else(stale)?;
        slot.held = Some(thing);
        let place = u64::from(slot.generation) << 16 | u64::from(index);
        Ok(u64::from(self.instance) << 32 | place)
    }

    /// What a handle stands for.
    ///
    /// # Errors
    /// `stale_handle` for one that was freed, never given out, or given out by another instance.
    pub(super) fn held(&self, handle: u64) -> Result<&T, Error> {
        let (generation, index) = self.place(handle)?;
        let slot = self.slots.get(usize::from(index)).filter(|slot| slot.generation == generation);
        slot.and_then(|slot| slot.held.as_ref()).ok_or_else(stale)
    }

    /// Drops what a handle stands for. The handle is never valid again.
    ///
    /// # Errors
    /// `stale_handle`, as [`Handles::held`].
    pub(super) fn drop(&mut self, handle: u64) -> Result<(), Error> {
        let (generation, index) = self.place(handle)?;
        let slot = self.slots.get_mut(usize::from(index));
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

    fn name_instance(&mut self, entropy: Entropy<'_>) -> Result<(), Error> {
        if self.instance != 0 {
            return Ok(());
        }
        let mut name = [0; 4];
        entropy(&mut name)?;
        self.instance = u32::from_le_bytes(name);
        if self.instance == 0 {
            return Err(Error::new(
                Code::EntropyUnavailable,
                "the random number generator gives nothing but zeros",
            ));
        }
        Ok(())
    }

    fn add_slot(&mut self) -> Result<u16, Error> {
        let index = u16::try_from(self.slots.len()).ok().filter(|index| *index < HANDLES_MAX);
        let full = || Error::new(Code::InvalidConfig, "too many handles are held: free some");
        let index = index.ok_or_else(full)?;
        self.slots.push(Slot { generation: 0, held: None });
        Ok(index)
    }

    /// The generation and index of a handle of this instance.
    fn place(&self, handle: u64) -> Result<(u16, u16), Error> {
        let [index, generation, low, high] = words(handle);
        let instance = u32::from(high) << 16 | u32::from(low);
        if self.instance == 0 || instance != self.instance {
            Err(stale())
        } else {
            Ok((generation, index))
        }
    }
}

/// The four words of a handle, the lowest first.
fn words(handle: u64) -> [u16; 4] {
    let [a, b, c, d, e, f, g, h] = handle.to_le_bytes();
    [[a, b], [c, d], [e, f], [g, h]].map(u16::from_le_bytes)
}

/// The refusal of a handle.
pub(super) fn stale() -> Error {
    Error::new(
        Code::StaleHandle,
        "there is no such handle: it was freed, or is not this instance's",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Handles of an instance of the given number.
    fn handles<T>(number: u32) -> impl FnMut(&mut Handles<T>, T) -> Result<u64, Error> {
        move |handles, thing| {
            handles.keep(thing, &mut |bytes| {
                bytes.copy_from_slice(&number.to_le_bytes());
                Ok(())
            })
        }
    }

    #[test]
    fn a_handle_is_valid_until_it_is_dropped() {
        let (mut held, mut keep) = (Handles::new(), handles(7));
        let first = keep(&mut held, "first").unwrap();
        let second = keep(&mut held, "second").unwrap();
        assert_eq!((held.held(first), held.held(second)), (Ok(&"first"), Ok(&"second")));
        held.drop(first).unwrap();
        assert_eq!(held.held(first).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(held.drop(first).unwrap_err().code(), Code::StaleHandle);
        let third = keep(&mut held, "third").unwrap();
        assert_ne!(third, first);
        assert_eq!(held.held(first).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(held.held(third), Ok(&"third"));
    }

    #[test]
    fn a_handle_of_another_instance_is_stale() {
        let (mut one, mut other) = (Handles::new(), Handles::new());
        let handle = handles(7)(&mut one, "one").unwrap();
        assert_eq!(other.held(handle).unwrap_err().code(), Code::StaleHandle);
        handles(8)(&mut other, "other").unwrap();
        assert_eq!(other.held(handle).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(other.drop(handle).unwrap_err().code(), Code::StaleHandle);
    }

    #[test]
    fn no_neighbour_of_a_handle_is_one() {
        let mut held = Handles::new();
        let handle = handles(7)(&mut held, ()).unwrap();
        for bit in 0..64 {
            assert!(held.held(handle ^ 1 << bit).is_err(), "bit {bit}");
        }
        assert!(held.held(0).is_err() && held.held(u64::MAX).is_err());
    }

    #[test]
    fn a_slot_at_its_last_generation_is_retired() {
        let (mut held, mut keep) = (Handles::new(), handles(7));
        let mut last = keep(&mut held, 0).unwrap();
        for thing in 1..=u16::MAX {
            held.drop(last).unwrap();
            last = keep(&mut held, thing).unwrap();
        }
        assert_eq!(words(last)[..2], [0, u16::MAX]);
        held.drop(last).unwrap();
        assert!(held.held(last).is_err() && held.drop(last).is_err());
        assert_eq!(words(keep(&mut held, 0).unwrap())[..2], [1, 0]);
    }

    #[test]
    fn there_are_only_so_many() {
        let (mut held, mut keep) = (Handles::new(), handles(7));
        for _ in 0..HANDLES_MAX {
            keep(&mut held, ()).unwrap();
        }
        assert_eq!(keep(&mut held, ()).unwrap_err().code(), Code::InvalidConfig);
    }

    #[test]
    fn a_generator_of_zeros_names_no_instance() {
        let mut held = Handles::new();
        let refused = handles(0)(&mut held, ()).unwrap_err();
        assert_eq!(refused.code(), Code::EntropyUnavailable);
        assert!(held.held(0).is_err());
    }
}
