//! What an error may show of an argument that names something: nothing that may be a secret.
//!
//! `env:$SECRET` is soon typed for `env:SECRET`; the name is then the secret, and the error goes to
//! a log.

use std::path::Path;

/// Stands for what is not shown.
pub(crate) const NOT_SHOWN: &str = "(not shown)";
/// What secrets and keys begin with.
const KEY_PREFIXES: [&str; 4] = ["whsec_", "whsk_", "whpk_", "whenc_"];
const NAME_BYTES_MAX: usize = 64;
const PATH_BYTES_MAX: usize = 255;
/// No provider's secret is shorter where it is hexadecimal or base64.
const RANDOM_BYTES_MIN: usize = 16;

/// The name of an environment variable, where it looks like one.
pub(crate) fn variable(name: &str) -> &str {
    let is_name = name.len() <= NAME_BYTES_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_name && !may_be_secret(name) { name } else { NOT_SHOWN }
}

/// The path of a file, where it looks like one.
pub(crate) fn path(path: &Path) -> &str {
    let is_path = |text: &&str| {
        text.len() <= PATH_BYTES_MAX
            && !text.contains(char::is_control)
            && !text.split(['/', '.']).any(may_be_secret)
    };
    path.to_str().filter(is_path).unwrap_or(NOT_SHOWN)
}

/// Whether it has a key's prefix, or is as long and as mixed as hexadecimal and base64 are.
fn may_be_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    KEY_PREFIXES.iter().any(|prefix| lower.contains(prefix))
        || text.len() >= RANDOM_BYTES_MIN && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}
