//! Text that must stay on one line.

use domain::{is_unsafe_in_a_line, unseen};

/// Refuses a text that would split a header, or that disguises what people read: C0 and C1 controls, line and paragraph
/// separators, and the characters that turn the direction of text (Unicode Bidi_Control).
///
/// # Errors
/// A text that begins with "must".
pub fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("must not be empty".into());
    }
    match text.chars().find(|&c| is_unsafe_in_a_line(c)) {
        Some(c) => Err(format!("must not contain {}", unseen(c))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_splits_or_disguises_a_line_is_refused() {
        for bad in ["", "a\rb", "a\nb", "a\tb", "a\0", "\u{85}", "\u{2028}", "\u{202e}", "\u{200f}"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert_eq!(check("Peñalolén 😀"), Ok(()));
    }
}
