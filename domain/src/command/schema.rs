//! What arguments an action takes: a JSON Schema as far as people can type what it wants. What is not checked here is
//! refused in a schema, so that nobody relies on it.

use std::fmt;

use serde_json::{Map, Value};
use text::{FieldError, nearest_of_few, pointer_step};

use super::fault::{ArgumentFault, ArgumentWrong};

const OF_OBJECT: [&str; 8] =
    ["$schema", "$id", "title", "description", "type", "properties", "required", "additionalProperties"];
const OF_PROPERTY: [&str; 10] =
    ["type", "title", "description", "default", "examples", "enum", "minimum", "maximum", "minLength", "maxLength"];

/// What an argument is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ArgumentKind {
    Text,
    Integer,
    Number,
    Boolean,
}

/// One argument.
#[derive(Clone, PartialEq, Debug)]
pub struct Argument {
    pub name: String,
    pub kind: ArgumentKind,
    pub is_required: bool,
    pub description: Option<String>,
    /// The only values that it may have; empty for any.
    pub one_of: Vec<Value>,
    /// Of numbers the least and the greatest value, of texts the least and the greatest length in characters.
    pub least: Option<f64>,
    pub greatest: Option<f64>,
}

/// The schema of an action, and what was read of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Schema {
    /// As it was registered.
    pub text: String,
    pub arguments: Vec<Argument>,
}

impl ArgumentKind {
    const ALL: [Self; 4] = [Self::Text, Self::Integer, Self::Number, Self::Boolean];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    /// The value of a text that somebody has typed.
    fn typed(self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(Value::from(text)),
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
            Self::Integer | Self::Number => {
                let number = serde_json::from_str::<Value>(text).ok()?;
                self.is(&number).then_some(number)
            }
        }
    }

    fn is(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
        }
    }
}

impl fmt::Display for ArgumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Schema {
    /// Reads a schema: an object of texts, numbers and booleans.
    ///
    /// # Errors
    /// Everything in it that is wrong or not checked here.
    pub fn parse(text: &str) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        let Ok(Value::Object(schema)) = serde_json::from_str::<Value>(text) else {
            return Err(vec![fault("", "must be a JSON object".into())]);
        };
        unknown(&schema, "", &OF_OBJECT, &mut faults);
        if schema.get("type").is_none_or(|kind| kind != "object") {
            faults.push(fault("/type", "must be \"object\"".into()));
        }
        if schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false)) {
            faults.push(fault("/additionalProperties", "must be false: what is not named is refused".into()));
        }
        let required = required(&schema, &mut faults);
        let properties = match schema.get("properties") {
            None => Map::new(),
            Some(Value::Object(properties)) => properties.clone(),
            Some(_) => {
                faults.push(fault("/properties", "must be an object".into()));
                Map::new()
            }
        };
        for name in required.iter().filter(|name| !properties.contains_key(**name)) {
            faults.push(fault("/required", format!("names {}, which /properties does not have", pointer_step(name))));
        }
        let mut arguments = Vec::new();
        for (name, property) in &properties {
            let is_required = required.contains(&name.as_str());
            arguments.extend(argument(name, property, is_required, &mut faults));
        }
        if faults.is_empty() { Ok(Self { text: text.to_owned(), arguments }) } else { Err(faults) }
    }

    /// The arguments that somebody has typed, as the service gets them.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(&self, typed: &[(String, String)]) -> Result<Map<String, Value>, Vec<ArgumentFault>> {
        let (mut values, mut faults) = (Map::new(), Vec::new());
        for (name, text) in typed {
            let known = self.arguments.iter().find(|argument| argument.name == *name);
            match known.map_or(Some(Value::Null), |argument| argument.kind.typed(text)) {
                Some(value) => drop(values.insert(name.clone(), value)),
                None => faults.extend(known.map(|argument| argument.of_kind())),
            }
        }
        let unread: Vec<String> = faults.iter().map(ArgumentFault::shown).collect();
        faults.extend(self.faults(&values).into_iter().filter(|fault| !unread.contains(&fault.shown())));
        if faults.is_empty() { Ok(values) } else { Err(faults) }
    }

    /// Everything that is wrong with arguments that came as JSON.
    pub fn faults(&self, values: &Map<String, Value>) -> Vec<ArgumentFault> {
        let mut faults = Vec::new();
        for name in values.keys() {
            if !self.arguments.iter().any(|argument| argument.name == *name) {
                faults.push(self.unknown_argument(name));
            }
        }
        for argument in &self.arguments {
            match values.get(&argument.name) {
                None if argument.is_required => faults.push(argument.fault(ArgumentWrong::Missing)),
                None => {}
                Some(value) => faults.extend(argument.fault_of(value)),
            }
        }
        faults
    }

    fn unknown_argument(&self, name: &str) -> ArgumentFault {
        let known: Vec<String> = self.arguments.iter().map(|argument| argument.name.clone()).collect();
        let meant = nearest_of_few(name, known.iter().map(String::as_str)).map(str::to_owned);
        ArgumentFault::new(name, ArgumentWrong::Unknown { meant, known })
    }
}

