//! Style sheets of mails: what is written into elements, what stays, and what is refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{load, load_with, name, render, wording};
use crate::styles::inlined;
use crate::{Limits, LoadError, TemplateError, Templates};

const DARK: &str = "@media (prefers-color-scheme: dark) { .a { color: white !important; } }";

/// Templates with a mail `t` of this HTML, whose sample has `v` and `items`.
fn mail(html: &str) -> Result<Templates, LoadError> {
    mail_with(&[("t/en/email.html", html)])
}

fn mail_with(files: &[(&str, &str)]) -> Result<Templates, LoadError> {
    let sample = r#"{"v": "x", "items": ["x"]}"#;
    let own = [("t/sample.json", sample), ("t/en/email.subject.txt", "s")];
    load(&[&own[..], files].concat())
}

fn sent(templates: &Templates, data: Value) -> String {
    render(templates, "email", "t", None, data).unwrap().html.unwrap()
}

#[track_caller]
fn html(html: &str) -> String {
    let templates = mail(html).unwrap_or_else(|error| panic!("{error}"));
    sent(&templates, json!({ "v": "x", "items": ["x", "y"] }))
}

/// What loading tells of a mail of this HTML.
#[track_caller]
fn told(html: &str) -> String {
    mail(html).expect_err(html).to_string()
}

#[test]
fn a_rule_lands_in_the_elements_that_it_names() {
    let made = html("<style>.a { color: blue; } p { margin: 0 }</style><p class=\"a\">{{ v }}</p><div>b</div>");
    assert!(made.contains("<p class=\"a\" style=\"margin: 0;color: blue;\">x</p>"), "{made}");
    assert!(made.contains("<div>b</div>") && !made.contains(".a {"), "{made}");
}

#[test]
fn the_style_of_an_element_wins_over_the_sheet() {
    let made = html("<style>.a { color: blue; margin: 0 }</style><p class=\"a\" style=\"color: red\">{{ v }}</p>");
    assert!(made.contains("color: red") && made.contains("margin: 0") && !made.contains("blue"), "{made}");
    let important = html("<style>.a { color: blue !important }</style><p class=\"a\" style=\"color: red\">{{ v }}</p>");
    assert!(important.contains("color: blue !important") && !important.contains("red"), "{important}");
}

#[test]
fn each_row_of_a_loop_gets_its_style() {
    let rows = "<table>{% for item in items %}<tr><td class=\"c\">{{ item }}</td></tr>{% endfor %}</table>";
    let made = html(&format!("<style>.c {{ padding: 4px }}</style>{rows}"));
    for cell in ["x", "y"] {
        assert!(made.contains(&format!("<td class=\"c\" style=\"padding: 4px;\">{cell}</td>")), "{made}");
    }
}

#[test]
fn what_no_element_can_hold_stays_a_style_sheet() {
    let rules = "a:hover { color: green !important } .a { margin: 0 } @font-face { font-family: F }";
    let made = html(&format!("<head><style>{rules} {DARK}</style></head><a class=\"a\">{{{{ v }}}}</a>"));
    let (head, body) = made.split_once("</head>").unwrap();
    for part in ["a:hover", "color: green !important", "@font-face", DARK] {
        assert!(head.contains(part), "{part} in\n{made}");
    }
    assert!(body.contains("style=\"margin: 0;\"") && !head.contains("margin"), "{made}");
}

#[test]
fn a_sheet_that_is_marked_or_is_for_some_media_stays_as_it_is() {
    let ignored = "<style data-css-inline=\"ignore\">p { color:blue }</style>";
    let some = "<style media=\"print\">p { color:green }</style>";
    let made = html(&format!("<head>{ignored}{some}<style>p {{ margin: 0 }}</style></head><p>{{{{ v }}}}</p>"));
    assert!(made.contains(ignored) && made.contains("p { color:green }"), "{made}");
    assert!(made.contains("<p style=\"margin: 0;\">x</p>"), "{made}");
}

#[test]
fn a_mail_without_a_sheet_for_elements_stays_byte_for_byte() {
    let sheets = [
        String::new(),
        "<style></style>".to_owned(),
        format!("<STYLE>\n{DARK}\n</STYLE>"),
        "<style data-css-inline='ignore'>p { color: red }</style>".to_owned(),
        "<style media=print>p { color: red }</style>".to_owned(),
        "<!-- <style>p { color: red }</style> -->".to_owned(),
    ];
    for sheet in sheets {
        let source = format!("{sheet}<TABLE><tr>odd <p class=a>{{{{ v }}}}&nbsp;<br/><![if !mso]>b<![endif]>");
        assert_eq!(html(&source), source.replace("{{ v }}", "x"));
    }
}

