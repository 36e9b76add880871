//! The numbers of lanes, channels and minutes, from deliveries that were counted in groups. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{State, Timestamp};
use store::{Lately, LatelyGroup};

use crate::overview::{ChannelNow, LaneNow, MINUTES, Minute, Overview, Span};

const MINUTE: Duration = Duration::from_secs(60);
/// The last whole minute: rates are of it and of the present one.
const RATED_FROM: usize = MINUTES - 2;

/// Puts in what is counted of deliveries. `first_minute` is when the minutes began from which the groups are counted.
pub(super) fn put_into(overview: &mut Overview, lately: &Lately, first_minute: Timestamp, now: Timestamp) {
    overview.span =
        Span { since: lately.since.max(first_minute), is_cut: lately.is_cut && lately.since > first_minute };
    let rated = rated_seconds(lately, first_minute, now);
    overview.lanes.iter_mut().for_each(|lane| count_lane(lane, lately, rated));
    overview.channels = channels(lately);
    overview.history = history(lately, first_minute);
}

/// How long the time is that rates are of, in seconds.
fn rated_seconds(lately: &Lately, first_minute: Timestamp, now: Timestamp) -> f64 {
    let from = lately.since.max(first_minute.plus(minutes(RATED_FROM)));
    now.since(from).as_secs_f64().max(1.0)
}

fn minutes(count: usize) -> Duration {
    MINUTE * u32::try_from(count).unwrap_or(u32::MAX)
}

fn count_lane(lane: &mut LaneNow, lately: &Lately, rated_seconds: f64) {
    let (mut came, mut ended) = (0, 0);
    (lane.in_flight, lane.waiting, lane.oldest) = (0, 0, None);
    for group in lately.groups.iter().filter(|group| group.lane == Some(lane.lane)) {
        let is_rated = |minute: Option<usize>| minute.is_some_and(|minute| minute >= RATED_FROM);
        came += if is_rated(group.came) { group.deliveries } else { 0 };
        ended += if is_rated(group.ended) { group.deliveries } else { 0 };
        match group.state {
            State::Sending => lane.in_flight += group.deliveries,
            State::Waiting => lane.waiting += group.deliveries,
            _ => continue,
        }
        lane.oldest = earlier(lane.oldest, group.oldest);
    }
    (lane.rate_in, lane.rate_out) = (per_second(came, rated_seconds), per_second(ended, rated_seconds));
}

fn per_second(count: u64, seconds: f64) -> f64 {
    // No more than were counted, which are exact in such a number.
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds
}

fn earlier(known: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    Some(known.map_or(at, |known| known.min(at)))
}

fn channels(lately: &Lately) -> Vec<ChannelNow> {
    let mut all: BTreeMap<&str, ChannelNow> = BTreeMap::new();
    for group in &lately.groups {
        let now = all.entry(&group.channel).or_insert_with(|| named(&group.channel));
        count_channel(now, group);
    }
    for took in &lately.took {
        if let Some(now) = all.get_mut(took.channel.as_str()) {
            (now.p50_ms, now.p99_ms) = (Some(millis(took.p50)), Some(millis(took.p99)));
        }
    }
    all.into_values().filter(|now| *now != named(&now.channel)).collect()
}

fn named(channel: &str) -> ChannelNow {
    ChannelNow { channel: channel.to_owned(), ..ChannelNow::default() }
}

