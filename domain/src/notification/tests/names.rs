//! Fields that are not known: which of them are ours misspelt, which change what is sent, and what is said of them.

use super::*;

/// What each unknown field is taken to mean, by its pointer.
#[track_caller]
fn meant(fields: Value) -> Vec<(String, Meant)> {
    accept(fields).unknown.into_iter().map(|field| (field.pointer, field.meant)).collect()
}

#[track_caller]
fn ours(name: &str, field: &'static str) {
    assert_eq!(meant(json!({ name: "x" })), [(format!("/{name}"), Meant::Ours(field))], "{name}");
}

#[test]
fn a_slip_of_the_pen_is_told_from_a_field_of_the_publishers_own() {
    for (name, field) in [
        ("Destination", "destination"),
        ("SEND-AT", "send_at"),
        ("sendAt", "send_at"),
        ("expiresAt", "expires_at"),
        ("expires at", "expires_at"),
        ("ttlSeconds", "ttl_seconds"),
        ("maxLatenessSeconds", "max_lateness_seconds"),
        ("channels", "channel"),
        ("chanel", "channel"),
        ("chnanel", "channel"),
        ("destinaton", "destination"),
        ("mesage", "message"),
        ("massages", "message"),
        ("subjct", "subject"),
        ("templete", "template"),
        ("locales", "locale"),
        ("dato", "data"),
        ("ids", "id"),
        ("priorty", "priority"),
        ("fall_back", "fallback"),
        ("meta_data", "metadata"),
        ("verson", "version"),
        ("tenent", "tenant"),
        ("ttl_second", "ttl_seconds"),
    ] {
        ours(name, field);
    }
    for name in [
        "x-trace", "order", "callback", "session", "user_id", "i", "xid", "source", "gender", "received", "", "país",
        "数据",
    ] {
        assert_eq!(meant(json!({ name: 1 })), [(format!("/{name}"), Meant::Foreign)]);
    }
    assert_eq!(meant(json!({ "n".repeat(5_000): 1 }))[0].1, Meant::Foreign);
}

#[test]
fn the_names_of_other_systems_are_known() {
    for (name, field) in [
        ("to", "destination"),
        ("recipients", "destination"),
        ("phone_number", "destination"),
        ("body", "message"),
        ("text", "message"),
        ("title", "subject"),
        ("templateId", "template"),
        ("variables", "data"),
        ("language", "locale"),
        ("scheduledAt", "send_at"),
        ("deliver_at", "send_at"),
        ("expiry", "expires_at"),
        ("end_at", "expires_at"),
        ("ttl", "ttl_seconds"),
        ("Idempotency-Key", "id"),
        ("recipent", "destination"),
        ("variabels", "data"),
        ("replyTo", "reply_to"),
        ("Reply-To", "reply_to"),
        ("CC", "cc"),
        ("Bcc", "bcc"),
        ("header", "headers"),
        ("attachements", "attachments"),
        ("files", "attachments"),
    ] {
        ours(name, field);
    }
}

#[test]
fn what_would_change_what_is_sent_or_when_is_answered_with_the_way_to_do_it() {
    for name in ["from", "image", "html", "delay", "cron", "dry_run", "media_urls", "content_sid", "contentVariables"] {
        let found = meant(json!({ name: "x" }));
        assert!(matches!(found.as_slice(), [(_, Meant::Instead(way))] if way.len() > 20), "{name}: {found:?}");
    }
}

#[test]
fn a_notification_in_an_object_of_its_own_is_told_to_come_out_of_it() {
    for body in [r#"{"notification": {"channel": "sms"}}"#, r#"{"Notifications": [{"channel": "sms"}]}"#] {
        let error = decode(body).unwrap_err().to_string();
        assert!(error.contains(" is not known: send the object itself"), "{error}");
    }
    assert_eq!(meant(json!({"notification": {"id": 7}})), [("/notification".into(), Meant::Foreign)]);
}

#[test]
fn a_word_with_two_meanings_is_ours_only_where_ours_is_missing() {
    let own = meant(json!({"type": "order", "email": "x", "date": 1, "payload": {}, "reference": "r", "context": {}}));
    assert_eq!(own.len(), 6);
    assert!(own.iter().all(|(_, meant)| *meant == Meant::Foreign), "{own:?}");
    assert_eq!(meant(json!({"template": "otp", "context": {}}))[0].1, Meant::Ours("data"));
    let error = decode(r#"{"type": "sms", "phone": "+549", "message": "m"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/channel is missing, and DEFAULT_CHANNEL is not set; is it what you wrote as type?; \
         /destination is missing; is it what you wrote as phone?; \
         /phone is not known: did you mean destination?; /type is not known: did you mean channel?"
    );
}

