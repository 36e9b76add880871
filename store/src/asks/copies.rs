//! The messages by which people are asked: written with their ask, and without a destination once the ask has ended.

use std::collections::HashMap;

use domain::{ChannelName, Key, RecipientHash, Timestamp};
use sea_orm::QueryResult;

use super::is_storable;
use crate::error::StoreError;
use crate::sql::{Session, Value, count_of, get, key_in, key_values, keys_group, unreadable};
use crate::store::Store;

const COLUMNS: &str = "delivery, place, step, rung, channel, destination, recipient, locale, due_at";

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

impl Store {
    /// The copies of an ask, in the order of people, steps and channels.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_copies(&self, ask: &Key) -> Result<Vec<AskCopy>, StoreError> {
        if !is_storable(&ask.id) {
            return Ok(Vec::new());
        }
        let mut copies = read_copies(&mut self.inner.db.reader(), std::iter::once(ask)).await?;
        Ok(copies.remove(ask).unwrap_or_default())
    }

    /// Forgets where the copies of an ask went: it has ended, and nothing more is sent there for it.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn forget_destinations(&self, ask: &Key) -> Result<(), StoreError> {
        const FORGET: &str = "UPDATE ask_copies SET destination = NULL WHERE tenant = $1 AND ask = $2";
        if !is_storable(&ask.id) {
            return Ok(());
        }
        self.inner.db.writer().query(FORGET, &key_values(ask)).await.map(drop)
    }
}

pub(super) async fn keep_copies(session: &mut Session, ask: &Key, copies: &[AskCopy]) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO ask_copies (tenant, ask, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    for copy in copies {
        let [tenant, id] = key_values(ask);
        let values = [
            tenant,
            id,
            Value::Text(Some(&copy.delivery)),
            Value::Int(Some(i64::from(copy.place))),
            Value::Int(Some(i64::from(copy.step))),
            Value::Int(Some(i64::from(copy.rung))),
            Value::Text(Some(copy.channel.as_str())),
            Value::Text(copy.destination.as_deref()),
            Value::Bytes(Some(copy.recipient.as_bytes())),
            Value::Text(copy.locale.as_deref()),
            Value::Int(Some(copy.due_at.as_micros())),
        ];
        session.query(&sql, &values).await?;
    }
    Ok(())
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

pub(super) fn place_of(row: &QueryResult) -> Result<u16, StoreError> {
    u16::try_from(count_of(row, "place")?).map_err(|_| unreadable("place"))
}
