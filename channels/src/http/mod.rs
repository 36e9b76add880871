//! What every provider that speaks HTTP has in common: one client, one way to read an answer, one table of statuses.

mod retry_after;

use std::error::Error as _;
use std::time::Duration;

use domain::{About, Failure, Outcome, Reason, Timestamp};
use reqwest::header::{DATE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, StatusCode};

pub(crate) use self::retry_after::{parse_delay, until};
use crate::checked::Checked;
use crate::outbound::{Guard, Refused};

/// The time to connect, TLS included. It is part of the worker's time limit, and short enough for the two to be told
/// apart.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept. Common load balancers silently close one after a minute, and a request that is
/// written at that moment is ambiguous.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The code of a message whose address is not called.
const FORBIDDEN: &str = "address_refused";
/// How often a connection of HTTP/2 is asked whether it is still there while answers are waited for, and how long it has
/// to say so. All requests share it: without this, a dead one would be given each of them until the system notices.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that neither follows redirects (they would carry credentials elsewhere) nor repeats a request.
///
/// # Errors
/// A text for the operator.
pub(crate) fn client(provider_timeout: Duration) -> Result<Client, String> {
    build(builder(provider_timeout))
}

/// The same for a provider that speaks HTTP/2 alone, with TLS or without.
///
/// # Errors
/// A text for the operator.
pub(crate) fn http2_client(provider_timeout: Duration) -> Result<Client, String> {
    let builder = builder(provider_timeout).http2_prior_knowledge();
    build(builder.http2_keep_alive_interval(PING_INTERVAL).http2_keep_alive_timeout(PING_TIMEOUT))
}

/// The same for URLs that others give us. [`Guard::check`] must be asked of each URL as well. It goes through no proxy,
/// which would resolve the names by itself.
///
/// # Errors
/// A text for the operator.
pub(crate) fn guarded_client(provider_timeout: Duration, guard: Guard) -> Result<Client, String> {
    build(builder(provider_timeout).dns_resolver(guard).no_proxy())
}

fn builder(provider_timeout: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("chasqui/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT.min(provider_timeout / 2))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
}

fn build(builder: ClientBuilder) -> Result<Client, String> {
    builder.build().map_err(|error| {
        format!("no HTTPS client: {}; are root certificates installed (ca-certificates)?", innermost(&error))
    })
}

/// A base URL without its last slash.
///
/// # Errors
/// A text that begins with the setting's name.
pub(crate) fn base_url(setting: &str, text: &str, example: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(text.trim_end_matches('/').into()),
        _ => Err(format!("{setting} must be an http or https URL such as {example}")),
    }
}

/// Refuses a base URL that ends with what is added to it, which would then stand in it twice.
///
/// # Errors
/// A text that begins with the setting's name.
pub(crate) fn without_path(setting: &str, base_url: String, added: &[&str], example: &str) -> Result<String, String> {
    match added.iter().find(|added| base_url.ends_with(*added)) {
        Some(added) => Err(format!("{setting} must not end with {added}, which is added to it: write {example}")),
        None => Ok(base_url),
    }
}

/// An answer of a provider.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The wait that `Retry-After` names; none if it makes no sense.
    pub(crate) retry_after: Option<Duration>,
    /// The time by the provider's clock, from `Date`.
    pub(crate) date: Option<Timestamp>,
    /// All headers, for those of the provider's own.
    pub(crate) headers: HeaderMap,
    /// The first 64 KiB of the body, unless more was asked for.
    pub(crate) body: Vec<u8>,
    /// Whether the connection ended before the body did.
    pub(crate) broken_off: bool,
}

/// Why there is no answer.
pub(crate) enum NoAnswer {
    /// Nothing was written.
    NotSent(String),
    /// Nothing was written, because no request could be made of this message.
    NotMade(String),
    /// The request may have been read.
    Lost(String),
    /// Nothing was written, and never will be: our own rules forbid the address.
    Forbidden(Refused),
}

/// What the body of an answer says, as the provider's own file reads it.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) provider_id: Option<String>,
    /// The provider's own code. Without one, the HTTP status is used.
    pub(crate) code: Option<String>,
    /// The provider's text, redacted.
    pub(crate) text: String,
    /// Whether the provider documents that this error may follow an accepted message.
    pub(crate) maybe_sent: bool,
    /// Whether the body says that nothing was done, although the status is that of a success.
    pub(crate) is_refused: bool,
    /// What the provider's own code means, where that is more than the status says.
    pub(crate) verdict: Option<Verdict>,
    /// The wait that the body names. The longer of this and `Retry-After` counts.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) settings: LookAt,
    /// Whom the answer is about, where the status does not say it.
    pub(crate) about: Option<About>,
}

