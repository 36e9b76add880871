//! Which operations go into one group.

use std::collections::VecDeque;

use domain::Key;

use super::{MAX_GROUP, Pending, next_group};

fn pending(id: &str) -> Pending<Key, ()> {
    Pending { op: testkit::key(id), answer: None }
}

fn groups(ids: &[&str], repeats: bool) -> Vec<Vec<String>> {
    let mut waiting: VecDeque<_> = ids.iter().map(|id| pending(id)).collect();
    let mut groups = Vec::new();
    while !waiting.is_empty() {
        let (ops, _) = next_group(&mut waiting, |key| key, repeats);
        groups.push(ops.into_iter().map(|key| key.id).collect());
    }
    groups
}

#[test]
fn a_group_is_sorted_and_meets_each_key_once() {
    assert_eq!(groups(&["b", "a", "b", "c", "b"], false), [vec!["a", "b", "c"], vec!["b"], vec!["b"]]);
}

#[test]
fn whoever_only_reads_waits_for_nobody_who_reads_the_same() {
    assert_eq!(groups(&["b", "a", "b"], true), [vec!["a", "b", "b"]]);
}

#[test]
fn a_group_is_never_larger_than_the_limit() {
    let ids: Vec<String> = (0..MAX_GROUP + 3).map(|n| format!("{n:04}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(groups(&ids, false).iter().map(Vec::len).collect::<Vec<_>>(), [MAX_GROUP, 3]);
}
