//! Options as the TypeScript hands them over: flat arrays of names and values, already plain data.
//!
//! An error names the option, and never its value: the value may be a secret.

use js_sys::Array;
use postseal::{Code, Error, KeyInput, KeyList, KeyOptions, SecretEncoding};
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

use crate::host::{integer, whole};

/// One option: its name, and its value.
pub(crate) struct Field {
    name: String,
    value: JsValue,
}

/// The fields of a flat array `[name, value, name, value, …]`.
pub(crate) fn fields(flat: &JsValue) -> Result<Vec<Field>, Error> {
    let flat: &Array = flat.dyn_ref().ok_or_else(|| invalid("the options must be an object"))?;
    let mut fields = Vec::new();
    let mut items = flat.iter();
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        let name = name.as_string().ok_or_else(|| invalid("an option's name must be a string"))?;
        fields.push(Field { name, value });
    }
    Ok(fields)
}

/// The keys of one call, `{ secrets, publicKeys, encryptionKeys }`.
pub(crate) fn call_keys(flat: &JsValue) -> Result<KeyOptions, Error> {
    let mut keys = KeyOptions::default();
    for field in fields(flat)? {
        match field.name() {
            "secrets" => keys.secrets = Some(field.keys()?),
            "publicKeys" => keys.public_keys = Some(field.keys()?),
            "encryptionKeys" => keys.encryption_keys = Some(field.keys()?),
            _ => return Err(field.unknown()),
        }
    }
    Ok(keys)
}

impl Field {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The refusal of an option that does not exist.
    pub(crate) fn unknown(&self) -> Error {
        invalid(format!("there is no option `{}`", self.name))
    }

    pub(crate) fn text(&self) -> Result<String, Error> {
        self.value.as_string().ok_or_else(|| self.must_be("a string"))
    }

    pub(crate) fn whole<T: TryFrom<i64>>(&self) -> Result<T, Error> {
        whole(&self.name, self.value.as_f64().unwrap_or(f64::NAN))
    }

    /// An instant, whose fraction of a second is floored.
    pub(crate) fn seconds(&self) -> Result<i64, Error> {
        let seconds = self.value.as_f64().and_then(|seconds| integer(seconds.floor()));
        seconds.ok_or_else(|| self.must_be("a number of Unix seconds, or a valid Date"))
    }

    /// A list of secrets or keys; `null` stands for an entry that is not set.
    pub(crate) fn keys(&self) -> Result<KeyList, Error> {
        let list: &Array = self.value.dyn_ref().ok_or_else(|| self.not_a_key())?;
        list.iter().map(|entry| self.key(&entry)).collect()
    }

    fn key(&self, entry: &JsValue) -> Result<Option<KeyInput>, Error> {
        if entry.is_null() {
            return Ok(None);
        }
        let mut key = KeyInput::from("");
        if let Some(text) = entry.as_string() {
            key.text = Zeroizing::new(text);
            return Ok(Some(key));
        }
        if !entry.is_instance_of::<Array>() {
            return Err(self.not_a_key());
        }
        for field in fields(entry)? {
            match field.name() {
                "id" => key.id = Some(field.text()?),
                "secret" => {
                    key.text =
                        Zeroizing::new(field.value.as_string().ok_or_else(|| self.not_a_key())?)
                }
                "encoding" => key.encoding = field.encoding()?,
                "notBefore" => key.not_before = Some(field.seconds()?),
                "notAfter" => key.not_after = Some(field.seconds()?),
                _ => {
                    return Err(invalid(format!(
                        "an entry of `{}` has no member `{}`",
                        self.name, field.name
                    )));
                }
            }
        }
        Ok(Some(key))
    }

    fn encoding(&self) -> Result<SecretEncoding, Error> {
        match self.value.as_string().as_deref() {
            Some("text") => Ok(SecretEncoding::Text),
            _ => Err(self.must_be("\"text\", or absent")),
        }
    }

    fn must_be(&self, what: &str) -> Error {
        invalid(format!("`{}` must be {what}", self.name))
    }

    fn not_a_key(&self) -> Error {
        let code = if self.name == "secrets" { Code::InvalidSecret } else { Code::InvalidKey };
        let shape = "a string as the provider shows it, or an object whose `secret` is one";
        Error::new(code, format!("each entry of `{}` must be {shape}", self.name))
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::InvalidConfig, message)
}
