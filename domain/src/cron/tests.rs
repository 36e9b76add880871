//! When schedules fire, around the changes of the clock above all.

use chrono::SecondsFormat;
use proptest::prelude::*;

use super::*;

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";

/// The next fires after `from`, in local time with its offset.
#[track_caller]
fn check(pattern: &str, zone: &str, from: &str, expected: &[&str]) {
    let cron = Cron::parse(pattern, zone).unwrap();
    let tz: Tz = zone.parse().unwrap();
    let fires = std::iter::successors(Some(Timestamp::parse_rfc3339(from).unwrap()), |at| cron.next_after(*at));
    let shown = fires.skip(1).take(expected.len());
    let shown: Vec<String> =
        shown.map(|at| at.to_utc().with_timezone(&tz).to_rfc3339_opts(SecondsFormat::AutoSi, true)).collect();
    assert_eq!(shown, expected, "{pattern} in {zone} after {from}");
}

#[test]
fn five_fields_start_with_the_minute_and_six_with_the_second() {
    let argentina = "America/Argentina/Buenos_Aires";
    check("30 9 * * *", argentina, "2026-03-01T12:30:00Z", &["2026-03-02T09:30:00-03:00"]);
    check("15 30 9 * * *", argentina, "2026-03-01T12:30:00Z", &["2026-03-01T09:30:15-03:00"]);
    check("0 9 * * MON-FRI", argentina, "2026-02-27T12:00:00Z", &["2026-03-02T09:00:00-03:00"]);
    check("0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", &["2028-02-29T00:00:00Z"]);
    check("@hourly", "UTC", "2026-03-01T00:00:00Z", &["2026-03-01T01:00:00Z"]);
}

#[test]
fn fires_are_whole_seconds_strictly_after() {
    check("0 9 * * *", "UTC", "2026-03-01T08:59:59.700Z", &["2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z"]);
    check("0 9 * * *", "UTC", "2026-03-01T09:00:00.000001Z", &["2026-03-02T09:00:00Z"]);
    check("* * * * * *", "UTC", "2026-03-01T08:59:59.999999Z", &["2026-03-01T09:00:00Z", "2026-03-01T09:00:01Z"]);
}

