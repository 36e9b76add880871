//! Pictures and other files that go with a message beside its words: `media_urls` in the data of a notification, which the
//! provider fetches, and `attachments` that are stored here.

use domain::is_unsafe_in_a_line;
use serde_json::{Map, Value};
use url::Url;

use crate::email::{ATTACHMENTS, Content, read_attachments};
use crate::host;
use crate::words::{Fault, Part, Words};

/// The name of the list in the data.
pub(crate) const FIELD: &str = "media_urls";

const MUST: &str = "must be an https URL with a host that there can be, such as https://example.org/picture.jpg, without a \
                    user and a password";

/// The URLs as the publisher wrote them. The provider fetches them, and nobody here does.
pub fn media_urls(data: &Map<String, Value>) -> impl Iterator<Item = &str> {
    data.get(FIELD).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether the data have media, rightly or wrongly.
pub(crate) fn is_given(data: &Map<String, Value>) -> bool {
    data.get(FIELD).is_some_and(|value| !value.is_null())
}

/// The part of a message that has media, rightly or wrongly. None where it has none.
pub(crate) fn given(words: &Words<'_>) -> Option<Part> {
    if is_given(words.data) {
        return Some(Part::Field(vec![FIELD.into()]));
    }
    attachments(words).map(|_| Part::Mail(vec![ATTACHMENTS.into()]))
}

fn attachments<'a>(words: &Words<'a>) -> Option<&'a Value> {
    words.mail.and_then(|mail| mail.get(ATTACHMENTS)).filter(|value| !value.is_null())
}

/// Whether files that are stored here go with the words, rightly or wrongly.
pub(crate) fn has_stored(words: &Words<'_>) -> bool {
    attachments(words).is_some()
}

/// Finds what is wrong with the files that are stored here, `beside` so many others. A mail carries files that are not; no
/// other medium does.
pub(crate) fn of_stored(words: &Words<'_>, most: usize, beside: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    let files = read_attachments(attachments(words), &mut faults);
    for (at, file) in files.iter().enumerate() {
        let mut refuse = |why: &str| faults.push(Fault::of_mail(&[ATTACHMENTS, &at.to_string()], why));
        if !matches!(file.content, Content::Stored(_)) {
            refuse("must be a file that is stored here, as {\"file\": \"<object_name>\"}: a mail alone carries others");
        } else if file.content_id.is_some() {
            refuse("cannot be inline: a mail alone shows files among its words");
        }
    }
    let all = files.len() + beside;
    if !files.is_empty() && all > most {
        let beside = if beside > 0 { " with media_urls" } else { "" };
        let why = format!("has {all} files{beside}, this channel takes {most}");
        faults.push(Fault::of_mail(&[ATTACHMENTS], why));
    }
    faults
}

/// Finds what is no list of 1 to `most` https URLs.
pub(crate) fn of_urls(data: &Map<String, Value>, most: usize) -> Vec<Fault> {
    let whole = |why: String| vec![Fault { part: Part::Field(vec![FIELD.into()]), why }];
    let urls = match data.get(FIELD) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(urls)) => urls,
        Some(_) => return whole("must be a list of https URLs".into()),
    };
    if urls.is_empty() || urls.len() > most {
        let range = if most == 1 { "1 URL".to_owned() } else { format!("1 to {most} URLs") };
        return whole(format!("has {} entries, this channel takes {range}", urls.len()));
    }
    let wrong = urls.iter().enumerate().filter(|(_, url)| !url.as_str().is_some_and(is_https));
    wrong.map(|(at, _)| Fault { part: Part::Field(vec![FIELD.into(), at.to_string()]), why: MUST.into() }).collect()
}

/// The parser alone would accept line ends and white space around a URL, and slashes of the other kind, and those would
/// be sent.
fn is_https(text: &str) -> bool {
    let scheme = text.get(.."https://".len()).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    let one_word = !text.chars().any(|c| c.is_whitespace() || is_unsafe_in_a_line(c));
    scheme && one_word && Url::parse(text).is_ok_and(|url| host::is_possible(&url) && leads_where_it_says(&url, text))
}

