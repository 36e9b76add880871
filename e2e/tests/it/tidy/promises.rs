//! Each promise is shown by a test that there is: `docs/promises.md` names them by parts of their names.

use std::collections::BTreeSet;
use std::path::Path;

use super::{EDGES, OUTSIDE, read, root, sources};

#[test]
fn every_test_that_a_promise_names_exists() {
    let page = read(&root().join("docs/promises.md"));
    let tests: BTreeSet<String> = sources().iter().flat_map(|path| tests_of(path)).collect();
    let commands: Vec<&str> =
        page.split("`tools/test ").skip(1).filter_map(|rest| Some(rest.split_once('`')?.0)).collect();
    assert!(commands.len() > 50, "the promises were found");
    for command in commands {
        let mut words = command.split_whitespace();
        let named = match (words.next(), words.next()) {
            (Some("-p"), Some(package)) => {
                EDGES.iter().map(|(name, _)| *name).chain(OUTSIDE).any(|name| name == package)
            }
            (Some(part), _) => tests.iter().any(|test| test.contains(part)),
            _ => false,
        };
        assert!(named, "`tools/test {command}` runs nothing");
    }
}

/// The names of a file's tests, as the test binaries print them.
fn tests_of(path: &Path) -> Vec<String> {
    let (text, module) = (read(path), module_of(path));
    let mut tests = Vec::new();
    let mut inner = String::new();
    let mut is_a_test = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {")) {
            inner = format!("{name}::");
        } else if line == "}" {
            inner.clear();
        }
        let line = line.trim_start();
        is_a_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        if let Some(rest) = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ") {
            let name = rest.split('(').next().unwrap_or_default();
            if is_a_test {
                tests.push(format!("{module}{inner}{name}"));
            }
            is_a_test = false;
        }
    }
    tests.extend(on_both(&text).map(|name| format!("{module}{name}::on_sqlite")));
    tests
}

/// The tests that the macro of `store` makes, one for each database.
fn on_both(text: &str) -> impl Iterator<Item = &str> {
    let lists = text.split("on_both!(").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    lists.flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty())
}

/// The path of a file's module in its test binary, with `::` behind it.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(root()).expect("a file of the workspace").with_extension("");
    // `package/src`, or `package/tests/it`.
    let before = if inside.iter().nth(1).is_some_and(|step| step == "src") { 2 } else { 3 };
    let mut steps: Vec<&str> = inside.iter().skip(before).filter_map(|step| step.to_str()).collect();
    steps.pop_if(|last| ["lib", "main", "mod"].contains(last));
    steps.iter().map(|step| format!("{step}::")).collect()
}
