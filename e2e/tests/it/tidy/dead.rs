//! Public items of libraries that nothing calls but tests: the compiler, which looks at one crate, is silent about them.
//!
//! Found by how callers write them: `Type::name`, or `.name(` of what takes `self`. A method passes when another type has
//! one of its name that is called.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::{OUTSIDE, read, root, sources};

/// What has no caller, and why it is there all the same.
const KEPT: [(&str, &str); 9] = [
    ("Broker::with_connect_timeout", "a test whose broker says nothing would wait for the five seconds of a fleet"),
    ("Headers::published_by", "the tests of the envelope ask whose hand its headers show"),
    ("Publisher::reporting", "the tests of whoever publishes need no broker"),
    ("Reference::with_dotenv", "the tests of every package's settings give them the text of a `.env`"),
    ("Reference::with_file", "the tests of every package's settings give them the text of a file"),
    ("Settings::in_folder", "the tests of whoever keeps files read no settings"),
    ("Settle::reporting", "the tests of whoever consumes need no broker"),
    ("Store::count_ask_send", "how often a question was sent is told by its copies"),
    ("SuppressionScope::narrowest_of", "the tests of the ledger go through the lanes"),
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
        for item in public(text) {
            // A type is known by what has it in its signature.
            let by_its_file = item.kind == Kind::Type && counts[path.as_path()][item.name] > 1;
            let by_others = || {
                let mut others = counts.iter().filter(|(other, _)| **other != path.as_path());
                others.any(|(other, words)| words.contains_key(item.name) && item.is_called_in(&files[*other]))
            };
            if !by_its_file && !by_others() {
                found.insert(item.to_string());
            }
        }
    }
    let kept: BTreeSet<String> = KEPT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, kept, "public, and called by tests at most");
}

#[test]
fn a_word_that_stands_somewhere_is_no_caller() {
    let text = "impl From<Word> for Kind<'_> {\n\
                \u{20}   pub const fn parse(text: &str) -> Self {}\n\
                \u{20}   pub async fn get(&self) {}\n\
                }\n\
                pub fn depth() {}\n";
    let items = public(text);
    let called = |text: &str| {
        let called = items.iter().filter(|item| item.is_called_in(text));
        called.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(called("text.parse()?; session.depth(); let get = OtherKind::get(1); fn depth() {}"), [""; 0]);
    assert_eq!(called("Kind::parse(text)?; map.get(1); topology::depth()"), ["Kind::parse", "Kind::get", "depth"]);
    assert_eq!(called("map(Kind::get)"), ["Kind::get"]);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Type,
    /// What takes `self`.
    Method,
    Other,
}

struct Item<'a> {
    /// The type whose block has the item.
    owner: Option<&'a str>,
    name: &'a str,
    kind: Kind,
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(owner) = self.owner {
            write!(f, "{owner}::")?;
        }
        f.write_str(self.name)
    }
}

impl Item<'_> {
    fn is_called_in(&self, text: &str) -> bool {
        let has_its_type = self.owner.is_some() && text.lines().any(|line| implemented(line) == self.owner);
        text.match_indices(self.name).any(|(at, name)| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            let is_whole = !before.ends_with(is_of_a_word) && !after.starts_with(is_of_a_word);
            is_whole && self.is_called_between(before, after, has_its_type)
        })
    }

    /// `has_its_type` says that `Self` may be the type of the item there.
    fn is_called_between(&self, before: &str, after: &str, has_its_type: bool) -> bool {
        let path = before.strip_suffix("::").map(last_word);
        match self.owner {
            _ if self.kind == Kind::Type => true,
            Some(owner) => {
                let is_a_call =
                    before.trim_end().ends_with('.') && (after.starts_with('(') || after.starts_with("::<"));
                path.is_some_and(|path| path == owner || has_its_type && path == "Self")
                    || self.kind == Kind::Method && is_a_call
            }
            None => {
                let is_of_a_type = path.is_some_and(|path| path.starts_with(char::is_uppercase));
                !is_of_a_type && !before.ends_with('.') && !before.ends_with("fn ")
            }
        }
    }
}

/// What a file makes known to other crates.
fn public(text: &str) -> Vec<Item<'_>> {
    let (mut items, mut owner, mut at) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with("impl") {
            owner = implemented(line);
        } else if line.starts_with('}') {
            owner = None;
        }
        items.extend(item(&text[at..], owner.filter(|_| line.starts_with(' '))));
        at += line.len();
    }
    items
}

/// The type of the block that a line begins.
fn implemented(line: &str) -> Option<&str> {
    let header = line.strip_prefix("impl")?;
    let of = header.rsplit(" for ").next()?;
    // What stands before the type, when that is no trait, are parameters.
    let parameters = if of == header && of.starts_with('<') { of.find("> ")? + 1 } else { 0 };
    let path = of[parameters..].trim_start().split(|c: char| !is_of_a_word(c) && c != ':').next()?;
    path.rsplit("::").next()
}

/// What the first line of a text makes known to other crates.
fn item<'a>(text: &'a str, owner: Option<&'a str>) -> Option<Item<'a>> {
    let mut words = text.lines().next()?.trim_start().strip_prefix("pub ")?.split_whitespace().peekable();
    let mut kind = words.next()?;
    while ["const", "async"].contains(&kind) && words.peek().is_some_and(|next| ["fn", "async"].contains(next)) {
        kind = words.next()?;
    }
    let signature = text.split(['{', ';']).next().unwrap_or_default();
    let kind = match kind {
        "struct" | "enum" | "type" | "trait" => Kind::Type,
        "fn" if signature.contains("self") => Kind::Method,
        "fn" | "const" | "static" => Kind::Other,
        _ => return None,
    };
    let name = words.next()?.split(|c: char| !is_of_a_word(c)).next()?;
    Some(Item { owner, name, kind })
}

fn is_of_a_library(path: &Path) -> bool {
    !OUTSIDE.iter().any(|name| path.starts_with(root().join(name)))
}

/// The sources without those that only a test has.
pub(super) fn shipped() -> Vec<PathBuf> {
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
pub(super) fn code(text: &str) -> String {
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

fn last_word(text: &str) -> &str {
    text.rsplit(|c: char| !is_of_a_word(c)).next().unwrap_or_default()
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
