//! What is known of a thing, name by name.

use maud::{Markup, html};

/// One of them, within `dl.facts`.
pub(crate) fn fact(name: &str, what: Markup) -> Markup {
    html! { dt { (name) } dd { (what) } }
}

/// A text that is shown to so many characters. What is left out is told by an ellipsis.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[test]
fn of_a_long_text_the_beginning_is_shown() {
    assert_eq!((cut("ñandú", 5), cut("ñandú", 2)), ("ñandú".to_owned(), "ña…".to_owned()));
    assert_eq!(fact("a<b", html! { (1) }).into_string(), "<dt>a&lt;b</dt><dd>1</dd>");
}
