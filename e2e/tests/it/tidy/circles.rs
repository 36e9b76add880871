//! Finds files of one crate that need each other in a circle.
//!
//! A file and the files in its folder may need each other, and the latter each other through it: that is how a module
//! is cut. The crate's root is no such folder, or every circle would be one through it.

mod needs;

use std::collections::{BTreeMap, BTreeSet};

use needs::{Needs, needs};

/// Each circle by the files that are in it; `files` are the texts by the path of their module.
pub(crate) fn circles(files: &BTreeMap<String, String>) -> Vec<BTreeSet<&str>> {
    let needs = needs(files);
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
    check(&[("crate", "mod a;\nfn f() {\n    a::run();\n}"), (a, "use crate::B;")], &[&["crate", a]]);
}

#[test]
fn what_is_exported_again_is_needed_of_the_file_that_defines_it() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        let files = files.iter().map(|(module, text)| ((*module).to_owned(), (*text).to_owned())).collect();
        assert_eq!(needs(&files)["crate::a"], expected.iter().copied().collect(), "{files:?}");
    };
    let (a, b, c, child) = ("crate::a", "crate::b", "crate::c", "crate::b::child");
    let root = |text| ("crate", text);
    check(&[root("pub use b::B;"), (a, "use crate::B;"), (b, "")], &[b]);
    check(&[root("pub(crate) use b::{B, D as E};"), (a, "fn a(e: crate::E) {}"), (b, "")], &[b]);
    check(&[root("pub use b::{B, D as E};"), (a, "use crate::D;"), (b, "")], &["crate"]);
    check(&[root("pub use crate::b::{self as other, B};"), (a, "use super::other::B;"), (b, "")], &[b]);
    check(&[root("pub use b::C;"), (a, "use crate::C;"), (b, "pub use super::c::C;"), (c, "")], &[c]);
    check(&[root(""), (a, "use crate::b::B;"), (b, "pub use child::B;"), (child, "")], &[child]);
    check(&[root(""), (a, "use crate::b::B;"), (b, "mod inner {\n    pub use super::B;\n}"), (child, "")], &[b]);
    check(&[root(""), (a, "use crate::b::inner::B;"), (b, "mod inner {\n    pub use crate::c::B;\n}"), (c, "")], &[c]);
    check(&[root("pub use other::B;"), (a, "use crate::B;"), (b, "")], &[]);
    check(&[root("pub use b::b;"), (a, "use crate::B;\nuse crate::b::b;"), (b, "pub use super::b;")], &["crate", b]);
    check(&[root("pub use b::*;"), (a, "use crate::B;"), (b, "")], &["crate"]);
}
