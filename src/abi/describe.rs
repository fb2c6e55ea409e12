//! What the module says of itself: its version, codes, schemes and limits.

use alloc::format;
use alloc::vec::Vec;

use super::answer::{Answer, frame};
use super::{ABI_VERSION, Module};
use crate::error::Code;
use crate::limits::{
    BODY_BYTES_DEFAULT, BODY_BYTES_MAX, FRAME_BYTES_MAX, HANDLES_MAX, KEYS_MAX,
    TOLERANCE_SECONDS_DEFAULT, TOLERANCE_SECONDS_MAX,
};
use crate::policy::SWAPS_MAX;
use crate::scheme::Scheme;

impl Module {
    /// Facts `version`, `abi_version`, each `code` with its status, each `scheme` with its headers,
    /// and each `limit` with its number; words are set apart by spaces.
    #[must_use]
    pub fn describe(&self) -> Vec<u8> {
        let mut answer = Answer::ok();
        answer.fact("version", env!("CARGO_PKG_VERSION"));
        answer.number("abi_version", ABI_VERSION);
        for code in Code::ALL {
            answer.fact("code", format!("{code} {}", code.status()));
        }
        for scheme in Scheme::ALL {
            answer.fact("scheme", format!("{} {}", scheme.name(), scheme.header_names().join(" ")));
        }
        answer.fact("limit", format!("body_bytes_default {BODY_BYTES_DEFAULT}"));
        answer.fact("limit", format!("body_bytes_max {BODY_BYTES_MAX}"));
        answer.fact("limit", format!("frame_bytes_max {FRAME_BYTES_MAX}"));
        answer.fact("limit", format!("handles_max {HANDLES_MAX}"));
        answer.fact("limit", format!("keys_max {KEYS_MAX}"));
        answer.fact("limit", format!("tolerance_seconds_default {TOLERANCE_SECONDS_DEFAULT}"));
        answer.fact("limit", format!("tolerance_seconds_max {TOLERANCE_SECONDS_MAX}"));
        answer.fact("limit", format!("claim_swaps_max {SWAPS_MAX}"));
        frame(Ok(answer))
    }
}
