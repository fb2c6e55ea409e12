//! The keys of the targets, which are the vectors' own, and what `ring` makes with them.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use postseal::KeyInput;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use ring::signature::Ed25519KeyPair;

/// The instant at which everything is opened.
pub const NOW: i64 = 1_700_000_000;
/// The receiver's name, where it has one.
pub const AUDIENCE: &str = "https://receiver.example/hooks";
/// A nonce for what a target encrypts itself. It repeats, which harms no one here.
pub const NONCE: [u8; 12] = *b"fuzz-nonce-1";

/// Two secrets of scheme `standard`, and two of all others.
const SECRETS: [&str; 2] = [
    "whsec_Y0K7d/+Ith10V7+fY6CypcLXXpzpfi4ONwyr7QUfRkQ=",
    "whsec_Tme6quK93dN2nxe2O6zUTG6/a0G9Ae5wy9QXht06+HE=",
];
const TEXT_SECRETS: [&str; 2] =
    ["text-secret-6342bb77ff88b61d7457", "text-secret-4e67baaae2bdddd3769f"];
const ENCRYPTION_KEYS: [&str; 2] = [
    "whenc_fWEIj924xMvz1cGWU8UcseyrBWI61/6/gTxaCgpUSQI=",
    "whenc_5t+n/NY73fzc8YDaXtVeGfkhW+EhwS5yJ949T2gwih8=",
];
const PRIVATE_KEY: &str =
    "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const PUBLIC_KEY: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

/// The text of a secret, as an operator gives it.
pub fn secret_text(scheme: &str, index: usize) -> &'static str {
    let secrets = if scheme == "standard" { SECRETS } else { TEXT_SECRETS };
    secrets[index]
}

/// A list of secrets, or of encryption keys, as options take it.
pub fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<Vec<Option<KeyInput>>> {
    Some(texts.into_iter().map(|text| Some(KeyInput::from(text))).collect())
}

/// The text of an encryption key.
pub fn encryption_key_text(index: usize) -> &'static str {
    ENCRYPTION_KEYS[index]
}

/// The text of the public key.
pub fn public_key_text() -> &'static str {
    PUBLIC_KEY
}

/// The key of HMAC-SHA256 that a secret stands for.
pub fn mac_key(scheme: &str, index: usize) -> hmac::Key {
    let text = secret_text(scheme, index);
    match text.strip_prefix("whsec_") {
        Some(encoded) => hmac::Key::new(hmac::HMAC_SHA256, &decode(encoded)),
        None => hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()),
    }
}

/// The key pair whose public half receivers hold: made once, since that takes longer than the rest.
pub fn key_pair() -> &'static Ed25519KeyPair {
    static PAIR: LazyLock<Ed25519KeyPair> = LazyLock::new(|| {
        Ed25519KeyPair::from_seed_unchecked(&decode(PRIVATE_KEY)[..32]).expect("a seed")
    });
    &PAIR
}

/// The cipher of an encryption key.
pub fn cipher(index: usize) -> LessSafeKey {
    let bytes = encryption_key_bytes(index);
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).expect("32 bytes"))
}

/// The `kid` of an encryption key.
pub fn kid(index: usize) -> String {
    kid_of(&encryption_key_bytes(index))
}

/// The `kid` of these bytes, if they are an encryption key's.
pub fn kid_of(key: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"postseal/kid/v1"))
}

/// Encrypts with the first key and [`NONCE`]: the ciphertext, then its tag.
pub fn encrypt(associated: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut sealed = payload.to_vec();
    let nonce = Nonce::assume_unique_for_key(NONCE);
    cipher(0).seal_in_place_append_tag(nonce, Aad::from(associated), &mut sealed).expect("sealed");
    sealed
}

/// Decrypts a ciphertext with its tag behind it.
pub fn decrypt(index: usize, nonce: [u8; 12], associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let opened = cipher(index).open_in_place(nonce, Aad::from(associated), &mut sealed);
    opened.ok().map(|payload| payload.to_vec())
}

fn encryption_key_bytes(index: usize) -> Vec<u8> {
    decode(ENCRYPTION_KEYS[index].strip_prefix("whenc_").expect("a prefix"))
}

fn decode(encoded: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(encoded).expect("base64")
}
