//! Who is reached by a capture, in a line: what tells one browser's subscription from another is the host of its push
//! service and the end of its address.

use domain::EndpointAddress;
use maud::{Markup, html};
use serde_json::Value;
use url::Url;

use crate::pieces::breakable::breakable;

/// How many characters of the end of an address are shown.
const END: usize = 8;

/// Of an endpoint of ours the URL that is called.
pub(super) fn reached(destination: &str) -> &str {
    EndpointAddress::parse(destination).map_or(destination, |address| address.url)
}

/// A line, and the whole of what it leaves out in its title.
pub(super) fn shown(destination: &str) -> Markup {
    html! {
        @match subscription(destination) {
            Some(short) => { span.most title=(destination) { (breakable(&short)) } }
            None => { span.most { (reached(destination)) } }
        }
    }
}

/// The same, and the whole below it.
pub(super) fn whole(destination: &str) -> Markup {
    html! {
        @match subscription(destination) {
            Some(short) => { details { summary { (short) } pre { (destination) } } }
            None => { (reached(destination)) }
        }
    }
}

/// A subscription of a browser in a few characters. None for every other recipient.
fn subscription(destination: &str) -> Option<String> {
    let given: Value = serde_json::from_str(Some(destination).filter(|text| text.starts_with('{'))?).ok()?;
    let endpoint = given.get("endpoint")?.as_str()?;
    let url = Url::parse(endpoint).ok()?;
    let host = url.host_str()?;
    let begun = endpoint.char_indices().rev().nth(END - 1).map_or(0, |(at, _)| at);
    Some(format!("{host}/…{}", &endpoint[begun..]))
}

#[test]
fn a_subscription_is_its_host_and_the_end_of_its_address() {
    let given = r#"{"endpoint":"https://push.example.org/send/a<b>-12345678","keys":{"auth":"x"}}"#;
    let line = shown(given).into_string();
    assert!(line.contains(">push.<wbr>example.<wbr>org/<wbr>…12345678</span>"), "{line}");
    assert!(line.contains("title=\"{&quot;endpoint&quot;") && !line.contains("<b>"), "{line}");
    let all = whole(given).into_string();
    assert!(all.contains("<summary>push.example.org/…12345678</summary><pre>{&quot;endpoint&quot;"), "{all}");
    assert!(all.contains("a&lt;b&gt;-12345678"), "{all}");
}

#[test]
fn every_other_recipient_stands_as_it_is() {
    for other in ["+12025550143", "ana@example.com", "{", "{}", r#"{"endpoint":7}"#, r#"{"endpoint":"nowhere"}"#, ""] {
        assert_eq!(subscription(other), None, "{other}");
    }
    assert_eq!(whole("<a>@example.com").into_string(), "&lt;a&gt;@example.com");
}
