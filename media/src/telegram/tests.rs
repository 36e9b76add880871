//! What a chat is, how long a text may be, and what is no button, no tag and no message to be edited.

use serde_json::json;

use super::*;
use crate::buttons::Press;

fn told(text: &str, data: Value) -> Vec<String> {
    let Value::Object(data) = data else { panic!("{data}") };
    let words = Words { subject: None, text, data: &data, mail: None };
    faults(&words).iter().map(ToString::to_string).collect()
}

#[test]
fn a_destination_is_the_number_of_a_chat_or_the_name_of_a_public_one() {
    let edge = ["4503599627370495", "-4503599627370495", "-1002147483648", "1", "@abcd", "@News_2026"];
    let long = format!("@{}", "a".repeat(32));
    for good in edge.into_iter().chain([long.as_str()]) {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    let too_long = format!("@{}", "a".repeat(33));
    for bad in [
        "0",
        "-0",
        "+14155550100",
        "04711",
        "4711 ",
        "4503599627370496",
        "-4503599627370496",
        "9223372036854775808",
        "1e5",
        "@",
        "@abc",
        "@1abcd",
        "@_abcd",
        "@año_2026",
        "@a b c",
        "news_channel",
        "https://t.me/news",
        too_long.as_str(),
    ] {
        assert!(check(bad).is_err_and(|why| why.starts_with("must be a chat's number")), "{bad}");
    }
    assert_eq!(
        (compared("@News_2026"), compared("-4711"), compared("NEWS")),
        ("@news_2026".into(), "-4711".into(), "NEWS".into())
    );
}

#[test]
fn a_text_is_counted_as_telegram_counts_it() {
    for (text, fits) in [
        ("é".repeat(4096), true),
        ("é".repeat(4097), false),
        ("😀".repeat(2048), true),
        (format!("{}a", "😀".repeat(2048)), false),
        (format!("\n {} \n", "a".repeat(4096)), true),
    ] {
        assert_eq!(told(&text, json!({})).is_empty(), fits, "{} bytes", text.len());
    }
    let why = "message has 4097 characters as UTF-16 counts them, Telegram takes 4096";
    assert_eq!(told(&"a".repeat(4097), json!({})), [why]);
    let html = json!({ "telegram": { "format": "html" } });
    assert_eq!(told(&format!("<b>{}</b>&amp;", "a".repeat(4095)), html.clone()), [""; 0], "tags do not count");
    assert_eq!(told(&format!("<b>{}</b>&amp;", "a".repeat(4096)), html), [why]);
    for empty in ["", " \n"] {
        assert_eq!(told(empty, json!({})), ["message must not be empty"]);
    }
}

#[test]
fn a_text_without_a_format_has_no_tags_whatever_is_in_it() {
    for text in ["<b>", "a < b && c > d", "*x* _y_ [z](https://example.org)", "&nbsp;"] {
        assert_eq!(told(text, json!({})), [""; 0], "{text}");
        assert_eq!(told(text, json!({ "telegram": null, "buttons": null })), [""; 0], "{text}");
    }
}

#[test]
fn tags_become_entities_that_are_counted_in_units_of_utf_16() {
    let entity = |kind, offset, length| Entity { kind, offset, length, url: None, language: None };
    for (html, text, entities) in [
        ("plain &lt;b&gt; &amp;amp; &quot;&#128512;&#x1F600;", "plain <b> &amp; \"😀😀", vec![]),
        ("😀<b>é</b>!", "😀é!", vec![entity("bold", 2, 1)]),
        ("<i>a<B>b</b></I>", "ab", vec![entity("italic", 0, 2), entity("bold", 1, 1)]),
        ("<u></u>x", "x", vec![]),
        (
            "<s>a</s><ins>b</ins><del>c</del>",
            "abc",
            vec![entity("strikethrough", 0, 1), entity("underline", 1, 1), entity("strikethrough", 2, 1)],
        ),
        (
            "<span class=\"tg-spoiler\">a</span><tg-spoiler>b</tg-spoiler>",
            "ab",
            vec![entity("spoiler", 0, 1), entity("spoiler", 1, 1)],
        ),
        ("<blockquote expandable>a\nb</blockquote>", "a\nb", vec![entity("expandable_blockquote", 0, 3)]),
        ("<code>a &lt; b</code>", "a < b", vec![entity("code", 0, 5)]),
        (
            "<pre><code class=\"language-rust\">fn</code></pre>",
            "fn",
            vec![Entity { language: Some("rust".into()), ..entity("pre", 0, 2) }],
        ),
        (
            "<a href='https://example.org/?a=1&amp;b=2'>x</a>",
            "x",
            vec![Entity { url: Some("https://example.org/?a=1&b=2".into()), ..entity("text_link", 0, 1) }],
        ),
    ] {
        assert_eq!(styled(html), Ok(Styled { text: text.into(), entities }), "{html}");
    }
}

#[test]
fn what_is_no_tag_of_telegrams_is_told_with_what_to_write() {
    for (html, words) in [
        ("a < b", "begins no tag: write &lt;"),
        ("a > b", "ends no tag: write &gt;"),
        ("a & b", "write &amp;"),
        ("&nbsp;", "write &amp;"),
        ("&#0;", "write &amp;"),
        ("&#xD800;", "write &amp;"),
        ("&lt", "write &amp;"),
        ("<p>a</p>", "does not know"),
        ("<br>", "does not know"),
        ("<>", "does not know"),
        ("<b", "begins no tag"),
        ("<b>a", "is not closed"),
        ("a</b>", "not the last that was opened"),
        ("<b><i>a</b></i>", "not the last that was opened"),
        ("<b class=\"x\">a</b>", "does not take there"),
        ("<a>x</a>", "without a href"),
        ("<a href=\"javascript:x\">x</a>", "without a href"),
        ("<a href=\"/x\">x</a>", "without a href"),
        ("<a href=https://example.org>x</a>", "cannot be read"),
        ("<a href=\"https://example.org\" title=\"x\">x</a>", "cannot be read"),
        ("<span>x</span>", "tg-spoiler"),
        ("<code><b>x</b></code>", "within code or pre"),
        ("<pre>x<code class=\"language-rust\">y</code></pre>", "within code or pre"),
        ("<blockquote><blockquote>x</blockquote></blockquote>", "within another"),
        ("<b></b>", "must not be empty"),
    ] {
        let told = told(html, json!({ "telegram": { "format": "html" } }));
        assert!(told.len() == 1 && told[0].starts_with("message ") && told[0].contains(words), "{html}: {told:?}");
    }
}

#[test]
fn buttons_are_rows_of_a_text_with_data_or_a_url() {
    let yes = json!({ "text": "Sí 👍", "data": "x".repeat(64) });
    let link = json!({ "text": "Open", "url": "https://example.org/a?b=c", "data": null });
    for buttons in [
        Value::Null,
        json!([]),
        json!([[yes, link], [{ "text": "Chat", "url": "tg://user?id=4711" }]]),
        json!(vec![vec![yes.clone(); 10]; 10]),
    ] {
        assert_eq!(told("Hi", json!({ "buttons": buttons.clone() })), [""; 0], "{buttons}");
    }
    let Value::Object(data) = json!({ "buttons": [[yes, link]] }) else { unreachable!() };
    let rows = buttons::rows(&data).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0][0].text, rows[0][0].press), ("Sí 👍", Press::Data(&"x".repeat(64))));
    assert_eq!((rows[0][1].text, rows[0][1].press), ("Open", Press::Url("https://example.org/a?b=c")));
}

