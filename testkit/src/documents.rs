//! Documents that are generated from the code, and stored beside it for others to read.

use std::path::Path;

/// Set to anything, it has the documents written instead of only compared.
const WRITE: &str = "CHASQUI_WRITE_DOCS";
/// How much of a line is shown, in characters.
const SHOWN: usize = 200;

/// Holds the document that is stored at `path` to the generated text, or stores it if asked to. `tests` is the command
/// whose tests get here.
///
/// # Panics
/// The stored text is another one, or it cannot be written.
pub fn hold_to(path: &Path, generated: &str, tests: &str) {
    if std::env::var_os(WRITE).is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        std::fs::write(path, generated).expect("it is written");
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    if let Some(difference) = first_difference(&stored, generated) {
        panic!("{} is not what the code says: {difference}\nrun `{WRITE}=1 {tests}`", path.display());
    }
}

/// The first line in which two texts differ, by its number and as it stands in both; none where they are the same.
pub fn first_difference(stored: &str, generated: &str) -> Option<String> {
    let (mut stored, mut generated) = (stored.split('\n'), generated.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (stored.next(), generated.next()) {
            (None, None) => return None,
            (stored, generated) if stored == generated => {}
            (stored, generated) => {
                let (stored, generated) = (shown(stored), shown(generated));
                return Some(format!("line {number} differs\n    stored:    {stored}\n    generated: {generated}"));
            }
        }
    }
}

/// A line with what is invisible in it; there may be none.
fn shown(line: Option<&str>) -> String {
    let Some(line) = line else { return "no such line".to_owned() };
    let (beginning, is_whole) = match line.char_indices().nth(SHOWN) {
        Some((end, _)) => (&line[..end], false),
        None => (line, true),
    };
    format!("{beginning:?}{}", if is_whole { "" } else { "…" })
}
