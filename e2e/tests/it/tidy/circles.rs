//! Finds files of one crate that need each other in a circle, by the paths that stand in them.
//!
//! A file and the files in its folder may need each other, and the latter each other through it: that is how a module
//! is cut. The crate's root is no such folder, or every circle would be one through it.

use std::collections::{BTreeMap, BTreeSet};

/// What each file needs, both by the path of their module, such as `crate::notifications::cancel`.
type Needs<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Each circle by the files that are in it; `files` are the texts by the path of their module.
pub(crate) fn circles(files: &BTreeMap<String, String>) -> Vec<BTreeSet<&str>> {
    let needs: Needs<'_> = files.iter().map(|(module, text)| (module.as_str(), needed(module, text, files))).collect();
    let (families, mut circles): (Vec<_>, Vec<_>) = groups(&needs).into_iter().partition(is_family);
    for family in families {
        circles.extend(groups(&among(&family, &needs)));
    }
    circles
}

/// What those of a family need of each other, but for parents and children.
fn among<'a>(family: &BTreeSet<&'a str>, needs: &Needs<'a>) -> Needs<'a> {
    let others = |one: &'a str| -> BTreeSet<&'a str> {
        let apart = |other: &&str| !is_within(one, other) && !is_within(other, one);
        needs[one].intersection(family).copied().filter(apart).collect()
    };
    family.iter().map(|one| (*one, others(one))).collect()
}

/// One of them is the parent of all others.
fn is_family(group: &BTreeSet<&str>) -> bool {
    let mut heads = group.iter().filter(|head| **head != "crate");
    heads.any(|head| group.iter().all(|one| one == head || is_within(one, head)))
}

fn is_within(module: &str, parent: &str) -> bool {
    module.strip_prefix(parent).is_some_and(|rest| rest.starts_with("::"))
}

/// Files that all need each other, directly or through others.
fn groups<'a>(needs: &Needs<'a>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached: Needs<'a> = needs.keys().map(|from| (*from, reached_from(from, needs))).collect();
    let group = |one: &&'a str| -> BTreeSet<&'a str> {
        reached[one].iter().copied().filter(|other| reached[other].contains(one)).collect()
    };
    reached.keys().map(group).filter(|group| group.len() > 1).collect()
}

fn reached_from<'a>(from: &str, needs: &Needs<'a>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&'a str> = needs[from].iter().copied().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(&needs[module]);
        }
    }
    reached
}

/// The other files that a file names.
fn needed<'a>(module: &str, text: &str, files: &'a BTreeMap<String, String>) -> BTreeSet<&'a str> {
    let mut needed = BTreeSet::new();
    for (inner, text) in parts(text).iter().filter(|(inner, _)| inner != "tests") {
        let here = if inner.is_empty() { module.to_owned() } else { format!("{module}::{inner}") };
        needed.extend(paths(text).iter().filter_map(|path| file_of(&here, path, files)));
    }
    needed.remove(module);
    needed
}

/// A file without its comments: what stands in it itself, then each module in braces with its name.
fn parts(text: &str) -> Vec<(String, String)> {
    let mut parts = vec![(String::new(), String::new())];
    let mut current = 0;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim_end();
        let item = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub ")).unwrap_or(line);
        if let Some(name) = item.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {")) {
            parts.push((name.to_owned(), String::new()));
            current = parts.len() - 1;
        } else if line == "}" {
            current = 0;
        } else {
            parts[current].1.extend([line, "\n"]);
        }
    }
    parts
}

/// Every path that begins with `crate`, `super` or `self`, or stands behind `use`.
fn paths(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find(is_of_a_word).map(|skipped| at + skipped) {
        let word = first_word(&text[begin..]);
        let (before, after) = (text[..begin].trim_end(), &text[begin + word.len()..]);
        let is_first = !before.ends_with("::") && !before.ends_with('$');
        let is_ours = is_first && ["crate", "super", "self"].contains(&word) && after.starts_with("::");
        if is_ours || before.rsplit(|c: char| !is_of_a_word(c)).next() == Some("use") {
            read_tree(&text[begin..], String::new(), &mut paths);
        }
        at = begin + word.len();
    }
    paths
}