#[test]
fn a_local_time_that_does_not_exist_fires_at_the_first_instant_after_the_gap() {
    check(
        "30 2 * * *",
        BERLIN,
        "2026-03-28T00:00:00Z",
        &["2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
    );
    check(
        "30 2 * * *",
        NEW_YORK,
        "2026-03-07T00:00:00Z",
        &["2026-03-07T02:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"],
    );
    // Lord Howe Island skips half an hour.
    check(
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-02T15:00:00Z",
        &["2026-10-03T02:15:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
    );
    // Samoa skipped a whole day.
    check("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", &["2011-12-31T00:00:00+14:00"]);
}

#[test]
fn several_local_times_in_one_gap_fire_once() {
    let fires = ["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00", "2026-03-30T02:30:00+02:00"];
    check("0,30 2 * * *", BERLIN, "2026-03-29T00:00:00Z", &fires);
    check("0 2,3 * * *", BERLIN, "2026-03-29T00:00:00Z", &["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"]);
}

#[test]
fn a_local_time_that_occurs_twice_fires_once() {
    check("30 2 * * *", BERLIN, "2026-10-24T12:00:00Z", &["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]);
    check("30 1 * * *", NEW_YORK, "2026-10-31T12:00:00Z", &["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]);
    check(
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T00:00:00Z",
        &["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"],
    );
    check(
        "0,30 2,14 * * *",
        BERLIN,
        "2026-10-24T23:00:00Z",
        &["2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T14:00:00+01:00"],
    );
}

#[test]
fn what_begins_within_the_second_of_two_hours_never_fires_in_the_past() {
    // 01:10 UTC is 02:10 for the second time.
    check("30 2 * * *", BERLIN, "2026-10-25T01:10:00Z", &["2026-10-26T02:30:00+01:00"]);
    check("* * 2 * * *", BERLIN, "2026-10-25T01:10:00Z", &["2026-10-26T02:00:00+01:00"]);
    check("*/15 * * * *", BERLIN, "2026-10-25T01:10:00Z", &["2026-10-25T02:15:00+01:00"]);
}

#[test]
fn a_pattern_for_every_hour_goes_by_the_time_that_passes() {
    check(
        "*/15 * * * *",
        BERLIN,
        "2026-03-29T00:30:00Z",
        &["2026-03-29T01:45:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:15:00+02:00"],
    );
    check(
        "*/30 * * * *",
        BERLIN,
        "2026-10-24T23:30:00Z",
        &[
            "2026-10-25T02:00:00+02:00",
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T02:30:00+01:00",
            "2026-10-25T03:00:00+01:00",
        ],
    );
    check(
        "20 * * * *",
        NEW_YORK,
        "2026-11-01T05:00:00Z",
        &["2026-11-01T01:20:00-04:00", "2026-11-01T01:20:00-05:00", "2026-11-01T02:20:00-05:00"],
    );
    check("20 * * * *", NEW_YORK, "2026-03-08T06:00:00Z", &["2026-03-08T01:20:00-05:00", "2026-03-08T03:20:00-04:00"]);
    check(
        "*/15 * * * *",
        "Australia/Lord_Howe",
        "2026-04-04T14:30:00Z",
        &[
            "2026-04-05T01:45:00+11:00",
            "2026-04-05T01:30:00+10:30",
            "2026-04-05T01:45:00+10:30",
            "2026-04-05T02:00:00+10:30",
        ],
    );
    // Half a year ahead, over a change and back.
    check("0 * 1 8 *", NEW_YORK, "2026-01-15T00:00:00Z", &["2026-08-01T00:00:00-04:00"]);
}

#[test]
fn a_quarter_of_an_hour_is_a_quarter_of_an_hour_all_year() {
    for zone in [BERLIN, NEW_YORK, "Australia/Lord_Howe", "Asia/Kathmandu"] {
        let cron = Cron::parse("*/15 * * * *", zone).unwrap();
        let mut at = Timestamp::parse_rfc3339("2026-03-01T00:00:00Z").unwrap();
        for _ in 0..3_000 {
            let next = cron.next_after(at).unwrap();
            assert_eq!(next.as_micros() - at.as_micros(), 900_000_000, "{zone} after {at}");
            at = next;
        }
    }
}

#[test]
fn a_date_that_no_year_has_never_fires() {
    let now = Timestamp::parse_rfc3339("2026-03-01T00:00:00Z").unwrap();
    for pattern in ["0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert_eq!(Cron::parse(pattern, "UTC").unwrap().first_after(now), Err(InvalidCron::Never), "{pattern}");
    }
}

#[test]
fn what_is_not_a_schedule_is_refused_with_its_reason() {
    let refused = |pattern: &str, zone: &str| Cron::parse(pattern, zone).unwrap_err();
    let patterns = [
        "",
        "*",
        "* * * *",
        "* * * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "*/0 * * * *",
        "a",
        ", * * * *",
        "1,,2 * * * *",
        "0 9 * * FOO",
        "@reboot",
        "-1 * * * *",
        "9-5 * * * *",
        "99999999 * * * *",
    ];
    for pattern in patterns {
        assert!(matches!(refused(pattern, "UTC"), InvalidCron::Pattern(_)), "{pattern:?}");
    }
    for zone in ["", "Mars/Olympus", "GMT+25", "europe/berlin "] {
        assert_eq!(refused("* * * * *", zone), InvalidCron::Zone, "{zone:?}");
    }
}

#[test]
fn at_the_ends_of_time_nothing_fires_and_nothing_panics() {
    let cron = Cron::parse("* * * * *", "Pacific/Kiritimati").unwrap();
    for micros in [i64::MIN, i64::MAX, Timestamp::from_seconds(200_000_000_000).as_micros()] {
        assert_eq!(cron.next_after(Timestamp::from_micros(micros)), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(pattern in "[0-9*/,LW#?@A-Z -]{0,24}", zone in "[A-Za-z/_]{0,12}") {
        let _ = Cron::parse(&pattern, &zone);
        let _ = Cron::parse(&pattern, "UTC");
    }

    #[test]
    fn the_next_fire_is_always_later(
        minute in 0..60_u32, hour in prop_oneof![Just("*".to_owned()), Just("*/2".to_owned()), (0..24_u32).prop_map(|h| h.to_string())],
        zone in prop::sample::select(vec![BERLIN, NEW_YORK, "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
        at in 1_700_000_000_000_000_i64..2_000_000_000_000_000,
    ) {
        let cron = Cron::parse(&format!("{minute} {hour} * * *"), zone).unwrap();
        let at = Timestamp::from_micros(at);
        let next = cron.next_after(at).unwrap();
        prop_assert!(next > at);
        prop_assert!(next.since(at) <= std::time::Duration::from_secs(26 * 3600));
    }
}
