//! The batch that SendGrid publishes with its libraries, and what each event says.

use domain::{Key, Label, Tenant};
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use testkit::{NOW, fuzz_cases};

use super::*;
use crate::tests::odd;

/// From npm's @sendgrid/eventwebhook 8.0.0.
const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
const OTHER_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQ4LIFtWztlsF7skFqOncjD1lun4H5w8XOhyOArHW9RcIx/FfEzx6cikC/yPfUvwaX/JScE7Fc9CJD2afQ9Ok3Q==";
const SIGNED: &str = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
const SIGNED_AT_SECONDS: i64 = 1_600_112_502;
const BATCH: &str = "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\
                     \"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\
                     \"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\
                     \"smtp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n";

fn settings(keys: Option<&str>) -> Settings {
    let sendgrid = crate::sendgrid::Settings { webhook_public_key: keys.map(str::to_owned), ..Default::default() };
    Settings { sendgrid, ..crate::settings::of_tests() }
}

/// Whether a batch is believed that comes so many seconds after it was signed.
fn check(keys: Option<&str>, signature: &str, at: &str, body: &[u8], seconds_later: i64) -> Result<(), Refused> {
    let headers = [(SIGNATURE, signature), (SIGNED_AT, at)].into_iter().filter(|(_, value)| !value.is_empty());
    let headers: HeaderMap = headers
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header")))
        .collect();
    let at = Timestamp::from_seconds(SIGNED_AT_SECONDS + seconds_later);
    verify(&settings(keys), &Callback { target: "/webhook/sendgrid", headers: &headers, body, at })
}

#[test]
fn the_published_batch_is_believed_as_it_was_sent_and_in_no_other_form() {
    let (at, body) = (SIGNED_AT_SECONDS.to_string(), BATCH.as_bytes());
    let both = format!("{OTHER_KEY}, {KEY}");
    for keys in [KEY, both.as_str()] {
        assert_eq!(check(Some(keys), SIGNED, &at, body, 0), Ok(()), "{keys}");
    }
    let without_the_end = BATCH.trim_end().as_bytes();
    let mut flipped = BATCH.as_bytes().to_vec();
    flipped[9] ^= 1;
    let written_anew = serde_json::from_str::<Value>(BATCH).expect("a batch").to_string();
    for body in [without_the_end, &flipped[..], written_anew.as_bytes(), &b""[..]] {
        assert_eq!(check(Some(KEY), SIGNED, &at, body, 0), Err(Refused::Forged));
    }
    assert_eq!(check(Some(OTHER_KEY), SIGNED, &at, body, 0), Err(Refused::Forged));
    assert_eq!(check(Some(KEY), SIGNED, "1600112503", body, 0), Err(Refused::Forged));
    for signature in ["x", "AAAA", KEY] {
        assert_eq!(check(Some(KEY), signature, &at, body, 0), Err(Refused::Forged), "{signature}");
    }
}

#[test]
fn what_is_not_signed_or_signed_long_ago_is_refused() {
    let (at, body) = (SIGNED_AT_SECONDS.to_string(), BATCH.as_bytes());
    assert_eq!(check(Some(KEY), "", &at, body, 0), Err(Refused::Unsigned));
    assert_eq!(check(Some(KEY), SIGNED, "", body, 0), Err(Refused::Unsigned));
    for (seconds, expected) in
        [(24 * 3600, Ok(())), (26 * 3600, Err(Refused::Stale)), (-299, Ok(())), (-301, Err(Refused::Stale))]
    {
        assert_eq!(check(Some(KEY), SIGNED, &at, body, seconds), expected, "{seconds}");
    }
    for keys in [None, Some("MFkw"), Some("not base64"), Some("")] {
        let refused = check(keys, SIGNED, &at, body, 0);
        assert_eq!(refused, Err(Refused::NotConfigured("SENDGRID_WEBHOOK_PUBLIC_KEY")), "{keys:?}");
    }
}

fn read(body: &[u8]) -> Result<Readable, Unreadable> {
    let headers = HeaderMap::new();
    reports(&settings(None), &Callback { target: "/webhook/sendgrid", headers: &headers, body, at: NOW })
}

