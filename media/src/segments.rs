//! How many segments an SMS is sent in: each is a message of its own on the network, and costs as much.
//!
//! Sources: the default alphabet and its extension, 3GPP TS 23.038 section 6.2.1 (GSM 03.38); the lengths,
//! <https://www.twilio.com/docs/glossary/what-sms-character-limit>. What Twilio's Smart Encoding would replace is
//! counted as it stands.

/// How a text is written and cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segments {
    pub count: u32,
    /// `GSM-7`, or `UCS-2` if a single character is not in GSM-7.
    pub encoding: &'static str,
}

/// The places in a message that is not cut, and in each segment of one that is: its header takes the rest.
struct Room {
    whole: usize,
    segment: usize,
}

const GSM_7: Room = Room { whole: 160, segment: 153 };
const UCS_2: Room = Room { whole: 70, segment: 67 };

impl Segments {
    pub fn of(text: &str) -> Self {
        if text.chars().all(|c| places_in_gsm_7(c).is_some()) {
            return Self { count: count(text.chars().filter_map(places_in_gsm_7), &GSM_7), encoding: "GSM-7" };
        }
        Self { count: count(text.chars().map(char::len_utf16), &UCS_2), encoding: "UCS-2" }
    }
}

/// Fills one segment after the other. A character of two places is never cut in two, so that the last place of a
/// segment may stay empty.
fn count(characters: impl Iterator<Item = usize> + Clone, room: &Room) -> u32 {
    if characters.clone().sum::<usize>() <= room.whole {
        return 1;
    }
    let (mut segments, mut left) = (1, room.segment);
    for places in characters {
        if places > left {
            segments += 1;
            left = room.segment;
        }
        left -= places;
    }
    segments
}

/// The places that a character takes: two for those of the extension, which begin with an escape.
fn places_in_gsm_7(c: char) -> Option<usize> {
    match c {
        '`' => None,
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' | '\u{c}' => Some(2),
        ' '..='~' | '\n' | '\r' => Some(1),
        '£' | '¥' | '¤' | '§' | '¡' | '¿' => Some(1),
        'à' | 'ä' | 'å' | 'æ' | 'è' | 'é' | 'ì' | 'ñ' | 'ò' | 'ö' | 'ø' | 'ù' | 'ü' | 'ß' => Some(1),
        'Ä' | 'Å' | 'Æ' | 'Ç' | 'É' | 'Ñ' | 'Ö' | 'Ø' | 'Ü' => Some(1),
        'Γ' | 'Δ' | 'Θ' | 'Λ' | 'Ξ' | 'Π' | 'Σ' | 'Φ' | 'Ψ' | 'Ω' => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The table of 3GPP TS 23.038, row by row, without its escape.
    const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
         ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENSION: &str = "\u{c}^{}\\[~]|€";

    #[track_caller]
    fn check(text: &str, count: u32, encoding: &'static str) {
        assert_eq!(Segments::of(text), Segments { count, encoding }, "{} bytes", text.len());
    }

    #[test]
    fn the_alphabet_is_that_of_the_standard_and_no_other_character_is_in_it() {
        let alphabet: BTreeSet<char> = ALPHABET.chars().collect();
        let extension: BTreeSet<char> = EXTENSION.chars().collect();
        assert_eq!((alphabet.len(), extension.len()), (127, 10));
        for c in '\0'..=char::MAX {
            let places = if alphabet.contains(&c) {
                Some(1)
            } else if extension.contains(&c) {
                Some(2)
            } else {
                None
            };
            assert_eq!(places_in_gsm_7(c), places, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn texts_are_cut_where_the_network_cuts_them() {
        for (places, count) in [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4), (1600, 11)]
        {
            check(&"a".repeat(places), count, "GSM-7");
            check(&"ñ".repeat(places), count, "GSM-7");
        }
        for (places, count) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4), (670, 10), (1600, 24)]
        {
            check(&"я".repeat(places), count, "UCS-2");
            check(&"漢".repeat(places), count, "UCS-2");
        }
    }

    #[test]
    fn one_character_that_the_alphabet_lacks_changes_the_whole_text() {
        for other in ["ç", "á", "í", "ó", "ú", "ê", "`", "\t", "“", "’", "–", "…", "\u{a0}", "İ", "👍"]
        {
            check(&format!("{}{other}", "a".repeat(68)), 1, "UCS-2");
            check(&format!("{}{other}", "a".repeat(70)), 2, "UCS-2");
        }
        check("¿Qué tal, señor? Él dijo: 5 €", 1, "GSM-7");
        check("Su código es 4711", 1, "UCS-2");
    }

    #[test]
    fn a_character_of_two_places_is_never_cut() {
        check(&"€".repeat(80), 1, "GSM-7");
        check(&"€".repeat(81), 2, "GSM-7");
        // 76 fit into 153 places.
        check(&"€".repeat(152), 2, "GSM-7");
        check(&"€".repeat(153), 3, "GSM-7");
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(151)), 2, "GSM-7");
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(152)), 3, "GSM-7");
        check(&"👍".repeat(35), 1, "UCS-2");
        check(&"👍".repeat(36), 2, "UCS-2");
        // 33 fit into 67 places.
        check(&"👍".repeat(66), 2, "UCS-2");
        check(&"👍".repeat(67), 3, "UCS-2");
        check(&format!("{}👍{}", "я".repeat(66), "я".repeat(65)), 2, "UCS-2");
        check(&format!("{}👍{}", "я".repeat(66), "я".repeat(66)), 3, "UCS-2");
    }
}
