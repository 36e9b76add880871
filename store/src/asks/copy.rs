//! One message with a question, as it is read.

use std::collections::HashMap;

use domain::{ChannelName, Key, RecipientHash, Timestamp};
use sea_orm::QueryResult;

use super::row::place_of;
use crate::error::StoreError;
use crate::sql::{Session, count_of, get, key_in, keys_group, unreadable};

pub(super) const COLUMNS: &str = "delivery, place, step, rung, channel, destination, recipient, locale, due_at";

/// One message with a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskCopy {
    /// The id of the delivery that takes it.
    pub delivery: String,
    /// The place of the approver in the audience.
    pub place: u16,
    /// 0 for the question, and more for what is sent later.
    pub step: u32,
    /// The place of its channel among those of the approver, from 0. Beyond 0 it is a fallback of the one before.
    pub rung: u32,
    pub channel: ChannelName,
    /// None once the ask has ended.
    pub destination: Option<String>,
    pub recipient: RecipientHash,
    pub locale: Option<String>,
    pub due_at: Timestamp,
}

/// The copies of these asks, in the order of people, steps and channels.
pub(super) async fn read_copies<'a>(
    session: &mut Session,
    asks: impl ExactSizeIterator<Item = &'a Key> + Clone,
) -> Result<HashMap<Key, Vec<AskCopy>>, StoreError> {
    let sql = format!(
        "SELECT tenant, ask, {COLUMNS} FROM ask_copies WHERE (tenant, ask) IN (SELECT u.tenant, u.id FROM {{u}}) \
         ORDER BY place, step, rung, delivery"
    );
    let mut copies: HashMap<Key, Vec<AskCopy>> = HashMap::new();
    for row in session.query_group(&sql, &keys_group(asks)).await? {
        copies.entry(key_in(&row, "ask")?).or_default().push(copy_of(&row)?);
    }
    Ok(copies)
}

fn copy_of(row: &QueryResult) -> Result<AskCopy, StoreError> {
    let recipient: Vec<u8> = get(row, "recipient")?;
    Ok(AskCopy {
        delivery: get(row, "delivery")?,
        place: place_of(row)?,
        step: count_of(row, "step")?,
        rung: count_of(row, "rung")?,
        channel: ChannelName::parse(&get::<String>(row, "channel")?).map_err(|_| unreadable("channel"))?,
        destination: get(row, "destination")?,
        recipient: RecipientHash::from_bytes(&recipient).ok_or_else(|| unreadable("recipient"))?,
        locale: get(row, "locale")?,
        due_at: Timestamp::from_micros(get(row, "due_at")?),
    })
}