/// Reads `a::b` or `a::{b, c::{self, d}}`, and returns what follows it.
fn read_tree<'t>(mut text: &'t str, mut path: String, paths: &mut Vec<String>) -> &'t str {
    loop {
        text = text.trim_start();
        if let Some(list) = text.strip_prefix('{') {
            return read_list(list, &path, paths);
        }
        let word = first_word(text);
        let after = &text[word.len()..];
        if !word.is_empty() {
            path = if path.is_empty() { word.to_owned() } else { format!("{path}::{word}") };
        }
        match after.strip_prefix("::").filter(|_| !word.is_empty()) {
            Some(next) => text = next,
            None => {
                paths.push(path);
                return after;
            }
        }
    }
}

fn read_list<'t>(mut text: &'t str, path: &str, paths: &mut Vec<String>) -> &'t str {
    loop {
        // Also over another name that something is given, and over a star.
        text = text.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        match text.strip_prefix('}') {
            Some(after) => return after,
            None if text.is_empty() => return text,
            None => {
                text = read_tree(text, path.to_owned(), paths).trim_start_matches(|c: char| c != ',' && c != '}');
            }
        }
    }
}

fn first_word(text: &str) -> &str {
    &text[..text.find(|c: char| !is_of_a_word(c)).unwrap_or(text.len())]
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The file that a path leads into; none for another crate's.
fn file_of<'a>(here: &str, path: &str, files: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let mut module = here.to_owned();
    for (index, step) in path.split("::").enumerate() {
        module = match step {
            "crate" => "crate".to_owned(),
            "self" => module,
            "super" => parent(&module)?.to_owned(),
            child => format!("{module}::{child}"),
        };
        let is_foreign = index == 0 && !["crate", "self", "super"].contains(&step) && !files.contains_key(&module);
        if is_foreign {
            return None;
        }
    }
    loop {
        if let Some((file, _)) = files.get_key_value(&module) {
            return Some(file.as_str());
        }
        module = parent(&module)?.to_owned();
    }
}

fn parent(module: &str) -> Option<&str> {
    module.rsplit_once("::").map(|(parent, _)| parent)
}

#[test]
fn circles_are_found_and_families_are_none() {
    let check = |files: &[(&str, &str)], expected: &[&[&str]]| {
        let files = files.iter().map(|(module, text)| ((*module).to_owned(), (*text).to_owned())).collect();
        let expected: Vec<BTreeSet<&str>> = expected.iter().map(|circle| circle.iter().copied().collect()).collect();
        assert_eq!(circles(&files), expected, "{files:?}");
    };
    let (a, b, c, child) = ("crate::a", "crate::b", "crate::c", "crate::a::child");
    check(&[(a, "use crate::b;"), (b, "use crate::c::{self, C as D};"), (c, "use std::a;")], &[]);
    check(&[(a, "use crate::b;"), (b, "use std::fmt;\nuse crate::{\n    c::{self, C},\n};"), (c, "")], &[]);
    check(&[(a, "use crate::b;"), (b, "use crate::{\n    c::{self, C},\n};"), (c, "use super::a::A;")], &[&[a, b, c]]);
    check(&[(a, "use crate::b;"), (b, "fn b() -> u8 {\n    crate::a::one::<u8>()\n}")], &[&[a, b]]);
    check(&[(a, "use crate::b;"), (b, "// as crate::a\n#[cfg(test)]\nmod tests {\n    use crate::a;\n}")], &[]);
    check(&[(a, "use crate::b;"), (b, "mod inner {\n    use super::B;\n    use crate::a::A;\n}")], &[&[a, b]]);
    check(&[(a, "mod child;\nuse child::C;"), (child, "use super::A;")], &[]);
    check(&[(a, "use self::child::C;"), (child, "use crate::b::B;"), (b, "use crate::a::A;")], &[&[a, child, b]]);
    let other = "crate::a::other";
    check(
        &[(a, "use child::C;"), (child, "use super::other;"), (other, "use super::{A, child::C};")],
        &[&[child, other]],
    );
    check(&[("crate", "use a::A;"), (a, "use crate::B;")], &[&["crate", a]]);
}
