//! What each field may hold, item by item of a fallback too, and when a notification expires.

use super::*;
use crate::samples::interactive;

#[test]
fn an_id_has_1_to_255_bytes() {
    assert_eq!(accept(json!({"id": "i".repeat(255)})).id.unwrap().len(), 255);
    assert_eq!(accept(json!({"id": format!("{}x", "é".repeat(127))})).id.unwrap().len(), 255);
    for bad in [json!("i".repeat(256)), json!("é".repeat(128)), json!("a\0"), json!("a\nb"), json!(7)] {
        check(json!({ "id": bad }), &["/id"]);
    }
}

#[test]
fn a_tenant_is_a_plain_word() {
    assert_eq!(accept(json!({"tenant": "Acme_1-x"})).tenant.as_str(), "Acme_1-x");
    for bad in [json!(" "), json!("a b"), json!("ñ"), json!("a/b"), json!("t".repeat(65)), json!(7), json!({})] {
        check(json!({ "tenant": bad }), &["/tenant"]);
    }
}

#[test]
fn a_provider_is_a_plain_word_in_any_case_and_of_the_whole_notification() {
    assert_eq!(accept(json!({"provider": "WhatsApp_Cloud"})).provider.as_deref(), Some("whatsapp_cloud"));
    for none in [json!({}), json!({"provider": null}), json!({"provider": ""})] {
        assert_eq!(accept(none).provider, None);
    }
    for bad in [json!("a b"), json!("ñ"), json!("smtp,sendgrid"), json!("p".repeat(65)), json!(["smtp"]), json!(7)] {
        check(json!({ "provider": bad }), &["/provider"]);
    }
    let item = json!({"channel": "sms", "destination": "+549", "provider": "twilio"});
    let unknown = accept(json!({ "fallback": [item] })).unknown;
    assert_eq!(
        (unknown[0].pointer.as_str(), unknown[0].meant),
        ("/fallback/0/provider", Meant::OfTheWhole("provider"))
    );
}

#[test]
fn a_channel_is_a_plain_word() {
    for bad in [json!(""), json!("e mail"), json!("c".repeat(33)), json!("sms\0"), json!(["sms"])] {
        check(json!({ "channel": bad }), &["/channel"]);
    }
    assert_eq!(accept(json!({"channel": "carrier-pigeon_2"})).channel.as_str(), "carrier-pigeon_2");
}

#[test]
fn control_and_direction_characters_stay_out_of_every_line() {
    let unsafe_characters = ["\0", "\t", "\r", "\n", "\u{7f}", "\u{85}", "\u{9f}", "\u{2028}", "\u{2029}"];
    let bidi = ["\u{61c}", "\u{200e}", "\u{200f}", "\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}"];
    for bad in unsafe_characters.iter().chain(&bidi) {
        for name in ["id", "destination"] {
            check(json!({ name: format!("a{bad}b") }), &[&format!("/{name}")]);
        }
    }
    for bad in unsafe_characters.iter().chain(&["\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}"]) {
        check(json!({ "subject": format!("a{bad}b") }), &["/subject"]);
        let item = json!({"channel": "sms", "destination": format!("+{bad}5"), "subject": format!("{bad}")});
        check(json!({"fallback": [item]}), &["/fallback/0/destination", "/fallback/0/subject"]);
    }
    let error = decode(with(json!({"subject": "a\r\nBcc: x"})).to_string()).unwrap_err();
    assert_eq!(error.to_string(), "/subject must not contain the control character U+000D");
    accept(json!({"subject": "שלום ¡ñandú! 👩‍👩‍👧", "destination": "josé@münchen.example"}));
}

#[test]
fn marks_that_formatters_of_dates_and_prices_write_are_kept_in_a_subject() {
    for subject in
        ["20\u{200f}/11\u{200f}/2025", "\u{200e}Order 12", "Ana \u{61c}1", "to \u{2068}Ana\u{2069}", "  a  b "]
    {
        assert_eq!(accept(json!({ "subject": subject })).wording.subject.as_deref(), Some(subject));
    }
}

