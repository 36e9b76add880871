//! Which options are taken, and how each fault of them is told.

use super::*;

#[test]
fn every_field_that_may_be_set_is_read_to_where_fcm_reads_it() {
    let read = read_of(&testkit::every_push_option());
    assert_eq!(read.faults, []);
    let mut sent: Vec<&str> = read.fields.iter().map(|(place, _)| *place).collect();
    let mut all: Vec<&str> = ALLOWED.iter().map(|field| field.sent).collect();
    sent.sort_unstable();
    all.sort_unstable();
    assert_eq!(sent, all);
    let value = |place: &str| read.fields.iter().find(|(at, _)| *at == place).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(value("/android/priority"), "HIGH", "FCM's own word");
    assert_eq!(value("/android/ttl"), "90s");
    assert_eq!(value("/apns/payload/aps/badge"), 3);
}

#[test]
fn a_whole_number_may_be_written_with_a_point_as_in_a_body() {
    for written in ["3", "3.0", "30e-1"] {
        let given = serde_json::from_str(&format!(r#"{{"apns": {{"payload": {{"aps": {{"badge": {written}}}}}}}}}"#));
        let read = read_of(&given.unwrap());
        assert_eq!((read.faults, read.fields), (vec![], vec![("/apns/payload/aps/badge", json!(3))]), "{written}");
    }
}

#[test]
fn no_option_says_whom_a_message_is_for_or_what_it_says() {
    for field in ALLOWED {
        let steps: Vec<&str> = field.sent.split('/').skip(1).collect();
        assert!(matches!(steps[0], "notification" | "fcmOptions" | "android" | "apns" | "webpush"), "{}", field.sent);
        let last = steps[steps.len() - 1];
        for kept in ["token", "fid", "topic", "condition", "tag", "Topic", "apns-collapse-id", "title", "body", "data"]
        {
            assert_ne!(last, kept, "{}", field.sent);
        }
    }
    for name in ["token", "fid", "topic", "condition", "validate_only", "validateOnly", "name", "data"] {
        let told = told(&json!({ name: "x" }));
        assert!(told.len() == 1 && told[0].starts_with(&format!("data/google.fcm/{name} is no option")), "{told:?}");
    }
}

#[test]
fn a_fault_names_its_field_and_what_the_field_takes() {
    for (given, expected) in [
        (json!({ "android": "high" }), "data/google.fcm/android must be an object"),
        (json!({ "android": { "priority": "urgent" } }), "/android/priority must be one of the texts NORMAL, HIGH"),
        (json!({ "android": { "priority": 10 } }), "/android/priority must be one of the texts NORMAL, HIGH"),
        (
            json!({ "android": { "ttl": 90 } }),
            "/android/ttl must be a text of seconds such as \"90s\", at most 2419200s",
        ),
        (json!({ "android": { "ttl": "2419201s" } }), "/android/ttl must be a text of seconds"),
        (json!({ "android": { "ttl": "+5s" } }), "/android/ttl must be a text of seconds"),
        (json!({ "android": { "ttl": "99999999999999999999s" } }), "/android/ttl must be a text of seconds"),
        (json!({ "android": { "collapse_key": "" } }), "/android/collapse_key must be one line of text"),
        (json!({ "android": { "collapse_key": "a\nb" } }), "/android/collapse_key must be one line of text"),
        (json!({ "android": { "notification": { "color": "red" } } }), "/android/notification/color must be a colour"),
        (
            json!({ "fcm_options": { "analytics_label": "a b" } }),
            "/fcm_options/analytics_label must be 1 to 50 letters",
        ),
        (json!({ "notification": { "image": "http://a.example/b.png" } }), "/notification/image must be a URL that"),
        (json!({ "notification": { "image": "javascript:alert(1)" } }), "/notification/image must be a URL that"),
        (json!({ "notification": { "image": ["https://a.example"] } }), "/notification/image must be a URL that"),
        (
            json!({ "apns": { "payload": { "aps": { "badge": -1 } } } }),
            "/apns/payload/aps/badge must be a whole number",
        ),
        (
            json!({ "apns": { "payload": { "aps": { "badge": 1.5 } } } }),
            "/apns/payload/aps/badge must be a whole number",
        ),
        (
            json!({ "collapsekey": "x" }),
            "data/google.fcm/collapsekey is no option that may be set; known are notification",
        ),
        (
            json!({ "android": { "collapseKey": "x" } }),
            "restricted_package_name, notification, fcm_options: did you mean \
            collapse_key?",
        ),
        (json!({ "android/ttl": "5s" }), "data/google.fcm/android~1ttl is no option that may be set"),
        (json!({ "": {} }), "data/google.fcm/ is no option that may be set"),
        (json!([]), "data/google.fcm is a key that FCM keeps for itself; as an object, it may have notification,"),
        (json!("x"), "data/google.fcm is a key that FCM keeps for itself"),
    ] {
        let told = told(&given);
        assert!(told.len() == 1 && told[0].contains(expected), "{given}: {told:?}");
    }
}

#[test]
fn what_is_absent_sets_nothing() {
    for given in [json!(null), json!({}), json!({ "android": null }), json!({ "android": { "ttl": null } })] {
        let read = read_of(&given);
        assert!(read.fields.is_empty() && read.faults.is_empty(), "{given}");
    }
    assert!(read(&Map::new()).fields.is_empty());
}

#[test]
fn a_bad_field_hides_no_good_one_and_a_flood_of_them_is_cut() {
    let read = read_of(&json!({ "android": { "ttl": "5s", "priority": "x" } }));
    assert_eq!((read.fields, read.faults.len()), (vec![("/android/ttl", json!("5s"))], 1));
    let flood: Map<String, Value> = (0..10_000).map(|n| (format!("n{n}"), json!(n))).collect();
    assert_eq!(read_of(&Value::Object(flood)).faults.len(), MAX_FAULTS);
    let deep = (0..100).fold(json!({}), |inner, _| json!({ "android": inner }));
    assert_eq!(read_of(&deep).faults.len(), 1, "it goes no deeper than the fields");
}

#[test]
fn fields_of_one_object_stand_beside_each_other() {
    for within in ["", "/android", "/apns", "/webpush"] {
        let names = names(within);
        let different: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len(), "{names:?}");
    }
}

fn read_of(given: &Value) -> Read {
    read(&Map::from_iter([(OPTIONS.to_owned(), given.clone())]))
}

fn told(given: &Value) -> Vec<String> {
    read_of(given).faults.iter().map(ToString::to_string).collect()
}
