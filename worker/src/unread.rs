//! Fields of a message that are not known: the message is delivered without them, and its publisher is to hear of that.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Key, Timestamp, UnknownField};
use intake::Intake;

/// How often a warning about the same fields is logged: a publisher that writes such fields does so in every message.
const LOG_AGAIN: Duration = Duration::from_secs(60 * 60);
/// How many sets of fields are remembered as logged.
const MAX_LOGGED: usize = 256;

/// When a warning about each set of fields was logged last.
#[derive(Default)]
pub(crate) struct Unread(Mutex<HashMap<String, Timestamp>>);

impl Unread {
    /// Stores warnings about the fields beside the delivery, and logs the names of the fields, never their values.
    pub(crate) fn report(&self, intake: &Intake, key: &Key, unknown: &[UnknownField]) {
        let warnings = intake.keep_warnings(key, unknown);
        let fields = warnings.iter().map(|warning| warning.pointer.as_str()).collect::<Vec<_>>().join(" ");
        if self.is_news(&fields, intake.clock.now()) {
            tracing::warn!(delivery = %key, fields, more = unknown.len() - warnings.len(),
                "a message has fields that are not known: they were not read (told once an hour; \
                 GET /deliveries/{{id}} says what was meant)");
        }
    }

    fn is_news(&self, fields: &str, now: Timestamp) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = logged.get(fields)
            && now.since(*at) < LOG_AGAIN
        {
            return false;
        }
        if logged.len() >= MAX_LOGGED {
            logged.clear();
        }
        logged.insert(fields.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fields_are_told_once_an_hour() {
        let (unread, begin) = (Unread::default(), Timestamp::from_seconds(1_000));
        let after = |seconds| begin.plus(Duration::from_secs(seconds));
        for (fields, seconds, news) in [
            ("/sendAt", 0, true),
            ("/sendAt", 3_599, false),
            ("/sendAt /x", 3_599, true),
            ("/sendAt", 3_600, true),
            ("/sendAt", 3_601, false),
        ] {
            assert_eq!(unread.is_news(fields, after(seconds)), news, "{fields} after {seconds} s");
        }
        for n in 0..MAX_LOGGED {
            assert!(unread.is_news(&format!("/{n}"), begin));
        }
        assert!(unread.0.lock().unwrap().len() <= MAX_LOGGED);
    }
}
