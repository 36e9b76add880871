//! The pages against the tree: the map of files names what there is, and whatever a page names exists.

use std::path::{Path, PathBuf};

use super::{EDGES, OUTSIDE, read, root, sources};

/// So much is read in one go.
const MAX_LINES: usize = 250;
/// Modules that every package has, or may have, and no row names.
const EVERYWHERE: [&str; 3] = ["lib", "main", "tests"];

/// The folders of a row of the map, and what it names in them.
struct Row<'a> {
    folders: Vec<&'a str>,
    names: Vec<&'a str>,
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let map = page.split("\n## Map of files\n").nth(1).expect("the page has a map");
    let table = map.split("\n## ").next().unwrap_or_default();
    table.lines().filter(|line| line.starts_with("| `")).map(row).collect()
}

fn row(line: &str) -> Row<'_> {
    let mut cells = line.split('|').skip(1).map(in_backticks);
    Row { folders: cells.next().unwrap_or_default(), names: cells.next().unwrap_or_default() }
}

fn in_backticks(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/')).collect()
}

#[test]
fn the_map_names_every_file_and_folder_at_the_top_of_a_package() {
    let page = read(&root().join("docs/architecture.md"));
    let rows = rows(&page);
    for package in EDGES.iter().map(|(name, _)| *name).chain(OUTSIDE) {
        let source = format!("{package}/src");
        let row = rows.iter().find(|row| row.folders.iter().any(|folder| *folder == package || *folder == source));
        let row = row.unwrap_or_else(|| panic!("{package} has no row"));
        for module in at_the_top(&root().join(source)) {
            let named = row.names.iter().any(|name| name.strip_prefix("src/").unwrap_or(name) == module);
            assert!(named, "the row of {package} does not name `{module}`");
        }
    }
}

/// The modules of a package, without those that have their row in common.
fn at_the_top(source: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(source).expect("a package's sources").map(|entry| entry.expect("an entry").path());
    let modules = entries.filter(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "rs"));
    let names = modules.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    names.filter(|name| !EVERYWHERE.contains(&name.as_str()) && !is_a_change_of_tables(name)).collect()
}

/// `m20261122_000001_deliveries` of `migrations`.
fn is_a_change_of_tables(name: &str) -> bool {
    name.strip_prefix('m').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

#[test]
fn what_the_map_names_exists() {
    let page = read(&root().join("docs/architecture.md"));
    for row in rows(&page) {
        let there: Vec<PathBuf> = row.folders.iter().flat_map(|folder| below(&root().join(folder))).collect();
        assert!(!there.is_empty(), "{:?} have files", row.folders);
        for name in row.names {
            let exists = there.iter().any(|path| path.ends_with(name) || path.with_extension("").ends_with(name));
            assert!(exists, "`{name}` is not in {:?}", row.folders);
        }
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found
}

#[test]
fn source_files_that_a_page_names_exist() {
    let sources = sources();
    for page in pages_of_today() {
        let text = without_listings(&read(&page));
        for name in text.split('`').skip(1).step_by(2) {
            let is_missing = if name.ends_with(".rs") {
                !sources.iter().any(|path| path.ends_with(name))
            } else {
                name.contains("/src/") && name.ends_with('/') && !root().join(name).is_dir()
            };
            assert!(!is_missing, "{} names `{name}`", page.display());
        }
    }
}

/// The pages on decisions speak of their time.
pub(super) fn pages_of_today() -> Vec<PathBuf> {
    let (docs, decisions) = (root().join("docs"), root().join("docs/decisions"));
    let is_a_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let mut pages = below(&docs);
    pages.retain(|path| is_a_page(path) && !path.starts_with(&decisions));
    pages.push(root().join("README.md"));
    pages
}

/// A page without what stands between lines of three backticks.
pub(super) fn without_listings(page: &str) -> String {
    let mut listed = false;
    let mut text = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            listed = !listed;
        } else if !listed {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[test]
fn the_page_on_architecture_is_short() {
    let lines = read(&root().join("docs/architecture.md")).lines().count();
    assert!(lines <= MAX_LINES, "docs/architecture.md has {lines} lines, and at most {MAX_LINES} are read");
}
