//! Finds the known name that somebody meant.

use strsim::osa_distance;

/// A longer name is not compared: nobody misspells so long a name.
pub const MAX_COMPARED_BYTES: usize = 64;

/// How many of the names that a stranger wrote are compared with known ones: nobody reads more hints.
pub const MAX_COMPARED_NAMES: usize = 100;

/// The known name of which `name` is most likely a misspelling: the same but for its case and separators, its plural,
/// or one edit away (two, from seven letters on).
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    near(name, known, 0)
}

/// The same as [`nearest`], when there are few known names: then one edit away is near enough from three letters on.
pub fn nearest_of_few<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    near(name, known, 1)
}

fn near<'k>(name: &str, known: impl IntoIterator<Item = &'k str>, of_three: usize) -> Option<&'k str> {
    if name.len() > MAX_COMPARED_BYTES {
        return None;
    }
    let name = plain(name);
    let near = known.into_iter().filter_map(|known| Some((distance(&name, &plain(known), of_three)?, known)));
    near.min_by_key(|(edits, _)| *edits).map(|(_, known)| known)
}

/// The distance of two names if that is small enough. `of_three` edits are allowed from a name of three letters.
fn distance(name: &str, known: &str, of_three: usize) -> Option<usize> {
    if name == known {
        return Some(0);
    }
    if name.strip_suffix('s') == Some(known) || known.strip_suffix('s') == Some(name) {
        return Some(1);
    }
    let allowed = match known.len() {
        0..=2 => 0,
        3 => of_three,
        4..=6 => 1,
        _ => 2,
    };
    let close = name.len().abs_diff(known.len()) <= allowed;
    close.then(|| osa_distance(name, known)).filter(|edits| *edits <= allowed)
}

/// A name in lower case, without separators.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ' | ':' | '/')).flat_map(char::to_lowercase).collect()
}

/// Whether two plain names differ by one edit: a letter more, a letter less, another letter, or two letters that
/// changed places.
pub fn is_one_edit(name: &str, known: &str) -> bool {
    name.len().abs_diff(known.len()) <= 1 && osa_distance(name, known) == 1
}

#[cfg(test)]
mod tests;