#[test]
fn a_sheet_of_a_layout_or_of_a_part_is_for_the_mails_that_use_it() {
    let layout =
        "<head><style>{% block css %}{% endblock %}</style></head><p class=\"a\">{% block body %}{% endblock %}";
    let part = "<style>.a { color: blue }</style>";
    let own = "{% block css %}.a { color: blue }{% endblock %}{% block body %}{{ v }}{% endblock %}";
    for (shared, text) in [
        (("_l/l.html", layout), format!("{{% extends \"_l/l.html\" %}}{own}")),
        (("_l/p.html", part), "{% include \"_l/p.html\" %}<p class=\"a\">{{ v }}".to_owned()),
    ] {
        let templates = mail_with(&[shared, ("t/en/email.html", &text)]).unwrap_or_else(|error| panic!("{error}"));
        let made = sent(&templates, json!({ "v": "x" }));
        assert!(made.contains("<p class=\"a\" style=\"color: blue;\">x"), "{made}");
    }
}

#[test]
fn no_value_adds_anything() {
    let templates = mail(
        "<style>p { color: blue } .evil { color: red }</style>\
         <p class=\"a\" title=\"{{ v }}\" style=\"margin:0\">{{ v }}</p>",
    )
    .unwrap();
    for value in [
        "</style><script>x</script><style>p { color: red }",
        "\" onclick=\"x\" class=\"evil",
        "' style='color: red",
        "{color:red} } .a { color: red",
        "--> <![endif]--> <b class=evil>",
        "&lt;b&gt; &amp;amp; &quot; {{ 7*7 }}",
    ] {
        let made = sent(&templates, json!({ "v": value }));
        for part in ["<script", "<b ", "49"] {
            assert!(!made.contains(part), "{part} in\n{made}");
        }
        assert_eq!(made.matches("<p ").count(), 1, "{made}");
        let (_, tag) = made.split_once("<p ").unwrap();
        let (tag, _) = tag.split_once('>').unwrap();
        assert!(!tag.contains("onclick=\"") && !tag.contains("class=\"evil"), "{tag}");
        assert_eq!(made.matches("style=\"color: blue;margin: 0\"").count(), 1, "{made}");
    }
}

#[test]
fn conditions_of_outlook_the_document_type_and_links_survive() {
    let doctype = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \"http://www.w3.org/TR/x.dtd\">";
    let outlook = "<!--[if mso | IE]></td></tr></table><v:rect fill=\"x\"><![endif]-->";
    let others = "<!--[if !mso]><!--><i>{{ v }}</i><!--<![endif]-->";
    let link = "https://x.example/unsubscribe?id=1&amp;copy=2&amp;token=a%3D%26b";
    let made = html(&format!(
        "{doctype}<html><head><link rel=\"icon\" href=\"i\"><style>a {{ color: blue }}</style></head><body>\
         <table><tr><td>         {outlook}{others}<a href=\"{link}\">Leave</a></td></tr></table></body></html>"
    ));
    assert!(made.starts_with(doctype), "{made}");
    for part in [outlook, &others.replace("{{ v }}", "x"), &format!("href=\"{link}\""), "rel=\"icon\""] {
        assert!(made.contains(part), "{part} in\n{made}");
    }
    assert!(made.contains("style=\"color: blue;\""), "{made}");
}

#[test]
fn the_text_of_a_mail_is_that_of_its_html_without_the_sheets() {
    let body = "<p class=\"a\">One {{ v }}</p><table><tr><td>two</td><td>three</td></tr></table>";
    let text = |html: &str| {
        let templates = mail(html).unwrap();
        render(&templates, "email", "t", None, json!({ "v": "&x" })).unwrap().text
    };
    assert_eq!(text(&format!("<style>.a {{ color: blue }}</style>{body}")), text(body));
}

#[test]
fn what_is_wrong_with_a_sheet_is_told_at_load_in_its_file() {
    for (html, place, expected) in [
        ("<style>.a { color: red</style><p>{{ v }}</p>", "t/en/email.html:1:11", "`{` that is not closed"),
        ("<p>{{ v }}</p>\n<style>.a { color red; }</style>", "t/en/email.html:2:22", "without a `:`"),
        ("<style>.a { color: red }", "t/en/email.html", "is not ended"),
        ("<style>p { color: red }</style><p style=\"what\">{{ v }}</p>", "t/en/email.html", "holds what is no CSS"),
        ("<style>p { color: red }</style><![if !mso]>{{ v }}<![endif]>", "t/en/email.html", "<!--[if !mso]><!-->"),
        ("<p>{{ v }}\n<link rel='StyleSheet' href='/a.css'>", "t/en/email.html:2:1", "is not fetched"),
        ("<style data-css-inline=\"ingore\"></style>{{ v }}", "t/en/email.html:1:1", "data-css-inline is `ignore`"),
    ] {
        let told = told(html);
        assert!(told.contains(place) && told.contains(expected), "{html}: {told}");
        assert!(told.lines().all(|line| line.matches("email.html").count() < 2), "{told}");
    }
}