#[test]
fn nul_is_refused_wherever_it_would_be_sent() {
    check(json!({"message": "a\0b"}), &["/message"]);
    check(json!({"data": {"name": "a\0"}}), &["/data"]);
    check(json!({"data": {"a\0": 1}}), &["/data"]);
    check(json!({"data": {"list": [{"deep": ["\0"]}]}}), &["/data"]);
    check(json!({"data": {"list": [{"\0": 1}]}}), &["/data"]);
    accept(json!({"message": "line\nline\ttab", "data": {"text": "line\nline \\u0000"}}));
}

#[test]
fn lengths_are_limited() {
    accept(json!({"subject": "é".repeat(998), "destination": "d".repeat(4096), "template": "t".repeat(64)}));
    check(json!({"subject": "s".repeat(999)}), &["/subject"]);
    check(json!({"destination": "d".repeat(4097)}), &["/destination"]);
    check(json!({"template": "t".repeat(65)}), &["/template"]);
    check(json!({"template": "../etc/passwd", "message": null}), &["/template"]);
    check(json!({"locale": "es_AR.UTF-8"}), &["/locale"]);
    for empty in ["", " ", "\u{3000}"] {
        check(json!({ "destination": empty }), &["/destination"]);
    }
}

#[test]
fn a_template_stands_in_for_a_message() {
    assert_eq!(accept(json!({"message": null, "template": "otp"})).wording.message, None);
    assert_eq!(accept(json!({"message": ""})).wording.message.as_deref(), Some(""));
}

#[test]
fn times_need_an_offset_and_durations_are_whole_seconds() {
    for bad in [json!("2026-03-01T09:00:00"), json!("2026-03-01"), json!(1_772_366_400), json!(" ")] {
        check(json!({"send_at": bad, "expires_at": bad}), &["/send_at", "/expires_at"]);
    }
    for bad in [json!(0), json!(-5), json!(1.5), json!("60"), json!(u64::MAX), json!(10 * 366 * 86_400_u64 + 1)] {
        check(json!({"ttl_seconds": bad, "max_lateness_seconds": bad}), &["/ttl_seconds", "/max_lateness_seconds"]);
    }
    for whole in [r"600", "600.0", "6e2", "60000E-2"] {
        let body = valid().to_string().replacen('{', &format!("{{\"ttl_seconds\": {whole},"), 1);
        assert_eq!(decode(body).unwrap().expiry, Expiry::Ttl(600), "{whole}");
    }
    check(json!({"ttl_seconds": 5, "expires_at": "2026-03-01T09:00:00Z"}), &["/ttl_seconds"]);
}

#[test]
fn a_number_where_none_belongs_is_refused_for_that_alone_however_large_it_is() {
    for (field, must) in [("message", "must be a string, not a number"), ("ttl_seconds", "must be a whole number")] {
        let body = json!({"channel": "sms", "destination": "+12025550143", "data": {"n": 0}, field: 1}).to_string();
        let body = body.replace(&format!("\"{field}\":1"), &format!("\"{field}\":1e999"));
        let refused = decode(body.replace("\"n\":0", "\"n\":1e999")).unwrap_err().fields;
        let told = |pointer: &str| {
            let of_it: Vec<_> = refused.iter().filter(|error| error.pointer == pointer).collect();
            assert_eq!(of_it.len(), 1, "{refused:?}");
            of_it[0].detail.clone()
        };
        assert!(told(&format!("/{field}")).starts_with(must), "{refused:?}");
        assert!(told("/data/n").starts_with("must be a number of at most 1.8e308"), "{refused:?}");
    }
}

#[test]
fn it_expires_at_the_earliest_of_its_limits() {
    let at = Timestamp::from_seconds;
    let (seen, send_at) = (at(1_000), "1970-01-01T01:00:00Z");
    let expires = |fields: Value| accept(fields).expires_at(seen);
    assert_eq!(expires(json!({})), None);
    assert_eq!(expires(json!({"expires_at": "1970-01-01T00:00:07Z"})), Some(at(7)));
    assert_eq!(expires(json!({"ttl_seconds": 60})), Some(at(1_060)));
    assert_eq!(expires(json!({"ttl_seconds": 60, "send_at": send_at})), Some(at(3_660)));
    assert_eq!(expires(json!({"max_lateness_seconds": 30, "send_at": send_at})), Some(at(3_630)));
    assert_eq!(expires(json!({"max_lateness_seconds": 30, "ttl_seconds": 9, "send_at": send_at})), Some(at(3_609)));
    assert_eq!(expires(json!({"max_lateness_seconds": 30})), None);
}

