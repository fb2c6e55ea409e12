//! The module's SHA-256, compared with the one that is expected before anything of it is run.

use postseal::{Code, Error};
use sha2::{Digest, Sha256};

/// The SHA-256 of the module that goes with this version: one line of hexadecimal digits.
const PUBLISHED: &str = include_str!("../module.sha256");

/// Which module may be loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The one that was published with this version of the crate.
    #[default]
    Published,
    /// The one with this SHA-256.
    Sha256([u8; 32]),
    /// Any: for development only. What such a module answers may be forged.
    Unchecked,
}

impl Trust {
    /// Checks a module.
    ///
    /// # Errors
    /// `unsupported_runtime` for another module than the one that is expected.
    pub(crate) fn check(self, module: &[u8]) -> Result<(), Error> {
        let expected = match self {
            Trust::Published => PUBLISHED.trim().to_owned(),
            Trust::Sha256(hash) => hexadecimal(&hash),
            Trust::Unchecked => return Ok(()),
        };
        match hexadecimal(&Sha256::digest(module)) == expected {
            true => Ok(()),
            false => Err(Error::new(
                Code::UnsupportedRuntime,
                "the module's SHA-256 is not the expected one: load the module of this version",
            )),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_hash_is_one() {
        let hash = PUBLISHED.trim();
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        assert!(hash.len() == 64 && hash.bytes().all(digit), "{hash}");
    }

    #[test]
    fn only_the_expected_module_passes() {
        // FIPS 180-4's example, "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hexadecimal(&Sha256::digest(b"abc")), abc);
        let trust = Trust::Sha256(Sha256::digest(b"abc").into());
        assert_eq!(trust.check(b"abc"), Ok(()));
        assert_eq!(trust.check(b"abd").unwrap_err().code(), Code::UnsupportedRuntime);
        assert_eq!(Trust::Published.check(b"abc").unwrap_err().code(), Code::UnsupportedRuntime);
        assert_eq!(Trust::Unchecked.check(b"abc"), Ok(()));
    }
}
