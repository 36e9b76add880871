//! Has the queue read for whoever opens a list of what is in it. Nobody has to ask for that, and nobody can have it read all
//! the time: other clients see no letters while it is.

use std::time::Duration;

use store::{Reading, Store, StoreError};

/// A list that was read so long ago is read again when somebody opens it.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// The queue is left alone for so many times as long as it was read: who only looks has it read a third of the time at most.
const RESTS: u32 = 2;

/// Since when what is shown is known, for whoever opens it, also who may only look: what is older than some seconds is read
/// again. Where that cannot be asked for, what is known is shown all the same, with its age.
///
/// # Errors
/// [`StoreError`].
pub async fn looked_at(store: &Store) -> Result<Reading, StoreError> {
    let reading = store.reading().await?;
    if !is_due(&reading) {
        return Ok(reading);
    }
    match store.ask_for_letters().await {
        Ok(()) => Ok(Reading { is_asked_for: true, ..reading }),
        Err(error) => {
            tracing::warn!(%error, "the dead letters could not be asked for: what is shown of them is older");
            Ok(reading)
        }
    }
}

/// Whether it is to be read again for whoever only looks.
fn is_due(reading: &Reading) -> bool {
    let Reading { read_at, left_at, is_asked_for, now, .. } = *reading;
    match read_at {
        _ if is_asked_for => false,
        None => true,
        Some(began) => {
            let ended = left_at.map_or(began, |left| left.max(began));
            now.since(ended) >= (ended.since(began) * RESTS).max(GOOD_FOR)
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn who_only_looks_has_the_queue_read_after_some_seconds_and_a_third_of_the_time_at_most() {
        // When the last reading began, when its reader left, and how long ago, in seconds of the database's clock.
        for (began, left, now, expected) in [
            (None, None, 0, true),
            (Some(0), Some(0), 4, false),
            (Some(0), Some(0), 5, true),
            // A version that noted no such time has left it.
            (Some(10), None, 14, false),
            (Some(10), None, 15, true),
            (Some(0), Some(60), 179, false),
            (Some(0), Some(60), 180, true),
            // One is at it: its lease ends later than now.
            (Some(0), Some(70), 60, false),
        ] {
            let at = |seconds: i64| Timestamp::from_seconds(1_772_366_400 + seconds);
            let reading = Reading {
                read_at: began.map(at),
                left_at: left.map(at),
                is_asked_for: false,
                has_jobs: false,
                problem: None,
                now: at(now),
            };
            assert_eq!(is_due(&reading), expected, "{began:?} {left:?} {now}");
            assert!(!is_due(&Reading { is_asked_for: true, ..reading }), "it is asked for already");
        }
    }
}
