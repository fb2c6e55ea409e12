//! The two functions that the module takes from its host, both of WASI preview 1.
//!
//! SPEC: `wasi_snapshot_preview1`, `random_get` and `clock_time_get`.

use postseal::abi::Host;
use postseal::{Code, Error, UnixTime};

/// The clock of the calendar.
const CLOCK_REALTIME: u32 = 0;
/// The precision that is asked for: a second, in nanoseconds.
const SECOND_NANOS: u64 = 1_000_000_000;
const SUCCESS: u32 = 0;

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn random_get(buffer: *mut u8, length: usize) -> u32;
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
}

// `memcmp`, which the compiler takes for granted, is in the C library that the target comes with.
#[link(name = "c")]
unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Runs the constructors, of which there are none. The linker wants to see the call: it takes a
/// module without one for a command, and would wrap every export.
pub(crate) fn construct() {
    // SAFETY: the linker defines it, and a host calls `_initialize` once, before anything else.
    unsafe { __wasm_call_ctors() }
}

/// The WASI host.
pub(crate) struct Wasi;

impl Host for Wasi {
    fn clock(&mut self) -> Result<UnixTime, Error> {
        let mut nanos = 0;
        // SAFETY: the pointer is of a live u64, to which the host writes the time.
        let status = unsafe { clock_time_get(CLOCK_REALTIME, SECOND_NANOS, &raw mut nanos) };
        if status != SUCCESS {
            return Err(Error::new(Code::ClockUnavailable, "the host's clock_time_get fails"));
        }
        UnixTime::from_clock(i64::try_from(nanos / SECOND_NANOS).unwrap_or(0))
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        // SAFETY: pointer and length are those of a live slice, which the host fills.
        let status = unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) };
        if status != SUCCESS {
            return Err(Error::new(Code::EntropyUnavailable, "the host's random_get fails"));
        }
        Ok(())
    }
}