impl Argument {
    fn fault(&self, what: ArgumentWrong) -> ArgumentFault {
        ArgumentFault::new(&self.name, what)
    }

    fn of_kind(&self) -> ArgumentFault {
        self.fault(match self.kind {
            ArgumentKind::Text => ArgumentWrong::NoText,
            ArgumentKind::Integer => ArgumentWrong::NoWholeNumber,
            ArgumentKind::Number => ArgumentWrong::NoNumber,
            ArgumentKind::Boolean => ArgumentWrong::NoFlag,
        })
    }

    fn fault_of(&self, value: &Value) -> Option<ArgumentFault> {
        if !self.kind.is(value) {
            return Some(self.of_kind());
        }
        if !self.one_of.is_empty() && !self.one_of.contains(value) {
            let known: Vec<String> = self.one_of.iter().map(shown).collect();
            return Some(self.fault(ArgumentWrong::NotOneOf(known)));
        }
        let (measure, of_text) = match value {
            Value::Bool(_) => return None,
            Value::String(text) if text.contains('\0') => return Some(self.fault(ArgumentWrong::HasNul)),
            Value::String(text) => (text.chars().count() as f64, true),
            // A number that is too large for everybody is none.
            other => (other.as_f64().unwrap_or(f64::NAN), false),
        };
        if measure.is_nan() {
            return Some(self.of_kind());
        }
        match (self.least, self.greatest) {
            (Some(least), _) if measure < least => {
                Some(self.fault(ArgumentWrong::TooLittle { least: least.to_string(), of_text }))
            }
            (_, Some(greatest)) if measure > greatest => {
                Some(self.fault(ArgumentWrong::TooMuch { greatest: greatest.to_string(), of_text }))
            }
            _ => None,
        }
    }
}

fn fault(pointer: &str, detail: String) -> FieldError {
    FieldError { pointer: pointer.to_owned(), detail }
}

/// A text as somebody types it.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unknown(object: &Map<String, Value>, at: &str, known: &[&str], faults: &mut Vec<FieldError>) {
    for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
        let meant = nearest_of_few(name, known.iter().copied());
        let hint = meant.map(|meant| format!("; do you mean {meant}?")).unwrap_or_default();
        faults.push(fault(&format!("{at}/{}", pointer_step(name)), format!("is not checked here{hint}")));
    }
}

fn required<'a>(schema: &'a Map<String, Value>, faults: &mut Vec<FieldError>) -> Vec<&'a str> {
    let Some(required) = schema.get("required") else { return Vec::new() };
    let names: Option<Vec<&str>> = required.as_array().and_then(|names| names.iter().map(Value::as_str).collect());
    if names.is_none() {
        faults.push(fault("/required", "must be an array of names".into()));
    }
    names.unwrap_or_default()
}

fn argument(name: &str, property: &Value, is_required: bool, faults: &mut Vec<FieldError>) -> Option<Argument> {
    let at = format!("/properties/{}", pointer_step(name));
    if name.is_empty() || !text::is_plain_name(name) {
        faults.push(fault(&at, "must be a name of A-Z, a-z, 0-9, _ and - that can be typed".into()));
        return None;
    }
    let Some(property) = property.as_object() else {
        faults.push(fault(&at, "must be an object".into()));
        return None;
    };
    unknown(property, &at, &OF_PROPERTY, faults);
    let kind = property.get("type").and_then(Value::as_str);
    let Some(kind) = ArgumentKind::ALL.into_iter().find(|known| Some(known.as_str()) == kind) else {
        faults.push(fault(&format!("{at}/type"), "must be string, integer, number or boolean".into()));
        return None;
    };
    let one_of = match property.get("enum") {
        None => Vec::new(),
        Some(Value::Array(values)) if !values.is_empty() && values.iter().all(|value| kind.is(value)) => values.clone(),
        Some(_) => {
            faults.push(fault(&format!("{at}/enum"), format!("must be an array of values that are {kind}")));
            return None;
        }
    };
    let mut bound = |of_number: &str, of_text: &str| {
        let (own, other) = if kind == ArgumentKind::Text { (of_text, of_number) } else { (of_number, of_text) };
        let is_out_of_place =
            property.contains_key(other) || kind == ArgumentKind::Boolean && property.contains_key(own);
        if is_out_of_place {
            faults.push(fault(&at, format!("is {kind}, to which {other} does not belong")));
        }
        let value = property.get(own)?;
        if value.as_f64().is_none() {
            faults.push(fault(&format!("{at}/{own}"), "must be a number".into()));
        }
        value.as_f64()
    };
    let (least, greatest) = (bound("minimum", "minLength"), bound("maximum", "maxLength"));
    let description = property.get("description").and_then(Value::as_str).map(str::to_owned);
    Some(Argument { name: name.to_owned(), kind, is_required, description, one_of, least, greatest })
}