#[test]
fn every_item_of_a_fallback_is_checked_before_it_is_needed() {
    let items = json!([
        {"channel": "sms", "destination": "+549"}, {"channel": "sms"}, {"destination": "x"}, "push", null,
        {"channel": "a b", "destination": "", "message": 7}
    ]);
    check(
        json!({ "fallback": items }),
        &[
            "/fallback/1/destination",
            "/fallback/2/channel",
            "/fallback/3",
            "/fallback/4",
            "/fallback/5/channel",
            "/fallback/5/destination",
            "/fallback/5/message",
        ],
    );
    let item = json!({"channel": "sms", "destination": "+549"});
    assert!(accept(json!({"fallback": vec![item.clone(); 8]})).has_fallback());
    check(json!({"fallback": vec![item; 9]}), &["/fallback"]);
    assert!(!accept(json!({"fallback": []})).has_fallback());
}

#[test]
fn an_empty_list_is_an_empty_object() {
    let item = json!({"channel": "sms", "destination": "+549", "data": []});
    let read = accept(json!({"data": [], "metadata": [], "fallback": [item]}));
    assert!(read.wording.data.is_empty() && read.fallback[0].brings_data);
    check(json!({"data": [1], "metadata": [[]]}), &["/data", "/metadata"]);
    check(json!({"fallback": [{"channel": "sms", "destination": "+549", "data": [1]}]}), &["/fallback/0/data"]);
}

#[test]
fn the_words_of_an_item_are_those_that_its_delivery_will_have() {
    let parent = json!({"channel": "email", "destination": "ana@example.com", "subject": "S", "message": "M",
                        "locale": "es", "data": {"a": 1}, "cc": ["b@example.com"], "headers": {"X-A": "b"}});
    for item in [
        json!({}),
        json!({"subject": "s"}),
        json!({"message": "m"}),
        json!({"message": "", "template": "", "data": ""}),
        json!({"message": "", "template": "otp", "subject": ""}),
        json!({"template": "otp", "locale": "en", "data": {}}),
        json!({"data": []}),
        json!({"cc": ["c@example.com"], "attachments": [{}]}),
    ] {
        let mut body = parent.clone();
        body["fallback"] = json!([item]);
        body["fallback"][0]["channel"] = json!("sms");
        body["fallback"][0]["destination"] = json!("+549");
        let read = decode(body.to_string()).unwrap();
        let child = crate::child_body(&crate::samples::key("d-1"), body.to_string().as_bytes(), None).unwrap();
        let child = decode(&child).unwrap();
        assert_eq!(read.fallback[0].wording_after(&read.wording), child.wording, "{body}");
    }
}

#[test]
fn an_item_that_escalates_says_what_it_waits_for_and_how_long() {
    let item = |fields: Value| {
        let mut item = json!({"channel": "sms", "destination": "+549"});
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "fallback": [item] })
    };
    let read = |fields: Value| accept(item(fields)).escalation();
    let waits = |seconds| Some(Escalation { when: crate::When::Undelivered, after: Duration::from_secs(seconds) });
    assert_eq!(read(json!({"when": "undelivered", "after_seconds": 300})), waits(300));
    assert_eq!(read(json!({"when": "Undelivered", "after_seconds": 2592000.0})), waits(2_592_000));
    for plain in [json!({}), json!({"when": "failed"}), json!({"when": null, "after_seconds": ""})] {
        assert_eq!(read(plain), None);
    }
    let at = "/fallback/0/after_seconds";
    check(item(json!({"when": "undelivered"})), &[at]);
    check(item(json!({"after_seconds": 300})), &[at]);
    check(item(json!({"when": "failed", "after_seconds": 300})), &[at]);
    for wrong in [json!(0), json!(2_592_001), json!(0.5), json!("300"), json!(-1), json!([1])] {
        check(item(json!({"when": "undelivered", "after_seconds": wrong})), &[at]);
    }
    for wrong in [json!("undeliverd"), json!("unread"), json!(true), json!(["failed"])] {
        check(item(json!({"when": wrong, "after_seconds": 300})), &["/fallback/0/when"]);
    }
    check(item(json!({"when": "never", "after_seconds": 0})), &["/fallback/0/when", at]);
    refuse(with(item(json!({"when": "undeliverd"}))).to_string(), "did you mean undelivered?");
    let misspelt = with(item(json!({"when": "undelivered", "after_second": 300}))).to_string();
    refuse(misspelt, "is it what you wrote as after_second?");
}