/// What stands is counted whenever it came, all else where it came within the minutes.
fn count_channel(now: &mut ChannelNow, group: &LatelyGroup) {
    match (group.state, group.tier) {
        (State::Sending, _) => now.in_flight += group.deliveries,
        (State::Waiting, Some(tier)) => {
            now.waiting_by_tier[usize::from(tier.clamp(1, 3)) - 1] += group.deliveries;
        }
        (State::Waiting, None) => now.waiting_otherwise += group.deliveries,
        _ => {}
    }
    if matches!(group.state, State::Sending | State::Waiting) {
        now.oldest = earlier(now.oldest, group.oldest);
    }
    if group.came.is_none() {
        return;
    }
    now.accepted += group.deliveries;
    now.retried += group.retries;
    match End::of(group.state) {
        Some(End::Sent) => now.sent += group.deliveries,
        Some(End::Dead) => now.dead += group.deliveries,
        Some(End::Otherwise) => now.ended_otherwise += group.deliveries,
        None => {}
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How a delivery has ended, for whoever looks from far.
enum End {
    Sent,
    Dead,
    Otherwise,
}

impl End {
    fn of(state: State) -> Option<Self> {
        match state {
            State::Sending | State::Waiting => None,
            State::Sent | State::Captured | State::Delivered => Some(Self::Sent),
            State::Dead | State::Held | State::Bounced => Some(Self::Dead),
            State::Expired | State::Suppressed | State::Cancelled | State::FellBack => Some(Self::Otherwise),
        }
    }
}

/// The minutes that the counted deliveries cover. A delivery that a clock ahead of ours has seen counts in the present one.
fn history(lately: &Lately, first_minute: Timestamp) -> Vec<Minute> {
    let minute = |n| Minute { began: first_minute.plus(minutes(n)), accepted: 0, sent: 0, retried: 0, dead: 0 };
    let mut all: Vec<Minute> = (0..MINUTES).map(minute).collect();
    for group in &lately.groups {
        if let Some(came) = group.came {
            let minute = &mut all[came.min(MINUTES - 1)];
            minute.accepted += group.deliveries;
            minute.retried += group.retries;
        }
        if let Some(ended) = group.ended {
            let minute = &mut all[ended.min(MINUTES - 1)];
            match End::of(group.state) {
                Some(End::Sent) => minute.sent += group.deliveries,
                Some(End::Dead) => minute.dead += group.deliveries,
                _ => {}
            }
        }
    }
    all.retain(|minute| minute.began.plus(MINUTE) > lately.since);
    all
}

#[cfg(test)]
mod tests {
    use domain::Lane;
    use store::Took;

    use super::*;

    /// Half past, so that the present minute is 30 s old.
    fn first() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    fn now() -> Timestamp {
        first().plus(minutes(MINUTES - 1)).plus(Duration::from_secs(30))
    }

    fn group(state: State, came: Option<usize>, ended: Option<usize>, deliveries: u64) -> LatelyGroup {
        LatelyGroup {
            channel: "sms".into(),
            lane: Some(Lane::Normal),
            state,
            tier: None,
            came,
            ended,
            deliveries,
            retries: 0,
            oldest: first(),
        }
    }

    fn counted(lately: &Lately) -> Overview {
        let mut overview = Overview::unknown(None, now());
        put_into(&mut overview, lately, first(), now());
        overview
    }

    #[test]
    fn what_stands_counts_whenever_it_came_and_what_ended_where_it_came_in_the_hour() {
        let waits = LatelyGroup { tier: Some(3), retries: 4, ..group(State::Waiting, None, None, 2) };
        let groups = vec![
            group(State::Sent, Some(59), Some(59), 90),
            group(State::Captured, None, Some(0), 7),
            group(State::Dead, Some(58), Some(59), 1),
            LatelyGroup { retries: 5, ..group(State::Expired, Some(1), Some(2), 3) },
            group(State::Sending, Some(59), None, 4),
            waits,
        ];
        let took = vec![Took { channel: "sms".into(), p50: Duration::from_millis(12), p99: Duration::from_secs(3) }];
        let overview = counted(&Lately { since: first().minus(MINUTE), is_cut: false, groups, took });
        let [sms] = &overview.channels[..] else { panic!("{overview:?}") };
        assert_eq!((sms.accepted, sms.sent, sms.dead, sms.ended_otherwise, sms.retried), (98, 90, 1, 3, 5));
        assert_eq!((sms.in_flight, sms.waiting_by_tier, sms.waiting_otherwise), (4, [0, 0, 2], 0));
        assert_eq!((sms.p50_ms, sms.p99_ms, sms.oldest), (Some(12), Some(3_000), Some(first())));
        let normal = &overview.lanes[1];
        assert_eq!((normal.in_flight, normal.waiting, normal.oldest), (4, 2, Some(first())));
        // 95 came and 91 ended within 90 s.
        assert_eq!((normal.rate_in, normal.rate_out), (95.0 / 90.0, 91.0 / 90.0));
        assert_eq!((overview.lanes[0].rate_in, overview.lanes[0].oldest), (0.0, None));
        assert_eq!(overview.history.len(), MINUTES);
        let (before, last) = (overview.history[0], overview.history[59]);
        assert_eq!((before.accepted, before.sent), (0, 7), "it came before, and was sent in this minute");
        assert_eq!((last.accepted, last.sent, last.dead), (94, 90, 1));
        assert_eq!(overview.history[1].retried, 5);
        assert_eq!(overview.span, Span { since: first(), is_cut: false });
    }

    #[test]
    fn a_cut_shortens_the_minutes_and_the_time_of_rates() {
        let since = now().minus(Duration::from_secs(10));
        let groups = vec![group(State::Sent, Some(59), Some(59), 20_000)];
        let overview = counted(&Lately { since, is_cut: true, groups, took: Vec::new() });
        assert_eq!(overview.span, Span { since, is_cut: true });
        assert_eq!(overview.history.len(), 1);
        assert_eq!(overview.lanes[1].rate_in, 2_000.0);
    }

    #[test]
    fn a_clock_that_is_ahead_counts_in_the_present_minute() {
        let groups = vec![group(State::Sent, Some(61), Some(99), 1)];
        let overview = counted(&Lately { since: first(), is_cut: false, groups, took: Vec::new() });
        let last = overview.history.last().expect("a minute");
        assert_eq!((last.accepted, last.sent), (1, 1));
    }
}
