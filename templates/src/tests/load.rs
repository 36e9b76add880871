//! An operator's directory: it adds, it overrides, and every mistake in it is told at once.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{load, render};
use crate::{LoadError, Options, Templates};

fn with_directory(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Templates, LoadError>) {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let templates = Templates::with_directory(Some(directory.path()), Options::new("en"));
    (directory, templates)
}

#[test]
fn it_adds_templates_and_overrides_single_files() {
    let (_directory, templates) = with_directory(&[
        ("reminder/sample.json", r#"{"when": "mañana"}"#),
        ("reminder/es/text.txt", "Te esperamos {{ when }}."),
        ("otp/es/sms.txt", "Clave: {{ code }}"),
        ("_layout/email.html", "<p>{% block body %}{% endblock %}</p>"),
        (".git/config", "not ours"),
        ("README.md", "not ours"),
    ]);
    // blocks that the new layout lacks are told, so that no words vanish
    let error = templates.unwrap_err();
    assert!(error.problems.iter().all(|problem| problem.message.contains("is not defined in any parent")), "{error}");

    let (_directory, templates) = with_directory(&[
        ("reminder/sample.json", r#"{"when": "mañana"}"#),
        ("reminder/es/text.txt", "Te esperamos {{ when }}."),
        ("otp/es/sms.txt", "Clave: {{ code }}"),
        (".git/config", "not ours"),
        ("README.md", "not ours"),
    ]);
    let templates = templates.unwrap();
    assert_eq!(
        render(&templates, "telegram", "reminder", Some("es"), json!({ "when": "hoy" })).unwrap().text,
        "Te esperamos hoy."
    );
    let code = json!({ "code": "1", "product": "T", "minutes": 5 });
    assert_eq!(render(&templates, "sms", "otp", Some("es"), code.clone()).unwrap().text, "Clave: 1");
    assert!(render(&templates, "sms", "otp", Some("en"), code).unwrap().text.starts_with("1 is your T code"));
}

#[test]
fn every_mistake_is_told_at_once_with_file_line_and_column() {
    let (directory, templates) = with_directory(&[
        ("a/sample.json", "[1]"),
        ("a/en/sms.txt", "fine\n{{ name"),
        ("a/en/email.html", "x"),
        ("b/en/sms.txt", "{{ name | nosuch }} {{ other() }}"),
        ("b/sample.json", "{}"),
        ("c/en/sms.txt", "{{ name }}"),
        ("c/en/Push.txt", "x"),
        ("d/notes.txt", "x"),
    ]);
    let error = templates.unwrap_err();
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
    for expected in [
        "a/en/email.html: has no plain text",
        "a/en/sms.txt:2:",
        "a/sample.json: must be a JSON object",
        "b/en/sms.txt:1:4: Unknown filter `nosuch`",
        "b/en/sms.txt:1:24: Unknown function `other`",
        "c/en/Push.txt: must have its channel in lower case",
        "c/en/sms.txt: has no sample: add c/sample.json",
        "d/notes.txt: is no part of a template",
    ] {
        let expected = format!("{}/{expected}", directory.path().display());
        let expected = match expected.split_once("1:4: ").or(expected.split_once("1:24: ")) {
            // tera marks the whole expression or only the name, depending on what is unknown
            Some((before, after)) => lines.iter().any(|line| line.starts_with(before) && line.ends_with(after)),
            None => lines.iter().any(|line| line.starts_with(&expected)),
        };
        assert!(expected, "{text}");
    }
    assert_eq!(lines.len(), 8, "{text}");
}

#[test]
fn a_part_that_does_not_render_with_its_sample_is_told_with_the_variable() {
    let (directory, templates) =
        with_directory(&[("welcome/es/sms.txt", "{{ product }}\n{{ coupon }}"), ("otp/en/push.txt", "{{ codes }}")]);
    let text = templates.unwrap_err().to_string();
    let directory = directory.path().display();
    assert!(
        text.contains(&format!("{directory}/welcome/es/sms.txt:2:4: does not render with welcome/sample.json")),
        "{text}"
    );
    assert!(text.contains("needs `coupon`") && text.contains("needs `codes`"), "{text}");
}

#[test]
fn a_directory_that_is_not_there_is_a_problem() {
    let error = Templates::with_directory(Some(Path::new("/nowhere/at/all")), Options::new("en")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all: does not exist"), "{error}");
}

#[test]
fn a_template_lists_what_it_offers() {
    let templates = load(&[
        ("t/sample.json", r#"{"name": "A", "items": []}"#),
        ("t/en/sms.txt", "{{ name }}{% for i in items %}{{ i }}{% endfor %}{% set x = 1 %}{{ x }}"),
        ("t/es/text.txt", "{{ name }}"),
    ])
    .unwrap();
    let described = templates.describe();
    assert_eq!(described[0].variables, ["items", "name"]);
    let locales = [("en".to_owned(), vec!["sms".to_owned()]), ("es".to_owned(), vec!["text".to_owned()])];
    assert_eq!(described[0].locales, locales);
    assert_eq!(described[0].sample.get("name"), Some(&Value::from("A")));
}
