//! Reports as mail servers write them, in the forms of several, and mails that are none.

mod samples;

use domain::{Bounce, Key, Keyring, Label, Labels, Rendered};
use proptest::prelude::*;
use reqwest::header::HeaderMap;
use serde_json::Map;
use testkit::{NOW, fuzz_cases, key};

use self::samples::{ALL, COMPLAINT, EXCHANGE, EXIM, GMAIL, POSTFIX, QMAIL};
use super::*;
use crate::providers::smtp::return_path::ReturnPath;
use crate::tests::odd::{bodies, bounded, too_long};
use crate::tests::tools::outgoing;

fn settings() -> Settings {
    let mut settings = crate::settings::of_tests();
    settings.labels = Some(Labels::new(&Keyring::new(b"0123456789abcdefghijklmnopqrstuv", None)));
    settings.smtp.bounce_address = Some("bounces@example.com".into());
    settings
}

/// The return path and the header of an attempt.
fn labelled_as(key: &Key, has_copies: bool) -> (String, String) {
    let (rendered, data) = (Rendered { subject: None, text: "Hi".into(), html: None }, Map::new());
    let outgoing = outgoing(key, "ana@example.org", &rendered, &data, None);
    let path = ReturnPath::of(&settings()).unwrap().unwrap();
    (path.address(&outgoing, has_copies).to_string(), path.header(&outgoing, has_copies).unwrap_or_default())
}

/// A report with our labels where `{to}` and `{label}` stand.
fn written(report: &str, has_copies: bool) -> Vec<u8> {
    let (to, label) = labelled_as(&key("n-1"), has_copies);
    report.replace("{to}", &to).replace("{label}", &label).replace('\n', "\r\n").into_bytes()
}

fn read(mail: &[u8]) -> Result<Vec<Report>, Unreadable> {
    let headers = HeaderMap::new();
    reports(&settings(), &Callback { target: PATH, headers: &headers, body: mail, at: NOW }).map(|read| read.reports)
}

fn one(mail: &[u8]) -> Report {
    let mut reports = read(mail).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports.remove(0)
}

fn label() -> Option<Label> {
    Some(Label { key: key("n-1"), epoch: 0, attempt: 1 })
}

#[test]
fn the_reports_of_several_servers_say_what_became_of_which_attempt() {
    let address = Reported::Bounced { class: Bounce::Address };
    let message = Reported::Bounced { class: Bounce::Message };
    for (name, report, said, code) in [
        ("postfix", POSTFIX, address.clone(), Some("5.1.1")),
        ("exchange", EXCHANGE, message, Some("5.2.2")),
        ("gmail", GMAIL, address.clone(), Some("5.1.1")),
        ("exim", EXIM, address, Some("5.0.0")),
        ("complaint", COMPLAINT, Reported::Complained, None),
    ] {
        let mail = written(report, false);
        let found = one(&mail);
        assert_eq!((&found.said, found.code.as_deref()), (&said, code), "{name}");
        assert_eq!((found.provider, &found.about), ("smtp", &label()), "{name}");
        assert!(found.provider_id.as_deref().is_some_and(|id| id.ends_with("@example.com>")), "{name}: {found:?}");
        assert_eq!(found.recipient, None, "nobody vouches for whom a mail names");
        assert!(!found.detail.contains("ana@"), "{name}: {}", found.detail);
        assert_eq!(one(&mail).event_id, found.event_id, "a repeat is known");
    }
}

#[test]
fn what_is_no_report_is_told_as_unreadable() {
    let out_of_office =
        "From: ana@example.org\nTo: {to}\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nBack on Monday.\n";
    for mail in [QMAIL, out_of_office, "", "\n", "Content-Type: multipart/report; boundary=b\n\n--b\n\nno\n--b--\n"] {
        assert!(read(&written(mail, false)).is_err_and(|why| why.0.contains("RFC 3464")), "{mail}");
    }
    assert_eq!(read(&too_long()), Err(Unreadable("the body is too long")));
}

