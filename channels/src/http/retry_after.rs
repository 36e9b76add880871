//! When a provider wants to be asked again: `Retry-After` in every form of RFC 9110 section 10.2.3, and Google's
//! `retryDelay`.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use domain::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The longest wait: a provider that asks for more is asked again after this, because nothing must wait for years.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The two obsolete forms of a date, which a recipient must read as well (RFC 9110 section 5.6.7).
const OBSOLETE_DATES: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// The longest wait that the headers name; none if they make no sense.
pub(super) fn of(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    headers.get_all(RETRY_AFTER).iter().filter_map(|value| parse(value.to_str().ok()?, now)).max()
}

/// A wait in seconds, whole or with a fraction, or until a date that is ahead.
pub(super) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    seconds(text).or_else(|| until(date(text)?, now))
}

/// The wait until an instant; none if the instant is not ahead.
pub(crate) fn until(at: Timestamp, now: Timestamp) -> Option<Duration> {
    (at > now).then(|| at.since(now).min(MAX_RETRY_AFTER))
}

/// A duration in Google's form: `30s` or `1.5s`.
pub(crate) fn parse_delay(text: &str) -> Option<Duration> {
    seconds(text.trim().strip_suffix('s')?)
}

/// An instant in one of the forms of HTTP.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let obsolete = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
    let current = DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc());
    current.or_else(|| OBSOLETE_DATES.iter().find_map(obsolete).map(|date| date.and_utc())).map(Timestamp::from)
}

fn seconds(text: &str) -> Option<Duration> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = text.parse().ok().filter(|_| plain)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(MAX_RETRY_AFTER).min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_nonsense_is_ignored() {
        let now = Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap();
        let seconds = |text: &str| parse(text, now).map(|wait| wait.as_secs_f64());
        for (text, expected) in [
            ("30", 30.0),
            (" 0 ", 0.0),
            ("1.5", 1.5),
            ("30.0", 30.0),
            ("Sun, 01 Mar 2026 09:02:00 GMT", 120.0),
            ("Sunday, 01-Mar-26 09:02:00 GMT", 120.0),
            ("Sun Mar  1 09:02:00 2026", 120.0),
            ("86401", 86_400.0),
            ("4000000000", 86_400.0),
            ("99999999999999999999999", 86_400.0),
            ("Sat, 01 Mar 2036 09:02:00 GMT", 86_400.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text:?}");
        }
        let past = "Sun, 01 Mar 2026 08:59:00 GMT";
        for nonsense in ["", ".", "-5", "+5", "1e3", "inf", "NaN", "soon", "5 s", "1.5.2", past] {
            assert_eq!(seconds(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn of_several_headers_the_longest_wait_counts() {
        let mut headers = HeaderMap::new();
        for value in ["5", "soon", "70"] {
            headers.append(RETRY_AFTER, value.parse().unwrap());
        }
        assert_eq!(of(&headers, Timestamp::from_seconds(0)), Some(Duration::from_secs(70)));
    }

    #[test]
    fn a_retry_delay_has_its_unit() {
        assert_eq!(parse_delay("30s"), Some(Duration::from_secs(30)));
        assert_eq!(parse_delay("0.25s"), Some(Duration::from_millis(250)));
        for nonsense in ["30", "s", "-1s", "1m"] {
            assert_eq!(parse_delay(nonsense), None, "{nonsense:?}");
        }
    }
}
