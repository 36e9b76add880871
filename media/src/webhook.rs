//! Webhooks: a JSON body that is posted to a URL.

use domain::{Ambiguity, EndpointAddress};
use serde_json::{Map, Value};
use url::Url;

use crate::host;
use crate::line;
use crate::medium::{Carriage, Medium};
use crate::words::{Fault, Part, Words};

const MUST: &str = "must be an https URL as it is called, such as https://hooks.example.org/orders, without a user, a \
                    password and a fragment";

pub static MEDIUM: Medium = Medium {
    name: "webhook",
    example: "https://hooks.example.org/hooks/example-only",
    kinds: &[],
    // Every copy has the same id, by which a receiver knows it.
    ambiguity: Ambiguity::Resend,
    check: |destination| url(destination).map(|_| ()),
    compared: |destination| url(destination).map_or_else(|_| destination.to_owned(), String::from),
    faults,
    has_subject: true,
    sends: |_| true,
    files: Carriage::Nothing,
    meant: |_, _| None,
};

/// The URL that is called: the destination itself, or that of the endpoint which it names. Plain HTTP is the fleet's to
/// allow, which no medium knows.
///
/// # Errors
/// A text that begins with "must" and quotes nothing.
pub fn url(destination: &str) -> Result<Url, String> {
    line::check(destination)?;
    let destination = EndpointAddress::parse(destination).map_or(destination, |address| address.url);
    // A comma and another URL behind it would be a part of the path.
    let is_list = [",https://", ",http://"].iter().any(|next| destination.contains(next));
    let parsed = Url::parse(destination).ok().filter(|url| !is_list && is_called_as(url, destination));
    let url = parsed.ok_or(MUST)?;
    if host::is_possible(&url) { Ok(url) } else { Err(host::MUST.into()) }
}

/// Whether a URL stands as it is called, but for the slash of an empty path: the parser would take others, such as one
/// with an address in octal digits, and call what they turn into.
fn is_called_as(url: &Url, text: &str) -> bool {
    let is_same = url.as_str().strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest == "/");
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    is_same && is_bare && url.has_host() && matches!(url.scheme(), "https" | "http")
}

/// The body that is posted, as JSON: the data as they are where there are no words, else an object of subject, message
/// and data, as far as there are any.
pub fn body(words: &Words<'_>) -> Vec<u8> {
    json(words).into_bytes()
}

/// The same as a text.
pub(crate) fn json(words: &Words<'_>) -> String {
    if words.subject.is_none() && words.text.is_empty() {
        return Value::Object(words.data.clone()).to_string();
    }
    let mut posted = Map::new();
    if let Some(subject) = words.subject {
        posted.insert("subject".into(), subject.into());
    }
    posted.insert("message".into(), words.text.into());
    if !words.data.is_empty() {
        posted.insert("data".into(), Value::Object(words.data.clone()));
    }
    Value::Object(posted).to_string()
}

fn faults(words: &Words<'_>) -> Vec<Fault> {
    if words.subject.is_none() && words.text.is_empty() && words.data.is_empty() {
        return vec![Fault { part: Part::Message, why: "must not be empty where there are no data to post".into() }];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_url_stands_as_it_is_called() {
        for good in [
            "https://hooks.example.org",
            "https://hooks.example.org/",
            "https://hooks.example.org:8443/a/b?token=x&n=1,2",
            "https://hooks.example.org/?next=https://example.org/a@b",
            "https://192.0.2.1/a",
            "https://xn--bcher-kva.example/a%20b",
            "http://billing.internal:8080/hooks",
            "http://127.0.0.1:8080/",
            "endpoint:orders:2:1:seal:https://hooks.example.org/a",
        ] {
            assert!(url(good).is_ok(), "{good}");
        }
        for bad in [
            "hooks.example.org/a",
            "ftp://hooks.example.org/a",
            "file:///etc/passwd",
            "https:///a",
            "https://",
            "https:hooks.example.org",
            "https:\\\\hooks.example.org",
            "https://user@hooks.example.org/a",
            "https://:secret@hooks.example.org/a",
            "https://hooks.example.org/a#b",
            "https://hooks.example.org/a b",
            "https://hooks.example.org/../a",
            "https://0177.0.0.1/a",
            "https://2130706433/a",
            "https://bücher.example/a",
            "https://hooks.example.org:443/a",
            "https://a.example/x,https://b.example/x",
            "endpoint:orders:2:1:seal:hooks.example.org",
            "endpoint:orders:2:1:seal:",
        ] {
            assert_eq!(url(bad).err().as_deref(), Some(MUST), "{bad}");
        }
    }

    #[test]
    fn a_url_that_can_never_be_called_is_refused() {
        let label = format!("https://{}.example/x", "a".repeat(64));
        for bad in ["https://a..b/x", "https://hooks.example.org:0/x", "http://127.0.0.1:0/", &label] {
            assert_eq!(url(bad).err().as_deref(), Some(host::MUST), "{bad}");
        }
    }

    #[test]
    fn data_alone_are_the_body_and_words_stand_in_an_object_beside_them() {
        for (subject, text, data, expected) in [
            (None, "", r#"{"b":1.10,"a":{"deep":[null]}}"#, r#"{"a":{"deep":[null]},"b":1.10}"#),
            (None, "Hi", "{}", r#"{"message":"Hi"}"#),
            (Some("S"), "Hi", r#"{"n":1}"#, r#"{"data":{"n":1},"message":"Hi","subject":"S"}"#),
            (Some("S"), "", r#"{"n":1}"#, r#"{"data":{"n":1},"message":"","subject":"S"}"#),
        ] {
            let Value::Object(data) = serde_json::from_str(data).unwrap() else { panic!("{data}") };
            let words = Words { subject, text, data: &data, mail: None };
            assert_eq!(String::from_utf8(body(&words)).unwrap(), expected);
            assert!(faults(&words).is_empty(), "{expected}");
        }
    }

    #[test]
    fn a_webhook_that_says_nothing_is_refused() {
        let (none, some) = (Map::new(), Map::from_iter([("n".to_owned(), json!(1))]));
        let told = |data: &Map<String, Value>| faults(&Words { subject: None, text: "", data, mail: None });
        assert_eq!(told(&none)[0].to_string(), "message must not be empty where there are no data to post");
        assert!(told(&some).is_empty());
    }
}
