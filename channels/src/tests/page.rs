//! The table of `docs/fake.md` that says what becomes of each code of a provider.

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../docs/fake.md");
const HEADING: &str = "\n## What becomes of a code\n";

/// Codes that a provider answers beside this status, and the word for how our client takes them.
pub(crate) struct Row {
    pub(crate) provider: &'static str,
    pub(crate) status: u16,
    pub(crate) codes: Vec<String>,
    pub(crate) outcome: &'static str,
}

pub(crate) fn rows() -> Vec<Row> {
    let section = PAGE.split(HEADING).nth(1).expect("the page has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows: Vec<Row> = section.lines().filter_map(row).collect();
    assert!(rows.len() > 10, "the rows were found");
    rows
}

/// Every code of a provider in the table.
pub(crate) fn codes_of(provider: &str) -> BTreeSet<String> {
    rows().into_iter().filter(|row| row.provider == provider).flat_map(|row| row.codes).collect()
}

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let (provider, status) = (cells.next()?.trim_matches('`'), cells.next()?.parse().ok()?);
    let (codes, outcome) = (cells.next()?, cells.next()?.trim_matches('`'));
    Some(Row { provider, status, codes: codes.split(',').flat_map(named).collect(), outcome })
}

/// What "`190`" and "`200` to `299`" name.
fn named(text: &str) -> Vec<String> {
    let mut ends = text.split('`').skip(1).step_by(2);
    let first = ends.next().unwrap_or_else(|| panic!("{text} names no code"));
    let Some(last) = ends.next() else { return vec![first.to_owned()] };
    let [first, last] = [first, last].map(|end| end.parse::<u32>().expect("the end of a range"));
    (first..=last).map(|code| code.to_string()).collect()
}
