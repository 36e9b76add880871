//! How often it is logged that messages have fields and headers that are not known.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

/// How often a warning about the same names is logged: a publisher that writes such names does so in every message.
const LOG_AGAIN: Duration = Duration::from_secs(60 * 60);
/// How many sets of names are remembered as logged.
const MAX_LOGGED: usize = 256;

/// When a warning about each set of names was logged last.
#[derive(Default)]
pub struct Unread(Mutex<HashMap<String, Timestamp>>);

impl Unread {
    /// Whether these names are to be logged now.
    pub(crate) fn is_news(&self, names: &str, now: Timestamp) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = logged.get(names)
            && now.since(*at) < LOG_AGAIN
        {
            return false;
        }
        if logged.len() >= MAX_LOGGED {
            logged.clear();
        }
        logged.insert(names.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_are_told_once_an_hour() {
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
