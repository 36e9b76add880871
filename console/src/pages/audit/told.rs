//! What there is to tell of an entry of the journal, name by name. What was asked for in JSON is told in words, and may be
//! read as it was noted besides.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::words::Words;
use crate::pieces::breakable::breakable;
use crate::words::Lang;

/// How many parts of a thing are told in words, and how many characters of each.
const PARTS: usize = 8;
const PART_CHARS: usize = 80;
/// How many characters are shown of it as it was noted.
const NOTED_CHARS: usize = 4_000;

/// What somebody else has put there may be no JSON.
pub(super) fn told(data: &str, lang: Lang) -> Markup {
    let data: Map<String, Value> = serde_json::from_str(data).unwrap_or_default();
    let told = data.iter().filter(|(_, told)| !told.is_null());
    let (things, plain): (Vec<_>, Vec<_>) =
        told.map(|(name, told)| (name, told, thing(told))).partition(|(_, _, thing)| thing.is_some());
    // Why something was wanted is noted beside what was wanted, too.
    let is_told = |name: &str, part: &Value| plain.iter().any(|(own, told, _)| *own == name && *told == part);
    html! {
        @for (index, (name, told, _)) in plain.iter().enumerate() {
            @if index > 0 { " · " }
            span.soft { (name) } " " span.long { (text(told)) }
        }
        @for (name, told, thing) in &things {
            div { span.soft { (name) } " " (in_words(thing.as_ref(), &is_told, lang)) (as_noted(told, lang)) }
        }
    }
}

/// A value that has parts, also where it was noted as a text.
fn thing(value: &Value) -> Option<Value> {
    let read = match value {
        Value::String(text) if text.starts_with(['{', '[']) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    };
    read.filter(|read| matches!(read, Value::Object(_) | Value::Array(_)))
}

/// The parts of a thing but for those that are told besides.
fn in_words(thing: Option<&Value>, is_told: &dyn Fn(&str, &Value) -> bool, lang: Lang) -> Markup {
    let parts: Vec<(Option<&str>, &Value)> = match thing {
        Some(Value::Object(object)) => {
            let parts = object.iter().filter(|(name, part)| !is_told(name, part));
            parts.map(|(name, part)| (Some(name.as_str()), part)).collect()
        }
        Some(Value::Array(list)) => list.iter().map(|part| (None, part)).collect(),
        _ => Vec::new(),
    };
    let more = parts.len().saturating_sub(PARTS);
    html! {
        @for (index, (name, part)) in parts.iter().take(PARTS).enumerate() {
            @if index > 0 { ", " }
            @if let Some(name) = name { (breakable(name)) " = " }
            span.long { (cut(&text(part), PART_CHARS)) }
        }
        @if more > 0 { ", " ((Words::of(lang).more_parts)(more)) }
    }
}

fn as_noted(told: &Value, lang: Lang) -> Markup {
    html! { details { summary { (Words::of(lang).as_noted) } pre { (cut(&text(told), NOTED_CHARS)) } } }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn in_english(data: &str) -> String {
        told(data, Lang::En).into_string()
    }

    #[test]
    fn nothing_that_is_told_is_markup_and_what_is_no_json_is_not_told() {
        assert_eq!(in_english(r#"{"why":"<b>","count":3}"#).matches("&lt;b&gt;").count(), 1);
        assert_eq!(in_english(r#"{"note":null}"#), "", "what there is nothing to say of");
        assert_eq!(in_english("no JSON"), "");
        assert!(in_english(r#"{"why":"[sic] it was {odd}"}"#).contains(">[sic] it was {odd}<"));
    }

    #[test]
    fn what_was_asked_for_is_told_in_words_and_as_it_was_noted() {
        let wanted = r#"{"action":"replay","group":"<i>","even_waiting":true}"#;
        let page = in_english(&json!({"wanted": wanted, "why": "mended"}).to_string());
        for part in ["action = <span", ">replay<", "even_<wbr>waiting = <span", ">true<", ">&lt;i&gt;<", "mended"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(page.contains("<details><summary>As it was noted</summary><pre>{&quot;action&quot;"), "{page}");
        let page = told(&json!({"difference": [{"field": "/a"}, "b"]}).to_string(), Lang::Es).into_string();
        assert!(page.contains("{&quot;field&quot;:&quot;/a&quot;}</span>, <span class=\"long\">b<"), "{page}");
        assert!(page.contains("<summary>Como se anotó</summary>"), "{page}");
    }

    #[test]
    fn what_is_noted_twice_is_told_once() {
        let wanted = r#"{"action":"replay","letters":2,"why":"mended"}"#;
        let page = in_english(&json!({"letters": 3, "wanted": wanted, "why": "mended"}).to_string());
        let (words, noted) = page.split_once("<details>").unwrap();
        assert!(words.matches("mended").count() == 1 && !words.contains("why = "), "{page}");
        assert!(words.contains("letters = <span class=\"long\">2<"), "what differs is told: {page}");
        assert!(noted.contains("&quot;why&quot;:&quot;mended&quot;"), "{page}");
    }

    #[test]
    fn of_much_only_the_beginning_is_told() {
        let letters: Vec<String> = (0..1_000).map(|letter| format!("ñ{letter:030}")).collect();
        let page = in_english(&json!({"wanted": json!({"letters": letters}).to_string(), "list": letters}).to_string());
        assert!(page.contains("and 992 more") && page.matches('…').count() == 3, "{page}");
        assert!(page.len() < 14_000, "{}", page.len());
        let one = in_english(&json!({"list": vec!["x"; PARTS + 1]}).to_string());
        assert!(one.contains("and 1 more"), "{one}");
    }
}
