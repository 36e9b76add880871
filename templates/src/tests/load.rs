//! An operator's directory adds templates and overrides them, and every mistake in it is reported at once.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};

use super::{load, render};
use crate::{LoadError, Options, Problem, Templates};

pub(super) const CHANNELS: &[&str] = &["email", "inapp", "push", "slack", "sms", "telegram", "webpush", "whatsapp"];

pub(super) fn with_directory(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Templates, LoadError>) {
    with_options(files, Options::new("en"))
}

/// Loads templates as a process does that knows the channels.
pub(super) fn knowing_channels(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Templates, LoadError>) {
    with_options(files, Options { channels: CHANNELS, ..Options::new("en") })
}

fn with_options(files: &[(&str, &str)], options: Options) -> (tempfile::TempDir, Result<Templates, LoadError>) {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let templates = Templates::with_directory(Some(directory.path()), options);
    (directory, templates)
}

#[test]
fn it_adds_templates_and_overrides_single_files() {
    let (directory, templates) = with_directory(&[
        ("reminder/sample.json", r#"{"when": "mañana"}"#),
        ("reminder/es/text.txt", "Te esperamos {{ when }}."),
        ("otp/es/sms.txt", "Clave: {{ code }}"),
        ("_layout/email.html", "<p>{% block body %}{% endblock %}</p>"),
        (".git/config", "not ours"),
        ("README.md", "not ours"),
    ]);
    // Blocks that the new layout lacks are reported, so that no words vanish.
    let error = templates.unwrap_err();
    let blocks = "`action`, `action_label`, `action_url`, `footer`, `heading`, `lang`, `preheader`, `title`";
    let message = format!("has no block {blocks}, which catalog/alert/en/email.html and 17 more fill: add it");
    assert_eq!(told(&directory, &error.problems), [format!("_layout/email.html: {message}")]);

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
fn a_byte_order_mark_is_no_part_of_a_file() {
    let (_directory, templates) = with_directory(&[
        ("reminder/sample.json", "\u{feff}{\"when\": \"today\"}"),
        ("reminder/en/sms.txt", "\u{feff}We wait {{ when }}."),
        ("reminder/en/email.txt", "\u{feff}{% include \"_shared/words.txt\" %}"),
        ("reminder/en/email.subject.txt", "\u{feff}Soon"),
        ("_shared/words.txt", "\u{feff}We wait {{ when }}."),
    ]);
    let templates = templates.unwrap();
    let rendered = |channel: &str| render(&templates, channel, "reminder", Some("en"), json!({"when": "now"})).unwrap();
    assert_eq!(rendered("sms").text, "We wait now.");
    let mail = rendered("email");
    assert_eq!((mail.text.as_str(), mail.subject.as_deref()), ("We wait now.", Some("Soon")));
}

#[test]
fn every_mistake_is_told_at_once_with_file_line_and_column() {
    let (directory, templates) = with_directory(&[
        ("a/sample.json", "[1]"),
        ("a/en/sms.txt", "fine\n{{ name"),
        ("a/en/email.subject.txt", "x"),
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
        "a/en/email.subject.txt: has no plain text",
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
            // tera marks the whole expression or only the name, depending on what is unknown.
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

/// The text of each problem, without the directory.
pub(super) fn told(directory: &tempfile::TempDir, problems: &[Problem]) -> Vec<String> {
    let directory = format!("{}/", directory.path().display());
    problems.iter().map(|problem| problem.to_string().replace(&directory, "")).collect()
}

#[test]
fn a_file_of_nearly_a_channel_or_a_part_is_refused_with_the_one_that_was_meant() {
    let (directory, templates) = knowing_channels(&[
        ("otp/es/emial.txt", "{{ code }}"),
        ("otp/es_AR/smss.txt", "{{ code }}"),
        ("otp/es/whatsap.html", "{{ code }}"),
        ("otp/es/txt.txt", "{{ code }}"),
        ("otp/es/email.subjct.txt", "{{ code }}"),
        ("otp/es/email.htm", "{{ code }}"),
        ("otp/es/correo electrónico.txt", "{{ code }}"),
        ("otp/sampel.json", "{}"),
        ("welcom/es/sms.txt", "Hola"),
    ]);
    let told = told(&directory, &templates.unwrap_err().problems);
    let not_known = |file: &str, channel: &str, meant: &str| {
        format!("{file}: is of the channel {channel}, which is not known; did you mean {meant}?")
    };
    for expected in [
        not_known("otp/es/emial.txt", "emial", "email"),
        not_known("otp/es_AR/smss.txt", "smss", "sms"),
        not_known("otp/es/whatsap.html", "whatsap", "whatsapp"),
        not_known("otp/es/txt.txt", "txt", "text"),
    ] {
        assert!(told.contains(&expected), "{expected} is not in {told:#?}");
    }
    for (file, end) in [
        ("otp/es/email.subjct.txt", "; did you mean subject.txt?"),
        ("otp/es/email.htm", "; did you mean html?"),
        ("otp/es/correo electrónico.txt", "<channel>.title.txt"),
        ("otp/sampel.json", "; did you mean sample.json?"),
        ("welcom/es/sms.txt", "; did you mean welcome?"),
    ] {
        assert!(told.iter().any(|told| told.starts_with(file) && told.ends_with(end)), "{file} {end}: {told:#?}");
    }
    assert_eq!(told.len(), 9, "{told:#?}");
}

#[test]
fn a_channel_that_nobody_knows_yet_is_taken_with_a_doubt() {
    let files = [("otp/es/pager.txt", "{{ code }}"), ("otp/es/mms.txt", "{{ code }}"), ("otp/es/text.txt", "x")];
    let (directory, templates) = knowing_channels(&files);
    let templates = templates.unwrap();
    let rest =
        "which is none of this version: email, inapp, push, slack, sms, telegram, webpush, whatsapp, or text for all";
    assert_eq!(
        told(&directory, templates.doubts()),
        [
            format!("otp/es/mms.txt: is of the channel mms, {rest}; did you mean sms?"),
            format!("otp/es/pager.txt: is of the channel pager, {rest}"),
        ]
    );
    let code = json!({ "code": "1" });
    assert_eq!(render(&templates, "pager", "otp", Some("es"), code).unwrap().text, "1");
    // A process that knows no channels accepts every name as one.
    let (_directory, templates) = with_directory(&[("otp/es/emial.txt", "{{ code }}")]);
    assert!(templates.unwrap().doubts().is_empty());
}

#[test]
fn a_folder_that_is_nearly_another_locale_is_doubted_and_one_that_is_no_locale_is_refused() {
    let doubted = |locale: &str| {
        let (directory, templates) = with_directory(&[(&format!("otp/{locale}/sms.txt"), "{{ code }}")]);
        told(&directory, templates.unwrap_or_else(|error| panic!("{locale}: {error}")).doubts())
    };
    for (locale, meant) in [("enn", "en"), ("ess", "es"), ("esp", "es"), ("es_ARR", "es_AR"), ("ES-A", "es_AR")] {
        // `es` has no Argentine words of `otp` yet.
        let (directory, templates) =
            with_directory(&[("otp/es_AR/sms.txt", "{{ code }}"), (&format!("otp/{locale}/sms.txt"), "{{ code }}")]);
        let words = format!("otp/{locale}: is taken as a locale that only notifications in {locale} get");
        let expected = [format!("{words}; did you mean {meant}?")];
        assert_eq!(told(&directory, templates.unwrap().doubts()), expected);
    }
    for right in ["qu", "quz", "gsw", "es_AR", "es-419", "ZH_Hant_TW", "en-GB-oxendict", "fr", "i-klingon", "zh-yue"] {
        assert_eq!(doubted(right), [""; 0], "{right}");
    }
    let (_directory, two) = with_directory(&[("otp/quy/sms.txt", "{{ code }}"), ("otp/quz/sms.txt", "{{ code }}")]);
    assert!(two.unwrap().doubts().is_empty(), "two languages of three letters");
    for (wrong, hint) in
        [("e", ""), ("e5", "; did you mean en?"), ("es--AR", ""), ("12", ""), ("en-", "; did you mean en?")]
    {
        let (directory, templates) = with_directory(&[(&format!("otp/{wrong}/sms.txt"), "{{ code }}")]);
        let told = told(&directory, &templates.expect_err(wrong).problems);
        assert_eq!(told.len(), 1, "{told:#?}");
        let begin = format!("otp/{wrong}: is no locale such as es or es-AR");
        assert!(told[0].starts_with(&begin) && told[0].ends_with(hint), "{told:#?}");
    }
}

#[test]
fn a_layout_that_no_file_includes_is_doubted_where_one_of_nearly_its_name_is_included() {
    let (directory, templates) = with_directory(&[
        ("_layout/emial.html", "<p>{% block body %}{% endblock %}</p>"),
        ("_layout/signature.txt", "not used yet"),
    ]);
    let expected = ["_layout/emial.html: is included by no file; did you mean _layout/email.html?"];
    assert_eq!(told(&directory, templates.unwrap().doubts()), expected);
}

#[test]
fn what_would_never_end_is_refused_and_no_name_acts_on_a_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("a\u{1b}[31mred\nchasqui: forged/en");
    fs::create_dir_all(&folder).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.join("sms.txt")).status().unwrap().success());
    symlink("/dev/zero", folder.join("push.txt")).unwrap();
    let error = Templates::with_directory(Some(directory.path()), Options::new("en")).unwrap_err();
    for name in ["sms.txt", "push.txt"] {
        let shown = format!(r"a\u{{1b}}[31mred\nchasqui: forged/en/{name}: cannot be read (it is no regular file)");
        assert!(error.to_string().contains(&shown), "{error}");
    }
    assert!(!error.to_string().lines().any(|line| line.chars().any(domain::acts)), "{error}");
}

#[test]
fn links_that_lead_to_more_and_more_folders_end_the_walk_with_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    (0..25).for_each(|n| symlink(directory.path(), directory.path().join(n.to_string())).unwrap());
    let error = Templates::with_directory(Some(directory.path()), Options::new("en")).unwrap_err();
    let more = "has more than 10000 files and folders";
    assert!(error.problems.len() == 1 && error.problems[0].message.starts_with(more), "{error}");
}

#[test]
fn more_files_than_templates_have_are_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    (0..=10_000).for_each(|n| fs::create_dir(directory.path().join(n.to_string())).unwrap());
    let error = Templates::with_directory(Some(directory.path()), Options::new("en")).unwrap_err();
    let more = "has more than 10000 files and folders";
    assert!(error.problems.len() == 1 && error.problems[0].message.starts_with(more), "{error}");
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
