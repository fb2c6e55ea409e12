//! Settings of the C library's allocator, so that the process shrinks again after a flood.
//!
//! By default glibc raises its mmap threshold when the first large block is freed, and then keeps
//! blocks of that size in its arenas, up to eight for each processor. It returns free memory only
//! from the end of an arena. After a flood most of the memory then stays with the process,
//! fragmented.

/// Blocks of at least this size get a mapping of their own, which is unmapped when they are freed.
/// Verifying a body of this size takes longer than mapping it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_BYTES_MIN: libc::c_int = 64 << 10;

/// Sets glibc's mmap threshold and its number of arenas, each unless the operator has set its
/// `MALLOC_*` variable. Does nothing with other C libraries.
pub(crate) fn configure() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let arenas = libc::c_int::try_from(processors).unwrap_or(libc::c_int::MAX);
        for (parameter, name, value) in [
            (libc::M_MMAP_THRESHOLD, "MALLOC_MMAP_THRESHOLD_", MAPPED_BYTES_MIN),
            (libc::M_ARENA_MAX, "MALLOC_ARENA_MAX", arenas),
        ] {
            if std::env::var_os(name).is_none() {
                // SAFETY: `mallopt` accepts any two integers, and returns 0 for those that it
                // rejects.
                unsafe { libc::mallopt(parameter, value) };
            }
        }
    }
}

/// Returns free pages to the operating system. This takes milliseconds, during which other threads
/// wait for the arenas' locks, so it is only worth it after a flood.
pub(crate) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` may be called at any time, from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
