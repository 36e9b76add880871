//! Makes foreign text safe where people read it: in logs, on terminals, in the reasons of dead letters.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text in which no character acts: line ends, terminal escapes and characters that turn the direction of text are
/// written as Rust would write them, such as `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if acts(c) => {
                // Writing to a `String` never fails.
                let _infallible = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character acts: C0 and C1 controls, line and paragraph separators, the characters that turn the direction
/// of text (Unicode Bidi_Control), and those that [hide](hides).
pub fn acts(c: char) -> bool {
    let turns = matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || hides(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether nobody sees a character, so that two texts look alike that differ in it: the byte order mark, spaces without width,
/// fillers and tags. The joiners U+200C and U+200D shape what is beside them, and are letters' and emojis' own.
pub fn hides(c: char) -> bool {
    let has_no_width = matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let fills = matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    has_no_width || fills || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// What a character is called where it is refused because nobody can see it: `the control character U+000D`. Those that
/// turn or separate text are no controls.
pub fn unseen(c: char) -> String {
    let kind = if c.is_control() { "control" } else { "invisible" };
    format!("the {kind} character U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown_and_nothing_else_is_changed() {
        for plain in ["", "order-1", "Peñalolén 😀 \\u{1b}", "日本"] {
            assert!(matches!(printable(plain), Cow::Borrowed(same) if same == plain));
        }
        for (c, called) in
            [('\r', "control"), ('\u{85}', "control"), ('\u{2028}', "invisible"), ('\u{feff}', "invisible")]
        {
            assert_eq!(unseen(c), format!("the {called} character U+{:04X}", u32::from(c)));
        }
        let shown = printable("a\r\nb\t\0\u{1b}[31m\u{7f}\u{85}\u{9b}\u{2028}\u{202e}\u{2066}\u{feff}é");
        assert_eq!(printable("t\u{200b}o\u{e0061}"), r"t\u{200b}o\u{e0061}");
        assert_eq!(shown, r"a\r\nb\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{9b}\u{2028}\u{202e}\u{2066}\u{feff}é");
    }
}
