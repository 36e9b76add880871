//! How words are chosen and filled in, and which error a rendering gives when it fails.

use domain::{Rendered, Wording};
use serde_json::{Map, Value, json};

use super::{hello, load, name, render, render_text, wording};
use crate::{TemplateError, Templates};

#[test]
fn without_a_template_the_message_is_sent_as_it_is() {
    let templates = Templates::embedded("en").unwrap();
    let mut plain = Wording {
        subject: Some("Hola".to_owned()),
        message: Some("{{ 7*7 }} <b>\n".to_owned()),
        template: None,
        locale: None,
        data: Map::new(),
        mail: Map::new(),
    };
    let expected = Rendered { subject: Some("Hola".to_owned()), text: "{{ 7*7 }} <b>\n".to_owned(), html: None };
    assert_eq!(templates.render(&name("email"), &plain), Ok(expected));
    plain.message = None;
    assert_eq!(templates.render(&name("email"), &plain), Err(TemplateError::Empty));
}

#[test]
fn every_line_end_is_one_line_feed_for_whoever_sends_the_words() {
    let (given, expected) = ("a\rb\r\nc\nd\r\r\ne", "a\nb\nc\nd\n\ne");
    let files = [
        ("t/sample.json", r#"{"name": "A"}"#),
        ("t/en/email.txt", "Hi\r\n{{ name }}\r"),
        ("t/en/email.subject.txt", "s"),
        ("t/en/email.html", "<p>\r{{ name | safe }}</p>"),
        ("t/en/sms.txt", "{{ name }}"),
    ];
    let templates = load(&files).unwrap();
    let plain = Wording { message: Some(given.to_owned()), ..wording("t", None, Value::Null) };
    let plain = Wording { template: None, ..plain };
    let templated = wording("t", None, json!({ "name": given }));
    for channel in ["email", "sms", "whatsapp", "push"] {
        assert_eq!(templates.render(&name(channel), &plain).unwrap().text, expected, "{channel}");
    }
    assert_eq!(templates.render(&name("sms"), &templated).unwrap().text, expected);
    let mail = templates.render(&name("email"), &templated).unwrap();
    assert_eq!(mail.text, format!("Hi\n{expected}"));
    assert_eq!(mail.html.unwrap(), format!("<p>\n{expected}</p>"));
}

#[test]
fn the_locale_falls_back_step_by_step_for_each_channel() {
    let templates = load(&[
        ("t/sample.json", "{}"),
        ("t/en/sms.txt", "en"),
        ("t/en/push.txt", "en"),
        ("t/es/sms.txt", "es"),
        ("t/es-AR/sms.txt", "es-AR"),
        ("t/zh-Hant/sms.txt", "zh-Hant"),
    ])
    .unwrap();
    for (channel, locale, expected) in [
        ("sms", Some("es-AR"), "es-AR"),
        ("sms", Some("es_ar"), "es-AR"),
        ("sms", Some("ES"), "es"),
        ("sms", Some("es-MX"), "es"),
        ("sms", Some("zh-Hant-TW"), "zh-Hant"),
        ("sms", Some("zh"), "en"),
        ("sms", Some("e"), "en"),
        ("sms", None, "en"),
        ("push", Some("es-AR"), "en"),
    ] {
        let rendered = render(&templates, channel, "t", locale, Value::Null).unwrap();
        assert_eq!(rendered.text, expected, "{channel} {locale:?}");
    }
}

#[test]
fn a_channel_without_words_of_its_own_takes_the_generic_ones_and_no_other_channels() {
    let files = [("t/sample.json", "{}"), ("t/en/email.txt", "mail"), ("t/en/email.subject.txt", "s")];
    let strict = load(&files).unwrap();
    let error = render(&strict, "telegram", "t", Some("es-AR"), Value::Null).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template `t` has no words for channel `telegram` in es-AR, es, en: add t/en/telegram.txt, or send it by email"
    );
    let generic = load(&[&files[..], &[("t/en/text.txt", "any")]].concat()).unwrap();
    let rendered = render(&generic, "telegram", "t", None, Value::Null).unwrap();
    assert_eq!(rendered, Rendered { subject: None, text: "any".to_owned(), html: None });
    assert_eq!(render(&generic, "email", "t", None, Value::Null).unwrap().text, "mail");
}

