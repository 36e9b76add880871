//! What one provider does not take now, and another one may.

use super::*;

const NONE: Option<Duration> = None;
const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

fn among(row: &Row, other: Option<Duration>, outcome: &Outcome) -> Transition {
    super::super::decide(row, Ways { has_fallback: false, other }, outcome, &policy(), NOW)
}

fn in_tier(tier: u8) -> Order {
    Order::Retry { tier }
}

#[test]
fn what_one_provider_throttles_waits_for_another_and_not_for_the_time_that_it_names() {
    let minute = |other| among(&row(), other, &throttled(Some(60)));
    assert_eq!(minute(NONE).order, in_tier(3));
    assert_eq!(minute(AT_ONCE).order, in_tier(1));
    assert_eq!(minute(Some(Duration::from_secs(20))).order, in_tier(2), "the other one is closed until then");
    assert_eq!(minute(Some(Duration::from_secs(3600))).order, in_tier(3), "this one is sooner");
    let transition = among(&Row { seq: 7, ..row() }, AT_ONCE, &throttled(None));
    assert_eq!((transition.order, transition.row.attempt), (in_tier(1), 0));
}

#[test]
fn what_each_of_two_throttles_comes_back_after_the_longest_retry_delay_at_most() {
    let known = Row { provider: Some("smtp".into()), throttled_since: Some(NOW), ..row() };
    for (named, order) in [(3, in_tier(1)), (60, in_tier(3)), (3600, in_tier(3))] {
        assert_eq!(among(&known, AT_ONCE, &throttled(Some(named))).order, order, "{named} s");
    }
}

#[test]
fn what_would_expire_meanwhile_is_not_dead_while_another_provider_may_be_asked_in_time() {
    let expiring = |seconds| Row { expires_at: Some(in_seconds(seconds)), ..row() };
    let ends = |row: &Row, other| among(row, other, &throttled(Some(60))).row.state;
    assert_eq!((ends(&expiring(30), NONE), ends(&expiring(30), AT_ONCE)), (State::Dead, State::Waiting));
    let asked = Row { provider: Some("smtp".into()), throttled_since: Some(NOW), ..expiring(30) };
    assert_eq!(among(&asked, AT_ONCE, &throttled(Some(60))).order, in_tier(1), "there is no time for more");
    assert_eq!(ends(&expiring(3), AT_ONCE), State::Dead, "it comes back no earlier than the shortest delay");
}

#[test]
fn a_failure_that_names_a_time_waits_for_another_provider_alone() {
    let failure = failure().not_before(Some(Duration::from_secs(3600)));
    let failed = Outcome::Retriable { failure, alarm: false, maybe_sent: false };
    assert_eq!(among(&row(), NONE, &failed).order, Order::Schedule { due: in_seconds(3600) });
    let transition = among(&row(), AT_ONCE, &failed);
    assert_eq!((transition.order, transition.row.attempt), (in_tier(1), 1));
    let again = Row { attempt: 1, provider: Some("smtp".into()), ..row() };
    assert_eq!(among(&again, AT_ONCE, &failed).order, in_tier(2));
}

#[test]
fn what_may_have_gone_out_waits_for_its_own_provider_unless_it_is_to_be_sent_again() {
    let doubt = Row { ambiguous: true, ..row() };
    for (ambiguity, order) in [(Ambiguity::Hold, in_tier(3)), (Ambiguity::Resend, in_tier(1))] {
        let (policy, ways) = (Policy { ambiguity, ..policy() }, Ways { has_fallback: false, other: AT_ONCE });
        assert_eq!(super::super::decide(&doubt, ways, &throttled(Some(60)), &policy, NOW).order, order);
    }
}

#[test]
fn what_is_throttled_for_longer_than_it_has_goes_on_by_its_fallback_unless_it_may_have_gone_out() {
    let expiring = Row { expires_at: Some(in_seconds(30)), ..row() };
    let ends = |row: &Row| decide(row, true, &throttled(Some(60)), &policy(), NOW).row.state;
    assert_eq!(ends(&expiring), State::FellBack);
    assert_eq!(ends(&Row { ambiguous: true, ..expiring }), State::Dead);
    assert_eq!(ends(&Row { expires_at: Some(NOW), ..row() }), State::Dead, "the next channel could not send it either");
}
