//! When schedules fire, around the changes of the clock above all.

mod refused;

use proptest::prelude::*;

use super::*;

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";

/// The next fires after `from`, in local time with its offset.
#[track_caller]
fn check(pattern: &str, zone: &str, from: &str, expected: &[&str]) {
    let cron = parse(pattern, zone).unwrap();
    let fires = std::iter::successors(Some(Timestamp::parse_rfc3339(from).unwrap()), |at| cron.next_after(*at));
    let shown = fires.skip(1).take(expected.len());
    let shown: Vec<String> = shown.map(|at| local(&cron, at)).collect();
    assert_eq!(shown, expected, "{pattern} in {zone} after {from}");
}

fn parse(pattern: &str, zone: &str) -> Result<Cron, InvalidCron> {
    Cron::parse(pattern, zone, &Zones::bundled())
}

fn local(cron: &Cron, at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap();
    let printer = jiff::fmt::temporal::DateTimePrinter::new();
    printer.timestamp_with_offset_to_string(&at, cron.zone.to_offset(at)).replace("+00:00", "Z")
}

/// The first fire after `from`, in UTC.
#[track_caller]
fn first(pattern: &str, zone: &str, from: &str, expected: &str) {
    let next = parse(pattern, zone).unwrap().next_after(Timestamp::parse_rfc3339(from).unwrap()).unwrap();
    assert_eq!(next.to_string(), expected, "{pattern} in {zone} after {from}");
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
        let cron = parse("*/15 * * * *", zone).unwrap();
        let mut at = Timestamp::parse_rfc3339("2026-03-01T00:00:00Z").unwrap();
        for _ in 0..3_000 {
            let next = cron.next_after(at).unwrap();
            assert_eq!(next.as_micros() - at.as_micros(), 900_000_000, "{zone} after {at}");
            at = next;
        }
    }
}

#[test]
fn countries_that_changed_their_clocks_in_2026_are_right() {
    let from = "2026-11-28T00:00:00Z";
    first("0 9 15 12 *", "America/Vancouver", from, "2026-12-15T16:00:00Z");
    first("0 9 15 7 *", "America/Vancouver", from, "2027-07-15T16:00:00Z");
    first("0 9 15 12 *", "America/Edmonton", from, "2026-12-15T15:00:00Z");
    first("0 9 15 12 *", "America/Mexico_City", from, "2026-12-15T15:00:00Z");
}

#[test]
fn a_gap_at_midnight_leaves_nothing_out() {
    let from = "2026-11-28T00:00:00Z";
    for (pattern, zone, expected) in [
        ("0 0 30 4 *", "Africa/Cairo", "2027-04-29T22:00:00Z"),
        ("0 1 30 4 *", "Africa/Cairo", "2027-04-29T22:00:00Z"),
        ("0 2 30 4 *", "Africa/Cairo", "2027-04-29T23:00:00Z"),
        ("0 0 5 9 *", "America/Santiago", "2027-09-05T04:00:00Z"),
        // Cuba keeps its summer time through the winter of 2026: no gap on this day, where older rules have one.
        ("0 0 14 3 *", "America/Havana", "2027-03-14T04:00:00Z"),
        ("0 0 28 3 *", "Asia/Beirut", "2027-03-27T22:00:00Z"),
        ("30 2 31 10 *", BERLIN, "2027-10-31T00:30:00Z"),
        ("30 23 28 10 *", "Africa/Cairo", "2027-10-28T20:30:00Z"),
        ("15 2 3 10 *", "Australia/Lord_Howe", "2027-10-02T15:30:00Z"),
    ] {
        first(pattern, zone, from, expected);
    }
    first("0 0 12 3 *", "America/Havana", "2027-11-28T00:00:00Z", "2028-03-12T05:00:00Z");
}

/// The days of the next fires, as `2026-11-29 Sun`.
#[track_caller]
fn days(pattern: &str, expected: &[&str]) {
    let cron = parse(pattern, "UTC").unwrap();
    let from = Timestamp::parse_rfc3339("2026-11-28T22:56:00Z").unwrap();
    let fires = std::iter::successors(Some(from), |at| cron.next_after(*at)).skip(1).take(expected.len());
    let shown: Vec<String> = fires.map(|at| at.to_utc().format("%F %a").to_string()).collect();
    assert_eq!(shown, expected, "{pattern}");
}

