//! Reads the field `interactive`: every part that is wrong, and none of its values.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use text::{FieldError, is_unsafe_in_a_line, pointer_step};

use super::{Interactive, path_of};
use crate::{Content, MAX_ASK_CHOICES, MAX_ID_BYTES, Purpose, Salt};

/// The longest id or label of a choice, in bytes: 64 characters of UTF-8.
const MAX_CHOICE_BYTES: usize = 256;
const KEY_ID_DIGITS: usize = 8;

impl Interactive {
    /// Reads the field as [`Interactive::to_value`] writes it.
    ///
    /// # Errors
    /// Every part that is wrong, by its pointer within the field. Whether it is genuine, only the worker finds out.
    pub fn read(value: &Value) -> Result<Self, Vec<FieldError>> {
        let Value::Object(object) = value else {
            return Err(vec![FieldError { pointer: String::new(), detail: "must be an object".into() }]);
        };
        let mut parts = Parts { object: object.clone(), errors: Vec::new() };
        let purpose = parts.part("purpose", "must be answer or verify", purpose);
        let id = parts.part("id", "must be the id of an ask or a verification, of 1 to 255 bytes", id);
        let approver = parts.part("approver", "must be a whole number from 0 to 65535", approver);
        let salt = parts.part("salt", "must be 16 bytes in base64url", bytes::<{ size_of::<Salt>() }>);
        let key_id = parts.part("key_id", "must be 8 hexadecimal digits", key_id);
        let choices = parts.part("choices", "must be at most 10 pairs of id and label", choices);
        let mark = parts.part("mark", "must be 32 bytes in base64url", bytes::<{ size_of::<Content>() }>);
        match (purpose, id, approver, salt, key_id, choices, mark, parts.finished()) {
            (Some(purpose), Some(id), Some(approver), Some(salt), Some(key_id), Some(choices), Some(mark), Ok(())) => {
                Ok(Self { purpose, id, approver, salt, key_id, choices, mark })
            }
            (.., errors) => Err(errors.err().unwrap_or_default()),
        }
    }
}

struct Parts {
    object: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Parts {
    fn part<T>(&mut self, name: &str, must: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.object.remove(name);
        let part = value.as_ref().and_then(read);
        if part.is_none() {
            self.errors.push(FieldError { pointer: format!("/{name}"), detail: must.to_owned() });
        }
        part
    }

    /// What is left is not known.
    fn finished(mut self) -> Result<(), Vec<FieldError>> {
        let unknown = self.object.keys().map(|name| format!("/{}", pointer_step(name)));
        self.errors.extend(unknown.map(|pointer| FieldError { pointer, detail: "is not known".into() }));
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}

fn purpose(value: &Value) -> Option<Purpose> {
    let purpose = Purpose::parse(value.as_str()?)?;
    path_of(purpose).map(|_| purpose)
}

fn id(value: &Value) -> Option<String> {
    let is_id = |id: &&str| (1..=MAX_ID_BYTES).contains(&id.len()) && !id.chars().any(is_unsafe_in_a_line);
    value.as_str().filter(is_id).map(str::to_owned)
}

fn approver(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|place| u16::try_from(place).ok())
}

fn key_id(value: &Value) -> Option<String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    value.as_str().filter(|id| id.len() == KEY_ID_DIGITS && id.bytes().all(is_digit)).map(str::to_owned)
}

fn bytes<const N: usize>(value: &Value) -> Option<[u8; N]> {
    // A text of another length is not decoded.
    let text = value.as_str().filter(|text| text.len() == (N * 4).div_ceil(3))?;
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

fn choices(value: &Value) -> Option<Vec<(String, String)>> {
    let items = value.as_array().filter(|items| items.len() <= MAX_ASK_CHOICES)?;
    items.iter().map(choice).collect()
}

fn choice(value: &Value) -> Option<(String, String)> {
    let [id, label] = value.as_array()?.as_slice() else { return None };
    let text = |value: &Value| {
        let is_text = |text: &&str| (1..=MAX_CHOICE_BYTES).contains(&text.len()) && !text.contains('\0');
        value.as_str().filter(is_text).map(str::to_owned)
    };
    text(id).zip(text(label))
}
