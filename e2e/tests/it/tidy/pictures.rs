//! The pictures of `docs/pictures`: pages show each of them and say what is seen, and all of them are small.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::map::{pages_of_today, without_listings};
use super::{read, root};

/// The most bytes of one picture and of all: everybody who clones the project loads them.
const MAX_BYTES: u64 = 120_000;
const MAX_BYTES_OF_ALL: u64 = 800_000;
/// Fewer words do not say what is seen.
const MIN_WORDS: usize = 8;

#[test]
fn pages_show_every_picture_that_there_is_and_say_what_is_seen() {
    let mut shown = BTreeSet::new();
    for page in pages_of_today() {
        let text = without_listings(&read(&page));
        for (words, target) in pictures(&text) {
            let name = page.display();
            assert!(words.split_whitespace().count() >= MIN_WORDS, "{name} says of {target} only `{words}`");
            shown.insert(page.parent().expect("a folder").join(target));
        }
    }
    let there: BTreeSet<PathBuf> = made().into_iter().map(|(path, _)| path).collect();
    assert_eq!(shown, there, "pages show the left ones, and the right ones are there");
}

#[test]
fn pictures_are_small() {
    let made = made();
    let large: Vec<_> = made.iter().filter(|(_, bytes)| *bytes > MAX_BYTES).collect();
    assert!(large.is_empty(), "more than {MAX_BYTES} bytes: {large:?}");
    let all: u64 = made.iter().map(|(_, bytes)| bytes).sum();
    assert!(all <= MAX_BYTES_OF_ALL, "all pictures have {all} bytes, and at most {MAX_BYTES_OF_ALL} are wanted");
}

/// What stands for each picture of a page, and where it lies: `![words](target)`, in one line.
fn pictures(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.lines().flat_map(|line| line.split("![").skip(1)).filter_map(|rest| {
        let (words, rest) = rest.split_once("](")?;
        let (target, _) = rest.split_once(')')?;
        Some((words, target))
    })
}

/// What `tools/pictures` has made, with its bytes.
fn made() -> Vec<(PathBuf, u64)> {
    let entries = std::fs::read_dir(root().join("docs/pictures")).expect("pictures");
    let entries = entries.map(|entry| entry.expect("an entry"));
    entries.map(|entry| (entry.path(), entry.metadata().expect("a file").len())).collect()
}
