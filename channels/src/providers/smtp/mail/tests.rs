//! What a mail of ours looks like, and which sender it names.

use domain::{Key, Rendered};
use serde_json::Map;
use testkit::{at, key};

use super::super::Settings;
use super::*;

#[test]
fn the_mail_has_both_parts_and_says_that_a_machine_sent_it() {
    let mail = composed("n-1", "Café ☕", Some("<p>Hola, <b>Ana</b></p>"));
    for line in [
        "From: \"Tienda Chasqui\" <avisos@example.org>",
        "To: ana@example.org",
        "Date: Sun, 01 Mar 2026 09:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative;",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "Subject: =?utf-8?b?",
    ] {
        assert!(mail.contains(line), "{line} in\n{mail}");
    }
    assert!(mail.is_ascii(), "no server needs 8BITMIME");
}

#[test]
fn every_attempt_of_one_delivery_has_the_same_message_id_and_no_other_delivery_has_it() {
    let id = |mail: String| mail.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned).unwrap();
    let first = id(composed("n-1", "one", None));
    assert_eq!(first, id(composed("n-1", "one", Some("<p>two</p>"))));
    assert_ne!(first, id(composed("n-2", "one", None)));
    assert!(first.ends_with("@example.org>"), "{first}");
}

#[test]
fn a_name_that_splits_a_header_or_disguises_is_refused_at_start() {
    for name in ["Evil\r\nBcc: z@z.org", "Evil\nX", "tab\tname", "nul\0", "bell\x07", "\u{202e}rtl", ""] {
        let smtp = Settings {
            from_email: Some("avisos@example.org".into()),
            from_name: Some(name.into()),
            ..Settings::default()
        };
        assert!(smtp.sender().is_err_and(|why| why[0].starts_with("FROM_NAME must not")), "{name:?}");
    }
}

#[test]
fn answers_go_where_the_setting_says_and_every_wrong_setting_is_told_at_once() {
    let smtp = Settings {
        from_email: Some("avisos@example.org".into()),
        reply_to: Some("help@example.org".into()),
        ..Settings::default()
    };
    let (key, data) = (key("n-1"), Map::new());
    let rendered = Rendered { subject: Some("s".into()), text: "t".into(), html: None };
    let mail =
        compose(&smtp.sender().unwrap_or_else(|why| panic!("{why:?}")), None, &outgoing(&key, &rendered, &data), &[])
            .unwrap();
    assert!(String::from_utf8(mail.bytes).unwrap().contains("\r\nReply-To: help@example.org\r\n"));

    let wrong = Settings {
        from_email: Some("avisos".into()),
        from_name: Some("a\nb".into()),
        reply_to: Some("Help <help@example.org>".into()),
        ..smtp
    };
    let problems = wrong.sender().err().unwrap();
    for setting in ["FROM_EMAIL must", "FROM_NAME must", "SMTP_REPLY_TO must"] {
        assert!(problems.iter().any(|problem| problem.starts_with(setting)), "{setting}: {problems:?}");
    }
}

#[test]
fn no_words_add_a_header_or_panic() {
    for words in ["x\r\nBcc: z@example.org", "x\nX-Evil: 1", "\0", "quote\"x", "emoji 😀", "\u{202e}rtl", ".", ""] {
        let (key, data) = (key("n-1"), Map::new());
        let rendered = Rendered { subject: Some(words.into()), text: words.into(), html: Some(words.into()) };
        let Ok(mail) = compose(&from(), None, &outgoing(&key, &rendered, &data), &[]) else { continue };
        let mail = String::from_utf8(mail.bytes).unwrap();
        let headers = mail.split("\r\n\r\n").next().unwrap();
        let names: Vec<&str> = headers
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        let expected =
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert!(names.iter().all(|name| expected.contains(name)), "{words:?}: {names:?}");
    }
}

fn composed(id: &str, text: &str, html: Option<&str>) -> String {
    let (key, data) = (key(id), Map::new());
    let rendered = Rendered { subject: Some("¡Hola!".into()), text: text.into(), html: html.map(Into::into) };
    String::from_utf8(compose(&from(), None, &outgoing(&key, &rendered, &data), &[]).unwrap().bytes).unwrap()
}

fn from() -> Sender {
    Sender { address: email::parse("avisos@example.org").unwrap(), name: Some("Tienda Chasqui".into()), reply_to: None }
}

fn outgoing<'a>(key: &'a Key, rendered: &'a Rendered, data: &'a Map<String, serde_json::Value>) -> Outgoing<'a> {
    let now = at("2026-03-01T09:00:00Z");
    Outgoing {
        key,
        destination: "ana@example.org",
        rendered,
        data,
        mail: None,
        unsubscribe: None,
        expires_at: None,
        deadline: None,
        now,
        epoch: 0,
        attempt: 1,
        template: None,
        lane: domain::Lane::Normal,
        fault: None,
        files: &[],
    }
}
