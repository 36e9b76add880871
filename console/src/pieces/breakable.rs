//! A code, a name or an address that a machine has made: it takes a new line behind its joints, and not within a word.

use maud::{Markup, html};

/// Behind these a line may end. Behind a hyphen it may anyway.
const JOINTS: [char; 5] = ['_', '/', '.', ':', '@'];

pub(crate) fn breakable(text: &str) -> Markup {
    html! { @for (at, part) in text.split_inclusive(JOINTS).enumerate() { @if at > 0 { wbr; } (part) } }
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
