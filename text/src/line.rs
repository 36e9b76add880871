//! Text that must stay on one line, and look like what it is.

use crate::printable::unseen;

/// The most characters of a subject or title.
pub const MAX_SUBJECT_CHARS: usize = 998;

/// The character that closes an isolate.
const POP_ISOLATE: char = '\u{2069}';

/// Whether a character must not stand in an id or a destination: C0 and C1 controls, line and paragraph separators, and
/// the characters that turn text direction (Unicode Bidi_Control) split headers or disguise what people read.
pub fn is_unsafe_in_a_line(c: char) -> bool {
    splits_a_line(c) || turns_text(c) || isolates(c) || matches!(c, POP_ISOLATE | '\u{061c}' | '\u{200e}' | '\u{200f}')
}

/// The rule for subjects and titles. The marks U+200E, U+200F and U+061C turn nothing but themselves, and formatters of
/// Arabic, Hebrew and Persian write them; isolates (U+2066 to U+2068) end where they are closed.
///
/// # Errors
/// A text that begins with "must".
pub fn check_subject(text: &str) -> Result<(), String> {
    let mut open = 0_usize;
    for c in text.chars() {
        match c {
            _ if splits_a_line(c) => return Err(format!("must not contain {}", unseen(c))),
            _ if turns_text(c) => {
                return Err(format!("must not contain {}, which turns the text after it: leave it out", unseen(c)));
            }
            _ if isolates(c) => open += 1,
            POP_ISOLATE if open == 0 => return Err("must not contain U+2069 where no isolate is open".into()),
            POP_ISOLATE => open -= 1,
            _ => {}
        }
    }
    if open > 0 { Err("must close each isolate (U+2066 to U+2068) with U+2069".into()) } else { Ok(()) }
}

/// Turns what a template made into a subject that [`check_subject`] accepts. Line breaks, controls and characters that
/// turn text become one space with the white space around them, isolates are closed, and a long text is cut.
pub fn folded_subject(text: &str) -> String {
    let breaks = |c: char| splits_a_line(c) || turns_text(c);
    let mut line = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_whitespace() && !breaks(c)) {
        let (gap, words) = rest.split_at(start);
        if !line.is_empty() {
            line.push_str(if gap.contains(breaks) { " " } else { gap });
        }
        let end = words.find(|c: char| c.is_whitespace() || breaks(c)).unwrap_or(words.len());
        line.push_str(&words[..end]);
        rest = &words[end..];
    }
    if let Some((cut, _)) = line.char_indices().nth(MAX_SUBJECT_CHARS) {
        line.truncate(cut);
    }
    close_isolates(line)
}

fn close_isolates(line: String) -> String {
    if !line.contains(|c| isolates(c) || c == POP_ISOLATE) {
        return line;
    }
    let mut open = 0_usize;
    let mut closed: String = line
        .chars()
        .filter(|&c| {
            let stray = c == POP_ISOLATE && open == 0;
            open = if isolates(c) { open + 1 } else { open - usize::from(c == POP_ISOLATE && !stray) };
            !stray
        })
        .collect();
    closed.extend(std::iter::repeat_n(POP_ISOLATE, open));
    closed
}

fn splits_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character is an embedding or an override, which turns text until another character ends it.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}')
}

fn isolates(c: char) -> bool {
    matches!(c, '\u{2066}'..='\u{2068}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_kept_and_what_turns_other_text_is_refused() {
        for good in [
            "",
            "  two  spaces ",
            "ご注文\u{3000}確認",
            "Arrivée\u{a0}: 5\u{202f}août",
            "فاتورتك 20\u{200f}/11\u{200f}/2025",
            "\u{200e}Order 12",
            "Ana \u{61c}1",
            "می\u{200c}خواهم",
            "for \u{2068}Ana\u{2069} and \u{2067}א\u{2066}b\u{2069}\u{2069}",
        ] {
            assert_eq!(check_subject(good), Ok(()), "{good:?}");
        }
        for (bad, why) in [
            ("a\r\nBcc: z", "must not contain the control character U+000D"),
            ("a\tb", "must not contain the control character U+0009"),
            ("a\u{2028}b", "must not contain the invisible character U+2028"),
            ("\u{202e}gpj.exe", "must not contain the invisible character U+202E, which turns"),
            ("\u{202a}a\u{202c}", "must not contain the invisible character U+202A, which turns"),
            ("\u{2067}open", "must close each isolate"),
            ("a\u{2069}", "must not contain U+2069 where no isolate is open"),
            ("\u{2069}\u{2067}", "must not contain U+2069"),
        ] {
            let refused = check_subject(bad).unwrap_err();
            assert!(refused.starts_with(why), "{bad:?}: {refused}");
        }
    }

    #[test]
    fn what_a_template_made_becomes_a_subject() {
        for (made, expected) in [
            ("Hi A\r\nBcc: x\u{2028}y\u{202e}z", "Hi A Bcc: x y z"),
            ("one \n\t two\u{a0}\u{a0}three  four", "one two\u{a0}\u{a0}three  four"),
            ("\n\u{202e}\n", ""),
            ("20\u{200f}/11", "20\u{200f}/11"),
            ("\u{2067}a", "\u{2067}a\u{2069}"),
            ("a\u{2069}b \u{2068}c\u{2069}", "ab \u{2068}c\u{2069}"),
        ] {
            assert_eq!(folded_subject(made), expected, "{made:?}");
            assert_eq!(check_subject(&folded_subject(made)), Ok(()));
        }
        let long = folded_subject(&"\u{2067}é".repeat(998));
        assert_eq!(check_subject(&long), Ok(()));
        assert_eq!(folded_subject(&"é".repeat(2_000)).chars().count(), 998);
    }
}