/// Whether whoever fetches the URL is led to the host that is written in it. The parser would take more slashes for the
/// two before a host, and read an address out of a number or of escapes. A host in other letters than those of ASCII is
/// written otherwise where it is looked up.
fn leads_where_it_says(url: &Url, text: &str) -> bool {
    let behind = text.get("https://".len()..).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let written = behind.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let is_as_written = written.get(..host.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(host))
        && matches!(written.as_bytes().get(host.len()), None | Some(b':'));
    let is_bare = url.username().is_empty() && url.password().is_none();
    is_bare && (is_as_written || !written.is_ascii())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(urls: Value, most: usize) -> Vec<String> {
        let data = Map::from_iter([(FIELD.to_owned(), urls)]);
        of_urls(&data, most).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_that_is_stored_goes_with_words_and_no_other_file_does() {
        let stored = json!({"file": "0123456789abcdef0123456789abcdef.pdf"});
        let told = |attachments: Value, urls: Value| {
            let data = Map::from_iter([(FIELD.to_owned(), urls)]);
            let mail = Map::from_iter([(ATTACHMENTS.to_owned(), attachments)]);
            let words = Words { subject: None, text: "", data: &data, mail: Some(&mail) };
            of_stored(&words, 1, media_urls(&data).count()).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told(json!([stored]), Value::Null), [""; 0]);
        assert_eq!(told(json!([stored, stored]), Value::Null), ["attachments has 2 files, this channel takes 1"]);
        let both = ["attachments has 2 files with media_urls, this channel takes 1"];
        assert_eq!(told(json!([stored]), json!(["https://example.org/a.jpg"])), both);
        let here = told(json!([{"filename": "a", "content": "AA=="}]), Value::Null);
        assert!(
            matches!(here.as_slice(), [told] if told.starts_with("attachments/0 must be a file that is stored here"))
        );
        let picture = json!({"file": "0123456789abcdef0123456789abcdef.png", "inline": true});
        let inline = told(json!([picture]), Value::Null);
        assert_eq!(inline, ["attachments/0 cannot be inline: a mail alone shows files among its words"]);
    }

    #[test]
    fn a_url_is_https_and_stands_as_it_will_be_sent() {
        for good in [
            "https://example.org/a.jpg",
            "HTTPS://example.org",
            "https://example.org:8443/a%20b.png?size=1&x=%2B#f",
            "https://bücher.example/é.png",
            "https://192.0.2.1/a",
            "https://[2001:db8::1]:8443/a",
            "https://Example.org?a=b@c",
        ] {
            assert_eq!(told(json!([good]), 10), [""; 0], "{good}");
        }
        for bad in [
            "http://example.org/a.jpg",
            "ftp://example.org/a.jpg",
            "file:///etc/passwd",
            "data:image/png;base64,AA==",
            "example.org/a.jpg",
            "https:/example.org/a.jpg",
            "https:\\\\example.org",
            "https://",
            "https://exa mple.org",
            "https:///example.org/a.jpg",
            "https://user:pw@example.org/a.jpg",
            "https://user@example.org/a.jpg",
            "https://@example.org/a.jpg",
            "https://%31%30.0.0.1/a.jpg",
            "https://2130706433/a.jpg",
            "https://0177.0.0.1/a.jpg",
            "https://a..b/a.jpg",
            "https://example.org:0/a.jpg",
            " https://example.org",
            "https://example.org\n",
            "https://example.org/\ta",
            "https://example.org/\u{202e}gpj.exe",
            "https://example.org&To=+14155550199 x",
            "",
        ] {
            assert_eq!(told(json!([bad]), 10), [format!("data/media_urls/0 {MUST}")], "{bad:?}");
        }
    }

    #[test]
    fn a_list_has_as_many_urls_as_its_channel_takes() {
        let urls = |count: usize| json!(vec!["https://example.org/a.jpg"; count]);
        assert_eq!(told(urls(1), 1), [""; 0]);
        assert_eq!(told(urls(10), 10), [""; 0]);
        assert_eq!(told(urls(2), 1), ["data/media_urls has 2 entries, this channel takes 1 URL"]);
        assert_eq!(told(urls(11), 10), ["data/media_urls has 11 entries, this channel takes 1 to 10 URLs"]);
        assert_eq!(told(json!([]), 10), ["data/media_urls has 0 entries, this channel takes 1 to 10 URLs"]);
        assert_eq!(told(Value::Null, 10), [""; 0], "null counts as absent");
        for no_list in [json!("https://example.org/a.jpg"), json!({"0": "https://example.org"}), json!(7), json!(true)]
        {
            assert_eq!(told(no_list, 10), ["data/media_urls must be a list of https URLs"]);
        }
        let wrong = json!(["https://example.org", 7, null, ["https://example.org"]]);
        let expected = [1, 2, 3].map(|at| format!("data/media_urls/{at} {MUST}"));
        assert_eq!(told(wrong, 10), expected);
    }
}