#[test]
fn each_event_is_a_report_about_the_attempt_that_its_arguments_name() {
    let bounced = |class| Reported::Bounced { class };
    for (event, kind, reason, expected) in [
        ("processed", "", "", Reported::Accepted),
        ("deferred", "", "421 try later", Reported::Deferred),
        ("delivered", "", "", Reported::Delivered),
        ("bounce", "bounce", "550 5.1.1 no such user", bounced(Bounce::Address)),
        ("bounce", "blocked", "554 spam", bounced(Bounce::Message)),
        ("dropped", "", "Bounced Address", bounced(Bounce::Listed)),
        ("dropped", "", "Unsubscribed Address", bounced(Bounce::Listed)),
        ("dropped", "", "Invalid", bounced(Bounce::Listed)),
        ("dropped", "", "Recipient List over Package Quota", bounced(Bounce::Message)),
        ("open", "", "", Reported::Opened),
        ("click", "", "", Reported::Clicked),
        ("spamreport", "", "", Reported::Complained),
        ("unsubscribe", "", "", Reported::Unsubscribed),
        ("group_unsubscribe", "", "", Reported::Unsubscribed),
        ("group_resubscribe", "", "", Reported::Resubscribed),
    ] {
        let batch = json!([{
            "event": event, "type": kind, "reason": reason, "email": "ana@example.org", "timestamp": 1_600_112_492,
            "sg_event_id": "e-1", "sg_message_id": "m-1.filter-1", "status": "5.1.1",
            "chasqui_tenant": "acme", "chasqui_id": "n-1", "chasqui_epoch": "0", "chasqui_attempt": "2",
        }]);
        let found = read(batch.to_string().as_bytes()).expect("a batch");
        assert_eq!(found.unread, None, "{event}");
        let key = Key { tenant: Tenant::parse("acme").expect("a tenant"), id: "n-1".into() };
        let expected = Report {
            provider: "sendgrid",
            event_id: "e-1".into(),
            about: Some(Label { key, epoch: 0, attempt: 2 }),
            provider_id: Some("m-1".into()),
            recipient: Some("ana@example.org".into()),
            has_copies: false,
            said: expected,
            code: Some("5.1.1".into()),
            detail: reason.into(),
            at: Some(Timestamp::from_seconds(1_600_112_492)),
        };
        assert_eq!(found.reports, [expected], "{event}");
    }
}

#[test]
fn one_batch_says_several_things_and_what_is_not_known_says_nothing() {
    let events = json!([
        { "event": "open", "sg_event_id": "e-1" },
        { "event": "unheard-of", "sg_event_id": "e-2" },
        { "event": "click", "sg_event_id": "e-3", "chasqui_id": "n-1", "reason": "mail to <ana@example.org> 15550100" },
    ]);
    let Readable { reports: found, unread } = read(events.to_string().as_bytes()).expect("a batch");
    assert_eq!(unread, None);
    assert_eq!(found.iter().map(|report| report.event_id.as_str()).collect::<Vec<_>>(), ["e-1", "e-3"]);
    assert!(found.iter().all(|report| report.about.is_none()));
    assert_eq!(found[1].detail, "mail to *** ***");
    assert_eq!(read(b"[]"), Ok(Readable::default()));
    for body in [&b""[..], b"{}", b"[", b"null", &odd::too_long()[..]] {
        assert!(read(body).is_err(), "{:?}", body.get(..9));
    }
}

#[test]
fn an_odd_event_is_named_and_keeps_no_other_of_its_batch_from_being_read() {
    let good = r#"{"event":"open","sg_event_id":"e-1","email":"ana@example.org"}"#;
    for (odd, why) in [
        ("1", "it is no JSON object"),
        (r#"{"event":"open","sg_event_id":"e-2","reason":"\ud83c"}"#, "it is no JSON object"),
        (r#"{"event":"open"}"#, "it has no sg_event_id that can be one"),
        (r#"{"event":"open","sg_event_id":"e\n2"}"#, "it has no sg_event_id that can be one"),
        (r#"{"event":"open","sg_event_id":"e-2","email":"a\u0000b"}"#, "its email can be no address"),
        (r#"{"sg_event_id":"e-2"}"#, "it does not name its event"),
    ] {
        let read = read(format!("[{good},{odd},{good},{odd}]").as_bytes()).expect("a batch");
        assert_eq!(read.reports.len(), 2, "{odd}");
        let expected = format!("2 of 4 events cannot be read, of which number 2 is the first: {why}");
        assert_eq!(read.unread, Some(expected), "{odd}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(10_000), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_batch_of_sendgrid_makes_the_reader_panic(body in odd::bodies(vec![BATCH.into()])) {
        odd::bounded("sendgrid", &settings(Some(KEY)), &body);
    }

    #[test]
    fn no_signature_makes_the_check_panic(signature in proptest::collection::vec(any::<u8>(), 0..80), body in any::<Vec<u8>>()) {
        let written = STANDARD.encode(&signature);
        let found = check(Some(KEY), &written, &SIGNED_AT_SECONDS.to_string(), &body, 0);
        prop_assert!(found.is_err());
    }
}