#[test]
fn nothing_is_believed_that_we_have_not_signed() {
    for report in [POSTFIX, EXCHANGE, GMAIL, EXIM, COMPLAINT] {
        let forged = report
            .replace("{to}", "bounces+aeaqcaaaaaaaaaaaaaaaag4ljr@example.com")
            .replace("{label}", "tenant=default&id=n-1&epoch=0&attempt=1&mac=00000000000000000000000000000000");
        let found = one(forged.as_bytes());
        assert_eq!((found.about, found.recipient), (None, None), "{report}");
    }
    let mut settings = settings();
    settings.labels = None;
    let (headers, mail) = (HeaderMap::new(), written(POSTFIX, false));
    let found = reports(&settings, &Callback { target: PATH, headers: &headers, body: &mail, at: NOW }).unwrap();
    assert_eq!(found.reports[0].about, None, "without a secret nobody is believed");
}

#[test]
fn the_address_that_the_mail_server_names_is_enough() {
    let (to, _) = labelled_as(&key("n-1"), false);
    let bare = POSTFIX.replace("X-Chasqui-Label: {label}\n", "").replace("{to}", "undisclosed");
    let headers = HeaderMap::new();
    let asked = |target: &str| {
        let callback = Callback { target, headers: &headers, body: bare.as_bytes(), at: NOW };
        reports(&settings(), &callback).unwrap().reports.remove(0).about
    };
    assert_eq!(asked(&target(None)), None);
    assert_eq!(asked(&target(Some(&to))), label());
}

#[test]
fn what_comes_back_of_a_copy_says_nothing_of_the_delivery() {
    let own = one(&written(POSTFIX, true));
    assert_eq!(own.about, label());
    let with_a_name = POSTFIX.replace("To: ana@example.org", "To: \"Ana <3\" <Ana@example.org>");
    assert_eq!(one(&written(&with_a_name, true)).about, label());
    let of_copy = POSTFIX.replace("rfc822; ana@", "rfc822; bob@").replace("rfc822;ana@", "rfc822;bob@");
    assert_eq!(one(&written(&of_copy, true)).about, None);
    let forwarded = one(&written(&of_copy, false));
    assert_eq!(forwarded.about, label(), "without copies, another recipient is where the mail was forwarded to");
}

#[test]
fn each_recipient_and_each_kind_of_complaint_is_read_for_itself() {
    let several = POSTFIX.replace(
        "Final-Recipient: rfc822; ana@example.org\n",
        "Final-Recipient: rfc822; eve@example.org\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; ana@example.org\n",
    );
    let reports = read(&written(&several, false)).unwrap();
    let said: Vec<&str> = reports.iter().map(|report| report.said.as_str()).collect();
    assert_eq!(said, ["deferred", "bounced"]);
    assert_ne!(reports[0].event_id, reports[1].event_id);
    for (kind, said) in
        [("ABUSE", Some("complained")), ("opt-out", Some("unsubscribed")), ("auth-failure", None), ("not-spam", None)]
    {
        let report = COMPLAINT.replace("Feedback-Type: abuse", &format!("Feedback-Type: {kind}"));
        let reports = read(&written(&report, false)).unwrap();
        assert_eq!(reports.first().map(|report| report.said.as_str()), said, "{kind}");
    }
}

#[test]
fn what_a_report_with_our_label_says_in_no_known_word_is_unread_and_that_of_anybody_else_is_nothing() {
    let unknown = POSTFIX.replace("Action: failed", "Action: resent");
    let headers = HeaderMap::new();
    let read = |mail: &[u8]| {
        reports(&settings(), &Callback { target: PATH, headers: &headers, body: mail, at: NOW }).expect("a report")
    };
    let why = "1 of 1 recipients cannot be read, of which number 1 is the first: it has no action that RFC 3464 knows";
    let expected = Readable { reports: Vec::new(), unread: Some(why.to_owned()) };
    assert_eq!(read(&written(&unknown, false)), expected);
    let of_anybody = unknown.replace("X-Chasqui-Label: {label}\n", "").replace("{to}", "undisclosed");
    assert_eq!(read(of_anybody.as_bytes()), Readable::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(2_000), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_mail_is_too_odd_to_be_read(body in bodies(ALL.map(|report| written(report, false)).to_vec())) {
        for report in bounded(PROVIDER.name, &settings(), &body) {
            prop_assert!(report.recipient.is_none());
            prop_assert!(report.about.is_none() || report.about == label());
        }
    }
}
