//! The books of a proof: what was accepted, and what became of each.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{State, printable};
use serde_json::{Value, json};

/// So many notifications that the books do not close for are named in words; JSON has all of them.
const MAX_NAMED: usize = 10;

/// What the ledger says of a notification, whoever has read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub(super) state: String,
    /// The reason of a dead letter.
    pub(super) reason: Option<String>,
    /// Some attempt may have been accepted without the fleet's knowing, or more than one was.
    pub(super) may_be_doubled: bool,
}

impl Seen {
    /// The state in which nothing more is tried, if it is one.
    pub(super) fn ended(&self) -> Option<State> {
        State::parse(&self.state).filter(|state| !matches!(state, State::Sending | State::Waiting))
    }
}

/// What is known of one notification when it is followed no longer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// Nobody has confirmed it.
    NotAccepted(String),
    Ended {
        state: State,
        reason: Option<String>,
        after: Duration,
        may_be_doubled: bool,
    },
    /// Its row is in this state, which is no end.
    Late(String),
    /// It has no row.
    Lost,
    /// Whether it has a row could not be read.
    Unread(String),
}

impl Ending {
    fn is_good(&self) -> bool {
        match self {
            Self::Ended { state, may_be_doubled, .. } => {
                matches!(state, State::Sent | State::Captured | State::Delivered) && !may_be_doubled
            }
            _ => false,
        }
    }

    /// Whether it shows that the broker, the API or the ledger could not be asked.
    fn is_of_a_failure(&self) -> bool {
        matches!(self, Self::NotAccepted(_) | Self::Unread(_))
    }

    fn in_words(&self) -> String {
        match self {
            Self::NotAccepted(why) => format!("not accepted: {why}"),
            Self::Ended { state, reason, may_be_doubled, .. } => {
                let reason = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
                let doubled = if *may_be_doubled { ", and may have been sent twice" } else { "" };
                format!("{state}{reason}{doubled}")
            }
            Self::Late(state) => format!("late: {state}"),
            Self::Lost => "no row: no worker has taken it, or it is lost".to_owned(),
            Self::Unread(why) => format!("not known: {why}"),
        }
    }
}

/// How the books stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Everything was accepted, and arrived once, in time.
    Closed,
    Open,
    /// The broker, the API or the ledger could not be asked, so that nobody knows.
    Unknown,
}

/// All notifications of one proof.
pub(super) struct Books {
    within: Duration,
    endings: Vec<(String, Ending)>,
}

impl Books {
    pub(super) fn of(within: Duration, endings: Vec<(String, Ending)>) -> Self {
        Self { within, endings }
    }

    pub(super) fn verdict(&self) -> Verdict {
        if self.endings.iter().any(|(_, ending)| ending.is_of_a_failure()) {
            return Verdict::Unknown;
        }
        if self.endings.iter().all(|(_, ending)| ending.is_good()) { Verdict::Closed } else { Verdict::Open }
    }

    /// One line that says how the books stand, for whoever reads no more.
    pub(super) fn in_a_line(&self) -> String {
        let verdict = match self.verdict() {
            Verdict::Closed => "the books close",
            Verdict::Open => "the books do not close",
            Verdict::Unknown => "the books cannot be closed",
        };
        let ended: String = self.ended().iter().map(|(state, count)| format!(", {count} {state}")).collect();
        let wrong = [
            (self.count(|ending| matches!(ending, Ending::Late(_))), "late"),
            (self.count(|ending| *ending == Ending::Lost), "without a row"),
            (self.count(|ending| matches!(ending, Ending::Unread(_))), "not known"),
            (self.doubled(), "perhaps sent twice"),
        ];
        let wrong = wrong.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        let wrong: String = wrong.collect();
        let first =
            self.wrong().next().map(|(id, ending)| format!("; {id}: {}", ending.in_words())).unwrap_or_default();
        let line = format!("{verdict}: {} of {} accepted{ended}{wrong}{first}", self.accepted(), self.endings.len());
        printable(&line).into_owned()
    }

