//! Handles: numbers for what the module keeps, each of which is valid once.

use alloc::vec::Vec;

use crate::error::{Code, Error};
use crate::generate::Entropy;
use crate::limits::HANDLES_MAX;

/// Bits of an index: as many as [`HANDLES_MAX`] needs.
const INDEX_BITS: u32 = 15;
/// Bits of a generation. With all slots, a thousand handles a second last for 34 years.
const GENERATION_BITS: u32 = 25;
const GENERATION_MAX: u32 = (1 << GENERATION_BITS) - 1;
/// Where an instance's number begins; it has the other 24 bits.
const INSTANCE_SHIFT: u32 = INDEX_BITS + GENERATION_BITS;

/// Things by handle. A handle is the instance's own number, which is not zero; then the slot's
/// generation, and its index. So a handle of another instance is stale here: with it, a host that
/// confuses two instances would reach another tenant's keys.
pub(super) struct Handles<T> {
    /// Drawn with the first handle; zero before.
    instance: u32,
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
}

struct Slot<T> {
    generation: u32,
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
        let slot = self.slots.get_mut(index).ok_or_else(stale)?;
        slot.held = Some(thing);
        let generation = u64::from(slot.generation) << INDEX_BITS;
        let index = u64::try_from(index).map_err(|_| stale())?;
        Ok(u64::from(self.instance) << INSTANCE_SHIFT | generation | index)
    }

    /// What a handle stands for.
    ///
    /// # Errors
    /// `stale_handle` for one that was freed, never given out, or given out by another instance.
    pub(super) fn find(&self, handle: u64) -> Result<&T, Error> {
        let (generation, index) = self.place(handle)?;
        let slot = self.slots.get(index).filter(|slot| slot.generation == generation);
        slot.and_then(|slot| slot.held.as_ref()).ok_or_else(stale)
    }

    /// Drops what a handle stands for. The handle is never valid again.
    ///
    /// # Errors
    /// `stale_handle`, as [`Handles::find`].
    pub(super) fn free(&mut self, handle: u64) -> Result<(), Error> {
        let (generation, index) = self.place(handle)?;
        let slot = self.slots.get_mut(index);
        let slot = slot.filter(|slot| slot.generation == generation && slot.held.is_some());
        let slot = slot.ok_or_else(stale)?;
        slot.held = None;
        // A slot whose generations are used up is left alone: a handle must not come twice.
        if slot.generation < GENERATION_MAX {
            slot.generation += 1;
            self.free.push(index);
        }
        Ok(())
    }

    fn name_instance(&mut self, entropy: Entropy<'_>) -> Result<(), Error> {
        if self.instance != 0 {
            return Ok(());
        }
        let mut number = [0; 4];
        if let Some((_, drawn)) = number.split_last_mut() {
            entropy(drawn)?;
        }
        self.instance = u32::from_le_bytes(number);
        if self.instance == 0 {
            return Err(Error::new(
                Code::EntropyUnavailable,
                "the random number generator gives nothing but zeros",
            ));
        }
        Ok(())
    }

    fn add_slot(&mut self) -> Result<usize, Error> {
        let index = self.slots.len();
        if index >= HANDLES_MAX {
            return Err(Error::new(Code::InvalidConfig, "too many handles are held: free some"));
        }
        self.slots.push(Slot { generation: 0, held: None });
        Ok(index)
    }

    /// The generation and index of a handle of this instance.
    fn place(&self, handle: u64) -> Result<(u32, usize), Error> {
        let bits = |shift: u32, mask: u64| u32::try_from(handle >> shift & mask).unwrap_or(0);
        let instance = bits(INSTANCE_SHIFT, u64::from(u32::MAX));
        if self.instance == 0 || instance != self.instance {
            return Err(stale());
        }
        let generation = bits(INDEX_BITS, u64::from(GENERATION_MAX));
        let index = bits(0, (1 << INDEX_BITS) - 1);
        Ok((generation, usize::try_from(index).unwrap_or(usize::MAX)))
    }
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
    fn handles<T>(number: u8) -> impl FnMut(&mut Handles<T>, T) -> Result<u64, Error> {
        move |handles, thing| {
            handles.keep(thing, &mut |bytes| {
                bytes.fill(number);
                Ok(())
            })
        }
    }

    #[test]
    fn a_handle_is_valid_until_it_is_dropped() {
        let (mut held, mut keep) = (Handles::new(), handles(7));
        let first = keep(&mut held, "first").unwrap();
        let second = keep(&mut held, "second").unwrap();
        assert_eq!((held.find(first), held.find(second)), (Ok(&"first"), Ok(&"second")));
        held.free(first).unwrap();
        assert_eq!(held.find(first).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(held.free(first).unwrap_err().code(), Code::StaleHandle);
        let third = keep(&mut held, "third").unwrap();
        assert_ne!(third, first);
        assert_eq!(held.find(first).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(held.find(third), Ok(&"third"));
    }

    #[test]
    fn a_handle_of_another_instance_is_stale() {
        let (mut one, mut other) = (Handles::new(), Handles::new());
        let handle = handles(7)(&mut one, "one").unwrap();
        assert_eq!(other.find(handle).unwrap_err().code(), Code::StaleHandle);
        handles(8)(&mut other, "other").unwrap();
        assert_eq!(other.find(handle).unwrap_err().code(), Code::StaleHandle);
        assert_eq!(other.free(handle).unwrap_err().code(), Code::StaleHandle);
    }

    #[test]
    fn no_neighbour_of_a_handle_is_one() {
        let mut held = Handles::new();
        let handle = handles(7)(&mut held, ()).unwrap();
        for bit in 0..64 {
            assert!(held.find(handle ^ 1 << bit).is_err(), "bit {bit}");
        }
        assert!(held.find(0).is_err() && held.find(u64::MAX).is_err());
    }

    #[test]
    fn a_slot_at_its_last_generation_is_retired() {
        let (mut held, mut keep) = (Handles::new(), handles(7));
        let first = keep(&mut held, 0).unwrap();
        held.free(first).unwrap();
        held.slots[0].generation = GENERATION_MAX;
        let last = keep(&mut held, 1).unwrap();
        assert_eq!(held.place(last), Ok((GENERATION_MAX, 0)));
        held.free(last).unwrap();
        assert!(held.find(last).is_err() && held.free(last).is_err());
        let next = keep(&mut held, 2).unwrap();
        assert_eq!(held.place(next), Ok((0, 1)));
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
        assert!(held.find(0).is_err());
    }
}
