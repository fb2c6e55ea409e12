//! Options as the TypeScript passes them: objects without a prototype, so that nothing read here is
//! inherited from `Object.prototype`.
//!
//! An error names the option, and never its value: the value may be a secret.

use js_sys::{Array, Object, Reflect};
use postseal::{Code, Error, KeyInput, KeyList, KeyOptions, SecretEncoding};
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

use crate::host::{instant_seconds, whole};

const KEY_LISTS: &[&str] = &["secrets", "publicKeys", "encryptionKeys"];
const KEY_MEMBERS: &[&str] = &["id", "secret", "encoding", "notBefore", "notAfter"];

/// An object of options, each of which may be absent.
///
/// The members are read one by one, each as the one type that it may have: a structure for each
/// object, and errors that quote a value, would make the module a fifth larger.
pub(crate) struct Fields<'a>(&'a JsValue);

impl<'a> Fields<'a> {
    /// An object that has no other members than these: a misspelt option must not fail open.
    pub(crate) fn of(object: &'a JsValue, names: &[&str]) -> Result<Self, Error> {
        if !object.is_object() {
            return Err(invalid("the options must be an object".to_owned()));
        }
        // Not `dyn_ref`: an object without a prototype is no instance of Object.
        let members = Object::keys(object.unchecked_ref::<Object>());
        let mut members = members.iter().filter_map(|name| name.as_string());
        match members.find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(unknown(&name, names)),
            None => Ok(Fields(object)),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        self.read(name, JsValue::as_string, || must_be(name, "a string"))
    }

    pub(crate) fn whole<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>, Error> {
        let number =
            self.read(name, JsValue::as_f64, || must_be(name, "a whole number within its bounds"))?;
        number.map(|number| whole(name, number)).transpose()
    }

    /// The three lists of keys.
    pub(crate) fn key_options(&self) -> Result<KeyOptions, Error> {
        Ok(KeyOptions {
            secrets: self.keys("secrets")?,
            public_keys: self.keys("publicKeys")?,
            encryption_keys: self.keys("encryptionKeys")?,
        })
    }

    /// A list of secrets or keys; `null` stands for an entry that is not set.
    fn keys(&self, name: &str) -> Result<Option<KeyList>, Error> {
        let value = self.get(name);
        if value.is_undefined() {
            return Ok(None);
        }
        let entries: &Array = value.dyn_ref().ok_or_else(|| not_a_key(name))?;
        let key = |entry: JsValue| match entry.is_null() {
            true => Ok(None),
            false => Fields::of(&entry, KEY_MEMBERS)?.key(name).map(Some),
        };
        entries.iter().map(key).collect::<Result<_, _>>().map(Some)
    }

    fn key(&self, list: &str) -> Result<KeyInput, Error> {
        let text = self.read("secret", JsValue::as_string, || not_a_key(list))?;
        Ok(KeyInput {
            id: self.text("id")?,
            text: text.map(Zeroizing::new).ok_or_else(|| not_a_key(list))?,
            encoding: match self.text("encoding")?.as_deref() {
                None => SecretEncoding::OfScheme,
                Some("text") => SecretEncoding::Text,
                Some(_) => return Err(must_be("encoding", "\"text\", or absent")),
            },
            not_before: self.instant("notBefore")?,
            not_after: self.instant("notAfter")?,
        })
    }

    fn instant(&self, name: &str) -> Result<Option<i64>, Error> {
        let seconds = self
            .read(name, JsValue::as_f64, || must_be(name, "a number of Unix seconds, or a Date"))?;
        seconds.map(|seconds| instant_seconds(name, seconds)).transpose()
    }

    /// INVARIANT: only `undefined` is absent. `null`, a variable without a value, is a wrong type.
    fn read<T>(
        &self,
        name: &str,
        as_type: impl FnOnce(&JsValue) -> Option<T>,
        wrong: impl FnOnce() -> Error,
    ) -> Result<Option<T>, Error> {
        let value = self.get(name);
        if value.is_undefined() {
            return Ok(None);
        }
        as_type(&value).map(Some).ok_or_else(wrong)
    }

    fn get(&self, name: &str) -> JsValue {
        Reflect::get(self.0, &JsValue::from_str(name)).unwrap_or_default()
    }
}

/// The keys of one call, `{ secrets, publicKeys, encryptionKeys }`.
pub(crate) fn call_keys(object: &JsValue) -> Result<KeyOptions, Error> {
    Fields::of(object, KEY_LISTS)?.key_options()
}

fn not_a_key(list: &str) -> Error {
    let code = if list == "secrets" { Code::InvalidSecret } else { Code::InvalidKey };
    let shape = "a string as the provider shows it, or { secret: string, id?, notBefore?, … }";
    Error::new(code, format!("each entry of `{list}` must be {shape}"))
}

/// A name that is no word may be a secret in the wrong place, and is not shown.
fn unknown(name: &str, names: &[&str]) -> Error {
    let is_word = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    let shown = if is_word { format!("option `{name}`") } else { "such option".to_owned() };
    invalid(format!("there is no {shown}: there are {}", names.join(", ")))
}

fn must_be(name: &str, what: &str) -> Error {
    invalid(format!("`{name}` must be {what}"))
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidConfig, message)
}
