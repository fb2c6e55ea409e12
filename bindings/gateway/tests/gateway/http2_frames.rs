//! HTTP/2 frames built by hand, which no well-behaved client sends.
//!
//! SPEC: RFC 9113, section 4; RFC 7541, appendix A, for the static table.

use std::net::SocketAddr;

/// `age` of the static table, with an empty value: one byte, which counts as 35.
pub(crate) const AGE: u8 = 0x80 | 21;
const POST: u8 = 0x80 | 3;
const HTTP: u8 = 0x80 | 6;
/// A literal header with a new name, without and with indexing in the dynamic table.
const NEW_NAME: u8 = 0;
const NEW_NAME_INDEXED: u8 = 0x40;
const PATH_LITERAL: u8 = 4;
const AUTHORITY_LITERAL: u8 = 1;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const INITIAL_WINDOW_SIZE: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The connection preface, with empty settings.
pub(crate) fn preface() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0, b"").as_slice()].concat()
}

/// The same of a client that takes no byte of an answer's body.
pub(crate) fn preface_without_window() -> Vec<u8> {
    let no_window = [0, INITIAL_WINDOW_SIZE, 0, 0, 0, 0];
    [preface(), frame(SETTINGS, 0, 0, &no_window)].concat()
}

/// A header block of a POST, followed by these bytes of HPACK.
pub(crate) fn block(path: &str, authority: SocketAddr, more: &[u8]) -> Vec<u8> {
    let authority = authority.to_string();
    let mut block = vec![POST, HTTP];
    for (name, value) in [(PATH_LITERAL, path), (AUTHORITY_LITERAL, &authority)] {
        block.extend([name, u8::try_from(value.len()).unwrap()]);
        block.extend(value.as_bytes());
    }
    block.extend(more);
    block
}

/// A literal header, to be added to a block.
pub(crate) fn header(name: &str, value: &str) -> Vec<u8> {
    [&[NEW_NAME], string(name).as_slice(), &string(value)].concat()
}

/// The same, added to the dynamic table.
pub(crate) fn kept_header(name: &str, value: &str) -> Vec<u8> {
    [&[NEW_NAME_INDEXED], string(name).as_slice(), &string(value)].concat()
}

/// SPEC: RFC 7541, sections 5.1 and 5.2, without Huffman coding.
fn string(text: &str) -> Vec<u8> {
    const PREFIX_MAX: usize = 127;
    let mut coded = Vec::new();
    match text.len().checked_sub(PREFIX_MAX) {
        None => coded.push(u8::try_from(text.len()).unwrap()),
        Some(mut rest) => {
            coded.push(u8::try_from(PREFIX_MAX).unwrap());
            while rest >= 128 {
                coded.push(u8::try_from(rest % 128 + 128).unwrap());
                rest /= 128;
            }
            coded.push(u8::try_from(rest).unwrap());
        }
    }
    coded.extend(text.as_bytes());
    coded
}

/// A HEADERS frame with a whole header block. `ends` means that no body follows.
pub(crate) fn headers(stream: u32, block: &[u8], ends: bool) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | if ends { END_STREAM } else { 0 }, stream, block)
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
