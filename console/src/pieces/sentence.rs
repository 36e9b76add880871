//! A sentence that programs and people are told alike: on a page, words of code are set as code, and instants are times.

use domain::Timestamp;
use maud::{Markup, html};

use crate::pieces::time::instant;

/// The mark before and behind words of code.
const MARK: char = '`';
/// The shortest instant: `2026-03-01T09:00:00Z`.
const SHORTEST: usize = 20;

/// A piece of a sentence.
enum Part<'a> {
    Words(&'a str),
    Code(&'a str),
    At(Timestamp),
}

/// The sentence with its words of code and its instants. A mark that has no other one behind it stays as it is.
pub(crate) fn sentence_of(text: &str) -> Markup {
    html! {
        @for part in parts(text) {
            @match part {
                Part::Words(words) => { (words) }
                Part::Code(code) => { code { (code) } }
                Part::At(at) => { (instant(at)) }
            }
        }
    }
}

fn parts(mut text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while let Some((before, code, behind)) = code_in(text) {
        with_instants(before, &mut parts);
        parts.push(Part::Code(code));
        text = behind;
    }
    with_instants(text, &mut parts);
    parts
}

/// What stands before the first words of code, these words, and what stands behind them.
fn code_in(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(MARK)?;
    let (code, behind) = rest.split_once(MARK)?;
    Some((before, code, behind))
}

fn with_instants<'a>(mut text: &'a str, parts: &mut Vec<Part<'a>>) {
    while let Some((before, at, behind)) = instant_in(text) {
        parts.extend([Part::Words(before), Part::At(at)]);
        text = behind;
    }
    parts.push(Part::Words(text));
}

/// What stands before the first instant in UTC, that instant, and what stands behind it.
fn instant_in(text: &str) -> Option<(&str, Timestamp, &str)> {
    let mut ends = text.match_indices('Z').map(|(at, _)| at + 1);
    ends.find_map(|end| {
        let is_of_one = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 'T' | 'Z');
        let written = text[..end].char_indices().rev().take_while(|(_, c)| is_of_one(*c));
        let begin = written.last().map_or(end, |(at, _)| at);
        if end - begin < SHORTEST {
            return None;
        }
        let at = Timestamp::parse_rfc3339(&text[begin..end]).ok()?;
        Some((&text[..begin], at, &text[end..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(sentence_of(text).into_string(), expected, "{text}");
    }

    #[test]
    fn words_of_code_are_code_and_nothing_is_markup() {
        check("The event `notification.<sent>` is told.", "The event <code>notification.&lt;sent&gt;</code> is told.");
        check("`a`: `b`", "<code>a</code>: <code>b</code>");
        check("5` long, <b>", "5` long, &lt;b&gt;");
        check("", "");
    }

    #[test]
    fn instants_are_times_wherever_they_stand() {
        let time = |at: &str, shown: &str| format!("<time datetime=\"{at}\">{shown}</time>");
        let nine = time("2026-03-01T09:00:00Z", "2026-03-01 09:00:00 UTC");
        let fraction = time("2026-03-01T09:00:00.250Z", "2026-03-01 09:00:00 UTC");
        check("From 2026-03-01T09:00:00Z on.", &format!("From {nine} on."));
        check("ñ2026-03-01T09:00:00Z", &format!("ñ{nine}"));
        check("`expires_at` (2026-03-01T09:00:00Z)", &format!("<code>expires_at</code> ({nine})"));
        check("2026-03-01T09:00:00.250Z. Z, 7Z", &format!("{fraction}. Z, 7Z"));
        check("2026-13-01T09:00:00Z", "2026-13-01T09:00:00Z");
    }
}
