//! What the gateway asks of the C library's allocator: to return memory after a flood.
//!
//! By default glibc learns from the first large block that is freed to keep such blocks, in up to
//! eight heaps a processor, and of small blocks it returns only those at the end of a heap. After a
//! flood most of its memory then stays with the process, in pieces that other sizes do not fit into.

/// Blocks of at least this size are mapped by themselves, and unmapped when they are freed. A body
/// of this size takes longer to verify than to map.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_BYTES_MIN: libc::c_int = 64 << 10;

/// Sets glibc's thresholds, unless the operator has set one in the environment. Other allocators
/// are left as they are.
pub(crate) fn return_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let heaps = libc::c_int::try_from(processors).unwrap_or(libc::c_int::MAX);
        for (parameter, name, value) in [
            (libc::M_MMAP_THRESHOLD, "MALLOC_MMAP_THRESHOLD_", MAPPED_BYTES_MIN),
            (libc::M_ARENA_MAX, "MALLOC_ARENA_MAX", heaps),
        ] {
            if std::env::var_os(name).is_none() {
                // SAFETY: `mallopt` takes any two numbers, and answers 0 to those that it refuses.
                unsafe { libc::mallopt(parameter, value) };
            }
        }
    }
}

/// Returns the pages that hold no block in use. It takes milliseconds, during which other threads
/// wait for memory: for after a flood.
pub(crate) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` may be called at any time, from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
