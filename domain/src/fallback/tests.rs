//! What a child inherits, what its item replaces, and what it can never change.

use serde_json::json;

use super::*;
use crate::samples::{NOW, interactive, key};
use crate::{Defaults, Notification};

fn child(body: &Value, expires_at: Option<Timestamp>) -> Option<Value> {
    let bytes = child_body(&key("d-1"), body.to_string().as_bytes(), expires_at)?;
    Notification::decode(&bytes, &Defaults { channel: None }).expect("a child is a notification");
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn parent(fallback: Value) -> Value {
    json!({"id": "d-1", "tenant": "acme", "channel": "whatsapp", "destination": "+549", "subject": "S", "message": "M",
           "locale": "es-AR", "metadata": {"order": 7}, "fallback": fallback})
}

#[test]
fn a_child_inherits_its_parents_words_and_fields() {
    let made = child(&parent(json!([{"channel": "sms", "destination": "+550"}])), None).unwrap();
    let id = child_id(&key("d-1"), 1);
    assert_eq!(
        made,
        json!({"id": id, "tenant": "acme", "channel": "sms", "destination": "+550", "subject": "S", "message": "M",
               "locale": "es-AR", "metadata": {"order": 7}})
    );
}

#[test]
fn a_child_goes_by_whoever_carries_its_channel() {
    let mut named = parent(json!([{"channel": "sms", "destination": "+550"}]));
    named["provider"] = json!("whatsapp_cloud");
    let made = child(&named, None).unwrap();
    assert_eq!((made.get("provider"), &made["channel"]), (None, &json!("sms")));
}

#[test]
fn a_childs_numbers_keep_the_digits_of_its_parents() {
    let written = r#"{"list":[12345678901234567890123,0.000001],"price":19.90}"#;
    let body = format!(
        r#"{{"channel": "push", "destination": "t", "message": "M", "data": {written}, "metadata": {written},
             "fallback": [{{"channel": "sms", "destination": "+550"}}]}}"#
    );
    let bytes = child_body(&key("d-1"), body.as_bytes(), None).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    for name in ["data", "metadata"] {
        assert!(text.contains(&format!(r#""{name}":{written}"#)), "{text}");
    }
}

#[test]
fn words_of_its_own_replace_all_words_of_the_parent() {
    let item = |words: Value| {
        let mut item = json!({"channel": "sms", "destination": "+550"});
        item.as_object_mut().unwrap().extend(words.as_object().unwrap().clone());
        let made = child(&parent(json!([item])), None).unwrap();
        ["subject", "message", "template", "locale"]
            .map(|name| made.get(name).and_then(Value::as_str).map(String::from))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(item(json!({"message": "m"})), [None, some("m"), None, some("es-AR")]);
    assert_eq!(item(json!({"template": "otp", "locale": "en"})), [None, None, some("otp"), some("en")]);
    assert_eq!(item(json!({"subject": "s"})), [some("s"), some("M"), None, some("es-AR")]);
    assert_eq!(item(json!({"message": ""})), [None, some(""), None, some("es-AR")], "as the message of a body");
    assert_eq!(item(json!({"message": null, "template": ""})), [some("S"), some("M"), None, some("es-AR")]);
}

#[test]
fn copies_headers_and_files_of_a_mail_are_never_inherited() {
    let mut body = parent(json!([{"channel": "email", "destination": "a@b.c", "cc": ["d@e.f"]}]));
    for (name, value) in [("cc", json!(["x@y.z"])), ("bcc", json!(["x@y.z"])), ("reply_to", json!(["x@y.z"]))] {
        body[name] = value;
    }
    (body["headers"], body["attachments"], body["list"]) = (json!({"X-A": "b"}), json!([{}]), json!("news"));
    let made = child(&body, None).unwrap();
    assert_eq!(made["cc"], json!(["d@e.f"]));
    for absent in ["bcc", "reply_to", "headers", "attachments", "list"] {
        assert_eq!(made.get(absent), None, "{absent}");
    }
}

#[test]
fn what_a_reader_answers_with_is_never_inherited() {
    let mut body = parent(json!([{"channel": "sms", "destination": "+550"}]));
    body["interactive"] = interactive("whatsapp", "+549").to_value();
    assert_eq!(child(&body, None).unwrap().get("interactive"), None);
    let own = interactive("sms", "+550").to_value();
    body["fallback"][0]["interactive"] = own.clone();
    assert_eq!(child(&body, None).unwrap()["interactive"], own);
    body["fallback"][0]["interactive"] = Value::Null;
    assert_eq!(child(&body, None).unwrap().get("interactive"), None);
}

#[test]
fn when_it_is_tried_is_no_field_of_the_child() {
    let item = json!({"channel": "sms", "destination": "+550", "when": "undelivered", "after_seconds": 60});
    let next = json!({"channel": "push", "destination": "x", "when": "undelivered", "after_seconds": 90});
    let made = child(&parent(json!([item, next])), None).unwrap();
    assert_eq!((made.get("when"), made.get("after_seconds")), (None, None));
    assert_eq!(made["fallback"], json!([next]), "the next one waits for this child");
    let plain = json!({"channel": "sms", "destination": "+550"});
    assert_eq!(made, child(&parent(json!([plain, next])), None).unwrap(), "the same delivery, whenever it is sent");
}

#[test]
fn the_rest_of_the_list_goes_on_with_the_child() {
    let [first, second, third] = ["sms", "email", "push"].map(|name| json!({"channel": name, "destination": "a@b.c"}));
    let made = child(&parent(json!([first, second, third])), None).unwrap();
    assert_eq!(made["fallback"], json!([second, third]));
    let id = made["id"].as_str().unwrap();
    let grandchild = child_body(&key(id), made.to_string().as_bytes(), None).unwrap();
    let grandchild: Value = serde_json::from_slice(&grandchild).unwrap();
    assert_eq!((&grandchild["channel"], &grandchild["fallback"]), (&json!("email"), &json!([third])));
    assert_eq!(grandchild["id"], json!(child_id(&key(id), 1)));
}

#[test]
fn an_item_says_nothing_about_who_the_delivery_is_or_how_long_it_counts() {
    let item = json!({"channel": "sms", "destination": "+550", "tenant": "victim", "id": "mine", "version": 9,
                      "expires_at": "2099-01-01T00:00:00Z", "ttl_seconds": 9, "send_at": "2099-01-01T00:00:00Z",
                      "priority": "urgent", "fallback": [{"channel": "push", "destination": "x"}]});
    let made = child(&parent(json!([item])), Some(NOW)).unwrap();
    assert_eq!((&made["tenant"], &made["id"]), (&json!("acme"), &json!(child_id(&key("d-1"), 1))));
    assert_eq!(made["expires_at"], json!("2026-03-01T12:00:00Z"));
    for absent in ["version", "ttl_seconds", "send_at", "priority", "fallback"] {
        assert_eq!(made.get(absent), None, "{absent}");
    }
}

#[test]
fn a_child_expires_when_its_parent_does() {
    let mut body = parent(json!([{"channel": "sms", "destination": "+550"}]));
    for (name, value) in
        [("ttl_seconds", json!(60)), ("send_at", json!("2026-03-01T12:00:00Z")), ("max_lateness_seconds", json!(5))]
    {
        body[name] = value;
    }
    let at = Timestamp::from_micros(NOW.as_micros() + 1);
    let made = child(&body, Some(at)).unwrap();
    assert_eq!(Timestamp::parse_rfc3339(made["expires_at"].as_str().unwrap()), Ok(at));
    for gone in ["ttl_seconds", "send_at", "max_lateness_seconds"] {
        assert_eq!(made.get(gone), None, "{gone}");
    }
    let beyond_year_9999 = Timestamp::from_micros(i64::MAX);
    for never in [None, Some(beyond_year_9999)] {
        assert_eq!(child(&body, never).unwrap().get("expires_at"), None);
    }
}

#[test]
fn a_child_made_twice_is_the_same_to_the_byte() {
    let body = parent(json!([{"channel": "sms", "destination": "+550"}])).to_string();
    let make = || child_body(&key("d-1"), body.as_bytes(), Some(NOW)).unwrap();
    assert_eq!(make(), make());
}

#[test]
fn without_a_fallback_there_is_no_child() {
    for fallback in [json!([]), json!(null), json!("sms"), json!(["sms"])] {
        assert_eq!(child(&parent(fallback), None), None);
    }
    assert_eq!(child_body(&key("d-1"), b"{", None), None);
}
