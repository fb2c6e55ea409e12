//! The second opinion on envelopes: whether a body has the form, and what is in it.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::headers::message_id;
use super::json::{Value, read_object};
use crate::keys;
use crate::request::Request;

/// What an envelope gives.
pub struct Opened {
    pub payload: Vec<u8>,
    pub kid: String,
    pub id: Option<String>,
    pub content_type: Option<String>,
}

/// Opens the body, if it is encrypted and may be.
pub fn open(request: &Request, signed_id: Option<&str>) -> Result<Option<Opened>, &'static str> {
    let options = &request.options;
    let by_default = if options.encryption_keys > 0 { "required" } else { "forbidden" };
    let is_jwe = options.envelope() == "jwe";
    let sealed = if is_jwe { is_token(&request.body) } else { is_object(&request.body) };
    match (options.encryption.unwrap_or(by_default), sealed) {
        ("required", false) => Err("not_encrypted"),
        ("forbidden", true) => Err("encryption_forbidden"),
        (_, false) => Ok(None),
        (_, true) if is_jwe => open_token(request, signed_id).map(Some),
        (_, true) => open_object(request).map(Some),
    }
}

fn is_token(body: &[u8]) -> bool {
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_=+/.".contains(byte);
    let parts: Vec<_> = body.split(|byte| *byte == b'.').collect();
    body.iter().all(known) && parts.len() == 5 && !parts[0].is_empty() && parts[1].is_empty()
}

fn open_token(request: &Request, signed_id: Option<&str>) -> Result<Opened, &'static str> {
    const WRONG: &str = "malformed_envelope";
    let parts: Vec<_> = request.body.split(|byte| *byte == b'.').collect();
    let decode = |index: usize| BASE64_URL_SAFE_NO_PAD.decode(parts[index]).map_err(|_| WRONG);
    let (header, nonce, ciphertext, tag) = (decode(0)?, decode(2)?, decode(3)?, decode(4)?);
    let nonce: [u8; 12] = nonce.try_into().map_err(|_| WRONG)?;
    if header.len() > 2048 || tag.len() != 16 {
        return Err(WRONG);
    }
    let members = texts(&header, &["alg", "enc", "kid", "webhook-id", "typ", "cty", "aud"]);
    let members = members.ok_or(WRONG)?;
    let member = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, text)| text);
    let is = |name: &str, wanted: &str| member(name).is_some_and(|text| text == wanted);
    let typed = member("typ").is_none() || is("typ", "JOSE");
    let (kid, id) = (member("kid").ok_or(WRONG)?, member("webhook-id").ok_or(WRONG)?);
    if !is("alg", "dir") || !is("enc", "A256GCM") || !typed {
        return Err(WRONG);
    }
    if message_id(id.as_bytes()).is_none() || signed_id.is_some_and(|signed| signed != id) {
        return Err(WRONG);
    }
    if request.options.audience && !is("aud", keys::AUDIENCE) {
        return Err("wrong_audience");
    }
    let index = key_of(request, kid).ok_or("unknown_key")?;
    let sealed = [ciphertext, tag].concat();
    let payload = keys::decrypt(index, nonce, parts[0], &sealed).ok_or("decryption_failed")?;
    let content_type = member("cty").cloned();
    Ok(Opened { payload, kid: kid.clone(), id: Some(id.clone()), content_type })
}

fn is_object(body: &[u8]) -> bool {
    let has = |(name, _): &(String, Value)| name == "encrypted" || name == "nonce";
    read_object(body).is_some_and(|members| members.iter().any(has))
}

fn open_object(request: &Request) -> Result<Opened, &'static str> {
    const WRONG: &str = "malformed_envelope";
    let members = texts(&request.body, &["encrypted", "nonce", "kid"]).ok_or(WRONG)?;
    let member = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, text)| text);
    let (encrypted, nonce) = (member("encrypted").ok_or(WRONG)?, member("nonce").ok_or(WRONG)?);
    let headers: Vec<_> = match request.options.scheme {
        "x-webhook" => request.values("x-encryption-nonce").collect(),
        _ => Vec::new(),
    };
    if headers.len() > 1 || headers.iter().any(|header| *header != nonce.as_bytes()) {
        return Err(WRONG);
    }
    let nonce = BASE64_STANDARD.decode(nonce).map_err(|_| WRONG)?;
    let nonce: [u8; 12] = nonce.try_into().map_err(|_| WRONG)?;
    let sealed = BASE64_STANDARD.decode(encrypted).map_err(|_| WRONG)?;
    if sealed.len() < 16 {
        return Err(WRONG);
    }
    let tried = match member("kid") {
        Some(kid) => {
            let index = key_of(request, kid).ok_or("unknown_key")?;
            index..index + 1
        }
        None => 0..request.options.encryption_keys,
    };
    let opened = tried.into_iter().find_map(|index| {
        let payload = keys::decrypt(index, nonce, &[], &sealed)?;
        Some(Opened { payload, kid: keys::kid(index), id: None, content_type: None })
    });
    opened.ok_or("decryption_failed")
}

/// The members of an object whose values are texts, each there once and of these names.
fn texts(json: &[u8], names: &[&str]) -> Option<Vec<(String, String)>> {
    let mut texts: Vec<(String, String)> = Vec::new();
    for (name, value) in read_object(json)? {
        let Value::Text(Some(text)) = value else { return None };
        if !names.contains(&name.as_str()) || texts.iter().any(|(own, _)| *own == name) {
            return None;
        }
        texts.push((name, text));
    }
    Some(texts)
}

fn key_of(request: &Request, kid: &str) -> Option<usize> {
    (0..request.options.encryption_keys).find(|index| keys::kid(*index) == kid)
}
