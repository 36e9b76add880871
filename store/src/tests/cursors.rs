//! What a cursor knows of the filter that gave it, in every list that can be narrowed down.

use std::fmt::Debug;

use domain::{AskKind, AskState, ChannelName, CommandState, Lane, RecipientHasher, Tenant, VerificationState};
use testkit::NOW;

use crate::sql::Place;
use crate::{
    AskFilter, CommandFilter, Filtering, JournalFilter, LetterFilter, LiftFilter, PageCursor, SuppressionFilter,
    VerificationFilter,
};

fn place() -> Place {
    Place { at: NOW, row: "a/1.b".into() }
}

/// Asserts that the cursor of each of these filters is read again, and is of that filter alone.
fn each_is_of_its_own<F: Filtering + Debug>(filters: &[F]) {
    for (at, filter) in filters.iter().enumerate() {
        let cursor = place().of(filter);
        let read = PageCursor::<String>::parse(&cursor.to_string()).expect("its own text");
        assert_eq!(read, cursor);
        for (other_at, other) in filters.iter().enumerate() {
            assert_eq!(read.is_of(other), at == other_at, "{filter:?} {other:?}");
        }
    }
}

fn letters() -> Vec<LetterFilter> {
    let all = LetterFilter::default;
    let some = || Some("a".to_owned());
    vec![
        all(),
        LetterFilter { tenant: Tenant::parse("acme").unwrap(), ..all() },
        LetterFilter { letters: vec!["a".into()], ..all() },
        LetterFilter { letters: vec!["a".into(), "b".into()], ..all() },
        LetterFilter { group: some(), ..all() },
        LetterFilter { id: some(), ..all() },
        LetterFilter { from: Some(NOW), ..all() },
        LetterFilter { until: Some(NOW), ..all() },
        LetterFilter { recipient: RecipientHasher::new(b"secret").every_hash("+12025550143"), ..all() },
        LetterFilter { channel: some(), ..all() },
        LetterFilter { provider: some(), ..all() },
        LetterFilter { reason: some(), ..all() },
        LetterFilter { code: some(), ..all() },
        LetterFilter { template: some(), ..all() },
        LetterFilter { lane: Some(Lane::Normal), ..all() },
    ]
}

fn asks() -> Vec<AskFilter> {
    let all = || AskFilter {
        tenant: Tenant::default(),
        state: None,
        kind: None,
        correlation_id: None,
        from: None,
        until: None,
        after: None,
        limit: 10,
    };
    vec![
        all(),
        AskFilter { tenant: Tenant::parse("acme").unwrap(), ..all() },
        AskFilter { state: Some(AskState::Open), ..all() },
        AskFilter { kind: Some(AskKind::Confirm), ..all() },
        AskFilter { correlation_id: Some("a".into()), ..all() },
        AskFilter { from: Some(NOW), ..all() },
        AskFilter { until: Some(NOW), ..all() },
    ]
}

fn commands() -> Vec<CommandFilter> {
    let all = || CommandFilter {
        tenant: Tenant::default(),
        state: None,
        service: None,
        requested_by: None,
        from: None,
        until: None,
        after: None,
        limit: 10,
    };
    vec![
        all(),
        CommandFilter { tenant: Tenant::parse("acme").unwrap(), ..all() },
        CommandFilter { state: Some(CommandState::Dispatched), ..all() },
        CommandFilter { service: Some("a".into()), ..all() },
        CommandFilter { requested_by: Some("a".into()), ..all() },
        CommandFilter { from: Some(NOW), ..all() },
        CommandFilter { until: Some(NOW), ..all() },
    ]
}

fn verifications() -> Vec<VerificationFilter> {
    let all = || VerificationFilter {
        tenant: Tenant::default(),
        state: None,
        channel: None,
        purpose: None,
        since: None,
        until: None,
        after: None,
        limit: 10,
    };
    vec![
        all(),
        VerificationFilter { tenant: Tenant::parse("acme").unwrap(), ..all() },
        VerificationFilter { state: Some(VerificationState::Approved), ..all() },
        VerificationFilter { channel: ChannelName::parse("sms").ok(), ..all() },
        VerificationFilter { purpose: Some("a".into()), ..all() },
        VerificationFilter { since: Some(NOW), ..all() },
        VerificationFilter { until: Some(NOW), ..all() },
    ]
}

fn journal() -> Vec<JournalFilter> {
    let all = JournalFilter::default;
    vec![
        all(),
        JournalFilter { tenant: Some(Tenant::default()), ..all() },
        JournalFilter { actor: Some("a".into()), ..all() },
        JournalFilter { kind: Some("a".into()), ..all() },
        JournalFilter { subject: Some("a".into()), ..all() },
        JournalFilter { since: Some(NOW), ..all() },
        JournalFilter { until: Some(NOW), ..all() },
    ]
}

fn suppressions() -> Vec<SuppressionFilter> {
    let all = || SuppressionFilter {
        tenant: Tenant::default(),
        channel: None,
        recipient: Vec::new(),
        after: None,
        limit: 10,
    };
    vec![
        all(),
        SuppressionFilter { tenant: Tenant::parse("acme").unwrap(), ..all() },
        SuppressionFilter { channel: ChannelName::parse("sms").ok(), ..all() },
        SuppressionFilter { recipient: RecipientHasher::new(b"secret").every_hash("+12025550143"), ..all() },
    ]
}

#[test]
fn a_cursor_of_another_filter_is_told_from_its_own_in_every_list() {
    each_is_of_its_own(&letters());
    each_is_of_its_own(&asks());
    each_is_of_its_own(&commands());
    each_is_of_its_own(&verifications());
    each_is_of_its_own(&journal());
    each_is_of_its_own(&suppressions());
    let listed = suppressions();
    each_is_of_its_own(&listed.iter().map(LiftFilter).collect::<Vec<_>>());
    assert!(!place().of(&listed[0]).is_of(&LiftFilter(&listed[0])), "what was lifted is another list");
    let (ask, command) = (asks().remove(0), commands().remove(0));
    assert!(!place().of(&ask).is_of(&command), "they are asked for the same, and are other lists");
}

#[test]
fn the_page_that_is_asked_for_makes_no_other_filter() {
    let ask = asks().remove(0);
    let after = place().of(&ask);
    assert!(after.is_of(&AskFilter { after: Some(after.clone()), limit: 7, ..ask }));
    let all = JournalFilter::default();
    let after = place().of(&all);
    assert!(after.is_of(&JournalFilter { after: Some(after.clone()), limit: 7, ..all }));
}

#[test]
fn a_cursor_of_numbered_rows_is_read_again_with_its_number_alone() {
    let all = JournalFilter::default;
    let (of, other) = (all(), JournalFilter { actor: Some("a".into()), ..all() });
    let cursor = PageCursor::of_row(&of, 41_i64);
    let read = PageCursor::<i64>::parse(&cursor.to_string()).expect("its own text");
    assert_eq!((read.row(), read.is_of(&of), read.is_of(&other)), (&41, true, false));
    assert_eq!(PageCursor::<i64>::parse(&place().of(&of).to_string()), None, "no number");
}

#[test]
fn a_bare_place_is_no_cursor() {
    for bare in ["1772366400000000.0b", "1772366400000000.a-1", "7.", ""] {
        assert_eq!(PageCursor::<String>::parse(bare), None, "{bare}");
    }
}
