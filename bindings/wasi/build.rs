//! Declares the largest memory that the module may ever have, and leaves its names out.

/// 256 MiB: a body of 32 MiB is held as it came, decoded, opened and answered, with room to spare.
const MEMORY_BYTES_MAX: u32 = 256 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-link-arg-cdylib=--max-memory={MEMORY_BYTES_MAX}");
        // Names of functions are of no use to a host, and a third of the file.
        println!("cargo::rustc-link-arg-cdylib=--strip-all");
    }
}