#[test]
fn more_than_a_mail_can_have_ends_as_other_renderings_do() {
    let nested = "<style>p { color: blue }</style>{% for item in items %}<div>{{ item }}{% endfor %}";
    let templates = mail(nested).unwrap();
    let error = render(&templates, "email", "t", None, json!({ "items": vec!["s3cret"; 1_000] })).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("128 elements") && error.contains("t/en/email.html") && !error.contains("s3cret"),
        "{error}"
    );

    let rows =
        format!("<style>{}</style>{{% for item in items %}}<i></i>{{% endfor %}}", "p{color:blue}".repeat(1_000));
    let templates = mail(&rows).unwrap();
    let many = wording("t", None, json!({ "items": vec![1; 20_000] }));
    let error = templates.render(&name("email"), &many).unwrap_err();
    assert!(matches!(error, TemplateError::TooMuchWork { .. }), "{error}");
    // Where others wait for the thread, it is left to one on which it may take its time.
    let some = wording("t", None, json!({ "items": vec![1; 200] }));
    assert!(
        templates.render_quickly(&name("email"), &some).is_none() && templates.render(&name("email"), &some).is_ok()
    );
}

#[test]
fn rows_that_do_not_end_one_another_are_refused_and_end_no_process() {
    let sheet = "<html><head><style>p{x:y}</style></head><body>";
    for body in [
        "<svg>{% for item in items %}<tr><td>{{ item }}{% endfor %}</svg>",
        "<math>{% for item in items %}<tr><td>{{ item }}{% endfor %}</math>",
        "{% for item in items %}<table><tr><td>{{ item }}{% endfor %}",
    ] {
        let templates = mail(&format!("{sheet}{body}</body></html>")).unwrap();
        let error = render(&templates, "email", "t", None, json!({ "items": vec!["x"; 3_000] })).unwrap_err();
        assert!(error.to_string().contains("128 elements"), "{body}: {error}");
    }
    let templates = mail(&format!("{sheet}{{{{ v | safe }}}}")).unwrap();
    for value in [
        format!("<svg>{}", "<tr><td>".repeat(10_000)),
        format!("<style>p{} {{ color: red }}</style>", ":not(p".repeat(10_000)),
        format!("<svg><title><style>{} {{ color: red }}</style>{}", "p+".repeat(10_000), "<p>".repeat(100)),
    ] {
        let error = render(&templates, "email", "t", None, json!({ "v": value })).unwrap_err();
        assert!(matches!(error, TemplateError::Styles { .. }), "{error}");
    }
}

#[test]
fn the_bytes_that_a_sheet_adds_count_as_words() {
    let long = format!("p {{ background: url(https://x.example/{}) }}", "x".repeat(1_000));
    let html = format!("<style>{long}</style>{{% for item in items %}}<p></p>{{% endfor %}}");
    let files =
        [("t/sample.json", r#"{"items": [1]}"#), ("t/en/email.subject.txt", "s"), ("t/en/email.html", html.as_str())];
    let templates = load_with(&files, Limits { max_output_bytes: 20_000, ..Limits::default() }).unwrap();
    let error = render(&templates, "email", "t", None, json!({ "items": vec![1; 100] })).unwrap_err();
    assert!(matches!(error, TemplateError::TooLarge { .. }), "{error}");
}

#[test]
fn what_is_looked_at_before_sending_is_what_is_sent() {
    let templates = mail("<style>p { color: blue }</style><p>{{ v }}</p>").unwrap();
    let wording = wording("t", None, json!({ "v": "x" }));
    let sent = templates.render(&name("email"), &wording);
    assert!(sent.as_ref().is_ok_and(|mail| mail.html.as_ref().is_some_and(|html| html.contains("color: blue"))));
    assert_eq!(templates.render_quickly(&name("email"), &wording), Some(sent.clone()));
    assert_eq!(templates.rehearse(&name("email"), &wording).unwrap().ok(), sent.ok());
}

proptest! {
    #[test]
    fn any_html_gets_its_sheets_or_a_reason(html in "((<(/?)(p|td|tr|table|b|a|div|svg|title)( class=\"a\"| style=\"x:1\"| href='\"<>&amp;')?>)|<!--|-->|<style>|</style>|[a<>&;{}: \"']){0,40}") {
        let sheets = "<style>.a { color: blue } td, b { margin: 0 } p:hover { color: red }</style>";
        if let Ok(made) = inlined(&format!("{sheets}{html}")) {
            prop_assert!(made.is_some_and(|made| made.contains("p:hover")), "{html:?}");
        }
    }
}
