//! What every provider that speaks HTTP has in common: one client, one way to read an answer, one table of statuses.

use std::error::Error as _;
use std::time::Duration;

use chrono::DateTime;
use domain::{Failure, Outcome, Reason, Timestamp};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};

/// Time to connect, TLS included. Part of the worker's time limit, and short enough to be told apart from it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Below the minute after which common load balancers close an idle connection without a word: a request that is
/// written at that moment is ambiguous.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// A provider that asks for more than this is asked again after this: nothing must wait for years.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A client that neither follows redirects (they would carry credentials elsewhere) nor repeats a request.
///
/// # Errors
/// A text for the operator.
pub(crate) fn client(provider_timeout: Duration) -> Result<Client, String> {
    Client::builder()
        .user_agent(concat!("chasqui/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT.min(provider_timeout / 2))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .build()
        .map_err(|error| {
            format!("no HTTPS client: {}; are root certificates installed (ca-certificates)?", innermost(&error))
        })
}

/// A base URL without its last slash.
///
/// # Errors
/// A text that begins with the setting's name.
pub(crate) fn base_url(setting: &str, given: Option<&str>, default: &str) -> Result<String, String> {
    let text = given.unwrap_or(default);
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(text.trim_end_matches('/').into()),
        _ => Err(format!("{setting} must be an http or https URL such as {default}")),
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// From `Retry-After`, in seconds or as a date (RFC 9110 section 10.2.3); none if it makes no sense.
    pub(crate) retry_after: Option<Duration>,
    /// The first 64 KiB.
    pub(crate) body: Vec<u8>,
    /// The connection ended before the body did.
    pub(crate) broken_off: bool,
}

/// Why nothing came back.
pub(crate) enum NoAnswer {
    /// Nothing was written.
    NotSent(String),
    /// The request may have been read.
    Lost(String),
}

/// What the body of an answer says, read by the provider's own file.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) provider_id: Option<String>,
    /// The provider's own code; the HTTP status stands in for it.
    pub(crate) code: Option<String>,
    /// Redacted.
    pub(crate) text: String,
    /// The provider documents that this error may follow an accepted message.
    pub(crate) maybe_sent: bool,
}

/// Sends the request and reads the answer.
///
/// # Errors
/// [`NoAnswer`]: no status line was read.
pub(crate) async fn exchange(request: RequestBuilder, now: Timestamp) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await.map_err(no_answer)?;
    let (status, retry_after) = (response.status(), retry_after(&response, now));
    let mut answer = Answer { status, retry_after, body: Vec::new(), broken_off: false };
    while answer.body.len() < MAX_ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => answer.body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => {
                answer.broken_off = true;
                break;
            }
        }
    }
    answer.body.truncate(MAX_ANSWER_BYTES);
    Ok(answer)
}

/// The outcome by the table that holds for every provider; what a provider does otherwise, its file decides before.
///
/// A 2xx is a success even if its body makes no sense or breaks off: sending again would be worse than not knowing
/// the provider's id. A 5xx that breaks off is ambiguous, because its body might have said `maybe_sent`.
pub(crate) fn judge(provider: &'static str, answer: &Answer, said: Said) -> Outcome {
    let status = answer.status;
    let code = Some(said.code.unwrap_or_else(|| status.as_str().to_owned()));
    if status.is_success() {
        return Outcome::Sent { provider, provider_id: said.provider_id, code };
    }
    let failure = |hint: &str| {
        let separator = if said.text.is_empty() { "" } else { ": " };
        Failure::new(provider, code.clone(), format!("HTTP {}{hint}{separator}{}", status.as_u16(), said.text))
    };
    match status.as_u16() {
        429 => Outcome::Throttled { failure: failure(", slow down"), retry_after: answer.retry_after },
        401 | 403 => retriable(failure(", credentials refused"), true, said.maybe_sent),
        300..=399 => retriable(failure(", a redirect: check the base URL"), true, false),
        408 | 425 => retriable(failure(""), false, said.maybe_sent),
        500.. if answer.broken_off => Outcome::Ambiguous { failure: failure(", the answer broke off") },
        500.. => retriable(failure(""), false, said.maybe_sent),
        _ => Outcome::Permanent { reason: Reason::Permanent, failure: failure("") },
    }
}

impl NoAnswer {
    pub(crate) fn outcome(self, provider: &'static str) -> Outcome {
        match self {
            Self::NotSent(why) => {
                retriable(Failure::new(provider, None, format!("not connected: {why}")), false, false)
            }
            Self::Lost(why) => {
                let failure = Failure::new(provider, None, format!("no answer after the request was written: {why}"));
                Outcome::Ambiguous { failure }
            }
        }
    }
}

fn retriable(failure: Failure, alarm: bool, maybe_sent: bool) -> Outcome {
    Outcome::Retriable { failure, alarm, maybe_sent }
}

/// Only a failed connection, or a request that could not be built, is known not to have been read.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let why = innermost(&error);
    if error.is_connect() || error.is_builder() { NoAnswer::NotSent(why) } else { NoAnswer::Lost(why) }
}

/// The text of the first cause. The error's own text quotes the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(next) = cause.and_then(std::error::Error::source) {
        cause = Some(next);
    }
    match cause {
        _ if error.is_connect() && error.is_timeout() => "no connection in time".into(),
        Some(cause) => cause.to_string(),
        None if error.is_timeout() => "timed out".into(),
        None => "the request failed".into(),
    }
}

fn retry_after(response: &Response, now: Timestamp) -> Option<Duration> {
    parse_retry_after(response.headers().get("retry-after")?.to_str().ok()?, now)
}

fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = Timestamp::from(DateTime::parse_from_rfc2822(text).ok()?.to_utc());
            (at > now).then(|| at.since(now))?
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_nonsense_is_ignored() {
        let now = Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap();
        let seconds = |text| parse_retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("30"), Some(30));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Sun, 01 Mar 2026 09:02:00 GMT"), Some(120));
        assert_eq!(seconds("4000000000"), Some(86_400));
        assert_eq!(seconds("Sat, 01 Mar 2036 09:02:00 GMT"), Some(86_400));
        for nonsense in ["", "-5", "1.5", "soon", "Sun, 01 Mar 2026 08:59:00 GMT", "99999999999999999999999"] {
            assert_eq!(seconds(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_base_url_is_http_and_loses_its_last_slash() {
        let base = |text| base_url("X_BASE_URL", Some(text), "https://x.example");
        assert_eq!(base("http://127.0.0.1:4010/"), Ok("http://127.0.0.1:4010".into()));
        for bad in ["", "x.example", "ftp://x.example", "file:///etc", "https://"] {
            assert_eq!(base(bad).unwrap_err(), "X_BASE_URL must be an http or https URL such as https://x.example");
        }
    }
}