    /// The same with what was asked of it and what is wrong, a line each.
    pub(super) fn in_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .wrong()
            .take(MAX_NAMED)
            .map(|(id, ending)| printable(&format!("  {id}  {}", ending.in_words())).into_owned())
            .collect();
        let more = self.wrong().count().saturating_sub(MAX_NAMED);
        if more > 0 {
            lines.push(format!("  … and {more} more"));
        }
        if let (Some(middle), Some(slowest)) = (self.quantile(50), self.quantile(99)) {
            let [middle, slowest, within] = [middle, slowest, self.within].map(|time| time.as_secs_f64());
            lines.push(format!(
                "  from sending to the end: p50 {middle:.2} s, p99 {slowest:.2} s; {within} s are allowed"
            ));
        }
        lines.push(self.in_a_line());
        lines
    }

    pub(super) fn as_json(&self) -> Value {
        let milliseconds = |time: Option<Duration>| time.map(|time| time.as_millis());
        let wrong: Vec<Value> = self.wrong().map(|(id, ending)| json!({"id": id, "what": ending.in_words()})).collect();
        json!({
            "closes": self.verdict() == Verdict::Closed,
            "asked": self.endings.len(), "accepted": self.accepted(), "ended": self.ended(),
            "late": self.count(|ending| matches!(ending, Ending::Late(_))),
            "lost": self.count(|ending| *ending == Ending::Lost),
            "unread": self.count(|ending| matches!(ending, Ending::Unread(_))),
            "duplicates": self.doubled(),
            "within_ms": self.within.as_millis(),
            "p50_ms": milliseconds(self.quantile(50)), "p99_ms": milliseconds(self.quantile(99)),
            "wrong": wrong,
        })
    }

    fn accepted(&self) -> usize {
        self.endings.len() - self.count(|ending| matches!(ending, Ending::NotAccepted(_)))
    }

    fn ended(&self) -> BTreeMap<&'static str, usize> {
        let mut ended = BTreeMap::new();
        for (_, ending) in &self.endings {
            if let Ending::Ended { state, .. } = ending {
                *ended.entry(state.as_str()).or_default() += 1;
            }
        }
        ended
    }

    fn doubled(&self) -> usize {
        self.count(|ending| matches!(ending, Ending::Ended { may_be_doubled: true, .. }))
    }

    fn count(&self, is_counted: impl Fn(&Ending) -> bool) -> usize {
        self.endings.iter().filter(|(_, ending)| is_counted(ending)).count()
    }

    fn wrong(&self) -> impl Iterator<Item = &(String, Ending)> {
        self.endings.iter().filter(|(_, ending)| !ending.is_good())
    }

    /// The time within which so many hundredths of those have ended that did, by the nearest rank.
    fn quantile(&self, hundredths: usize) -> Option<Duration> {
        let mut times: Vec<Duration> = self.endings.iter().filter_map(|(_, ending)| time_of(ending)).collect();
        times.sort_unstable();
        let rank = (times.len() * hundredths).div_ceil(100);
        times.get(rank.checked_sub(1)?).copied()
    }
}

fn time_of(ending: &Ending) -> Option<Duration> {
    match ending {
        Ending::Ended { after, .. } => Some(*after),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(state: State, millis: u64) -> Ending {
        Ending::Ended { state, reason: None, after: Duration::from_millis(millis), may_be_doubled: false }
    }

    fn books(endings: impl IntoIterator<Item = Ending>) -> Books {
        let named = endings.into_iter().enumerate().map(|(n, ending)| (format!("probe-{n}"), ending));
        Books::of(Duration::from_secs(5), named.collect())
    }

    #[test]
    fn the_books_close_only_when_everything_has_arrived_once() {
        let good = [State::Sent, State::Captured, State::Delivered].map(|state| ended(state, 10));
        assert_eq!(books(good.clone()).verdict(), Verdict::Closed);
        for state in State::ALL {
            let closes = matches!(state, State::Sent | State::Captured | State::Delivered);
            assert_eq!(books([ended(state, 10)]).verdict() == Verdict::Closed, closes, "{state}");
        }
        let may_be_doubled = true;
        let twice = Ending::Ended { state: State::Sent, reason: None, after: Duration::ZERO, may_be_doubled };
        for (wrong, verdict, told) in [
            (twice, Verdict::Open, "1 perhaps sent twice; probe-3: sent, and may have been sent twice"),
            (Ending::Late("waiting".into()), Verdict::Open, "1 late; probe-3: late: waiting"),
            (Ending::Lost, Verdict::Open, "1 without a row; probe-3: no row"),
            (Ending::Unread("away".into()), Verdict::Unknown, "1 not known; probe-3: not known: away"),
            (Ending::NotAccepted("away".into()), Verdict::Unknown, "3 of 4 accepted"),
        ] {
            let books = books(good.clone().into_iter().chain([wrong]));
            assert_eq!(books.verdict(), verdict, "{told}");
            assert!(books.in_a_line().contains(told), "{told}: {}", books.in_a_line());
            assert_eq!(books.as_json()["closes"], false);
            assert_eq!(books.as_json()["wrong"][0]["id"], "probe-3");
        }
    }

    #[test]
    fn the_times_are_those_of_the_nearest_rank() {
        let books = books((1..=100).map(|n| ended(State::Sent, n)));
        assert_eq!((books.as_json()["p50_ms"].as_u64(), books.as_json()["p99_ms"].as_u64()), (Some(50), Some(99)));
        assert!(books.in_lines().concat().contains("p50 0.05 s, p99 0.10 s; 5 s are allowed"));
        let none = Books::of(Duration::from_secs(5), vec![("probe-1".into(), Ending::Lost)]);
        assert_eq!(none.as_json()["p50_ms"], Value::Null);
        assert!(!none.in_lines().concat().contains("p50"));
    }

    #[test]
    fn of_many_that_are_wrong_some_are_named_and_the_others_counted() {
        let books = books(vec![Ending::Late("wait\u{1b}ing".into()); 12]);
        let told = books.in_lines();
        assert!(told.len() == 12 && told[10] == "  … and 2 more", "{told:?}");
        assert!(!told.concat().contains('\u{1b}'), "{told:?}");
        assert_eq!(books.as_json()["wrong"].as_array().map(Vec::len), Some(12));
    }

    #[test]
    fn a_state_that_is_not_known_is_no_end() {
        let seen = |state: &str| Seen { state: state.to_owned(), reason: None, may_be_doubled: false }.ended();
        assert_eq!(seen("dead"), Some(State::Dead));
        for state in ["sending", "waiting", "scheduled", "newer"] {
            assert_eq!(seen(state), None, "{state}");
        }
    }
}
