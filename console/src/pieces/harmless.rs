//! Makes foreign text harmless at the one place that all of it passes on its way to a reader: ids, codes, names and words of
//! others may have characters that act, on a terminal that shows the source of a page as well as in a browser.

use domain::{acts, printable};
use maud::{Markup, PreEscaped};

/// What a form gives back as it was: what stands there is no text that somebody reads.
const GIVEN_BACK: [&str; 2] = [" value=", " name="];
const AREA: (&str, &str) = ("textarea", "/textarea");

/// A page, or a part of one, in which no character acts, as [`printable`] writes them. Lines and tabs stay, and what forms give
/// back.
pub(crate) fn harmless(page: Markup) -> Markup {
    if !page.0.chars().any(is_shown) {
        return page;
    }
    let mut shown = String::with_capacity(page.0.len() + 64);
    let (mut rest, mut is_given_back) = (page.0.as_str(), false);
    while let Some((words, behind)) = rest.split_once('<') {
        if is_given_back {
            shown.push_str(words);
        } else {
            push(&mut shown, words);
        }
        let end = behind.find('>').map_or(behind.len(), |end| end + 1);
        let (inside, next) = behind.split_at(end);
        is_given_back = inside.starts_with(AREA.0) || (is_given_back && !inside.starts_with(AREA.1));
        shown.push('<');
        push_attributes(&mut shown, inside);
        rest = next;
    }
    push(&mut shown, rest);
    PreEscaped(shown)
}

/// What acts on somebody who reads it, and is no new line and no tab.
fn is_shown(c: char) -> bool {
    acts(c) && !matches!(c, '\n' | '\r' | '\t')
}

fn push(shown: &mut String, text: &str) {
    for c in text.chars() {
        match is_shown(c) {
            true => shown.push_str(&printable(c.encode_utf8(&mut [0; 4]))),
            false => shown.push(c),
        }
    }
}

/// Every other part between quotation marks is a value: in one they are escaped.
fn push_attributes(shown: &mut String, tag: &str) {
    let mut name = "";
    for (at, part) in tag.split('"').enumerate() {
        if at > 0 {
            shown.push('"');
        }
        let is_kept = at % 2 == 1 && GIVEN_BACK.iter().any(|kept| name.ends_with(kept));
        if is_kept {
            shown.push_str(part);
        } else {
            push(shown, part);
        }
        name = part;
    }
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    #[test]
    fn what_acts_is_written_out_where_it_is_read_and_nowhere_else() {
        let text = "a\u{1b}[31m<b>\u{202e}\"é";
        let page = html! {
            p title=(text) { (text) }
            input name=(text) value=(text);
            textarea { (text) }
            pre { "x\n\t" (text) }
        };
        let escaped = "a\u{1b}[31m&lt;b&gt;\u{202e}&quot;é";
        let written = r"a\u{1b}[31m&lt;b&gt;\u{202e}&quot;é";
        let expected = format!(
            "<p title=\"{written}\">{written}</p><input name=\"{escaped}\" value=\"{escaped}\"><textarea>{escaped}</textarea>\
             <pre>x\n\t{written}</pre>"
        );
        assert_eq!(harmless(page).into_string(), expected);
    }

    #[test]
    fn a_page_in_which_nothing_acts_stays_as_it_is() {
        for page in ["", "<p>Peñalolén 👩\u{200d}💻\n</p>", "<p", "no markup", "<br><"] {
            assert_eq!(harmless(PreEscaped(page.to_owned())).into_string(), page);
        }
        for (cut, expected) in [("\u{7}<p", r"\u{7}<p"), ("<p\u{7}", r"<p\u{7}"), ("<p>\u{7}<", r"<p>\u{7}<")] {
            assert_eq!(harmless(PreEscaped(cut.to_owned())).into_string(), expected);
        }
    }
}
