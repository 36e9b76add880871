//! Words of a command line: those that are told with the nearest known one when they are not known, and times.

use std::time::Duration;

use domain::{ChannelName, MAX_SPAN, Tenant, Timestamp, nearest};

pub(crate) fn tenant(text: &str) -> Result<Tenant, String> {
    Tenant::parse(text).ok_or_else(|| "it must be 1 to 64 letters, digits, '_' or '-'".to_owned())
}

/// A number with what it counts: one, or as many as there are.
pub(crate) fn counted(number: impl Into<u64>, one: &str, more: &str) -> String {
    let number = number.into();
    format!("{number} {}", if number == 1 { one } else { more })
}

pub(crate) fn channel(text: &str) -> Result<ChannelName, String> {
    let known = operations::channel_names();
    let channel = ChannelName::parse(text).map_err(|error| error.to_string())?;
    if known.contains(&channel.as_str()) {
        return Ok(channel);
    }
    Err(one_of(text, known))
}

/// What is said of a word that is none of these.
pub(crate) fn one_of(text: &str, known: &[&str]) -> String {
    let meant = nearest(text, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
    format!("it must be one of {}{}", known.join(", "), meant.unwrap_or_default())
}

/// Reads an instant.
pub(crate) fn when(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).map_err(|error| format!("it {error}"))
}

/// Reads a time: a number and a unit.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let refused = || {
        let days = MAX_SPAN.as_secs() / 86_400;
        format!(
            "it must be a whole number with s, m, h or d (seconds, minutes, hours, days) behind it, from 0s to {days}d \
             (ten years), such as 90s or 10m"
        )
    };
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(refused)?;
    let number: u32 = number.parse().map_err(|_| refused())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(refused()),
    };
    Some(Duration::from_secs(u64::from(number) * seconds)).filter(|time| *time <= MAX_SPAN).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_in_the_singular() {
        let told = [0_u32, 1, 2].map(|number| counted(number, "letter", "letters"));
        assert_eq!(told, ["0 letters", "1 letter", "2 letters"]);
    }

    #[test]
    fn a_time_is_read_with_its_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("10m", 600), ("2h", 7_200), ("1d", 86_400)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
        }
        assert_eq!(time("3660d"), Ok(MAX_SPAN));
        for text in ["", "m", "10", "-1m", "1w", "1.5h", "10 m", "ñ", "3661d", "4294967296s"] {
            let refused = time(text).expect_err(text);
            assert!(refused.contains("from 0s to 3660d") && refused.contains("such as 90s"), "{refused}");
        }
    }
}
