//! When somebody was heard last: the latest of what came in any order, by channel, until it is forgotten.

use std::time::Duration;

use domain::{ChannelName, RecipientHash, Timestamp};
use tokio::task::JoinSet;

use crate::tests::database::Database;
use crate::tests::on_both;

on_both!(the_latest_of_what_came_in_any_order_counts, who_was_heard_long_ago_is_forgotten);

fn channel() -> ChannelName {
    ChannelName::parse("whatsapp").unwrap()
}

fn recipient(n: u8) -> RecipientHash {
    RecipientHash::from_bytes(&[n; 32]).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

async fn the_latest_of_what_came_in_any_order_counts(db: &Database) {
    let store = db.store().await;
    assert_eq!(store.heard(&channel(), recipient(1)).await.unwrap(), None);
    let mut noting = JoinSet::new();
    for seconds in [3, 9, 1, 7, 9] {
        let store = store.clone();
        noting.spawn(async move { store.note_heard(&channel(), recipient(1), at(seconds)).await.unwrap() });
    }
    noting.join_all().await;
    assert_eq!(store.heard(&channel(), recipient(1)).await.unwrap(), Some(at(9)));
    let other = ChannelName::parse("sms").unwrap();
    assert_eq!(store.heard(&other, recipient(1)).await.unwrap(), None, "by another channel");
    assert_eq!(store.heard(&channel(), recipient(2)).await.unwrap(), None, "somebody else");
}

async fn who_was_heard_long_ago_is_forgotten(db: &Database) {
    let store = db.store().await;
    for n in 1..=2 {
        store.note_heard(&channel(), recipient(n), at(i64::from(n) * 100)).await.unwrap();
    }
    store.forget_heard(at(300).minus(Duration::from_secs(100))).await.unwrap();
    assert_eq!(store.heard(&channel(), recipient(1)).await.unwrap(), None);
    assert_eq!(store.heard(&channel(), recipient(2)).await.unwrap(), Some(at(200)));
}
