//! The reference, the template of the environment and the tables of the documents agree about every name and every
//! default.

use runtime::settings::Dotenv;

use super::*;

const TEMPLATE: &str = include_str!("../../../../.env.template");

/// The settings of the reference in order, with their defaults as they are written in a file of variables.
fn reference() -> Vec<(String, String)> {
    let lines = DEFAULTS.lines().filter(|line| !line.starts_with('#'));
    let settings = lines.filter_map(|line| line.split_once(" = "));
    let setting = |(name, rest): (&str, &str)| {
        let value = match rest.strip_prefix('"') {
            Some(text) => text.split('"').next().unwrap(),
            None => rest.split('#').next().unwrap().trim(),
        };
        (name.to_ascii_uppercase(), value.to_owned())
    };
    settings.map(setting).collect()
}

/// The settings of the template in order, with the defaults that the comments above them show.
fn template() -> Vec<(String, String)> {
    let lines: Vec<&str> = TEMPLATE.lines().collect();
    let setting = |pair: &[&str]| {
        let name = pair[1].strip_suffix('=')?;
        let comment = pair[0].strip_prefix("# ").unwrap_or_default();
        let shown = comment.split("; ").last().and_then(|part| part.strip_prefix("default: "));
        Some((name.to_owned(), shown.unwrap_or_default().to_owned()))
    };
    lines.windows(2).filter_map(setting).collect()
}

#[test]
fn the_template_has_every_setting_in_its_order_with_its_default() {
    let (reference, template) = (reference(), template());
    for setting in &reference {
        assert!(template.contains(setting), "{setting:?} is not in .env.template");
    }
    assert_eq!(template, reference);
}

#[test]
fn the_reference_is_what_the_settings_are_read_from() {
    let sources = REFERENCE.with([]);
    let table: toml::Table = DEFAULTS.parse().unwrap();
    assert_eq!(reference().len(), table.len());
    for (name, shown) in reference() {
        let default = sources.get(&name).unwrap_or_default();
        let same =
            default == shown || matches!((default.parse::<f64>(), shown.parse::<f64>()), (Ok(a), Ok(b)) if a == b);
        assert!(same, "{name}: {default} and {shown}");
    }
}

#[test]
fn the_template_is_read_and_gives_nothing() {
    let read = Dotenv::parse(TEMPLATE.as_bytes());
    assert_eq!(read.problems, []);
    assert!(read.pairs.len() > 50 && read.pairs.iter().all(|pair| pair.value.is_empty()), "{read:?}");
}

/// Reads the rows of tables that begin with a setting.
#[test]
fn the_tables_of_the_documents_name_only_settings_that_there_are() {
    let known = reference();
    let documents = [include_str!("../../../../docs/operations.md"), include_str!("../../../../docs/security.md")];
    let rows = documents.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let names: Vec<&str> = first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter_map(named).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(known.iter().any(|(setting, _)| setting == name), "{name}");
    }
}

/// The setting that stands alone or before its value.
fn named(word: &str) -> Option<&str> {
    let name = word.split('=').next()?;
    let letters = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    (name.starts_with(|first: char| first.is_ascii_uppercase()) && letters(name)).then_some(name)
}
