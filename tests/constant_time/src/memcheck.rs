//! The client requests of valgrind's memcheck that this test needs, written by hand.
//!
//! SPEC: valgrind.h and memcheck.h of valgrind 3, "client requests": six words by address in `rax`,
//! a preamble of four rotations that together do nothing, and `xchg rbx, rbx`. Without valgrind
//! nothing happens, and the result is the default.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::arch::asm;

const RUNNING_ON_VALGRIND: u64 = 0x1001;
/// `'M' << 24 | 'C' << 16`: memcheck's own requests.
const MEMCHECK: u64 = 0x4d43_0000;
const MAKE_MEM_UNDEFINED: u64 = MEMCHECK + 1;
const MAKE_MEM_DEFINED: u64 = MEMCHECK + 2;

/// Whether valgrind runs this program.
pub fn is_running() -> bool {
    request(RUNNING_ON_VALGRIND, &mut []) != 0
}

/// Makes memcheck report whatever depends on these bytes.
pub fn make_undefined(bytes: &mut [u8]) {
    request(MAKE_MEM_UNDEFINED, bytes);
}

/// Makes these bytes known again.
pub fn make_defined(bytes: &mut [u8]) {
    request(MAKE_MEM_DEFINED, bytes);
}

fn request(code: u64, bytes: &mut [u8]) -> u64 {
    let words = [code, bytes.as_mut_ptr().addr() as u64, bytes.len() as u64, 0, 0, 0];
    let mut result = 0;
    // SAFETY: outside valgrind the instructions change nothing but flags; inside, memcheck reads
    // the six words and marks bytes of a live slice.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") words.as_ptr(),
            inout("rdx") result,
        );
    }
    result
}
