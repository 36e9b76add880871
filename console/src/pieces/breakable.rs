//! Text that a table has no say in: a code, a name or an address that a machine has made, which takes a new line behind its
//! joints, and what people have written, which has its lines where its words end.

use maud::{Markup, html};

/// Behind these a line may end. Behind a hyphen it may anyway.
const JOINTS: [char; 5] = ['_', '/', '.', ':', '@'];

pub(crate) fn breakable(text: &str) -> Markup {
    html! { @for (at, part) in text.split_inclusive(JOINTS).enumerate() { @if at > 0 { wbr; } (part) } }
}

/// So many letters of a word stay together.
const WHOLE_WORD: usize = 24;

/// What somebody has called something, or has said of it. A word that is longer than any of a language is broken where the
/// line ends: what stands behind it in its row stays in sight.
pub(crate) fn foreign(text: &str) -> Markup {
    html! { @if has_long_word(text) { span.most { (breakable(text)) } } @else { (text) } }
}

pub(crate) fn has_long_word(text: &str) -> bool {
    text.split_whitespace().any(|word| word.chars().count() > WHOLE_WORD)
}

/// So many characters of a masked recipient stay in one line.
const WHOLE_MASK: usize = 20;

/// A recipient without what tells who it is.
pub(crate) fn masked(mask: &str) -> Markup {
    html! {
        @if mask.chars().count() <= WHOLE_MASK { span.whole { (mask) } } @else { span.most { (breakable(mask)) } }
    }
}

#[test]
fn a_mask_stays_in_one_line_unless_it_is_long() {
    let long = format!("***@{}", "x".repeat(WHOLE_MASK - 3));
    for (mask, expected) in [
        ("***@<shop>.example", "<span class=\"whole\">***@&lt;shop&gt;.example</span>".to_owned()),
        (&long[..WHOLE_MASK], format!("<span class=\"whole\">{}</span>", &long[..WHOLE_MASK])),
        (long.as_str(), format!("<span class=\"most\">***@<wbr>{}</span>", &long[4..])),
    ] {
        assert_eq!(masked(mask).into_string(), expected);
    }
}

#[test]
fn a_word_that_is_too_long_is_broken_and_every_other_text_is_left_alone() {
    let (whole, long) = ("ñ".repeat(WHOLE_WORD), "x".repeat(WHOLE_WORD + 1));
    for (text, expected) in [
        ("mended in <march>. again".to_owned(), "mended in &lt;march&gt;. again".to_owned()),
        (String::new(), String::new()),
        (whole.clone(), whole),
        (format!("by {long}"), format!("<span class=\"most\">by {long}</span>")),
        (format!("a_{long}"), format!("<span class=\"most\">a_<wbr>{long}</span>")),
    ] {
        assert_eq!(foreign(&text).into_string(), expected);
    }
}

#[test]
fn a_line_may_end_behind_a_joint_and_nothing_is_markup() {
    for (text, expected) in [
        ("21610", "21610"),
        ("provider_rejected", "provider_<wbr>rejected"),
        ("America/Lima", "America/<wbr>Lima"),
        ("a_<b>", "a_<wbr>&lt;b&gt;"),
        ("ends_", "ends_"),
        ("", ""),
    ] {
        assert_eq!(breakable(text).into_string(), expected);
    }
}
