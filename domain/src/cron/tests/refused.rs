//! What is no schedule is refused by the name of its field, with what was meant.

use super::parse;

#[test]
fn what_is_not_a_schedule_is_refused_by_the_name_of_its_field() {
    for (pattern, expected) in [
        ("", "five fields"),
        ("*", "five fields"),
        ("* * * *", "it has 4"),
        ("* * * * * * *", "none for the year"),
        ("60 * * * *", "the minute: allowed are 0 to 59"),
        ("60 * * * * *", "the second: allowed are 0 to 59"),
        ("* 24 * * *", "the hour: allowed are 0 to 23"),
        ("* * 0 * *", "the day of the month: allowed are 1 to 31"),
        ("* * * 13 *", "the month: allowed are 1 to 12 or JAN to DEC"),
        ("* * * MON *", "the month: allowed are 1 to 12 or JAN to DEC"),
        ("0 9 * * FOO", "the day of the week: allowed are 0 to 7"),
        ("0 9 * * MONDAY", "the day of the week: allowed are 0 to 7"),
        ("0 9 * * 8", "the day of the week: allowed are 0 to 7"),
        ("0 9 * * L", "the day of the week: allowed are 0 to 7"),
        ("0 9 * * MON#6", "the day of the week: allowed are 0 to 7"),
        ("0 9 L-3 * *", "the day of the month: allowed are 1 to 31"),
        ("0 9 32W * *", "the day of the month: allowed are 1 to 31"),
        ("*/0 * * * *", "the minute: a step counts anew"),
        ("*/90 * * * *", "here it is from 1 to 59"),
        ("*/60 * * * *", "here it is from 1 to 59"),
        ("* */24 * * *", "the hour: a step counts anew from the beginning of its range, so here it is from 1 to 23"),
        ("10-20/15 * * * *", "here it is from 1 to 10"),
        ("0/15 * * * *", "the minute: a step follows * or a range"),
        ("*/x * * * *", "the minute: a step counts anew"),
        ("a", "five fields"),
        (", * * * *", "the minute: a list has an empty place"),
        ("1,,2 * * * *", "the minute: a list has an empty place"),
        ("@reboot", "must be one of @yearly"),
        ("@every 5m", "must be one of @yearly"),
        ("-1 * * * *", "the minute: allowed are"),
        ("* 22-2 * * *", "the hour: a range goes upwards"),
        ("* * * * FRI-MON", "the day of the week: a range goes upwards"),
        ("99999999 * * * *", "the minute: allowed are"),
        ("? * * * *", "the minute: allowed are"),
        ("0 9 \u{131} * *", "the day of the month: allowed are"),
        (&"0,".repeat(120_000), "at most 500 characters"),
    ] {
        let refused = parse(pattern, "UTC").unwrap_err();
        assert!(refused.pattern.as_deref().unwrap().contains(expected), "{pattern:.40}: {refused}");
        assert_eq!(refused.zone, None);
    }
}

#[test]
fn a_range_over_the_end_is_told_with_the_two_that_it_stands_for() {
    for (before, range, after, two) in [
        ("0 9 * * ", "FRI-MON", "", "FRI-SUN,MON"),
        ("0 9 * * ", "sat-tue", "", "SAT-SUN,MON-TUE"),
        ("0 9 * * ", "7-2", "", "7,1-2"),
        ("0 9 ", "25-5", " * *", "25-31,1-5"),
        ("0 9 1 ", "NOV-FEB", " *", "NOV-DEC,JAN-FEB"),
        ("0 ", "22-0", " * * *", "22-23,0"),
        ("", "50-10", " * * * *", "50-59,0-10"),
    ] {
        let refused = parse(&format!("{before}{range}{after}"), "UTC").unwrap_err().pattern.unwrap();
        assert!(refused.ends_with(&format!("as two, here {two}")), "{range}: {refused}");
        assert!(parse(&format!("{before}{two}{after}"), "UTC").is_ok(), "{two}");
    }
}

#[test]
fn a_mistyped_word_is_named_with_the_one_that_was_meant() {
    for (pattern, expected) in [
        ("0 9 * * MOM", ": MOM is none of them, did you mean MON?"),
        ("0 9 * JAM *", ": JAM is none of them, did you mean JAN?"),
        ("0 9 * * MON-FRY", ": FRY is none of them, did you mean FRI?"),
        ("0 9 * * mon,tuw", ": TUW is none of them, did you mean TUE?"),
        ("0 9 * * MONDAY", ": MONDAY is none of them, did you mean MON?"),
        ("0 9 * SEPTEMBER *", ": SEPTEMBER is none of them, did you mean SEP?"),
        ("@dayly", ", or an expression of fields: did you mean @daily?"),
        ("@anually", ", or an expression of fields: did you mean @annually?"),
    ] {
        let refused = parse(pattern, "UTC").unwrap_err().pattern.unwrap();
        assert!(refused.ends_with(expected), "{pattern}: {refused}");
    }
    for pattern in ["0 9 * * FOO", "0 9 * * S3CRET", "FRI * * * *", "@reboot"] {
        let refused = parse(pattern, "UTC").unwrap_err().pattern.unwrap();
        assert!(!refused.contains("did you mean"), "{pattern}: {refused}");
    }
}

#[test]
fn a_spanish_day_or_month_is_named_with_its_english_word() {
    for (pattern, expected) in [
        ("0 9 * * LUN", ": LUN is none of them, did you mean MON?"),
        ("0 9 * * lun-vie", ": LUN is none of them, did you mean MON?"),
        ("0 9 * * JUE", ": JUE is none of them, did you mean THU?"),
        ("0 9 * * DOMINGO", ": DOMINGO is none of them, did you mean SUN?"),
        ("0 9 1 ENE *", ": ENE is none of them, did you mean JAN?"),
        ("0 9 1 AGOSTO *", ": AGOSTO is none of them, did you mean AUG?"),
        ("0 9 1 DIC *", ": DIC is none of them, did you mean DEC?"),
    ] {
        let refused = parse(pattern, "UTC").unwrap_err().pattern.unwrap();
        assert!(refused.ends_with(expected), "{pattern}: {refused}");
    }
    let refused = parse("0 9 * * MAR", "UTC").unwrap_err().pattern.unwrap();
    assert!(!refused.contains("did you mean"), "Tuesday, or March in the wrong place: {refused}");
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let refused = parse("61 25 * * *", "America/Lma").unwrap_err();
    let said = refused.to_string();
    for expected in ["the minute: ", "the hour: ", "did you mean America/Lima?"] {
        assert!(said.contains(expected), "{said}");
    }
    let refused = parse("30 2 30 2 *", "Mars/Olympus").unwrap_err();
    assert!(refused.pattern.unwrap().starts_with("never fires") && refused.zone.is_some());
}
