//! What the module takes from its host: the clock and randomness, and nothing else of the system.
//!
//! SPEC: WASI preview 1, `random_get` and `clock_time_get`.

use std::sync::Arc;
use std::time::SystemTime;

use postseal::{Code, Error, UnixTime};
use wasmtime::{Caller, Extern, Linker, StoreLimits};

const WASI: &str = "wasi_snapshot_preview1";
const CLOCK_REALTIME: u32 = 0;
const SECOND_NANOS: u64 = 1_000_000_000;
/// Random bytes in one call: the module draws 32 at most, and a hostile one must not keep the
/// host's generator busy past its deadline.
const ENTROPY_BYTES_MAX: u32 = 65_536;

/// The numbers of WASI's errors.
const SUCCESS: u32 = 0;
const FAULT: u32 = 21;
const INVALID: u32 = 28;
const INPUT_OUTPUT: u32 = 29;

/// The clock that an instance is given.
pub type Clock = Arc<dyn Fn() -> Result<UnixTime, Error> + Send + Sync>;
/// The source of random bytes that an instance is given: it fills the whole slice, or fails.
pub type Entropy = Arc<dyn Fn(&mut [u8]) -> Result<(), Error> + Send + Sync>;

/// What stands around an instance: its limits, and what its imports ask for.
pub(crate) struct Surroundings {
    pub(crate) limits: StoreLimits,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
}

/// The operating system's clock.
pub(crate) fn system_clock() -> Clock {
    Arc::new(|| UnixTime::try_from(SystemTime::now()))
}

/// The operating system's random number generator.
pub(crate) fn system_entropy() -> Entropy {
    Arc::new(|bytes| {
        getrandom::fill(bytes).map_err(|_| {
            Error::new(Code::EntropyUnavailable, "the operating system gives no randomness")
        })
    })
}

/// Gives a module its two imports. One that wants another cannot be instantiated.
pub(crate) fn add_to(linker: &mut Linker<Surroundings>) -> wasmtime::Result<()> {
    linker.func_wrap(WASI, "random_get", random_get)?;
    linker.func_wrap(WASI, "clock_time_get", clock_time_get)?;
    Ok(())
}

fn random_get(mut caller: Caller<'_, Surroundings>, buffer: u32, length: u32) -> u32 {
    if length > ENTROPY_BYTES_MAX {
        return INVALID;
    }
    let entropy = caller.data().entropy.clone();
    match bytes_at(&mut caller, buffer, length).map(|bytes| entropy(bytes)) {
        Some(Ok(())) => SUCCESS,
        Some(Err(_)) => INPUT_OUTPUT,
        None => FAULT,
    }
}

fn clock_time_get(
    mut caller: Caller<'_, Surroundings>,
    clock: u32,
    _precision: u64,
    time: u32,
) -> u32 {
    if clock != CLOCK_REALTIME {
        return INVALID;
    }
    let Ok(now) = (caller.data().clock)() else { return INPUT_OUTPUT };
    let nanos = now.seconds().saturating_mul(SECOND_NANOS).to_le_bytes();
    match bytes_at(&mut caller, time, 8) {
        Some(bytes) => {
            bytes.copy_from_slice(&nanos);
            SUCCESS
        }
        None => FAULT,
    }
}

/// The module's own bytes; `None` where they do not lie in its memory.
fn bytes_at<'a>(
    caller: &'a mut Caller<'_, Surroundings>,
    pointer: u32,
    length: u32,
) -> Option<&'a mut [u8]> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory)?;
    let (start, length) = (usize::try_from(pointer).ok()?, usize::try_from(length).ok()?);
    memory.data_mut(caller).get_mut(start..start.checked_add(length)?)
}
