//! Bodies on both sides of every rule, and what a schema cannot say of one.

use domain::Notification;
use serde_json::{Value, json};

use super::asyncapi::document;
use super::limits::{body_with, longest, most};
use super::root;

/// Every case as it is written.
pub(super) fn bodies() -> Vec<String> {
    let all = [whole(), texts(), limits(), numbers(), instants(), objects(), fallbacks()].concat();
    all.iter().map(Value::to_string).chain(of_the_pages()).collect()
}

/// The bodies that the pages and the contract show.
fn of_the_pages() -> Vec<String> {
    let document = document();
    let examples = document["components"]["messages"]["notification"]["examples"].as_array().expect("examples");
    let mut shown: Vec<String> = examples.iter().map(|example| example["payload"].to_string()).collect();
    for page in ["docs/publishing.md", "docs/templates.md", "README.md"] {
        let text = std::fs::read_to_string(root().join(page)).expect("a page");
        let listings = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
        let read = listings.filter_map(|listing| serde_json::from_str::<Value>(listing).ok());
        shown.extend(read.filter(|shown| shown.get("destination").is_some()).map(|shown| shown.to_string()));
    }
    assert!(shown.len() > 5, "the pages show bodies: {shown:?}");
    shown
}

/// What is there, what is missing, and what stands beside it.
fn whole() -> Vec<Value> {
    let full = json!({
        "version": 1, "id": "order-7", "tenant": "acme", "channel": "sms", "destination": "+12025550143",
        "subject": "s", "message": "m", "template": "otp", "locale": "es-AR", "data": {"a": [1, {"b": null}]},
        "priority": "high", "provider": "twilio", "send_at": "2030-01-01T00:00:00Z", "expires_at": "2030-01-02T00:00:00Z",
        "max_lateness_seconds": 60, "fallback": [{"channel": "email", "destination": "ana@example.com"}],
        "metadata": {"order": 7}, "reply_to": ["ana@example.com"], "cc": ["b@example.com"], "list": "news",
        "headers": {"X-Order": "7"}, "attachments": [{"filename": "a.txt", "content": "aGk="}],
    });
    let mut all = vec![full.clone()];
    for field in domain::FIELDS {
        for value in [Value::Null, json!(""), json!(7), json!([]), json!({}), json!(true), json!("word"), json!(["a"])]
        {
            let mut with = full.clone();
            with[field] = value.clone();
            all.extend([with, body_with(field, value)]);
        }
        let mut without = full.clone();
        without.as_object_mut().expect("an object").remove(field);
        all.push(without);
    }
    let both = json!({"expires_at": "2030-01-01T00:00:00Z", "ttl_seconds": 60});
    for (expires_at, ttl_seconds) in [("", json!(60)), ("2030-01-01T00:00:00Z", json!(null)), ("", json!(""))] {
        let mut body = body_with("expires_at", json!(expires_at));
        body["ttl_seconds"] = ttl_seconds;
        all.push(body);
    }
    let mut body = body_with("expires_at", both["expires_at"].clone());
    body["ttl_seconds"] = both["ttl_seconds"].clone();
    all.extend([body, json!([]), json!(null), json!("text"), json!({}), json!({"destination": "a"})]);
    all.extend(["mesage", "order", "html", "sendAt"].map(|foreign| body_with(foreign, json!("x"))));
    all
}

fn texts() -> Vec<Value> {
    let characters =
        ["\0", "\t", "\u{7f}", "\u{9f}", "\u{a0}", "\u{2028}", "\u{202e}", "\u{200e}", "\u{feff}", "ñ", "😀"];
    let texts: Vec<String> = characters.iter().map(|c| format!("a{c}b")).collect();
    let mut all = Vec::new();
    for field in
        ["id", "tenant", "channel", "destination", "subject", "message", "template", "locale", "provider", "list"]
    {
        all.extend(texts.iter().map(|text| body_with(field, json!(text))));
    }
    all.extend([" ", "\u{3000}", " a ", "a.b", "EMAIL", "a b"].map(|text| body_with("destination", json!(text))));
    all.extend(["low", "HIGH", "Urgent", "urgentt", " low", "lane"].map(|text| body_with("priority", json!(text))));
    all
}

fn limits() -> Vec<Value> {
    let mut all = Vec::new();
    for field in ["id", "tenant", "channel", "destination", "subject", "template", "locale", "provider", "list"] {
        let most = usize::try_from(longest(field)).expect("a small size");
        all.extend([1, most, most + 1].map(|size| body_with(field, json!("a".repeat(size)))));
    }
    for field in ["ttl_seconds", "max_lateness_seconds", "version"] {
        let most = most(field, Value::from);
        all.extend([0, 1, most, most + 1].map(|size| body_with(field, json!(size))));
    }
    all
}

fn numbers() -> Vec<Value> {
    let texts = ["600.0", "6e2", "600.5", "-1", "0", "-0.0", "1e400", "1E3", "9007199254740993"];
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
    let fields = ["ttl_seconds", "max_lateness_seconds", "version"];
    fields.iter().flat_map(|field| texts.iter().map(move |text| body_with(field, read(text)))).collect()
}

