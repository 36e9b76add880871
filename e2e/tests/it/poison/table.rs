//! Everything that cannot be delivered: what it is, the reason that operators see, and a word of the error.

use lapin::BasicProperties;
use serde_json::{Value, json};

/// One message that ends in the dead-letter queue after one delivery.
pub(super) struct Poison {
    pub(super) name: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
    pub(super) reason: &'static str,
    pub(super) word: &'static str,
}

/// A good message with these fields over it.
fn sms(extra: Value) -> Vec<u8> {
    let mut body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
    body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
    body.to_string().into_bytes()
}

/// All of them; no two bodies are equal.
pub(super) fn poison() -> Vec<Poison> {
    let plain = [not_json(), bad_fields(), undeliverable()].concat();
    let plain = plain.into_iter().map(|(name, body, reason, word)| {
        let properties = BasicProperties::default().with_message_id(name.into());
        Poison { name, body, properties, reason, word }
    });
    let named = |name: &'static str, properties: BasicProperties, word| Poison {
        name,
        body: sms(json!({"message": name})),
        properties,
        reason: "decode_error",
        word,
    };
    let packed = BasicProperties::default().with_message_id("packed".into()).with_content_encoding("gzip".into());
    let nul = BasicProperties::default().with_message_id("a\0b".into());
    plain
        .chain([named("named gzip", packed, "content_encoding"), named("NUL in the message_id", nul, "message_id")])
        .collect()
}

type Row = (&'static str, Vec<u8>, &'static str, &'static str);

fn not_json() -> Vec<Row> {
    let mut gzip = vec![0x1f, 0x8b, 8, 0];
    gzip.extend([0; 20]);
    let deep = format!("{}1{}", r#"{"data":"#.repeat(10_000), "}".repeat(10_000));
    let lists = format!(r#"{{"channel":"sms","data":{{"a":{}{}}}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let many: serde_json::Map<String, Value> = (0..300).map(|n| (format!("field {n}"), json!(n))).collect();
    vec![
        ("not JSON", b"{not json".to_vec(), "decode_error", "JSON"),
        ("empty", Vec::new(), "decode_error", "empty"),
        ("null", b"null".to_vec(), "decode_error", "object"),
        ("a list", b"[]".to_vec(), "decode_error", "object"),
        ("gzip", gzip, "decode_error", "gzip"),
        ("not UTF-8", b"{\"message\":\"\xff\xfe\"}".to_vec(), "decode_error", "UTF-8"),
        (
            "a lone surrogate",
            br#"{"channel":"sms","destination":"+1","message":"\ud800"}"#.to_vec(),
            "decode_error",
            "",
        ),
        ("ten thousand levels", deep.into_bytes(), "decode_error", "recursion"),
        (
            "a field twice",
            br#"{"channel":"sms","channel":"email","destination":"a"}"#.to_vec(),
            "decode_error",
            "twice",
        ),
        ("a number without end", br#"{"channel":"sms","data":{"n":1e400}}"#.to_vec(), "decode_error", "number"),
        ("ten thousand lists", lists.into_bytes(), "decode_error", "recursion"),
        ("three hundred fields", Value::from(many).to_string().into_bytes(), "decode_error", "256"),
        ("only spaces", b"   ".to_vec(), "decode_error", "JSON"),
        ("a mebibyte of spaces", vec![b' '; 1024 * 1024], "decode_error", "JSON"),
        ("a string", br#""hola""#.to_vec(), "decode_error", "object"),
        ("a number", b"7".to_vec(), "decode_error", "object"),
        ("two objects", b"{}{}".to_vec(), "decode_error", "JSON"),
        ("UTF-16", utf16, "decode_error", "UTF-8"),
    ]
}

fn bad_fields() -> Vec<Row> {
    let crowd: Vec<String> = (0..10_000).map(|n| format!("+1202{n:07}")).collect();
    let item = json!({"channel": "sms", "destination": "+12025550143"});
    vec![
        ("no recipient", br#"{"channel":"sms","message":"Hola"}"#.to_vec(), "decode_error", "/destination"),
        ("many recipients", sms(json!({"destination": ["+1", "+2"]})), "decode_error", "one item per recipient"),
        ("a line break in the subject", sms(json!({"subject": "a\r\nBcc: x@example.com"})), "decode_error", "/subject"),
        ("turned text", sms(json!({"destination": "+1202555\u{202e}0143"})), "decode_error", "/destination"),
        ("NUL in the message", sms(json!({"message": "a\0b"})), "decode_error", "/message"),
        ("a bad tenant", sms(json!({"tenant": "no spaces allowed"})), "decode_error", "/tenant"),
        ("ten thousand recipients", sms(json!({"destination": crowd})), "decode_error", "one item per recipient"),
        ("a long recipient", sms(json!({"destination": "1".repeat(5_000)})), "decode_error", "/destination"),
        ("a line separator", sms(json!({"destination": "+1202\u{2028}5550143"})), "decode_error", "/destination"),
        ("a control character of C1", sms(json!({"subject": "a\u{85}b"})), "decode_error", "/subject"),
        ("a long subject", sms(json!({"subject": "a".repeat(999)})), "decode_error", "/subject"),
        ("a line break in the id", sms(json!({"id": "a\nb"})), "decode_error", "/id"),
        ("a long id", sms(json!({"id": "a".repeat(256)})), "decode_error", "/id"),
        ("NUL in the data", sms(json!({"data": {"a": ["\0"]}})), "decode_error", "/data"),
        ("data that is a list", sms(json!({"data": [1]})), "decode_error", "/data"),
        ("no words", sms(json!({"message": null})), "decode_error", "/message"),
        ("a priority of nobody", sms(json!({"priority": "soon"})), "decode_error", "/priority"),
        ("a time without an offset", sms(json!({"send_at": "2026-03-01T09:00:00"})), "decode_error", "/send_at"),
        ("a negative time to live", sms(json!({"ttl_seconds": -1})), "decode_error", "/ttl_seconds"),
        (
            "two times to live",
            sms(json!({"ttl_seconds": 1, "expires_at": "2030-01-01T00:00:00Z"})),
            "decode_error",
            "/ttl_seconds",
        ),
        ("half a version", sms(json!({"version": 1.5})), "decode_error", "/version"),
        ("a fallback that is no list", sms(json!({"fallback": item})), "decode_error", "/fallback"),
        ("nine fallbacks", sms(json!({"fallback": vec![item; 9]})), "decode_error", "/fallback"),
        (
            "a fallback to nobody",
            sms(json!({"fallback": [{"channel": "sms"}]})),
            "decode_error",
            "/fallback/0/destination",
        ),
    ]
}

fn undeliverable() -> Vec<Row> {
    vec![
        ("a version of the future", sms(json!({"version": 2})), "unsupported", "/version"),
        ("an unknown channel", sms(json!({"channel": "fax"})), "unsupported", "known"),
        ("not a number", sms(json!({"destination": "call me"})), "permanent", "/destination"),
        (
            "an address literal",
            json!({"channel": "email", "destination": "a@[127.0.0.1]", "message": "Hola"}).to_string().into_bytes(),
            "permanent",
            "/destination",
        ),
        ("an unknown template", sms(json!({"message": null, "template": "nowhere"})), "template", "nowhere"),
        ("a missing variable", sms(json!({"message": null, "template": "otp", "data": {}})), "template", "code"),
    ]
}
