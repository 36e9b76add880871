//! How long a server asks to be left alone, as far as its words tell.

use std::time::Duration;

/// How long a server that does not know us wants us to wait when it names no time: what Postgrey and most others do.
pub(super) const GREYLISTED_FOR: Duration = Duration::from_secs(300);
/// The longest wait, because nothing waits for years.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait that words name: `300 seconds`, `5 min`, `1 hour`, `00:04:59`.
pub(super) fn named_wait(said: &str) -> Option<Duration> {
    let words: Vec<&str> = said.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).collect();
    let seconds = words.iter().enumerate().find_map(|(at, word)| {
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if let Some(clock) = clock(word) {
            return Some(clock);
        }
        let number: u64 = word[..digits].parse().ok()?;
        let unit = if digits < word.len() { &word[digits..] } else { words.get(at + 1).copied()? };
        number.checked_mul(match unit {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            _ => return None,
        })
    });
    seconds.filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds).min(MAX_WAIT))
}

fn clock(word: &str) -> Option<u64> {
    let mut parts = word.split(':').map(|part| part.parse::<u64>().ok().filter(|n| part.len() <= 2 && *n < 60));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(hours * 3600 + minutes * 60 + seconds)
}
