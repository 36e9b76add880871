//! Reads a file of tables that an operator names, in TOML, as plain values.

use std::path::Path;

use serde_json::{Map, Value};

use crate::files::{MAX_SETTINGS_BYTES, read_text_file};

/// Reads the tables of a file, by their names.
///
/// # Errors
/// What is wrong with the file, without any of its text.
pub fn read_tables(path: &Path) -> Result<Map<String, Value>, String> {
    let text = read_text_file(path, MAX_SETTINGS_BYTES).map_err(|error| format!("{}: {error}", path.display()))?;
    tables_of(&text).map_err(|problem| format!("{}: {problem}", path.display()))
}

/// Reads the tables of a text, by their names.
///
/// # Errors
/// What is wrong with it, without any of it.
pub fn tables_of(text: &str) -> Result<Map<String, Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = 1 + text[..error.span().map_or(0, |span| span.start)].matches('\n').count();
        format!("line {line}: {}", error.message())
    })?;
    Ok(object(table))
}

fn object(table: toml::Table) -> Map<String, Value> {
    table.into_iter().map(|(name, value)| (name, plain(value))).collect()
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(at) => at.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(plain).collect(),
        toml::Value::Table(table) => object(table).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    #[test]
    fn tables_are_read_as_plain_values_and_a_slip_is_told_with_its_line_and_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("services.toml");
        fs::write(&file, "[a]\nn = 7\nlist = [\"x\", true]\n[a.b.\"c.d\"]\nf = 0.5\n").unwrap();
        let read = Value::Object(read_tables(&file).unwrap());
        assert_eq!(read, json!({ "a": { "n": 7, "list": ["x", true], "b": { "c.d": { "f": 0.5 } } } }));
        fs::write(&file, "[a]\nkey = hidden\n").unwrap();
        let told = read_tables(&file).unwrap_err();
        assert!(told.contains("services.toml: line 2: ") && !told.contains("hidden"), "{told}");
        let told = read_tables(&folder.path().join("none")).unwrap_err();
        assert!(told.contains("none: "), "{told}");
    }
}
