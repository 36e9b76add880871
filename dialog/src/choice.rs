//! The choice that a word means, however it is written: `SI`, `sí`, `Yes`; and the word by which a message says that each is
//! chosen.

use domain::{Ask, AskChoice};

/// What people write for a choice of this id, beside the id and the label.
const WORDS: [(&str, &[&str]); 2] = [("yes", &["y", "yes", "si", "s", "ok"]), ("no", &["n", "no"])];
/// The longest word that people are asked to type.
const LONGEST_WORD: usize = 20;
/// Capital letters beside those of ASCII that a text message of one segment has.
const CAPITALS: &str = "ÄÅÆÇÉÑÖØÜ";

/// None where the word is that of no choice, or of several. A word as it stands goes before the same one without its marks,
/// and both before the number of a choice, from 1.
pub(crate) fn choice_of<'a>(ask: &'a Ask, word: &str) -> Option<&'a AskChoice> {
    let (whole, bare) = (folded(word), without_marks(&folded(word)).to_owned());
    let others = |choice: &AskChoice| {
        let of_this = WORDS.iter().find(|(id, _)| *id == choice.id);
        of_this.is_some_and(|(_, words)| words.contains(&bare.as_str()))
    };
    let is_whole = |choice: &AskChoice| folded(&choice.id) == whole || folded(&choice.label) == whole;
    let is_bare = |choice: &AskChoice| {
        let is_this = |text: &str| !bare.is_empty() && without_marks(&folded(text)) == bare;
        is_this(&choice.id) || is_this(&choice.label) || others(choice)
    };
    if whole.is_empty() {
        return None;
    }
    match meant(ask, is_whole) {
        Meant::None => match meant(ask, is_bare) {
            Meant::None => numbered(ask, &bare),
            Meant::One(choice) => Some(choice),
            Meant::Several => None,
        },
        Meant::One(choice) => Some(choice),
        Meant::Several => None,
    }
}

/// What is typed for each choice, in their order: its label, where that is easily typed, and otherwise its number with the
/// label for which it stands. Whatever it is, [`choice_of`] finds the choice by it.
pub(crate) fn words_of(ask: &Ask) -> Vec<(String, Option<&str>)> {
    (1..).zip(&ask.choices).map(|(number, choice)| word_of(ask, number, choice)).collect()
}

fn word_of<'a>(ask: &Ask, number: usize, choice: &'a AskChoice) -> (String, Option<&'a str>) {
    let means_it = |word: &String| choice_of(ask, word).is_some_and(|found| found.id == choice.id);
    if let Some(label) = easily_typed(&choice.label).filter(means_it) {
        return (label, None);
    }
    let number = Some(number.to_string()).filter(means_it);
    (number.unwrap_or_else(|| choice.id.clone()), Some(&choice.label))
}

enum Meant<'a> {
    None,
    One(&'a AskChoice),
    Several,
}

fn meant(ask: &Ask, is_meant: impl Fn(&AskChoice) -> bool) -> Meant<'_> {
    let mut found = ask.choices.iter().filter(|choice| is_meant(choice));
    match (found.next(), found.next()) {
        (None, _) => Meant::None,
        (Some(choice), None) => Meant::One(choice),
        (Some(_), Some(_)) => Meant::Several,
    }
}

fn numbered<'a>(ask: &'a Ask, word: &str) -> Option<&'a AskChoice> {
    ask.choices.get(word.parse::<usize>().ok()?.checked_sub(1)?)
}

/// A label in capital letters, if these are letters, digits and spaces that every telephone has.
fn easily_typed(label: &str) -> Option<String> {
    let typed: String = label.trim().chars().flat_map(char::to_uppercase).map(plain_capital).collect();
    let is_easy = |c: char| c.is_ascii_alphanumeric() || c == ' ' || CAPITALS.contains(c);
    (typed.chars().count() <= LONGEST_WORD && typed.chars().all(is_easy)).then_some(typed)
}

fn plain_capital(letter: char) -> char {
    if CAPITALS.contains(letter) {
        return letter;
    }
    letter.to_lowercase().map(plain).flat_map(char::to_uppercase).next().unwrap_or(letter)
}

/// In lower case and without accents. Through capital letters, in which messages say what to type: `ß` is `SS` there.
fn folded(text: &str) -> String {
    text.trim().chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).map(plain).collect()
}

/// Without the marks around it.
fn without_marks(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
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
