//! Times: how far away in words, and the instant itself for whoever points at it.

use std::time::Duration;

use domain::Timestamp;
use maud::{Markup, html};

use crate::words::Lang;

/// The instant, as `2026-03-01 09:00:00 UTC`.
pub(crate) fn absolute(at: Timestamp) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The time of day, as `09:00:00 UTC`.
pub(crate) fn of_day(at: Timestamp) -> String {
    at.to_utc().format("%H:%M:%S UTC").to_string()
}

fn day(at: Timestamp) -> String {
    at.to_utc().format("%Y-%m-%d").to_string()
}

/// An instant within a sentence.
pub(crate) fn instant(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_string()) { (absolute(at)) } }
}

/// An instant by how far away it is. The script of the page keeps that right while the page stands.
pub(crate) fn time(at: Timestamp, now: Timestamp, lang: Lang) -> Markup {
    html! { time datetime=(at.to_string()) title=(absolute(at)) data-relative { (relative(at, now, lang)) } }
}

/// An instant by its time of day, with the day where that is another one.
pub(crate) fn of_its_day(at: Timestamp, now: Timestamp) -> Markup {
    html! {
        @if day(at) == day(now) {
            time datetime=(at.to_string()) { (of_day(at)) }
        } @else {
            time.dated datetime=(at.to_string()) { (day_and_time(at)) }
        }
    }
}

/// The same, with how far away it is beside it: of several that are near each other it tells which was when.
pub(crate) fn moment(at: Timestamp, now: Timestamp, lang: Lang) -> Markup {
    html! { span.moment { (of_its_day(at, now)) " " span.soft { (time(at, now, lang)) } } }
}

/// An instant of a journal: the whole of it, and how far away it is for whoever points at it.
pub(crate) fn noted(at: Timestamp, now: Timestamp, lang: Lang) -> Markup {
    html! {
        time.dated datetime=(at.to_string()) title=(relative(at, now, lang)) { (day_and_time(at)) }
    }
}

/// Where a table has no room for a line the time stands below the day.
fn day_and_time(at: Timestamp) -> Markup {
    html! { span.whole { (day(at)) } " " span.whole { (of_day(at)) } }
}

/// How far away an instant is, in one unit.
pub(crate) fn relative(at: Timestamp, now: Timestamp, lang: Lang) -> String {
    let words = &lang.words().times;
    let (seconds, forms) =
        if at <= now { (now.since(at).as_secs(), words.ago) } else { (at.since(now).as_secs(), words.ahead) };
    if seconds == 0 { words.now.to_owned() } else { in_one_unit(seconds, forms) }
}

/// A duration in one unit, without saying whether it is past: `3 min`.
pub(crate) fn lasting(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        seconds => in_one_unit(seconds, ["# s", "# min", "# h", "# d"]),
    }
}

/// The script counts in the same way.
fn in_one_unit(seconds: u64, [in_seconds, in_minutes, in_hours, in_days]: [&str; 4]) -> String {
    let (form, number) = match seconds {
        0..=89 => (in_seconds, seconds),
        90..=5_399 => (in_minutes, (seconds + 30) / 60),
        5_400..=129_599 => (in_hours, (seconds + 1_800) / 3_600),
        _ => (in_days, (seconds + 43_200) / 86_400),
    };
    form.replace('#', &number.to_string())
}

#[test]
fn times_are_told_in_one_unit() {
    let now = Timestamp::from_seconds(1_000_000);
    let check = |seconds: i64, en: &str, es: &str| {
        let at = Timestamp::from_seconds(1_000_000 - seconds);
        assert_eq!((relative(at, now, Lang::En).as_str(), relative(at, now, Lang::Es).as_str()), (en, es));
    };
    check(0, "now", "ahora");
    check(89, "89 s ago", "hace 89 s");
    check(90, "2 min ago", "hace 2 min");
    check(-3_600, "in 60 min", "en 60 min");
    check(7_200, "2 h ago", "hace 2 h");
    check(864_000, "10 d ago", "hace 10 d");
    assert_eq!(lasting(Duration::from_millis(250)), "250 ms");
    assert_eq!(absolute(Timestamp::from_seconds(0)), "1970-01-01 00:00:00 UTC");
}

#[test]
fn a_moment_has_its_day_where_that_is_another_one() {
    let now = Timestamp::from_seconds(86_400 + 3_600);
    let told = |seconds: i64| moment(Timestamp::from_seconds(86_400 + seconds), now, Lang::Es).into_string();
    assert!(told(0).contains(">00:00:00 UTC</time> ") && told(0).contains(">hace 60 min</time>"), "{}", told(0));
    let day_and_time = "<span class=\"whole\">1970-01-01</span> <span class=\"whole\">23:59:59 UTC</span></time> ";
    assert!(told(-1).contains(day_and_time), "{}", told(-1));
}

#[test]
fn a_journal_has_the_instant_itself() {
    let (at, now) = (Timestamp::from_seconds(0), Timestamp::from_seconds(7_200));
    let told = noted(at, now, Lang::En).into_string();
    let day_and_time = "<span class=\"whole\">1970-01-01</span> <span class=\"whole\">00:00:00 UTC</span>";
    assert!(told.contains(day_and_time) && told.contains("title=\"2 h ago\""), "{told}");
}