#[test]
fn sunday_is_0_and_7_and_monday_is_1() {
    for pattern in ["0 9 * * 7", "0 9 * * 0", "0 9 * * SUN", "0 9 * * sun", "@weekly"] {
        days(pattern, &["2026-11-29 Sun", "2026-12-06 Sun"]);
    }
    days("0 9 * * 5-7", &["2026-11-29 Sun", "2026-12-04 Fri", "2026-12-05 Sat", "2026-12-06 Sun"]);
    days("0 9 * * SAT-SUN", &["2026-11-29 Sun", "2026-12-05 Sat", "2026-12-06 Sun", "2026-12-12 Sat"]);
    let working = ["2026-11-30 Mon", "2026-12-01 Tue", "2026-12-02 Wed", "2026-12-03 Thu", "2026-12-04 Fri"];
    for pattern in ["0 9 * * 1-5", "0 9 * * MON-FRI", "0 0 9 ? * MON-FRI"] {
        days(pattern, &[working.as_slice(), &["2026-12-07 Mon"]].concat());
    }
    days("0 0 9 ? * 2-6", &["2026-12-01 Tue", "2026-12-02 Wed", "2026-12-03 Thu", "2026-12-04 Fri", "2026-12-05 Sat"]);
}

#[test]
fn the_letters_of_days_mean_what_the_page_on_schedules_says() {
    days("0 9 31 * *", &["2026-12-31 Thu", "2027-01-31 Sun", "2027-03-31 Wed"]);
    days("0 9 29 2 *", &["2028-02-29 Tue"]);
    days("0 9 L * *", &["2026-11-30 Mon", "2026-12-31 Thu", "2027-01-31 Sun", "2027-02-28 Sun"]);
    days("0 9 LW * *", &["2026-11-30 Mon", "2026-12-31 Thu", "2027-01-29 Fri", "2027-02-26 Fri"]);
    days("0 9 5W * *", &["2026-12-04 Fri", "2027-01-05 Tue"]);
    days("0 9 * * MON#2", &["2026-12-14 Mon", "2027-01-11 Mon"]);
    days("0 9 * * 5L", &["2026-12-25 Fri", "2027-01-29 Fri"]);
    for midnight in ["@daily", "@midnight", "@DAILY"] {
        days(midnight, &["2026-11-29 Sun", "2026-11-30 Mon"]);
    }
    days("@monthly", &["2026-12-01 Tue", "2027-01-01 Fri"]);
}

#[test]
fn of_two_restrictions_on_days_either_is_enough_unless_one_begins_with_a_star() {
    days("0 9 1 * MON", &["2026-11-30 Mon", "2026-12-01 Tue", "2026-12-07 Mon"]);
    days("0 9 */2 * MON", &["2026-12-07 Mon", "2026-12-21 Mon", "2027-01-11 Mon"]);
    days("0 9 1-7 * */6", &["2026-12-05 Sat", "2026-12-06 Sun", "2027-01-02 Sat", "2027-01-03 Sun"]);
    days("0 9 1 * +MON", &["2027-02-01 Mon", "2027-03-01 Mon"]);
    days("0 9 ? * MON", &["2026-11-30 Mon", "2026-12-07 Mon"]);
}

#[test]
fn a_date_that_no_year_has_never_fires() {
    for pattern in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "30 2 30 2 *"] {
        let refused = parse(pattern, "UTC").unwrap_err();
        assert!(refused.pattern.is_some() && refused.zone.is_none(), "{pattern}");
    }
    let never = parse("30 2 30 2 *", "UTC").unwrap_err();
    assert_eq!(never.to_string(), "never fires: no year has such a day");
}

#[test]
fn what_was_stored_before_an_expression_was_refused_goes_on() {
    let now = Timestamp::parse_rfc3339("2026-11-28T22:56:00Z").unwrap();
    for pattern in ["*/90 * * * *", "*/60 * * * *", "0 * * MON *"] {
        assert!(parse(pattern, "UTC").is_err(), "{pattern}");
        assert!(Cron::stored(pattern, "UTC", &Zones::bundled()).unwrap().next_after(now).is_some(), "{pattern}");
    }
}

#[test]
fn at_the_ends_of_time_nothing_fires_and_nothing_panics() {
    let cron = parse("* * * * *", "Pacific/Kiritimati").unwrap();
    for micros in [i64::MIN, i64::MAX, Timestamp::from_seconds(200_000_000_000).as_micros()] {
        assert_eq!(cron.next_after(Timestamp::from_micros(micros)), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(pattern in "[0-9*/,LW#?@A-Z -]{0,24}", zone in "[A-Za-z/_]{0,12}") {
        let _ = parse(&pattern, &zone);
        let _ = Cron::stored(&pattern, "UTC", &Zones::bundled());
    }

    #[test]
    fn the_next_fire_is_always_later(
        minute in 0..60_u32, hour in prop_oneof![Just("*".to_owned()), Just("*/2".to_owned()), (0..24_u32).prop_map(|h| h.to_string())],
        zone in prop::sample::select(vec![BERLIN, NEW_YORK, "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
        at in 1_700_000_000_000_000_i64..2_000_000_000_000_000,
    ) {
        let cron = parse(&format!("{minute} {hour} * * *"), zone).unwrap();
        let at = Timestamp::from_micros(at);
        let next = cron.next_after(at).unwrap();
        prop_assert!(next > at);
        prop_assert!(next.since(at) <= std::time::Duration::from_secs(26 * 3600));
    }
}
