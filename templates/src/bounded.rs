//! Replacements for the functions and filters of tera that can make much from little: they refuse to do so. And the
//! step function.

use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use crate::budget::{self, MAX_VALUE_BYTES};

/// The function whose calls `scan` inserts into templates.
pub(crate) const STEP: &str = "__step";

/// The most elements that `range`, `split` and `unique` may give.
const MAX_ELEMENTS: usize = 1_000;

/// How deep lists and maps may be nested: JSON's own limit is 128, and printing and dropping them is recursive.
const MAX_DEPTH: usize = 192;

/// A value that is set costs one step for each so many bytes, because measuring it takes time.
const BYTES_PER_STEP: usize = 1_024;

pub(crate) fn register(tera: &mut Tera) {
    tera.register_function(STEP, step);
    tera.register_function("range", range);
    tera.register_filter("replace", replace);
    tera.register_filter("join", join);
    tera.register_filter("split", split);
    tera.register_filter("indent", indent);
    tera.register_filter("str", text);
    tera.register_filter("unique", unique);
}

fn step(kwargs: Kwargs, _: &State) -> TeraResult<&'static str> {
    let value = kwargs.get::<Value>("value")?;
    let bytes = match &value {
        None => 0,
        Some(value) => measure(value, MAX_VALUE_BYTES, MAX_DEPTH).ok_or_else(|| too_much("`set`"))?,
    };
    let steps = u32::try_from(1 + bytes / BYTES_PER_STEP).unwrap_or(u32::MAX);
    budget::step(steps).map_err(|_| too_much("the template"))?;
    Ok("")
}

fn range(kwargs: Kwargs, _: &State) -> TeraResult<Vec<i128>> {
    let start = kwargs.get::<i64>("start")?.unwrap_or(0);
    let end = kwargs.must_get::<i64>("end")?;
    let step_by = kwargs.get::<i64>("step_by")?.unwrap_or(1);
    if step_by == 0 {
        return Err(Error::message("The function `range` needs a `step_by` other than 0"));
    }
    let (start, end, step_by) = (i128::from(start), i128::from(end), i128::from(step_by));
    let values = std::iter::successors(Some(start), |value| Some(value + step_by));
    let values: Vec<i128> = values
        .take_while(|value| if step_by > 0 { *value < end } else { *value > end })
        .take(MAX_ELEMENTS + 1)
        .collect();
    few("function `range`", values)
}

fn replace(value: &str, kwargs: Kwargs, _: &State) -> TeraResult<String> {
    let (from, to) = (kwargs.must_get::<&str>("from")?, kwargs.must_get::<&str>("to")?);
    let grown = value.matches(from).count().saturating_mul(to.len());
    small("filter `replace`", value.len().saturating_add(grown))?;
    Ok(value.replace(from, to))
}

fn join(values: &[Value], kwargs: Kwargs, _: &State) -> TeraResult<String> {
    let separator = kwargs.get::<&str>("sep")?.unwrap_or_default();
    let mut joined = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            joined.push_str(separator);
        }
        joined.push_str(&printed("filter `join`", value)?);
        small("filter `join`", joined.len())?;
    }
    Ok(joined)
}

fn split(value: &str, kwargs: Kwargs, _: &State) -> TeraResult<Vec<Value>> {
    let pieces = value.split(kwargs.must_get::<&str>("pat")?);
    few("filter `split`", pieces.take(MAX_ELEMENTS + 1).map(Value::from).collect())
}

/// Indents every line but the first, blank ones excepted, by `width` spaces (4).
fn indent(value: &str, kwargs: Kwargs, _: &State) -> TeraResult<String> {
    let width = kwargs.get::<usize>("width")?.unwrap_or(4).min(100);
    small("filter `indent`", value.len().saturating_add(value.lines().count().saturating_mul(width)))?;
    let space = " ".repeat(width);
    let mut indented = String::with_capacity(value.len());
    for (at, line) in value.split_inclusive('\n').enumerate() {
        if at > 0 && !line.trim().is_empty() {
            indented.push_str(&space);
        }
        indented.push_str(line);
    }
    Ok(indented)
}

fn text(value: Value, _: Kwargs, _: &State) -> TeraResult<String> {
    printed("filter `str`", &value)
}

fn unique(values: &[Value], _: Kwargs, _: &State) -> TeraResult<Vec<Value>> {
    let mut unique: Vec<Value> = Vec::new();
    for value in few("filter `unique`", values.to_vec())? {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    Ok(unique)
}

fn printed(who: &str, value: &Value) -> TeraResult<String> {
    measure(value, MAX_VALUE_BYTES, MAX_DEPTH).ok_or_else(|| too_much(who))?;
    Ok(value.to_string())
}

/// About how many bytes it takes to print `value`; none when that is more than `most`, or when the value is nested too
/// deep.
fn measure(value: &Value, most: usize, depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let mut bytes: usize = 8;
    if let Some(text) = value.as_str() {
        bytes += text.len();
    } else if let Some(elements) = value.as_array() {
        for element in elements {
            bytes += measure(element, most.checked_sub(bytes)?, depth)?;
        }
    } else if let Some(entries) = value.as_map() {
        for (key, value) in entries {
            bytes += key.as_str().map_or(8, str::len);
            bytes += measure(value, most.checked_sub(bytes)?, depth)?;
        }
    }
    (bytes <= most).then_some(bytes)
}

fn few<T>(who: &str, values: Vec<T>) -> TeraResult<Vec<T>> {
    if values.len() > MAX_ELEMENTS {
        return Err(Error::message(format!("The {who} is limited to {MAX_ELEMENTS} elements")));
    }
    Ok(values)
}

fn small(who: &str, bytes: usize) -> TeraResult<()> {
    if bytes > MAX_VALUE_BYTES { Err(too_much(who)) } else { Ok(()) }
}

fn too_much(who: &str) -> Error {
    Error::message(format!("The {who} makes more than {MAX_VALUE_BYTES} bytes"))
}
