//! Instants survive the wire, the ledger and absurd values.

use super::*;

#[test]
fn rfc_3339_with_an_offset_is_read_as_microseconds_of_utc() {
    let check = |text: &str, micros: Option<i64>| {
        assert_eq!(Timestamp::parse_rfc3339(text).map(Timestamp::as_micros).ok(), micros, "{text}");
    };
    check("1970-01-01T00:00:00Z", Some(0));
    check("2026-03-01T09:00:00-03:00", Some(1_772_366_400_000_000));
    check("2026-03-01T12:00:00.123456789Z", Some(1_772_366_400_123_456));
    check("1969-12-31T23:59:59.5Z", Some(-500_000));
    for refused in ["", "2026-03-01", "2026-03-01T09:00:00", "tomorrow", "1772366400", "2026-02-30T00:00:00Z"] {
        check(refused, None);
    }
}

#[test]
fn what_is_wrong_with_an_instant_is_told_in_words_of_calendars() {
    for (text, why) in [
        ("2026-02-30T10:00:00Z", InvalidTimestamp::NeverOccurs),
        ("2026-13-01T10:00:00Z", InvalidTimestamp::NeverOccurs),
        ("2026-03-01T25:00:00Z", InvalidTimestamp::NeverOccurs),
        ("2026-03-01T09:60:00Z", InvalidTimestamp::NeverOccurs),
        ("2026-03-01T09:00:00", InvalidTimestamp::NoOffset),
        ("2026-03-01T09:00:00.5", InvalidTimestamp::NoOffset),
        ("2026-03-01T09:00:00+0300", InvalidTimestamp::NoColon),
        ("2026-03-01T09:00:00.5-0300", InvalidTimestamp::NoColon),
        ("2026-03-01T09:00:00-03", InvalidTimestamp::NoColon),
        ("2026-03-01", InvalidTimestamp::Form),
        ("tomorrow", InvalidTimestamp::Form),
        ("", InvalidTimestamp::Form),
        ("1772366400", InvalidTimestamp::Form),
    ] {
        assert_eq!(Timestamp::parse_rfc3339(text), Err(why), "{text}");
    }
}

#[test]
fn every_instant_that_can_be_written_reads_back_the_same() {
    let last_second_of_9999 = Timestamp::from_seconds(253_402_300_799);
    for micros in [0, 1, -1, 999_999, 1_772_366_400_123_456, -62_135_596_800_000_000, last_second_of_9999.as_micros()] {
        let at = Timestamp::from_micros(micros);
        assert_eq!(Timestamp::parse_rfc3339(&at.to_string()), Ok(at), "{at}");
        assert_eq!(Timestamp::from(at.to_utc()), at);
    }
}

#[test]
fn arithmetic_saturates_at_the_ends() {
    let (first, last) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
    assert_eq!(Timestamp::from_seconds(i64::MAX), last);
    assert_eq!(Timestamp::from_seconds(i64::MIN), first);
    assert_eq!(last.plus(Duration::from_secs(1)), last);
    assert_eq!(first.plus(Duration::MAX), Timestamp::from_micros(i64::MIN.saturating_add(i64::MAX)));
    assert_eq!(last.since(first), Duration::from_micros(i64::MAX.unsigned_abs()));
    assert_eq!(first.since(last), Duration::ZERO);
    assert_eq!((first.to_utc(), last.to_utc()), (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC));
    assert!(!first.to_string().is_empty() && !last.to_string().is_empty());
}