#[test]
fn all_that_is_no_button_is_named_at_once() {
    for no_list in [json!({}), json!("yes"), json!(7)] {
        let why = "data/buttons must be a list of rows, each of them a list of buttons";
        assert_eq!(told("Hi", json!({ "buttons": no_list })), [why]);
    }
    let one = json!({ "text": "a", "data": "b" });
    let many = json!(vec![vec![one.clone(); 101]; 1]);
    assert_eq!(told("Hi", json!({ "buttons": many })), ["data/buttons has 101 buttons, Telegram takes 100"]);
    let wrong = json!([
        one,
        [],
        [7, {}, { "text": " ", "data": "" }, { "text": "a\nb", "data": "ñ".repeat(33) }],
        [{ "text": "a", "url": "javascript:x" }, { "text": "a", "data": "b", "url": "https://example.org" }],
        [{ "text": "a", "dta": "b" }, { "text": "a", "data": 7 }],
    ]);
    let either = "must have either data or url";
    let url = "must be a URL that begins with https://, http://, tg://";
    let expected = [
        "data/buttons/0 must be a list of at least one button".to_owned(),
        "data/buttons/1 must be a list of at least one button".to_owned(),
        "data/buttons/2/0 must be an object with text, and data or url".to_owned(),
        "data/buttons/2/1/text must be one line of text".to_owned(),
        format!("data/buttons/2/1 {either}"),
        "data/buttons/2/2/text must be one line of text".to_owned(),
        "data/buttons/2/2/data must be a text of 1 to 64 bytes".to_owned(),
        "data/buttons/2/3/text must be one line of text".to_owned(),
        "data/buttons/2/3/data must be a text of 1 to 64 bytes".to_owned(),
        format!("data/buttons/3/0/url {url}"),
        format!("data/buttons/3/1 {either}"),
        "data/buttons/4/0/dta is not read; known are text, data, url: did you mean data?".to_owned(),
        format!("data/buttons/4/0 {either}"),
        "data/buttons/4/1/data must be a text of 1 to 64 bytes".to_owned(),
    ];
    assert_eq!(told("Hi", json!({ "buttons": wrong })), expected);
}

