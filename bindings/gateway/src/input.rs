//! Bounded reading: of standard input and of files.

use std::fs::{File, FileType};
use std::io::{self, Read};
use std::path::Path;

use postseal::{Code, Error};

/// A file of one key, in bytes. The longest secret has 255.
pub(crate) const KEY_FILE_BYTES_MAX: usize = 4096;

/// Reads standard input to its end, or to one byte past `bytes_max`: enough for the core to refuse.
pub(crate) fn read_standard_input(bytes_max: usize) -> Result<Vec<u8>, Error> {
    read_past(io::stdin().lock(), bytes_max).map_err(|why| {
        Error::new(Code::InvalidConfig, format!("standard input cannot be read: {why}"))
    })
}

/// Like [`read_standard_input`], of a file.
pub(crate) fn read_file(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    read_past(File::open(path)?, bytes_max)
}

/// Reads a file of one key, to one byte past the longest: a regular file, or a pipe, as
/// `<(pass show key)` is. A terminal or another device has no key, and may have no end.
pub(crate) fn read_key_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let kind = file.metadata()?.file_type();
    if !kind.is_file() && !is_pipe(kind) {
        return Err(io::Error::other("it is neither a regular file nor a pipe"));
    }
    read_past(file, KEY_FILE_BYTES_MAX)
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}

fn read_past(source: impl Read, bytes_max: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    // Room for a key at once, so that growing leaves no copy of it behind.
    let mut bytes = Vec::with_capacity(bytes_max.min(KEY_FILE_BYTES_MAX).saturating_add(1));
    source.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