#[test]
fn an_item_waits_for_a_reader_only_after_an_inbox_and_until_what_its_sender_has_chosen() {
    let item = |fields: Value| {
        let mut item = json!({"channel": "sms", "destination": "+549", "when": "unread", "after_seconds": 600});
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        item
    };
    let inapp = |items: &[Value]| json!({"channel": "inapp", "destination": "user:ana", "fallback": items});
    let waits = |when| Some(Escalation { when, after: Duration::from_secs(600) });
    assert_eq!(accept(inapp(&[item(json!({}))])).escalation(), waits(crate::When::Unread));
    assert_eq!(accept(inapp(&[item(json!({"until": "Read"}))])).escalation(), waits(crate::When::Unread));
    assert_eq!(accept(inapp(&[item(json!({"until": "seen"}))])).escalation(), waits(crate::When::Unseen));
    check(inapp(&[item(json!({"until": "opened"}))]), &["/fallback/0/until"]);
    check(inapp(&[item(json!({"when": "undelivered", "until": "seen"}))]), &["/fallback/0/until"]);
    check(inapp(&[item(json!({"when": "unseen"}))]), &["/fallback/0/when"]);
    refuse(with(inapp(&[item(json!({"when": "unraed"}))])).to_string(), "did you mean unread?");
    check(inapp(&[item(json!({})), item(json!({}))]), &["/fallback/1/when"]);
    refuse(with(json!({"fallback": [item(json!({}))]})).to_string(), "is known of inapp alone");
    let mut topic = inapp(&[item(json!({}))]);
    topic["destination"] = json!("topic:role:ADMIN");
    check(topic, &["/fallback/0"]);
}

#[test]
fn an_item_waits_for_an_answer_only_after_a_message_that_asks() {
    let item = |own: Option<Value>| json!({"channel": "sms", "destination": "+549", "when": "unanswered", "after_seconds": 120, "interactive": own});
    let asks = |channel: &str, destination: &str| interactive(channel, destination).to_value();
    let (mail, sms) = (asks("email", "ana@example.com"), asks("sms", "+549"));
    let read = accept(json!({"interactive": mail, "fallback": [item(Some(sms.clone())), item(None)]}));
    let waits = Escalation { when: crate::When::Unanswered, after: Duration::from_secs(120) };
    assert_eq!(read.escalation(), Some(waits));
    assert_eq!(read.interactive, Some(interactive("email", "ana@example.com")));
    let own: Vec<_> = read.fallback.iter().map(|item| item.interactive.clone()).collect();
    assert_eq!(own, [Some(interactive("sms", "+549")), None]);
    check(json!({"fallback": [item(None)]}), &["/fallback/0/when"]);
    check(json!({"interactive": mail, "fallback": [item(None), item(None)]}), &["/fallback/1/when"]);
    refuse(with(json!({"fallback": [item(None)]})).to_string(), "belongs to questions and codes");
    check(
        json!({"interactive": {}, "fallback": []}),
        &[
            "/interactive/purpose",
            "/interactive/id",
            "/interactive/approver",
            "/interactive/salt",
            "/interactive/key_id",
            "/interactive/choices",
            "/interactive/mark",
        ],
    );
    check(
        json!({"fallback": [{"channel": "sms", "destination": "+549", "interactive": 7}]}),
        &["/fallback/0/interactive"],
    );
}

#[test]
fn an_item_that_waits_longer_than_its_notification_counts_is_refused() {
    let mut body = json!({"ttl_seconds": 300, "fallback": [
        {"channel": "sms", "destination": "+549", "when": "undelivered", "after_seconds": 299},
        {"channel": "sms", "destination": "+550", "when": "undelivered", "after_seconds": 300},
    ]});
    check(body.clone(), &["/fallback/1/after_seconds"]);
    body["ttl_seconds"] = json!(301);
    assert!(accept(body).escalation().is_some());
}
