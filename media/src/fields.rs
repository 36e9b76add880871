//! Faults of what stands in the data of a message, by the names that lead to it.

use domain::nearest;
use serde_json::{Map, Value};

use crate::words::{Fault, Part};

/// A fault of something in the data, by the names that lead to it.
pub(crate) fn field(names: &[&str], why: impl Into<String>) -> Fault {
    Fault { part: Part::Field(names.iter().map(|name| (*name).to_owned()).collect()), why: why.into() }
}

/// The names in an object of the data, at this place, that nothing reads.
pub(crate) fn unknown(object: &Map<String, Value>, within: &[&str], known: &[&'static str]) -> Vec<Fault> {
    let wrong = object.keys().filter(|name| !known.contains(&name.as_str()));
    let told = wrong.map(|name| {
        let hint = nearest(name, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
        let why = format!("is not read; known are {}{}", known.join(", "), hint.unwrap_or_default());
        field(&[within, &[name.as_str()]].concat(), why)
    });
    told.take(domain::MAX_COMPARED_NAMES).collect()
}
