//! What providers send to our webhook, before anybody has believed it.

use domain::{Report, Timestamp};
use reqwest::header::HeaderMap;
use url::form_urlencoded;

/// The longest body that is read. The longest that a provider sends is a few hundred events together.
pub(crate) const MAX_CALLBACK_BYTES: usize = 1024 * 1024;
/// The longest text of a person that is kept, and the longest id of a provider, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;
const MAX_ID_BYTES: usize = 255;

/// One request, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Callback<'a> {
    /// The path and the query, exactly as they stood in the request: `/webhook/twilio?id=n-1`. One provider signs them.
    pub target: &'a str,
    pub headers: &'a HeaderMap,
    /// The raw body. What providers sign is its bytes, not what they mean.
    pub body: &'a [u8],
    /// When it came.
    pub at: Timestamp,
}

/// Why a request is not believed. Whoever sent it is told none of this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// The settings of which one must have a value.
    #[error("{0} is not set, so that nobody can be believed")]
    NotConfigured(&'static str),
    #[error("there is no signature")]
    Unsigned,
    #[error("it is signed with a key that is not among ours: see {0}")]
    UnknownKey(&'static str),
    #[error("the signature is not that of this request")]
    Forged,
    /// The provider asks nothing.
    #[error("its provider never asks")]
    NeverAsks,
    /// The setting that has our word.
    #[error("it is no question with the word of {0}")]
    OtherWord(&'static str),
    #[error("it is as old as no request of this provider is, or from the future")]
    Stale,
}

/// Why a request that is signed says nothing to us.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub &'static str);

/// What could be read of a request.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Readable {
    pub reports: Vec<Report>,
    /// Which part says nothing to us, and why; none where all was read.
    pub unread: Option<String>,
}

impl From<Vec<Report>> for Readable {
    fn from(reports: Vec<Report>) -> Self {
        Self { reports, unread: None }
    }
}

impl Readable {
    /// What the parts of one call say, which `parts` names for people. A part may say nothing to us, and one
    /// that cannot be read keeps no other from being read: they may be about many messages.
    pub(crate) fn of_parts(parts: &str, read: impl Iterator<Item = Result<Option<Report>, Unreadable>>) -> Self {
        let (mut reports, mut unread, mut all) = (Vec::new(), Vec::new(), 0);
        for part in read {
            all += 1;
            match part {
                Ok(report) => reports.extend(report),
                Err(why) => unread.push((all, why)),
            }
        }
        let not_read = unread.len();
        let told = |(number, why): &(usize, Unreadable)| {
            format!("{not_read} of {all} {parts} cannot be read, of which number {number} is the first: {why}")
        };
        Self { unread: unread.first().map(told), reports }
    }
}

impl<'a> Callback<'a> {
    /// A header that has one value of visible ASCII, and is not empty.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok().map(str::trim).filter(|value| !value.is_empty());
        first.filter(|_| values.next().is_none())
    }

    pub(crate) fn query(&self) -> &'a str {
        self.target.split_once('?').map(|(_, query)| query).unwrap_or_default()
    }
}

/// The names and values of a form or of a query, in their order.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The first value of that name.
pub(crate) fn first<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// # Errors
/// A body that is longer than any that a provider sends.
pub(crate) fn bounded<'a>(callback: &Callback<'a>) -> Result<&'a [u8], Unreadable> {
    if callback.body.len() > MAX_CALLBACK_BYTES { Err(Unreadable("the body is too long")) } else { Ok(callback.body) }
}

/// An id as a provider gives it; none where it is longer than any.
pub(crate) fn id(text: &str) -> Option<String> {
    let is_one = (1..=MAX_ID_BYTES).contains(&text.len()) && !text.chars().any(domain::is_unsafe_in_a_line);
    is_one.then(|| text.to_owned())
}

/// The beginning of a person's text.
pub(crate) fn text(text: &str) -> String {
    let end = (0..=MAX_TEXT_BYTES.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text[..end].to_owned()
}

/// A time as providers write it: whole seconds since 1970.
pub(crate) fn seconds(text: &str) -> Option<Timestamp> {
    text.parse::<u32>().ok().map(|seconds| Timestamp::from_seconds(seconds.into()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_header_that_comes_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.append("x-one", HeaderValue::from_static(" a "));
        headers.append("x-two", HeaderValue::from_static("a"));
        headers.append("x-two", HeaderValue::from_static("b"));
        headers.append("x-empty", HeaderValue::from_static(""));
        let callback = Callback { target: "/w?a=1?b", headers: &headers, body: b"", at: Timestamp::default() };
        assert_eq!(
            [callback.header("X-One"), callback.header("x-two"), callback.header("x-empty")],
            [Some("a"), None, None]
        );
        assert_eq!(callback.query(), "a=1?b");
        assert_eq!(Callback { target: "/w", ..callback }.query(), "");
    }

    #[test]
    fn texts_are_cut_between_characters_and_ids_are_whole_or_none() {
        assert_eq!(text(&"ñ".repeat(10_000)).len(), MAX_TEXT_BYTES);
        assert_eq!([id(""), id(&"x".repeat(256)), id("a\nb")], [None, None, None]);
        assert_eq!(id("SM1"), Some("SM1".into()));
        assert_eq!([seconds("-1"), seconds("99999999999"), seconds("x")], [None, None, None]);
    }
}
