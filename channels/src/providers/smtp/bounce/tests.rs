//! Reports as mail servers write them, in the forms of several, and mails that are none.

use domain::{Bounce, Key, Keyring, Label, Labels, Rendered};
use proptest::prelude::*;
use reqwest::header::HeaderMap;
use serde_json::Map;
use testkit::{NOW, fuzz_cases, key};

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
    reports(&settings(), &Callback { target: PATH, headers: &headers, body: mail, at: NOW })
}

fn one(mail: &[u8]) -> Report {
    let mut reports = read(mail).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports.remove(0)
}

fn label() -> Option<Label> {
    Some(Label { key: key("n-1"), epoch: 0, attempt: 1 })
}

const POSTFIX: &str = "\
Return-Path: <>
Delivered-To: {to}
Received: by mail.example.com (Postfix)
\tid 4ZzQkM1x2yz; Sun, 29 Nov 2026 10:00:01 +0000 (UTC)
Date: Sun, 29 Nov 2026 10:00:01 +0000 (UTC)
From: MAILER-DAEMON@mail.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary=\"4ZzQkM0abc.1764410401/mail.example.com\"
Content-Transfer-Encoding: 8bit
Message-Id: <4ZzQkM1x2yz@mail.example.com>

This is a MIME-encapsulated message.

--4ZzQkM0abc.1764410401/mail.example.com
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--4ZzQkM0abc.1764410401/mail.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com
X-Postfix-Queue-ID: 4ZzQkM0abc
X-Postfix-Sender: rfc822; {to}
Arrival-Date: Sun, 29 Nov 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; ana@example.org
Original-Recipient: rfc822;ana@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: Recipient address rejected:
    User unknown in virtual mailbox table

--4ZzQkM0abc.1764410401/mail.example.com
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <{to}>
From: avisos@example.com
To: ana@example.org
Subject: =?utf-8?b?wqFIb2xhIQ==?=
Message-ID: <0191d5a0-5c1e-5cc3-9d2f-1f0f7a1c9b3e@example.com>
X-Chasqui-Label: {label}

--4ZzQkM0abc.1764410401/mail.example.com--
";

/// The label is only in the returned header, as where a service has written the return path anew.
const EXCHANGE: &str = "\
From: Microsoft Outlook <postmaster@example.org>
To: bounces@example.com
Date: Sun, 29 Nov 2026 10:00:05 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary=\"_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_\"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <b5b3c9f5-3d6e-4a55@AM0PR01.prod.example.org>
Subject: Undeliverable: Hola
MIME-Version: 1.0

--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary=\"_inner_\"

--_inner_
Content-Type: text/plain; charset=\"us-ascii\"
Content-Transfer-Encoding: quoted-printable

Your message to ana@example.org couldn't be delivered.=0D=0A

--_inner_
Content-Type: text/html; charset=\"us-ascii\"

<html><body>Your message couldn't be delivered.</body></html>

--_inner_--

--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.example.org
Received-From-MTA: dns;mail.example.com
Arrival-Date: Sun, 29 Nov 2026 10:00:04 +0000

Final-Recipient: rfc822;ana@example.org
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException
X-Display-Name: Ana

--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_
Content-Type: message/rfc822

From: avisos@example.com
To: ana@example.org
Message-ID: <m-1@example.com>
X-Chasqui-Label: {label}
Content-Type: text/plain

Hi
--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_--
";

const GMAIL: &str = "\
Delivered-To: {to}
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {to}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <m-1@example.com>
X-Failed-Recipients: ana@example.org
Message-ID: <692ac001.050a0220.1.GMR@mx.google.com>
Content-Type: multipart/report; boundary=\"0000000000001\"; report-type=delivery-status

--0000000000001
Content-Type: multipart/related; boundary=\"0000000000002\"

--0000000000002
Content-Type: text/html; charset=\"UTF-8\"

<html>Address not found</html>

--0000000000002--
--0000000000001
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 29 Nov 2026 02:00:00 -0800 (PST)
X-Original-Message-ID: <m-1@example.com>

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.27, the server for the domain.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces.
Last-Attempt-Date: Sun, 29 Nov 2026 02:00:01 -0800 (PST)

--0000000000001
Content-Type: message/rfc822

Message-ID: <m-1@example.com>
To: ana@example.org

Hi
--0000000000001--
";

const EXIM: &str = "\
Return-path: <>
Envelope-to: {to}
From: Mail Delivery System <Mailer-Daemon@mail.example.com>
To: {to}
Auto-Submitted: auto-replied
X-Failed-Recipients: ana@example.org
Content-Type: multipart/report; report-type=delivery-status; boundary=1764410401-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1vPcXX-000000001Ab-0abc@mail.example.com>

--1764410401-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1764410401-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Action: failed
Final-Recipient: rfc822;ana@example.org
Status: 5.0.0
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 No such user here

--1764410401-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <{to}>
To: ana@example.org
Message-ID: <m-1@example.com>

Hi
--1764410401-eximdsn-1804289383--
";

const COMPLAINT: &str = "\
From: <feedback@mailbox.example>
To: <abuse@example.com>
Subject: FW: Hola
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary=\"part1_13d.2e68ed54_boundary\"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset=\"US-ASCII\"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP 192.0.2.1.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{to}>
Original-Rcpt-To: <ana@example.org>
Arrival-Date: Sun, 29 Nov 2026 14:00:00 EST
Source-IP: 192.0.2.1

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <avisos@example.com>
To: <ana@example.org>
Message-ID: <m-1@example.com>

Spam Spam Spam
--part1_13d.2e68ed54_boundary--
";

const QMAIL: &str = "\
Return-Path: <>
From: MAILER-DAEMON@mail.example.com
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at mail.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@example.org>:
192.0.2.25 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.25.

--- Below this line is a copy of the message.

Return-Path: <{to}>
To: ana@example.org

Hi
";

const ALL: [&str; 6] = [POSTFIX, EXCHANGE, GMAIL, EXIM, COMPLAINT, QMAIL];

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
    assert_eq!(found[0].about, None, "without a secret nobody is believed");
}

#[test]
fn the_address_that_the_mail_server_names_is_enough() {
    let (to, _) = labelled_as(&key("n-1"), false);
    let bare = POSTFIX.replace("X-Chasqui-Label: {label}\n", "").replace("{to}", "undisclosed");
    let headers = HeaderMap::new();
    let asked = |target: &str| {
        let callback = Callback { target, headers: &headers, body: bare.as_bytes(), at: NOW };
        reports(&settings(), &callback).unwrap().remove(0).about
    };
    assert_eq!(asked(&target(None)), None);
    assert_eq!(asked(&target(Some(&to))), label());
}

#[test]
fn what_comes_back_of_a_copy_says_nothing_of_the_delivery() {
    let own = one(&written(POSTFIX, true));
    assert_eq!(own.about, label());
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
