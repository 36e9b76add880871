//! What an inbox has, and what is for a topic.

use super::*;

#[test]
fn what_an_inbox_has_is_delivered_and_its_child_waits_for_a_reader_alone() {
    let posted = decide(&row(), true, &Outcome::Posted, &policy(), NOW);
    assert_eq!((posted.row.state, posted.row.attempt, &posted.order), (State::Delivered, 1, &Order::Nothing));
    assert_eq!((posted.row.provider.as_deref(), &posted.attempt), (Some(INBOX), &None));
    for (when, waits) in
        [(When::Unread, true), (When::Unseen, true), (When::Undelivered, false), (When::Unanswered, false)]
    {
        let escalation = Escalation { when, after: Duration::from_secs(600) };
        let order = if waits { Order::Escalate { when, due: in_seconds(600) } } else { Order::Nothing };
        let escalated = posted.clone().escalating(Some(escalation));
        assert_eq!((escalated.row.state, &escalated.order), (State::Delivered, &order), "{when:?}");
    }
}

#[test]
fn what_is_for_a_topic_is_handed_on_and_waits_for_nobody() {
    let handed_on = decided(&row(), &Outcome::FannedOut);
    assert_eq!((handed_on.row.state, &handed_on.order), (State::Sent, &Order::FanOut));
    let escalation = Escalation { when: When::Unread, after: Duration::from_secs(600) };
    assert_eq!(handed_on.clone().escalating(Some(escalation)), handed_on);
}
