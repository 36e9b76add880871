//! Reads the text of a body: one JSON object in UTF-8, in which no object at any depth has a field twice.
//!
//! Programs that read JSON disagree about which of two equal names counts: what one system has checked is not what
//! the next one sends.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use text::{FieldError, pointer_step};

use super::{DecodeError, MAX_BODY_BYTES};
use crate::Reason;

/// Fields of a body or of an item of its fallback, known and unknown. A real notification has about ten.
pub(super) const MAX_FIELDS: usize = 256;

/// Names to which serde_json gives a meaning of its own begin with this, whoever has written them. One of them makes a
/// text be read as JSON again: two readers of one body would then read different things.
const RESERVED: &str = "$serde_json::private::";

/// With its feature `arbitrary_precision` serde_json shows a number as an object with this one name.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads one JSON object in UTF-8 of at most [`MAX_BODY_BYTES`].
///
/// # Errors
/// [`DecodeError`] with what is wrong with the text; its pointer is empty, or that of a field that is given twice.
pub fn parse_object(body: &[u8]) -> Result<Map<String, Value>, DecodeError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(refuse(format!("the body has {} bytes, the limit is {MAX_BODY_BYTES}", body.len())));
    }
    if body.is_empty() {
        return Err(refuse("the body is empty".into()));
    }
    if body.starts_with(&[0x1f, 0x8b]) {
        return Err(refuse("the body is gzip; send plain JSON".into()));
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| refuse(format!("the body is not UTF-8 from byte {} on", error.valid_up_to())))?;
    let twice = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let top = Whole(Reader { place: Place::Top, twice: &twice });
    let read = top.deserialize(&mut deserializer).and_then(|object| deserializer.end().map(|()| object));
    read.map_err(|error| match twice.take() {
        Some(pointer) => of_the_text(pointer, "is given twice".into()),
        None => refuse(format!("the body {}", json_fault(&error))),
    })
}

fn refuse(detail: String) -> DecodeError {
    of_the_text(String::new(), detail)
}

fn of_the_text(pointer: String, detail: String) -> DecodeError {
    DecodeError { reason: Reason::DecodeError, fields: vec![FieldError { pointer, detail }] }
}

/// What is wrong with a text that is no JSON, or not of the kind that was expected. The message is read after the name
/// of the text. serde_json itself quotes the offending value in type errors; a value may be personal.
pub fn json_fault(error: &serde_json::Error) -> String {
    let said = error.to_string();
    if let Some(found) = said.strip_prefix("invalid type: ") {
        return format!("must be a JSON object, not {}", kind_named(found));
    }
    match error.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            format!("is not JSON: {} (line {}, column {})", syntax(&said), error.line(), error.column())
        }
        _ => format!("is not a JSON object that we read: {said}"),
    }
}

/// The kind of value that a message of serde's begins with; the value itself follows in that message.
fn kind_named(found: &str) -> &'static str {
    let kinds = [
        ("null", "null"),
        ("boolean", "a boolean"),
        ("string", "a string"),
        ("sequence", "a list"),
        ("integer", "a number"),
        ("floating point", "a number"),
        ("number", "a number"),
    ];
    kinds.iter().find(|(word, _)| found.starts_with(word)).map_or("another value", |(_, kind)| kind)
}

/// serde_json's message without line and column; messages about its parser are said in our words.
fn syntax(said: &str) -> &str {
    match said.split(" at line ").next().unwrap_or_default() {
        "expected ident" | "expected value" => {
            "what begins there is no value of JSON: a text stands between double quotes, an object between braces"
        }
        "key must be a string" => "the name of a field stands between double quotes",
        "trailing comma" => "a comma stands there that no field or item follows",
        "trailing characters" => "something follows its end",
        "unexpected end of hex escape" | "lone leading surrogate in hex escape" => {
            "one half of a surrogate pair stands there alone: a character beyond U+FFFF is written as two escapes, such as \
             \\ud83c\\udf89; a text that was cut may have lost the other half"
        }
        "invalid escape" => "a backslash begins no escape of JSON there: one that is meant is written twice",
        said if said.starts_with("control character") => {
            "a text has a line end or another control character in it: write an escape, such as \\n"
        }
        said if said.starts_with("EOF while parsing") => "it ends too early",
        said => said,
    }
}

/// Where a value stands: links from the value up to the whole body, on the stack.
#[derive(Clone, Copy)]
enum Place<'p> {
    Top,
    Field(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Field(parent, name) => format!("{}/{}", parent.pointer(), pointer_step(name)),
            Self::Item(parent, at) => format!("{}/{at}", parent.pointer()),
        }
    }
}

/// Reads any value as serde_json does, but refuses an object with a field twice, whose pointer it leaves in `twice`.
#[derive(Clone, Copy)]
struct Reader<'p> {
    place: Place<'p>,
    twice: &'p Cell<Option<String>>,
}

impl Reader<'_> {
    /// Reads `first` and the fields after it.
    fn fields<'de, A: MapAccess<'de>>(
        self,
        first: Option<String>,
        mut access: A,
        limit: usize,
    ) -> Result<Map<String, Value>, A::Error> {
        let mut object = Map::new();
        let mut next = first;
        while let Some(name) = next {
            if name.starts_with(RESERVED) {
                return Err(A::Error::custom("a field has a name that is reserved"));
            }
            if object.len() == limit {
                return Err(A::Error::custom(format!("more than {limit} fields")));
            }
            match object.entry(name) {
                Entry::Vacant(entry) => {
                    let place = Place::Field(&self.place, entry.key());
                    let value = access.next_value_seed(Reader { place, twice: self.twice })?;
                    entry.insert(value);
                }
                Entry::Occupied(entry) => {
                    self.twice.set(Some(Place::Field(&self.place, entry.key()).pointer()));
                    return Err(A::Error::custom("a field is given twice"));
                }
            }
            next = access.next_key()?;
        }
        Ok(object)
    }
}

/// Reads the body itself, which must be an object.
struct Whole<'p>(Reader<'p>);

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = Map<String, Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let first = access.next_key()?;
        self.0.fields(first, access, MAX_FIELDS)
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let place = Place::Item(&self.place, items.len());
            match access.next_element_seed(Reader { place, twice: self.twice })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let first: Option<String> = access.next_key()?;
        if first.as_deref() == Some(NUMBER) {
            let digits: String = access.next_value().map_err(|_| A::Error::custom("a number cannot be read"))?;
            let number = digits.parse().map_err(|_| A::Error::custom("a number cannot be read"))?;
            return Ok(Value::Number(number));
        }
        self.fields(first, access, usize::MAX).map(Value::Object)
    }
}