/// What a provider's own code means, whatever the HTTP status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Our sender, settings or request are wrong: messages fail until somebody acts, though some may be accepted. The
    /// text says what to look at.
    Ours(&'static str),
    /// Our account is refused: its credentials, its standing, its funds, or what is enabled for it. No message is
    /// accepted until somebody acts, so the others wait instead of spending their attempts. The text says what to look
    /// at.
    OurAccount(&'static str),
    /// The provider did not accept the message, because there are too many: come back later.
    SlowDown,
    /// The provider did not accept the message, because it is not well: try again.
    Outage,
    /// The message or its recipient is refused for good.
    Permanent,
    /// The same, and the text says what whoever published the message must know.
    Refused(&'static str),
}

impl Verdict {
    /// Whether what is wrong is on our side, and no fault of the message or its recipient.
    pub(crate) const fn is_ours(self) -> bool {
        matches!(self, Self::Ours(_) | Self::OurAccount(_))
    }
}

/// Where an operator finds what is wrong on our side, for the statuses that mean this with every provider.
#[derive(Clone, Copy)]
pub(crate) struct LookAt {
    /// What to look at after 401 and 403.
    pub(crate) credentials: &'static str,
    /// What to look at after 404, 405 and redirects. Our URLs contain no recipient, or one whose form was checked, so
    /// the URL itself is wrong.
    pub(crate) address: &'static str,
}

impl Default for LookAt {
    fn default() -> Self {
        Self { credentials: "the credentials", address: "the base URL" }
    }
}

/// Sends the request and reads the answer.
///
/// # Errors
/// [`NoAnswer`]: no status line was read.
pub(crate) async fn exchange(request: RequestBuilder, now: Timestamp) -> Result<Answer, NoAnswer> {
    exchange_up_to(MAX_ANSWER_BYTES, request, now).await
}

/// The same with another limit of the answer's body.
///
/// # Errors
/// [`NoAnswer`]: no status line was read.
pub(crate) async fn exchange_up_to(
    max_bytes: usize,
    request: RequestBuilder,
    now: Timestamp,
) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await.map_err(no_answer)?;
    let (status, headers) = (response.status(), response.headers());
    let date = headers.get(DATE).and_then(|date| retry_after::date(date.to_str().ok()?));
    let retry_after = retry_after::of(headers, now);
    let mut answer =
        Answer { status, retry_after, date, headers: headers.clone(), body: Vec::new(), broken_off: false };
    while answer.body.len() < max_bytes {
        match response.chunk().await {
            Ok(Some(chunk)) => answer.body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => {
                answer.broken_off = true;
                break;
            }
        }
    }
    answer.body.truncate(max_bytes);
    Ok(answer)
}

/// What the answer to a request says that only asks. `look_at` is where an operator finds what is wrong on our side.
pub(crate) async fn check(request: RequestBuilder, look_at: LookAt, now: Timestamp) -> Checked {
    match exchange(request, now).await {
        Ok(answer) => checked(&answer, look_at),
        Err(no_answer) => Checked::Unreachable(no_answer.why()),
    }
}

/// The same by the status of an answer that is there.
pub(crate) fn checked(answer: &Answer, look_at: LookAt) -> Checked {
    let status = answer.status.as_u16();
    match status {
        200..=299 => Checked::Accepted,
        401 | 403 => Checked::Refused(format!("HTTP {status}: look at {}", look_at.credentials)),
        300..=399 | 404 | 405 => Checked::Refused(format!("HTTP {status}: look at {}", look_at.address)),
        400..=499 if status != 429 => Checked::Refused(format!("HTTP {status}")),
        _ => Checked::Unreachable(format!("HTTP {status}")),
    }
}

/// The outcome of an answer, by the table for every provider. The meaning of a provider's own code wins over the
/// status.
///
/// A 2xx is a success even if its body makes no sense or breaks off, unless the body says that it was refused: sending again
/// would be worse than not knowing the provider's id. A 5xx that breaks off is ambiguous, because its body might have said `maybe_sent`. A provider that
/// has not accepted the message and names a time to come back is throttling, whatever the status.
pub(crate) fn judge(provider: &'static str, answer: &Answer, said: Said) -> Outcome {
    let status = answer.status;
    let is_coded = said.code.is_some();
    let code = Some(said.code.unwrap_or_else(|| status.as_str().to_owned()));
    if status.is_success() && !said.is_refused {
        return Outcome::Sent { provider, provider_id: said.provider_id, code };
    }
    let wait = answer.retry_after.max(said.retry_after);
    let later = wait.filter(|wait| !wait.is_zero());
    let comes_back = later.is_some() && !said.maybe_sent;
    let about = said.about.unwrap_or_else(|| match said.verdict {
        Some(verdict) => about_by_verdict(verdict),
        None => about_by_status(status.as_u16(), is_coded, comes_back),
    });
    let failure = |hint: &str| {
        let separator = if said.text.is_empty() { "" } else { ": " };
        let detail = format!("HTTP {}{hint}{separator}{}", status.as_u16(), said.text);
        Failure::new(provider, code.clone(), detail).about(about)
    };
    let throttled = || Outcome::Throttled { failure: failure(", slow down"), retry_after: wait };
    let ours = |what: &str, look_at: &str| {
        let failure = failure(&format!(", {what}: look at {look_at}")).not_before(later);
        retriable(failure, true, said.maybe_sent)
    };
    match said.verdict {
        Some(Verdict::Ours(look_at)) => return ours("refused for a reason on our side", look_at),
        Some(Verdict::OurAccount(look_at)) => return ours("every message is refused until this is mended", look_at),
        Some(Verdict::SlowDown) => return throttled(),
        Some(Verdict::Outage) if comes_back => return throttled(),
        Some(Verdict::Outage) => return retriable(failure(""), false, said.maybe_sent),
        Some(Verdict::Permanent) => return permanent(failure("")),
        Some(Verdict::Refused(why)) => return permanent(failure(&format!(", {why}"))),
        None => {}
    }
    match status.as_u16() {
        429 => throttled(),
        500.. if answer.broken_off => {
            Outcome::Ambiguous { failure: failure(", the answer broke off").not_before(later) }
        }
        403 | 408 | 413 | 425 | 500.. if comes_back => throttled(),
        401 | 403 => ours("credentials refused", said.settings.credentials),
        402 => ours("payment required", "the account with the provider"),
        300..=399 => ours("a redirect", said.settings.address),
        404 | 405 => ours("there is nothing at our URL", said.settings.address),
        408 | 425 | 500.. => retriable(failure("").not_before(later), false, said.maybe_sent),
        _ => permanent(failure("")),
    }
}

/// Whom an answer is about by what its code means.
fn about_by_verdict(verdict: Verdict) -> About {
    match verdict {
        Verdict::SlowDown | Verdict::Outage => About::Provider,
        Verdict::OurAccount(_) => About::Credentials,
        Verdict::Ours(_) | Verdict::Permanent | Verdict::Refused(_) => About::Message,
    }
}

/// Whom an answer is about by its status: an outage and a limit are the provider's, and so is the wish that we come
/// back. The account that does not pay, and the URL at which nothing is, are the same for all messages; but where the
/// provider has a code for it that nobody knows, that may be about this message.
fn about_by_status(status: u16, is_coded: bool, comes_back: bool) -> About {
    match status {
        429 | 500.. => About::Provider,
        403 | 408 | 413 | 425 if comes_back => About::Provider,
        401 | 403 => About::Credentials,
        300..=399 | 402 | 404 | 405 if !is_coded => About::Credentials,
        _ => About::Message,
    }
}

impl NoAnswer {
    pub(crate) fn why(self) -> String {
        match self {
            Self::NotSent(why) | Self::NotMade(why) | Self::Lost(why) => why,
            Self::Forbidden(refused) => refused.to_string(),
        }
    }

    pub(crate) fn outcome(self, provider: &'static str) -> Outcome {
        match self {
            Self::NotSent(why) => {
                let failure = Failure::new(provider, None, format!("not connected: {why}"));
                retriable(failure.about(About::Provider), false, false)
            }
            Self::NotMade(why) => {
                let failure = Failure::new(provider, None, format!("no request could be made of it: {why}"));
                retriable(failure.about(About::Message), false, false)
            }
            Self::Lost(why) => {
                let failure = Failure::new(provider, None, format!("no answer after the request was written: {why}"));
                Outcome::Ambiguous { failure: failure.about(About::Provider) }
            }
            Self::Forbidden(refused) => {
                permanent(Failure::new(provider, Some(FORBIDDEN.into()), format!("not called: {refused}")))
            }
        }
    }
}

fn permanent(failure: Failure) -> Outcome {
    Outcome::Permanent { reason: Reason::Permanent, failure }
}

fn retriable(failure: Failure, alarm: bool, maybe_sent: bool) -> Outcome {
    Outcome::Retriable { failure, alarm, maybe_sent }
}

/// Tells whether the request may have been read. It certainly was not when the connection failed, or when the request
/// could not be built, which says nothing about the provider.
pub(crate) fn no_answer(error: reqwest::Error) -> NoAnswer {
    if let Some(refused) = Refused::among(&error) {
        return NoAnswer::Forbidden(refused);
    }
    let why = innermost(&error);
    if error.is_builder() {
        NoAnswer::NotMade(why)
    } else if error.is_connect() {
        NoAnswer::NotSent(why)
    } else {
        NoAnswer::Lost(why)
    }
}

/// The text of the first cause. The text of the error itself quotes the URL.
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

#[cfg(test)]
mod tests;
