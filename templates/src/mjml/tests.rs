//! What becomes of MJML: HTML with the same tags, or a problem in the line where it was made.

use serde_json::json;

use super::*;
use crate::tests::{load, name, wording};
use crate::{LoadError, Templates};

const RECEIPT: &str = "\
<mjml lang=\"es\">
  <mj-head>
    <mj-title>{{ title }}</mj-title>
    <mj-preview>{{ title }}</mj-preview>
  </mj-head>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>¡Hola, {{ name }}!</mj-text>
        <mj-raw>{% if url | link %}</mj-raw>
        <mj-button href=\"{{ url | link }}\">Ver</mj-button>
        <mj-raw>{% endif %}</mj-raw>
        <mj-table>{% for item in items %}<tr><td>{{ item.name }}</td></tr>{% endfor %}</mj-table>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
";

const SAMPLE: &str = r#"{"title": "Recibo", "name": "Ana", "url": "https://x.example", "items": [{"name": "Mate"}]}"#;

fn with(mjml: &str) -> Result<Templates, LoadError> {
    load(&[("t/sample.json", SAMPLE), ("t/en/email.mjml", mjml), ("t/en/email.subject.txt", "s")])
}

/// The problems of one file, without its name.
fn told(mjml: &str) -> Vec<String> {
    let problems = with(mjml).err().map(|error| error.problems).unwrap_or_default();
    problems.iter().map(|problem| problem.to_string().replace("t/en/email.mjml", "")).collect()
}

fn html(data: serde_json::Value) -> String {
    let templates = with(RECEIPT).unwrap_or_else(|error| panic!("{error}"));
    templates.render(&name("email"), &wording("t", None, data)).unwrap().html.unwrap()
}

#[test]
fn a_mail_is_made_of_mjml_with_its_words_links_and_loops() {
    let items = json!([{"name": "Mate"}, {"name": "Yerba"}]);
    let made = html(json!({"title": "Recibo", "name": "Ana", "url": "https://x.example/7", "items": items}));
    for part in ["<!doctype html>", "lang=\"es\"", "¡Hola, Ana!", "href=\"https://x.example/7\"", "Mate", "Yerba"] {
        assert!(made.contains(part), "{part} in\n{made}");
    }
    assert!(!made.contains("{{") && !made.contains("{%") && !made.contains("mj-text>"), "{made}");
    assert!(!made.contains("fonts.googleapis.com"), "whoever reads it fetches no font: {made}");
    let without = html(json!({"title": "Recibo", "name": "Ana", "url": "javascript:x", "items": []}));
    assert!(!without.contains("href=") && !without.contains("javascript"), "{without}");
}

#[test]
fn no_value_leaves_its_place() {
    let evil = "</td><script>x</script> --> \" onclick=\"x\" <![endif]--> {{ 7*7 }} <mj-text>";
    let made = html(json!({"title": evil, "name": evil, "url": "https://x.example/\"><b>", "items": [{"name": evil}]}));
    for part in ["<script", "onclick=\"", "<mj-text>", "49", "\"><b>", "--> \""] {
        assert!(!made.contains(part), "{part} in\n{made}");
    }
    assert!(made.contains("{{ 7*7 }}"), "data are never a template");
}

#[test]
fn a_text_for_those_without_html_is_made_of_it() {
    let templates = with(RECEIPT).unwrap();
    let data = json!({"title": "Recibo", "name": "Ana", "url": "https://x.example/7", "items": [{"name": "Mate"}]});
    let text = templates.render(&name("email"), &wording("t", None, data)).unwrap().text;
    assert!(text.contains("¡Hola, Ana!") && text.contains("Mate") && !text.contains('<'), "{text}");
}

#[test]
fn every_mistake_is_told_in_the_line_of_the_mjml() {
    for (from, to, expected) in [
        ("<mj-text>¡Hola, {{ name }}!</mj-text>", "<mj-txet>{{ name }}</mj-txet>", "did you mean mj-text?"),
        ("</mj-column>", "", ":15:"),
        ("</mj-text>", "</mj-txet>", ":9:"),
        ("</mjml>", "", ":1:"),
        ("{{ name }}", "{{ nam }}", ":9:"),
        ("{{ name }}", "{{ name | uper }}", ":9:"),
        ("{{ item.name }}", "{{ item.name", ":13:"),
        ("{{ url | link }}\"", "{{ url | default(value='x') ~ 'y' }}\"", ":11:"),
        ("<mj-button href", "<mj-button herf", ":11:20: herf is no attribute of mj-button; did you mean href?"),
        ("<mj-text>", "<mj-text fontsize=\"9px\">", "did you mean font-size?"),
        ("<mj-title>", "<mj-include path=\"/etc/passwd\" /><mj-title>", ":3:"),
    ] {
        let changed = RECEIPT.replace(from, to);
        assert_ne!(changed, RECEIPT, "{from}");
        let told = told(&changed);
        assert!(told.first().is_some_and(|told| told.contains(expected)), "{to}: {told:?}");
    }
    for (mjml, expected) in [
        ("", "has no element mjml"),
        ("{{ name }}", "cannot be read from here"),
        ("<p>{{ name }}</p>", "may not stand here"),
    ] {
        let told = told(mjml);
        assert!(told.iter().any(|told| told.contains(expected)), "{mjml}: {told:?}");
    }
}

