//! Which subscriptions are taken, what is told of the others, and the largest message.

use serde_json::json;

use super::*;

const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

const BEGIN: &str = "must be a push subscription as a browser gives it: ";
const ENDPOINT: &str = "endpoint must be an https URL as a browser writes it, with a host that there can be, and without a \
                        user, a password and a fragment";
const P256DH_MUST: &str = "keys.p256dh must be a public key of P-256, 65 bytes in base64url";
const AUTH_MUST: &str = "keys.auth must be 16 bytes in base64url";

fn at(endpoint: &str) -> Value {
    json!({ "endpoint": endpoint, "keys": { "p256dh": P256DH, "auth": AUTH } })
}

fn told(given: &Value) -> Option<String> {
    Subscription::read(&given.to_string()).err()
}

#[test]
fn a_subscription_is_taken_as_browsers_give_it() {
    for endpoint in [
        "https://fcm.googleapis.com/fcm/send/dGhpcyBpcyBh:APA91b-x_y",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABexample",
        "https://web.push.apple.com/QExample",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAADexample%2b%3d",
        "https://push.example.org:8443/a@b",
        "https://192.0.2.1/a",
        "http://127.0.0.1:18090/notify/7",
        "http://[::1]:18090/",
        "http://localhost:18090/",
    ] {
        let Ok(read) = Subscription::read(&at(endpoint).to_string()) else { panic!("{endpoint}") };
        assert_eq!(read.endpoint.as_str(), endpoint);
        assert_eq!((read.p256dh.len(), read.auth.len()), (65, 16));
    }
    for expires in [Value::Null, json!(1_790_000_000_000_u64), json!(1.5)] {
        let mut given = at("https://push.example.org/a");
        given["expirationTime"] = expires;
        assert_eq!(told(&given), None, "{given}");
    }
    let padded = json!({ "p256dh": format!("{P256DH}="), "auth": format!("{AUTH}==") });
    assert_eq!(told(&json!({ "endpoint": "https://push.example.org/a", "keys": padded })), None);
}

#[test]
fn an_endpoint_stands_as_it_is_called() {
    for endpoint in [
        "",
        "push.example.org/a",
        "http://push.example.org/a",
        "http://127.0.0.1.example.org/a",
        "http://10.0.0.1/a",
        "ftp://push.example.org/a",
        "file:///etc/passwd",
        "https:///a",
        "https://a..b/a",
        "https://push.example.org:0/a",
        "https://user@push.example.org/a",
        "https://:secret@push.example.org/a",
        "https://push.example.org/a#b",
        "https://push.example.org/a b",
        " https://push.example.org/a",
        "https://push.example.org/a\n",
        "https:\\\\push.example.org\\a",
        "https://PUSH.example.org/a",
        "https://push.example.org:443/a",
        "https://push.example.org/a/../b",
        "https://2130706433/a",
        "https://0177.0.0.1/a",
        "https://0x7f.1/a",
        "https://127.1/a",
        "https://b\u{fc}cher.example/a",
    ] {
        assert_eq!(told(&at(endpoint)), Some(format!("{BEGIN}{ENDPOINT}")), "{endpoint:?}");
    }
}

#[test]
fn every_fault_of_a_subscription_is_told_at_once_and_nothing_of_it_is_quoted() {
    let all = [ENDPOINT, P256DH_MUST, AUTH_MUST].join("; ");
    assert_eq!(told(&json!({})), Some(format!("{BEGIN}{all}")));
    assert_eq!(told(&json!({ "endpoint": 7, "keys": "secret" })), Some(format!("{BEGIN}{all}")));
    let given = json!({
        "endpoint": "http://secret.example/", "expirationTime": "secret", "p256dh": "secret",
        "keys": { "p256dh": AUTH, "auth": P256DH, "secret": "secret" },
    });
    let expected = [
        "has a member that is none of endpoint, expirationTime, keys",
        "expirationTime must be null or a number",
        ENDPOINT,
        "keys has a member that is none of p256dh, auth",
        P256DH_MUST,
        AUTH_MUST,
    ];
    assert_eq!(told(&given), Some(format!("{BEGIN}{}", expected.join("; "))));
    for no_object in ["", "x", "7", "null", "[]", "\"\"", "{", "{\"endpoint\":"] {
        let why = Subscription::read(no_object).err();
        assert!(why.is_some_and(|why| why.starts_with("must ")), "{no_object}");
    }
}

#[test]
fn keys_are_a_whole_point_and_a_whole_secret() {
    let compressed = format!("A{}", &P256DH[1..]);
    for (p256dh, auth, expected) in [
        (P256DH, AUTH, None),
        (&P256DH[..86], AUTH, Some(P256DH_MUST)),
        (compressed.as_str(), AUTH, Some(P256DH_MUST)),
        (&P256DH.replace('_', "/"), AUTH, Some(P256DH_MUST)),
        (P256DH, &AUTH[..20], Some(AUTH_MUST)),
        (P256DH, &AUTH.replace('_', "/"), Some(AUTH_MUST)),
    ] {
        let given = json!({ "endpoint": "https://push.example.org/a", "keys": { "p256dh": p256dh, "auth": auth } });
        assert_eq!(told(&given), expected.map(|what| format!("{BEGIN}{what}")), "{given}");
    }
}

#[test]
fn a_payload_has_the_words_the_tag_and_the_data_as_their_publisher_wrote_them() {
    let Value::Object(data) = serde_json::from_str(r#"{"order":7,"total":19.90,"none":null,"list":[1]}"#).unwrap()
    else {
        panic!()
    };
    let read = |words: &Words<'_>| String::from_utf8(payload(words, "t")).unwrap();
    let written = read(&Words { subject: Some("Hola"), text: "¿Qué \"tal\"?", data: &data, mail: None });
    let expected = json!({ "title": "Hola", "body": "¿Qué \"tal\"?", "tag": "t", "data": data });
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), expected);
    assert!(written.contains("19.90"), "{written}");
    assert_eq!(read(&Words { subject: None, text: "x", data: &Map::new(), mail: None }), r#"{"body":"x","tag":"t"}"#);
}

#[test]
fn what_no_push_service_must_take_is_refused_before_it_is_published() {
    let empty =
        payload(&Words { subject: Some(""), text: "", data: &Map::new(), mail: None }, &"x".repeat(TAG_CHARS)).len();
    let longest = "x".repeat(3993 - empty);
    let accept = |text: &str, data: &Map<String, Value>| {
        MEDIUM.accept(MEDIUM.example, &Words { subject: Some(""), text, data, mail: None })
    };
    assert_eq!(accept(&longest, &Map::new()), Ok(()));
    let told = "makes a push of 3994 bytes with its title, message and data as JSON, Web Push takes 3993";
    assert_eq!(accept(&format!("{longest}x"), &Map::new()), Err(format!("message {told}")));
    // Two bytes of a quote, as it is written in JSON.
    assert_eq!(accept(&format!("\"{}", &longest[1..]), &Map::new()), Err(format!("message {told}")));
    let framed = r#","data":{"k":""}"#.len();
    let data = |bytes: usize| Map::from_iter([("k".to_owned(), json!("x".repeat(bytes)))]);
    let room = 3993 - empty - framed;
    assert_eq!(accept("", &data(room)), Ok(()));
    assert_eq!(accept("", &data(room + 1)), Err(format!("data {told}")));
}