#[test]
fn a_message_is_edited_by_the_id_that_was_told_of_it() {
    for (edit, expected) in [
        (Value::Null, None),
        (json!("4711"), Some(4711)),
        (json!(4711), Some(4711)),
        (json!("-1002147483648/7"), Some(7)),
        (json!("4294967295"), Some(u32::MAX)),
    ] {
        let Value::Object(data) = json!({ "telegram": { "edit": edit } }) else { unreachable!() };
        assert_eq!(options(&data).edits, expected, "{data:?}");
        assert_eq!(told("Hi", Value::Object(data)), [""; 0]);
    }
    let must = "data/telegram/edit must be the provider_id of a message that was sent, such as \"4711\"";
    for edit in [json!(""), json!("0"), json!(0), json!(-1), json!("+7"), json!("a/7"), json!("4294967296"), json!([7])]
    {
        assert_eq!(told("Hi", json!({ "telegram": { "edit": edit.clone() } })), [must], "{edit}");
    }
    assert_eq!(told("", json!({ "telegram": { "edit": "7" }, "buttons": [] })), [""; 0], "only its buttons");
    assert_eq!(told("", json!({ "telegram": { "edit": "7" } })), ["message must not be empty"]);
    assert_eq!(told("", json!({ "buttons": [] })), ["message must not be empty"]);
}

#[test]
fn an_option_that_there_is_not_is_told_with_the_one_that_was_meant() {
    assert_eq!(
        told("Hi", json!({ "telegram": "html" })),
        ["data/telegram must be an object, which may have format, edit"]
    );
    let wrong = json!({ "telegram": { "fromat": "html", "format": "markdown" } });
    let expected = [
        "data/telegram/fromat is not read; known are format, edit: did you mean format?",
        "data/telegram/format must be \"html\", or absent where the text has no tags",
    ];
    assert_eq!(told("Hi", wrong), expected);
}

#[test]
fn whoever_looks_at_a_message_sees_its_buttons_and_no_tags() {
    let seen = |text: &str, data: Value| {
        let Value::Object(data) = data else { panic!("{data}") };
        shown(&Words { subject: None, text, data: &data, mail: None })
    };
    let buttons = json!([[{ "text": "Yes", "data": "y-1" }, { "text": "No", "data": "n-1" }], [{ "text": "See", "url": "https://example.org" }]]);
    let expected = "Deploy <now>?\n[Yes: y-1] [No: n-1]\n[See: https://example.org]";
    let html = json!({ "telegram": { "format": "html" }, "buttons": buttons });
    assert_eq!(seen("Deploy <b>&lt;now&gt;</b>?", html).as_deref(), Some(expected));
    assert_eq!(seen("<b>Hi</b>", json!({ "order": 7 })), None);
}
