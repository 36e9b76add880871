//! A setting whose value is a list of known words.

use runtime::settings::{Reader, place_in_list};

/// The characters that other lists have between their words.
const OTHER_COMMAS: [char; 7] = [',', ';', ' ', '\t', '|', '+', '/'];

/// Such a setting.
pub(super) struct List {
    pub(super) name: &'static str,
    /// What each of its words is, such as a channel.
    pub(super) of: &'static str,
    pub(super) known: Vec<&'static str>,
    pub(super) example: &'static str,
    /// The end of what is told of a word that is not known.
    pub(super) otherwise: &'static str,
}

impl List {
    /// Reads the known words. A problem names any other word by its place, because the word may be the value of another
    /// setting. None if the setting is not set.
    pub(super) fn read(&self, reader: &mut Reader) -> Option<Vec<&'static str>> {
        let list = reader.text(self.name)?.to_ascii_lowercase();
        let words = words(&list);
        let pieces: Vec<&str> = list.split(OTHER_COMMAS).map(str::trim).filter(|piece| !piece.is_empty()).collect();
        if pieces.len() > words.len() && pieces.iter().all(|piece| self.known.contains(piece)) {
            reader.refuse(
                self.name,
                format_args!("must have a comma between two {}s, such as {}", self.of, self.example),
            );
            return Some(pieces.into_iter().filter_map(|piece| self.known(piece)).collect());
        }
        if words.is_empty() {
            reader.refuse(self.name, format_args!("names no {}: write one, such as {}", self.of, self.example));
        }
        let twice =
            words.iter().enumerate().find(|(at, word)| words[..*at].contains(word) && self.known.contains(word));
        if let Some((_, word)) = twice {
            reader.refuse(self.name, format_args!("names {word} twice: leave one of the two out"));
        }
        let (right, wrong): (Vec<_>, Vec<_>) =
            words.iter().enumerate().partition(|(_, word)| self.known.contains(word));
        for (at, word) in &wrong {
            let hint = domain::nearest(word, self.known.iter().copied()).map(|near| format!("did you mean {near}? "));
            let place = place_in_list(*at, words.len()).map(|place| format!(", {place}"));
            reader.problem(format!(
                "{} has a word that is no {}{}: {}known are {}{}",
                self.name,
                self.of,
                place.unwrap_or_default(),
                hint.unwrap_or_default(),
                self.known.join(", "),
                self.otherwise
            ));
        }
        if right.is_empty() && !wrong.is_empty() {
            reader.is_wrong(self.name);
        }
        Some(right.into_iter().filter_map(|(_, word)| self.known(word)).collect())
    }

    fn known(&self, word: &str) -> Option<&'static str> {
        self.known.iter().copied().find(|known| *known == word)
    }
}

/// The words of a list as they are written, known or not.
pub(super) fn words(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}
