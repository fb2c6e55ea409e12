//! Searching a module's memory for what must not be there.

use std::collections::HashSet;

/// Where the shadow stack ends, and static data begins: the linker is called with `--stack-first`,
/// and a stack of 1 MiB. What lies below is overwritten by later calls, and nothing is promised.
pub(crate) const STACK_END: usize = 1 << 20;

/// Bytes that are enough to know a form by, if they come together.
pub(crate) const WINDOW: usize = 16;

/// The memory above the shadow stack.
pub(crate) fn above_stack(memory: &[u8]) -> &[u8] {
    memory.get(STACK_END..).expect("a memory with more than its stack")
}

/// How many windows of a form's bytes are in the memory: 0 where no piece of it is left.
///
/// A window is 16 bytes at a multiple of 16 within the form, since a copy may be cut off.
pub(crate) fn windows_found(memory: &[u8], form: &[u8]) -> usize {
    let (windows, _) = form.as_chunks::<WINDOW>();
    let wanted: HashSet<_> = windows.iter().filter(|window| is_telling(*window)).collect();
    let places = memory.windows(WINDOW).filter_map(|place| place.as_array::<WINDOW>());
    places.filter(|place| wanted.contains(place)).collect::<HashSet<_>>().len()
}

/// Whether the bytes are in the memory.
pub(crate) fn contains(memory: &[u8], bytes: &[u8]) -> bool {
    memory.windows(bytes.len()).any(|place| place == bytes)
}

/// Windows of few values, such as padding, are found anywhere.
fn is_telling(window: &[u8]) -> bool {
    let mut values: Vec<_> = window.to_vec();
    values.sort_unstable();
    values.dedup();
    values.len() > WINDOW / 2
}
