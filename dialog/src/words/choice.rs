//! The choice that a word means, however it is written: `SI`, `sí`, `Yes`.

use domain::{Ask, AskChoice};

/// What people write for a choice of this id, beside the id and the label.
const WORDS: [(&str, &[&str]); 2] = [("yes", &["y", "yes", "si", "s", "ok"]), ("no", &["n", "no"])];

/// None where the word is that of no choice, or of several.
pub(super) fn choice_of<'a>(ask: &'a Ask, word: &str) -> Option<&'a AskChoice> {
    let word = folded(word);
    let means = |choice: &&AskChoice| {
        let others = WORDS.iter().find(|(id, _)| *id == choice.id).map_or(&[][..], |(_, words)| *words);
        folded(&choice.id) == word || folded(&choice.label) == word || others.contains(&word.as_str())
    };
    let mut found = ask.choices.iter().filter(means);
    let choice = found.next().filter(|_| !word.is_empty())?;
    found.next().is_none().then_some(choice)
}

/// In lower case, without accents and without marks around it.
fn folded(text: &str) -> String {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

/// A letter without the accent that people leave out where they type on a telephone.
const fn plain(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests;