#[test]
fn a_tag_that_mjml_would_lose_or_change_is_refused() {
    let in_an_attribute = RECEIPT.replace("href=\"{{ url | link }}\"", "href='{{ url | default(value=\"x\") }}'");
    let told = told(&in_an_attribute);
    assert!(told[0].starts_with(":11:") && told[0].contains("single quotes"), "{told:?}");
    let in_the_head = RECEIPT
        .replace("<mj-head>", "<mj-head><mj-attributes><mj-all align=\"{{ name }}\" />{{ title }}</mj-attributes>");
    assert!(with(&in_the_head).is_err());
}

#[test]
fn an_inline_sheet_lands_in_the_elements_and_every_other_stays() {
    let sheets = "<mj-style>.b { color: green; }</mj-style>\
                  <mj-style inline=\"inline\">.b { margin: 7px; } @media print { .b { margin: 8px } }</mj-style>\
                  <mj-title>";
    let mjml = RECEIPT.replace("<mj-title>", sheets).replace("<tr><td>", "<tr><td class=\"b\">");
    let templates = with(&mjml).unwrap_or_else(|error| panic!("{error}"));
    let items = json!([{"name": "Mate"}, {"name": "Yerba"}]);
    let data = json!({"title": "Recibo", "name": "Ana", "url": "https://x.example/?a=1&b=2", "items": items});
    let made = templates.render(&name("email"), &wording("t", None, data.clone())).unwrap().html.unwrap();
    assert_eq!(made.matches("<td class=\"b\" style=\"margin: 7px;\">").count(), 2, "{made}");
    for part in
        [".b { color: green; }", "@media print { .b { margin: 8px } }", "#outlook a", "<!--[if mso", "?a=1&amp;b=2"]
    {
        assert!(made.contains(part), "{part} in\n{made}");
    }
    // The sheets of the compiler are written into no element.
    assert!(!made.contains("border-collapse: collapse;mso"), "{made}");
    let conditions = |html: &str| html.matches("<!--[if").count();
    assert_eq!(conditions(&made), conditions(&html(data)), "{made}");
}

#[test]
fn a_sheet_that_a_mail_of_mjml_includes_is_for_its_elements() {
    let mjml = RECEIPT.replace("<mj-section>", "<mj-raw>{% include \"_p/p.html\" %}</mj-raw><mj-section>");
    let part = "<style>.b { margin: 7px }</style><p class=\"b\">x</p>";
    let files = [("t/sample.json", SAMPLE), ("t/en/email.subject.txt", "s"), ("_p/p.html", part)];
    let templates = load(&[&files[..], &[("t/en/email.mjml", mjml.as_str())]].concat()).unwrap();
    let data: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    let made = templates.render(&name("email"), &wording("t", None, data)).unwrap().html.unwrap();
    assert!(made.contains("<p class=\"b\" style=\"margin: 7px;\">x</p>"), "{made}");
}

#[test]
fn a_sheet_that_is_not_inline_and_not_left_out_is_refused() {
    let mjml = RECEIPT.replace("<mj-title>", "<mj-style inline=\"true\">.b { margin: 7px; }</mj-style><mj-title>");
    let told = told(&mjml);
    assert!(told[0].starts_with(":3:") && told[0].contains("inline of mj-style is `inline`"), "{told:?}");
}

#[test]
fn a_sheet_that_cannot_be_read_is_told_once_with_its_line() {
    let sheet = "<mj-style inline=\"inline\">\n.b { margin: 7px;\n</mj-style><mj-title>";
    let told = told(&RECEIPT.replace("<mj-title>", sheet));
    assert!(told[0].starts_with(":4:4: does not render with t/sample.json: the style sheets of"), "{told:?}");
    assert!(told[0].contains("a `{` that is not closed") && !told[0].contains("data"), "{told:?}");
}

#[test]
fn two_files_for_one_mail_are_refused_and_depth_has_a_limit() {
    let both = load(&[
        ("t/sample.json", SAMPLE),
        ("t/en/email.mjml", RECEIPT),
        ("t/en/email.html", "<p>{{ name }}</p>"),
        ("t/en/email.subject.txt", "s"),
    ]);
    assert!(both.is_err_and(|error| error.to_string().contains("keep one of them")));
    let deep = RECEIPT.replace("¡Hola", &format!("{}x{}", "<b>".repeat(20_000), "</b>".repeat(20_000)));
    assert!(told(&deep)[0].starts_with(":9:"), "and no stack is spent on it");
    let fine = RECEIPT.replace("¡Hola", &format!("{}x{}", "<b>".repeat(50), "</b>".repeat(50)));
    assert_eq!(told(&fine), [""; 0]);
    let right = "<br><img alt='a > b'/><!-- <p> --><hr><b title=\"</b>\">1 < 2</B>".repeat(1_000);
    assert_eq!(disorder(&right), None);
    for (text, at) in [("<p>", 0), ("<p></b>", 3), ("</p>", 0), ("<p title='", 0), ("a < b <i", 6)] {
        assert_eq!(disorder(text).map(|(at, _)| at), Some(at), "{text}");
    }
}
