//! Public items of libraries that nothing calls but tests: the compiler, which looks at one crate, is silent about them.
//!
//! Found by their words: an item whose name stands in another file, for whatever there, passes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{OUTSIDE, read, root, sources};

/// What has no caller, and why it is there all the same.
const KEPT: [(&str, &str); 3] = [
    ("with_connect_timeout", "a test whose broker says nothing would wait for the five seconds of a fleet"),
    ("with_dotenv", "the tests of every package's settings give them the text of a `.env`"),
    ("with_file", "the tests of every package's settings give them the text of a file"),
];

/// How an import begins.
const IMPORTS: [&str; 4] = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "];

#[test]
fn what_is_public_has_a_caller_outside_tests() {
    let files: BTreeMap<PathBuf, String> =
        shipped().into_iter().map(|path| (path.clone(), code(&read(&path)))).collect();
    let counts: BTreeMap<&Path, BTreeMap<&str, usize>> =
        files.iter().map(|(path, text)| (path.as_path(), counted(text))).collect();
    let mut found = BTreeSet::new();
    for (path, text) in files.iter().filter(|(path, _)| is_of_a_library(path)) {
        for item in text.lines().filter_map(public) {
            // A type is known by what has it in its signature.
            let by_its_file = item.is_a_type && counts[path.as_path()][item.name] > 1;
            let by_others =
                counts.iter().any(|(other, words)| *other != path.as_path() && words.contains_key(item.name));
            if !by_its_file && !by_others {
                found.insert(item.name);
            }
        }
    }
    let kept: BTreeSet<&str> = KEPT.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, kept, "public, and called by tests at most");
}

struct Item<'a> {
    name: &'a str,
    is_a_type: bool,
}

/// What a line makes known to other crates.
fn public(line: &str) -> Option<Item<'_>> {
    let mut words = line.trim_start().strip_prefix("pub ")?.split_whitespace().peekable();
    let mut kind = words.next()?;
    while ["const", "async"].contains(&kind) && words.peek().is_some_and(|next| ["fn", "async"].contains(next)) {
        kind = words.next()?;
    }
    let is_a_type = ["struct", "enum", "type", "trait"].contains(&kind);
    if !is_a_type && !["fn", "const", "static"].contains(&kind) {
        return None;
    }
    let name = words.next()?.split(|c: char| !is_of_a_word(c)).next()?;
    Some(Item { name, is_a_type })
}

fn is_of_a_library(path: &Path) -> bool {
    !OUTSIDE.iter().any(|name| path.starts_with(root().join(name)))
}

/// The sources without those that only a test has.
fn shipped() -> Vec<PathBuf> {
    let mut all = sources();
    all.retain(|path| !path.iter().any(|step| step == "tests" || step == "tests.rs"));
    let tested: Vec<PathBuf> = all.iter().flat_map(|path| modules_of_tests(path)).collect();
    all.into_iter().filter(|path| !tested.iter().any(|module| path.with_extension("").starts_with(module))).collect()
}

/// The modules that a file declares for tests, by their paths without an extension.
fn modules_of_tests(path: &Path) -> Vec<PathBuf> {
    let is_a_root = ["lib", "main", "mod"].iter().any(|name| path.file_stem().is_some_and(|stem| stem == *name));
    let folder = if is_a_root { path.with_file_name("") } else { path.with_extension("") };
    let text = read(path);
    let after = text.split("#[cfg(test)]\n").skip(1);
    let declared = after.filter_map(|rest| rest.lines().find(|line| !line.starts_with('#')));
    let names = declared.filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    names.map(|name| folder.join(name)).collect()
}

/// A file without its comments, its imports and the module of its tests.
fn code(text: &str) -> String {
    let begins_a_module = |(at, _): &(usize, &str)| {
        let next = text[*at..].lines().find(|line| !line.is_empty() && !line.starts_with('#'));
        next.is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    };
    let tests = text.match_indices("\n#[cfg(test)]\n").find(begins_a_module);
    let mut code = String::new();
    let mut imports = false;
    for line in text[..tests.map_or(text.len(), |(at, _)| at)].lines() {
        let line = line.split("//").next().unwrap_or_default();
        imports |= IMPORTS.iter().any(|import| line.trim_start().starts_with(import));
        if !imports {
            code.push_str(line);
            code.push('\n');
        }
        imports &= !line.contains(';');
    }
    code
}

fn counted(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for word in text.split(|c: char| !is_of_a_word(c)).filter(|word| !word.is_empty()) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