fn instants() -> Vec<Value> {
    let texts = [
        "2030-01-01T00:00:00Z",
        "2030-01-01t00:00:00z",
        "2030-01-01 00:00:00+00:00",
        "2030-01-01T00:00:00.123456789-03:00",
        "2030-01-01T00:00:00",
        "2030-01-01",
        "2030-01-01T00:00Z",
        "2030-01-01T00:00:00+0300",
        "2030-01-01T00:00:00+03",
        "2030-1-1T00:00:00Z",
        "tomorrow",
        "1893456000",
    ];
    let fields = ["send_at", "expires_at"];
    fields.iter().flat_map(|field| texts.iter().map(move |text| body_with(field, json!(text)))).collect()
}

fn objects() -> Vec<Value> {
    let values = [
        json!({"a": "b"}),
        json!({"": 1}),
        json!({"a": "\0"}),
        json!({"a\0": 1}),
        json!({"a": [{"b": ["\0"]}]}),
        json!({"a": [{"b\0": []}]}),
        json!({"a": 1e308, "b": -0.0, "c": 12345678901234567890_u64}),
        json!([{}]),
        json!("{}"),
    ];
    ["data", "headers", "metadata"]
        .iter()
        .flat_map(|field| values.iter().map(move |value| body_with(field, value.clone())))
        .collect()
}

fn fallbacks() -> Vec<Value> {
    let item = json!({"channel": "sms", "destination": "+12025550143"});
    let mut items = vec![json!({}), json!(null), json!("sms"), json!([]), item.clone()];
    let own = domain::OF_AN_ITEM.into_iter().filter(|field| !domain::FIELDS.contains(field));
    for field in domain::FIELDS.into_iter().chain(own) {
        for value in [Value::Null, json!(""), json!("word"), json!(1), json!({})] {
            let mut with = item.clone();
            with[field] = value;
            items.push(with);
        }
        let mut without = item.clone();
        without.as_object_mut().expect("an object").remove(field);
        items.push(without);
    }
    items.extend(escalating(&item));
    let most = usize::try_from(most("fallback", |count| vec![item.clone(); count as usize].into())).expect("few");
    let lists = [0, 1, most, most + 1].map(|count| json!(vec![item.clone(); count]));
    let alone = items.into_iter().map(|item| json!([item]));
    alone.chain(lists).map(|list| body_with("fallback", list)).collect()
}

/// When an item is tried, on both sides of what goes together.
fn escalating(item: &Value) -> Vec<Value> {
    let words = [json!(null), json!(""), json!("failed"), json!("Undelivered"), json!("undeliverd"), json!(7)];
    let waits =
        [json!(null), json!(""), json!(0), json!(1), json!(6e2), json!(0.5), json!(2_592_000), json!(2_592_001)];
    let all = words.iter().flat_map(|when| waits.iter().map(move |wait| (when, wait)));
    let with = |(when, wait): (&Value, &Value)| {
        let mut with = item.clone();
        (with["when"], with["after_seconds"]) = (when.clone(), wait.clone());
        with
    };
    all.map(with).collect()
}

/// What the reader refuses and the schema takes: told in docs/publishing.md, and out of the reach of a schema.
pub(super) fn beyond_a_schema() -> Vec<(&'static str, String)> {
    let of = |field: &str, value: Value| body_with(field, value).to_string();
    let bytes = "ñ".repeat(200);
    let mut too_late = body_with("ttl_seconds", json!(60));
    too_late["fallback"] =
        json!([{"channel": "sms", "destination": "+12025550143", "when": "undelivered", "after_seconds": 60}]);
    let unread = json!([{"channel": "sms", "destination": "+12025550143", "when": "unread", "after_seconds": 60}]);
    let topic = json!({"channel": "inapp", "destination": "topic:analysts", "message": "m",
        "fallback": [{"channel": "sms", "destination": "+12025550143"}]});
    vec![
        ("a wait that ends when the notification has expired", too_late.to_string()),
        ("a wait for a reader where there is no inbox", of("fallback", unread)),
        ("a fallback of a topic", topic.to_string()),
        ("a number that other programs read as infinity", of("data", json!({"n": 0})).replace(":0", ":1e400")),
        ("a limit in bytes, in a text that is not ASCII", of("id", json!(bytes))),
        ("a date that never occurs", of("send_at", json!("2030-02-30T00:00:00Z"))),
        ("an isolate that is not closed", of("subject", json!("\u{2066}a"))),
        (
            "a field twice, of which Python takes the last",
            r#"{"destination":"a","destination":"b","message":""}"#.into(),
        ),
        (
            "many levels",
            of("data", json!({"n": 0})).replace(":0", &format!(":{}1{}", "[".repeat(200), "]".repeat(200))),
        ),
        ("a name that is reserved", of("data", json!({"$serde_json::private::RawValue": "1"}))),
    ]
}

/// Whether the reader takes a body for what it is.
pub(super) fn is_read(body: &str) -> bool {
    super::limits::is_read(body.as_bytes())
}

/// What a body is read as when `DEFAULT_CHANNEL` is not set.
pub(super) fn read(body: &str) -> Result<Notification, domain::DecodeError> {
    Notification::decode(body.as_bytes(), &domain::Defaults { channel: None })
}