#[test]
fn a_missing_field_is_found_under_the_name_that_it_was_given() {
    let error = decode(r#"{"chanel": "sms", "to": "+549", "templete": "otp", "order": 7}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/channel is missing, and DEFAULT_CHANNEL is not set; is it what you wrote as chanel?; \
         /destination is missing; is it what you wrote as to?; \
         /message is missing: give a message or a template; is it what you wrote as templete?; \
         /chanel is not known: did you mean channel?; /templete is not known: did you mean template?; \
         /to is not known: did you mean destination?"
    );
    let error = decode(with(json!({"fallback": [{"channel": "sms", "Destination": "+549"}]})).to_string()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/fallback/0/destination is missing; is it what you wrote as Destination?; \
         /fallback/0/Destination is not known: did you mean destination?"
    );
}

#[test]
fn an_item_of_a_fallback_has_fields_of_its_own() {
    let item = |name: &str| {
        let mut item = json!({"channel": "sms", "destination": "+549"});
        item[name] = json!("x");
        meant(json!({ "fallback": [item] }))
    };
    assert_eq!(item("mesage"), [("/fallback/0/mesage".into(), Meant::Ours("message"))]);
    for (written, field) in [
        ("ttl_seconds", "ttl_seconds"),
        ("id", "id"),
        ("fallback", "fallback"),
        ("metadata", "metadata"),
        ("sendAt", "send_at"),
        ("tenant", "tenant"),
    ] {
        assert_eq!(item(written), [(format!("/fallback/0/{written}"), Meant::OfTheWhole(field))]);
    }
    assert_eq!(item("order"), [("/fallback/0/order".into(), Meant::Foreign)]);
    for (written, field) in [("wehn", "when"), ("afterSecond", "after_seconds"), ("delay", "after_seconds")] {
        assert_eq!(item(written), [(format!("/fallback/0/{written}"), Meant::Ours(field))]);
    }
    let above = meant(json!({"after_seconds": 60}));
    assert!(matches!(above.as_slice(), [(_, Meant::Instead(_))]), "{above:?}");
    let many: Map<String, Value> = (0..300).map(|n| (format!("f{n}"), json!(n))).collect();
    check(json!({"fallback": [many]}), &["/fallback/0"]);
}

#[test]
fn a_field_of_the_notification_in_an_item_of_a_fallback_is_told_where_it_belongs() {
    let said = |name: &str| {
        let item = json!({"channel": "sms", "destination": "+549", name: "x"});
        let unknown = accept(json!({ "fallback": [item] })).unknown;
        let [field] = unknown.as_slice() else { panic!("{name} is not told: {unknown:?}") };
        (field.refusal().expect("refused").to_string(), field.warning().to_string())
    };
    let whole = "belongs to the notification, not to an item of fallback: give it beside fallback";
    for name in ["priority", "ttl_seconds", "fallback", "version"] {
        let (refused, warned) = said(name);
        assert_eq!(refused, format!("/fallback/0/{name} {whole}"));
        assert_eq!(warned, format!("/fallback/0/{name} was not read: it {whole}"));
    }
    for (name, field) in [("prority", "priority"), ("sendAt", "send_at"), ("ttl", "ttl_seconds"), ("ids", "id")] {
        let (refused, warned) = said(name);
        let near = format!("did you mean {field}? It {whole}");
        assert_eq!(refused, format!("/fallback/0/{name} is not known: {near}"));
        assert_eq!(warned, format!("/fallback/0/{name} is not known and was not read: {near}"));
    }
}

#[test]
fn a_field_that_is_not_known_kills_no_message() {
    let read = accept(json!({"x-trace": "abc", "html": [1, 2], "Destination": ["other"], "": null}));
    assert_eq!(read.destination, "ana@example.com");
    let said: Vec<String> = read.unknown.iter().map(|field| field.warning().to_string()).collect();
    assert_eq!(said.len(), 4);
    assert_eq!(said[0], "/ is not known and was not read: fields of your own belong into metadata");
    assert_eq!(said[1], "/Destination is not known and was not read: did you mean destination?");
    assert!(read.unknown.iter().all(|field| field.refusal().is_none() == (field.meant == Meant::Foreign)));
}

#[test]
fn a_near_priority_is_named() {
    let error = decode(with(json!({"priority": "urgnet"})).to_string()).unwrap_err();
    assert_eq!(error.to_string(), "/priority must be low, normal, high or urgent: did you mean urgent?");
}