#[test]
fn a_mail_that_has_only_html_gets_its_text_from_it() {
    let html =
        "<head><title>T</title></head><p>Hi {{ name }},</p><p><a href=\"https://x.example/{{ name }}\">Open</a></p>";
    let files = [("t/sample.json", r#"{"name": "A"}"#), ("t/en/email.html", html), ("t/en/email.subject.txt", "s")];
    let templates = load(&files).unwrap();
    let mail = render(&templates, "email", "t", None, json!({ "name": "<b>&Co" })).unwrap();
    assert_eq!(mail.text, "Hi <b>&Co,\n\nOpen (https://x.example/<b>&Co)");
    assert!(mail.html.unwrap().contains("Hi &lt;b&gt;&amp;Co,"));
    assert!(render(&templates, "sms", "t", None, json!({ "name": "A" })).is_err(), "HTML is the words of mails alone");
    let own = load(&[&files[..], &[("t/en/email.txt", "own")]].concat()).unwrap();
    assert_eq!(render(&own, "email", "t", None, json!({ "name": "A" })).unwrap().text, "own");
    for other in ["t/en/sms.html", "t/en/text.html"] {
        let error = load(&[("t/sample.json", "{}"), (other, "<p>x</p>")]).unwrap_err().to_string();
        assert!(error.contains("has no plain text beside it"), "{error}");
    }
}

#[test]
fn the_text_of_every_shipped_mail_could_be_made_of_its_html() {
    // A code is typed, and what has ended leads nowhere.
    const WITHOUT_LINKS: [&str; 4] = ["ask_ended", "ask_reply", "command_ended", "otp"];
    let templates = Templates::embedded("en").unwrap();
    for description in templates.describe() {
        let sample = Value::Object(description.sample.clone());
        let mail = render(&templates, "email", &description.template, Some("es"), sample).unwrap();
        let made = crate::plain::plain_text(&mail.html.unwrap());
        let links = mail.text.split_whitespace().filter(|word| word.starts_with("https://"));
        let may_have_none = WITHOUT_LINKS.contains(&description.template.as_str());
        assert!(links.clone().count() > 0 || may_have_none, "{}", mail.text);
        assert!(links.clone().all(|link| made.contains(link)), "{made}");
        assert!(!made.contains(['<', '>', '{', '}']) && made.lines().count() >= 3, "{made}");
    }
}

#[test]
fn an_unknown_template_is_answered_with_the_known_ones() {
    let error = render(&Templates::embedded("en").unwrap(), "sms", "welcom", None, Value::Null).unwrap_err();
    assert!(
        matches!(&error, TemplateError::Unknown { known, .. } if known == "alert, ask, ask_ended, ask_reply, command_ended, otp, receipt, verify, welcome")
    );
}

#[test]
fn a_missing_variable_is_named_with_its_place() {
    for (text, variable, place) in [
        ("Hi {{ name }}", "name", "1:7"),
        ("Hi\n  {{ name | upper }}", "name", "2:6"),
        ("{{ customer.name }}", "customer.name", "1:4"),
        ("{{ customer.name | upper }}", "customer.name", "1:4"),
        ("{% for i in items %}{{ i.nmae }}{% endfor %}", "i.nmae", "1:24"),
        ("{% for i in list %}{% endfor %}.", "list", "1:13"),
        ("ñ {{ 'name' | replace(from=name, to='') }}", "name", "1:6"),
        ("{% set total = count %}{{ total }}", "count", "1:16"),
    ] {
        // The sample has everything.
        let sample =
            json!({ "name": "A", "customer": { "name": "B" }, "items": [{ "nmae": 1 }], "list": [], "count": 1 });
        let data = json!({ "customer": {}, "items": [{}], "other": "s3cret" });
        let error = render_text(text, sample, data).unwrap_err();
        match &error {
            TemplateError::Missing { variable: found, at } => {
                assert_eq!(found, variable, "{text}");
                assert!(at.ends_with(place) && at.starts_with("t/en/sms.txt:"), "{text}: {at}");
            }
            other => panic!("{text}: {other}"),
        }
        assert!(!error.to_string().contains("s3cret"));
    }
}

#[test]
fn null_counts_as_missing() {
    let text = "{{ name | default(value='friend') }}{% if name %}!{% endif %}";
    assert_eq!(render_text(text, hello(), json!({ "name": null })).unwrap(), "friend");
    assert!(matches!(
        render_text("{{ name }}", hello(), json!({ "name": null })),
        Err(TemplateError::Missing { variable, .. }) if variable == "name"
    ));
}

#[test]
fn no_error_quotes_a_value() {
    let secret = "s3cret\nline";
    for text in [
        "{{ name | int }}",
        "{{ name | float }}",
        "{{ name | round }}",
        "{{ name * 2 }}",
        "{{ name < 3 }}",
        "{{ throw(message=name) }}",
        "{{ [1] | get(key=name) }}",
        "{{ [{'a': 1}] | group_by(attribute=name) | length }}",
        "{{ m[name] }}",
        "{{ range(end=name) }}",
    ] {
        let sample = json!({ "name": "s3cret", "m": { "s3cret": 1 } });
        let files =
            [("t/en/sms.txt", format!(".{{% if go %}}{text}{{% endif %}}")), ("t/sample.json", sample.to_string())];
        let templates = load(&[(files[0].0, &files[0].1), (files[1].0, &files[1].1)]).unwrap();
        let data = json!({ "go": true, "name": secret, "m": {} });
        let error = render(&templates, "sms", "t", None, data).unwrap_err().to_string();
        assert!(!error.contains("s3cret") && !error.contains('\n'), "{text}: {error}");
        assert!(error.contains("t/en/sms.txt:1:"), "{text}: {error}");
    }
}

#[test]
fn a_subject_is_one_line_and_the_messages_own_wins() {
    let files = [
        ("t/sample.json", r#"{"name": "A"}"#),
        ("t/en/email.txt", "x"),
        ("t/en/email.subject.txt", "\n Hi {{ name }}\n"),
    ];
    let templates = load(&files).unwrap();
    let mut wording = wording("t", None, json!({ "name": "A\r\nBcc: x\u{2028}y\u{202e}z\u{0}" }));
    let subject = |wording: &Wording| templates.render(&name("email"), wording).unwrap().subject;
    assert_eq!(subject(&wording).as_deref(), Some("Hi A Bcc: x y z"));
    wording.subject = Some("Mine".to_owned());
    assert_eq!(subject(&wording).as_deref(), Some("Mine"));
}

#[test]
fn white_space_and_marks_of_a_subject_stay_as_they_were_given() {
    let files = [
        ("t/sample.json", r#"{"name": "A"}"#),
        ("t/en/email.txt", "x"),
        ("t/en/email.subject.txt", "Order\n  of {{ name }}\n"),
    ];
    let templates = load(&files).unwrap();
    let given = " 12345 |   |  ご注文\u{3000}確認 \u{202f}: 20\u{200f}/11 ";
    for channel in ["email", "push"] {
        let literal =
            Wording { subject: Some(given.into()), message: Some("m".into()), ..wording("t", None, json!({})) };
        let literal = Wording { template: None, ..literal };
        assert_eq!(templates.render(&name(channel), &literal).unwrap().subject.as_deref(), Some(given));
    }
    let own = Wording { subject: Some(given.into()), ..wording("t", None, json!({ "name": "A" })) };
    assert_eq!(templates.render(&name("email"), &own).unwrap().subject.as_deref(), Some(given));
    let rendered = wording("t", None, json!({ "name": "a\u{3000}b  c\u{200f}" }));
    let subject = templates.render(&name("email"), &rendered).unwrap().subject;
    assert_eq!(subject.as_deref(), Some("Order of a\u{3000}b  c\u{200f}"));
}

#[test]
fn steps_change_neither_white_space_nor_loops() {
    let text = "{% for i in [1, 2] -%}\n  {{ i }}{{ loop.index }}\n{%- endfor %}|{% set a = 5 -%}  {{ a }}|{% raw %}{% for {{{% endraw %}{# {% for #}.";
    assert_eq!(render_text(text, json!({}), json!({})).unwrap(), "1122|5|{% for {{.");
}

#[test]
fn numbers_are_printed_in_the_digits_that_their_publisher_wrote() {
    for written in [
        "7",
        "-7",
        "589084071224307838838",
        "-170141183460469231731687303715884105728",
        "340282366920938463463374607431768211455",
        "1234567890123456789012345678901234567890123",
        "1234567890.123456789",
        "19.90",
        "19.9",
        "0.000001",
        "0.00",
        "-0",
        "1e-7",
        "10.0",
    ] {
        let data: Value =
            serde_json::from_str(&format!(r#"{{"v": {written}, "rows": [{{"v": {written}}}]}}"#)).unwrap();
        let text = "{{ v }} {% for row in rows %}{{ row.v }}{% endfor %}";
        assert_eq!(render_text(text, data.clone(), data), Ok(format!("{written} {written}")));
    }
}

#[test]
fn a_template_that_computes_gets_numbers_however_they_were_written() {
    let data = |price: &str| serde_json::from_str::<Value>(&format!(r#"{{"price": {price}, "quantity": 3}}"#)).unwrap();
    for (text, price, expected) in [
        ("{{ price * quantity }}", "1.50", "4.5"),
        ("{{ price * quantity }}", "1.5", "4.5"),
        ("{{ price | round }}", "1.50", "2.0"),
        ("{% if price > 1 %}more{% else %}less{% endif %}", "1.50", "more"),
        ("{{ price }} {% if price | float > 1 %}more{% endif %}", "1.50", "1.50 more"),
        ("{{ price + 1 }}", "589084071224307838838", "589084071224307838839"),
        ("{{ price + 1 }}", "7", "8"),
    ] {
        assert_eq!(render_text(text, data("1"), data(price)), Ok(expected.to_owned()), "{text} with {price}");
    }
}

#[test]
fn a_mistake_is_told_as_before_where_numbers_are_texts() {
    let data: Value = serde_json::from_str(r#"{"price": 1.50, "name": "Ana"}"#).unwrap();
    let error = render_text("{{ price * name }}", json!({ "price": 1, "name": 2 }), data).unwrap_err();
    assert!(matches!(&error, TemplateError::Failed { .. }), "{error}");
}

#[test]
fn an_own_mail_in_the_shipped_layout_has_a_button_only_where_it_gives_a_link() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("own/en")).unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join("own").join(file), text).unwrap();
    write("sample.json", r#"{"url": "https://x.example"}"#);
    write("en/email.txt", "words");
    let layout = r#"{% extends "_layout/email.html" %}{% block body %}words{% endblock %}"#;
    let button = "{% block action_url %}{{ url }}{% endblock %}{% block action_label %}Go{% endblock %}";
    let own = r#"{% block body %}{% if url | link %}<a href="{{ url | link }}">x</a>{% endif %}{% endblock %}"#;
    let extends = r#"{% extends "_layout/email.html" %}"#;
    for (html, url, links) in [
        (layout.to_owned(), "https://x.example", 0),
        (format!("{layout}{button}"), "https://x.example?a=1&b=2", 1),
        (format!("{layout}{button}"), "", 0),
        (format!("{layout}{button}"), "javascript:alert(1)", 0),
        (format!("{extends}{own}"), " https://x.example ", 1),
        (format!("{extends}{own}"), "data:text/html,x", 0),
    ] {
        write("en/email.html", &html);
        let templates = Templates::with_directory(Some(folder.path()), crate::Options::new("en")).unwrap();
        let rendered = render(&templates, "email", "own", None, json!({ "url": url })).unwrap();
        let html = rendered.html.unwrap();
        assert_eq!(html.matches("<a ").count(), links, "{url}: {html}");
        assert!(!html.contains("<!--"), "{html}");
    }
}
