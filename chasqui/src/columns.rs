//! Rows of a list, one below the other.

use std::borrow::Cow;

use domain::printable;

use serde_json::Value;

use crate::output::{self, say};

/// A list: a JSON object for each line at once, or all of them below a heading at its end.
pub(crate) struct List<const N: usize> {
    as_json: bool,
    rows: Vec<[String; N]>,
}

impl<const N: usize> List<N> {
    pub(crate) fn new(as_json: bool) -> Self {
        Self { as_json, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, json: impl FnOnce() -> Value, row: impl FnOnce() -> [String; N]) {
        match self.as_json {
            true => output::json(&json()),
            false => self.rows.push(row()),
        }
    }

    /// Ends it; `none` is said where nothing is in it.
    pub(crate) fn end(&self, heading: [&str; N], none: &str) {
        match (self.as_json, self.rows.is_empty()) {
            (true, _) => {}
            (false, true) => say!("{none}"),
            (false, false) => print(heading, &self.rows),
        }
    }
}

/// Prints a heading and rows, each column as wide as its widest text. The last column is not padded.
fn print<const N: usize>(heading: [&str; N], rows: &[[String; N]]) {
    let cells = |row: &[String; N]| row.iter().map(|text| printable(text).into_owned()).collect::<Vec<_>>();
    let mut lines = vec![heading.map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(cells));
    let widths: Vec<usize> =
        (0..N).map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0)).collect();
    lines.iter().for_each(|line| say!("{}", aligned(line, &widths)));
}

fn aligned(line: &[String], widths: &[usize]) -> String {
    let last = line.len().saturating_sub(1);
    let padded = line.iter().zip(widths).enumerate().map(|(at, (text, &width))| match at == last {
        true => Cow::Borrowed(text.as_str()),
        false => Cow::Owned(format!("{text:<width$}")),
    });
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let line = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
        assert_eq!(aligned(&line(["a", "bb", "c"]), &[3, 2, 9]), "a    bb  c");
        assert_eq!(aligned(&line(["a", "", ""]), &[1, 2, 9]), "a");
    }
}
