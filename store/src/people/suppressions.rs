//! The suppression list: put somebody on it, take somebody off it, look several up, read it and what was lifted.

use domain::{
    ChannelName, Entry, Listed, RecipientHash, SuppressedFor, Suppression, SuppressionScope, Tenant, Timestamp,
};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::journal;
use crate::people::lookup::{LOOK_UP, looked_up};
use crate::people::times::{Tie, Word, note, note_lifts};
use crate::sql::{
    Asked, Conditions, Filtering, Group, PAGE_LOOK, PageCursor, Pager, Session, Value, count_of, fingerprint, get,
    time_of, unreadable,
};
use crate::store::Store;

/// Which entries of the list to read, or which lifts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuppressionFilter {
    pub tenant: Tenant,
    pub channel: Option<ChannelName>,
    /// Every hash that the recipient may have. An empty list reads the entries of every recipient.
    pub recipient: Vec<RecipientHash>,
    pub after: Option<SuppressionCursor>,
    /// How many at most, not zero.
    pub limit: usize,
}

/// The same filter, of what was lifted: that is another list.
#[derive(Clone, Copy, Debug)]
pub struct LiftFilter<'a>(pub &'a SuppressionFilter);

/// Where a page of the list, or of the lifts, ended.
pub type SuppressionCursor = PageCursor;

/// Entries, those put on the list last first.
#[derive(Clone, PartialEq, Debug)]
pub struct SuppressionPage {
    pub suppressions: Vec<Suppression>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<SuppressionCursor>,
}

/// An entry that was taken off the list.
#[derive(Clone, PartialEq, Debug)]
pub struct Lift {
    pub suppression: Suppression,
    pub at: Timestamp,
    pub by: String,
    pub why: String,
}

/// Lifts, the last first.
#[derive(Clone, PartialEq, Debug)]
pub struct LiftPage {
    pub lifts: Vec<Lift>,
    pub next: Option<SuppressionCursor>,
}

/// Which entries to lift.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    Id(String),
    /// All entries of a recipient, by every hash that it may have, or those for one reason.
    Recipient {
        channel: ChannelName,
        recipient: Vec<RecipientHash>,
        reason: Option<SuppressedFor>,
    },
    /// The entries of a recipient for one reason, unless something was said of it at the same time or later.
    Said {
        channel: ChannelName,
        recipient: Vec<RecipientHash>,
        reason: SuppressedFor,
        at: Timestamp,
    },
}

const COLUMNS: &str = "tenant, id, channel, recipient, recipient_mask, reason, breadth, since, until_at, put_by, note";

const LISTED: Pager = Pager { table: "suppressions", columns: &[COLUMNS], time: "since" };
const LIFTED: Pager =
    Pager { table: "suppression_lifts", columns: &[COLUMNS, "lifted_at, lifted_by, why"], time: "lifted_at" };

impl Filtering for SuppressionFilter {
    fn fingerprint(&self) -> String {
        self.fingerprint_in("suppressions")
    }
}

impl Filtering for LiftFilter<'_> {
    fn fingerprint(&self) -> String {
        self.0.fingerprint_in("lifts")
    }
}

impl SuppressionFilter {
    fn fingerprint_in(&self, list: &str) -> String {
        let Self { tenant, channel, recipient, after: _, limit: _ } = self;
        fingerprint(list, (tenant.as_str(), channel.as_ref().map(ChannelName::as_str)), recipient)
    }
}

impl Store {
    /// Puts a recipient on the list, and returns the entry as it stands. One that is there for the same reason keeps
    /// since when it is there; all else is as it is given now. Repeating it is harmless. `told` is what an operator's
    /// decision has to tell.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppress(&self, suppression: &Suppression, told: Option<&Entry>) -> Result<Suppression, StoreError> {
        let mut session = self.inner.db.begin().await?;
        note(&mut session, &Word::of(suppression, None, suppression.since), Tie::Counts).await?;
        let listed = put(&mut session, suppression).await?;
        if let Some(told) = told {
            journal::insert(&mut session, told).await?;
        }
        session.commit().await?;
        Ok(listed)
    }

    /// Does the same for what was said at this time, unless something was said of it later: then it returns false, and the
    /// list stays as it is. `before` is the recipient's hash under the secret before this one.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn suppress_as_said(
        &self,
        suppression: &Suppression,
        before: Option<RecipientHash>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.inner.db.begin().await?;
        let is_last = note(&mut session, &Word::of(suppression, before, at), Tie::Counts).await?;
        if is_last {
            put(&mut session, suppression).await?;
            session.commit().await?;
        }
        Ok(is_last)
    }

    /// Takes entries off the list and keeps who did so, when and why, in one transaction. Returns what was on the list;
    /// nothing where no entry fits. What was asked for at a time is noted also where nothing was on the list, so that
    /// whatever was said before it puts nobody there. `told` is what an operator's decision has to tell, of each entry.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn lift(
        &self,
        tenant: &Tenant,
        which: &Which,
        by: &str,
        why: &str,
        now: Timestamp,
        told: Option<&Entry>,
    ) -> Result<Vec<Suppression>, StoreError> {
        let (condition, values) = condition_of(tenant, which);
        let sql = format!("DELETE FROM suppressions WHERE {condition} RETURNING {COLUMNS}");
        let mut session = self.inner.db.begin().await?;
        if let Some(word) = asked_for(tenant, which) {
            if !note(&mut session, &word, Tie::Yields).await? {
                return Ok(Vec::new());
            }
        } else {
            note_lifts(&mut session, &condition, &values, now).await?;
        }
        let rows = session.query(&sql, &values).await?;
        let lifted: Vec<Suppression> = rows.iter().map(suppression_of).collect::<Result<_, _>>()?;
        for suppression in &lifted {
            keep(&mut session, suppression, by, why, now).await?;
            if let Some(told) = told {
                let told = Entry { subject: suppression.id.clone(), ..told.clone() };
                let told = told.with("channel", suppression.channel.as_str());
                journal::insert(&mut session, &told.with("for", suppression.reason.as_str())).await?;
            }
        }
        session.commit().await?;
        Ok(lifted)
    }

    /// Why nothing is sent by this channel to each of these, in their order: what a claim finds of the recipient of its
    /// delivery. None for one who may be written to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppressed_for(
        &self,
        tenant: &Tenant,
        channel: &ChannelName,
        listed: &[Listed],
    ) -> Result<Vec<Option<SuppressedFor>>, StoreError> {
        let group = Group::of(listed.len())
            .text("tenant", listed.iter().map(|_| tenant.as_str()))
            .text("channel", listed.iter().map(|_| channel.as_str()))
            .int("place", (0_i64..).take(listed.len()));
        let group = looked_up(group, listed.iter().map(Some));
        let mut found = vec![None; listed.len()];
        for row in self.inner.db.reader().query_group(LOOK_UP, &group).await? {
            let Some(reason) = get::<Option<String>>(&row, "reason")? else { continue };
            let reason = SuppressedFor::parse(&reason).ok_or_else(|| unreadable("reason"))?;
            if let Some(of_one) = found.get_mut(count_of(&row, "place")? as usize) {
                *of_one = Some(reason);
            }
        }
        Ok(found)
    }

    /// A page of the list. The cursor must be of the same filter ([`PageCursor::is_of`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppressions(&self, filter: &SuppressionFilter) -> Result<SuppressionPage, StoreError> {
        let found = LISTED.page(&self.inner.db, filter, asked(filter), suppression_of).await?;
        Ok(SuppressionPage { suppressions: found.rows, next: found.next })
    }

    /// The entry of this id. None where the tenant has none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppression(&self, tenant: &Tenant, id: &str) -> Result<Option<Suppression>, StoreError> {
        let which = Which::Id(id.to_owned());
        let (condition, values) = condition_of(tenant, &which);
        let sql = format!("SELECT {COLUMNS} FROM suppressions WHERE {condition}");
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        rows.first().map(suppression_of).transpose()
    }

    /// A page of what was lifted. The cursor must be of the same filter: see [`LiftFilter`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lifts(&self, filter: &SuppressionFilter) -> Result<LiftPage, StoreError> {
        let found = LIFTED.page(&self.inner.db, &LiftFilter(filter), asked(filter), lift_of).await?;
        Ok(LiftPage { lifts: found.rows, next: found.next })
    }
}

async fn put(session: &mut Session, suppression: &Suppression) -> Result<Suppression, StoreError> {
    let sql = format!(
        "INSERT INTO suppressions ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (recipient, channel, tenant, reason) DO UPDATE SET breadth = excluded.breadth, \
         until_at = excluded.until_at, put_by = excluded.put_by, note = excluded.note RETURNING {COLUMNS}"
    );
    let rows = session.query(&sql, &values(suppression)).await?;
    rows.first().map_or_else(|| Ok(suppression.clone()), suppression_of)
}

/// What was said, where the lift was asked for at a time. An operator's holds whatever was said.
fn asked_for<'a>(tenant: &'a Tenant, which: &'a Which) -> Option<Word<'a>> {
    let Which::Said { channel, recipient, reason, at } = which else { return None };
    Some(Word { tenant, channel, recipient: recipient.clone(), reason: *reason, at: *at })
}

async fn keep(
    session: &mut Session,
    suppression: &Suppression,
    by: &str,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO suppression_lifts ({COLUMNS}, lifted_at, lifted_by, why) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    );
    let mut values = values(suppression).to_vec();
    values.extend([Value::Int(Some(now.as_micros())), Value::Text(Some(by)), Value::Text(Some(why))]);
    session.query(&sql, &values).await.map(drop)
}

fn values(suppression: &Suppression) -> [Value<'_>; 11] {
    [
        Value::Text(Some(suppression.tenant.as_str())),
        Value::Text(Some(&suppression.id)),
        Value::Text(Some(suppression.channel.as_str())),
        Value::Bytes(Some(suppression.recipient.as_bytes())),
        Value::Text(Some(&suppression.recipient_mask)),
        Value::Text(Some(suppression.reason.as_str())),
        Value::Int(Some(suppression.scope.breadth())),
        Value::Int(Some(suppression.since.as_micros())),
        Value::Int(suppression.until.map(Timestamp::as_micros)),
        Value::Text(Some(&suppression.by)),
        Value::Text(suppression.note.as_deref()),
    ]
}

fn condition_of<'a>(tenant: &'a Tenant, which: &'a Which) -> (String, Vec<Value<'a>>) {
    let mut values = vec![Value::Text(Some(tenant.as_str()))];
    let condition = match which {
        // Postgres can neither store nor compare a NUL: no entry has such an id.
        Which::Id(id) if id.contains('\0') => "tenant = $1 AND 1 = 0".to_owned(),
        Which::Id(id) => {
            values.push(Value::Text(Some(id)));
            "tenant = $1 AND id = $2".to_owned()
        }
        Which::Recipient { channel, recipient, reason } => of_recipient(channel, recipient, *reason, &mut values),
        Which::Said { channel, recipient, reason, .. } => of_recipient(channel, recipient, Some(*reason), &mut values),
    };
    (condition, values)
}

fn of_recipient<'a>(
    channel: &'a ChannelName,
    recipient: &'a [RecipientHash],
    reason: Option<SuppressedFor>,
    values: &mut Vec<Value<'a>>,
) -> String {
    values.push(Value::Text(Some(channel.as_str())));
    let condition = format!("tenant = $1 AND channel = $2 AND {}", among(recipient, values));
    let Some(reason) = reason else { return condition };
    values.push(Value::Text(Some(reason.as_str())));
    format!("{condition} AND reason = ${}", values.len())
}

fn asked(filter: &SuppressionFilter) -> Asked<'_> {
    let equal =
        [("tenant", Some(filter.tenant.as_str())), ("channel", filter.channel.as_ref().map(ChannelName::as_str))];
    let mut by_index = Conditions::equal(&equal);
    by_index.add_hashes("recipient", &filter.recipient);
    let (after, limit) = (filter.after.as_ref(), filter.limit);
    Asked { by_index, besides: &[], from: None, until: None, after, limit, look: PAGE_LOOK }
}

/// The condition that the recipient has one of these hashes.
fn among<'a>(recipient: &'a [RecipientHash], values: &mut Vec<Value<'a>>) -> String {
    let first = values.len() + 1;
    values.extend(recipient.iter().map(|hash| Value::Bytes(Some(hash.as_bytes()))));
    let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
    if places.is_empty() { "1 = 0".to_owned() } else { format!("recipient IN ({})", places.join(", ")) }
}

fn suppression_of(row: &QueryResult) -> Result<Suppression, StoreError> {
    let breadth: i64 = get(row, "breadth")?;
    let recipient: Vec<u8> = get(row, "recipient")?;
    Ok(Suppression {
        id: get(row, "id")?,
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        channel: ChannelName::parse(&get::<String>(row, "channel")?).map_err(|_| unreadable("channel"))?,
        recipient: RecipientHash::from_bytes(&recipient).ok_or_else(|| unreadable("recipient"))?,
        recipient_mask: get(row, "recipient_mask")?,
        reason: SuppressedFor::parse(&get::<String>(row, "reason")?).ok_or_else(|| unreadable("reason"))?,
        scope: SuppressionScope::ALL
            .into_iter()
            .find(|scope| scope.breadth() == breadth)
            .ok_or_else(|| unreadable("breadth"))?,
        since: Timestamp::from_micros(get(row, "since")?),
        until: time_of(row, "until_at")?,
        by: get(row, "put_by")?,
        note: get(row, "note")?,
    })
}

fn lift_of(row: &QueryResult) -> Result<Lift, StoreError> {
    Ok(Lift {
        suppression: suppression_of(row)?,
        at: Timestamp::from_micros(get(row, "lifted_at")?),
        by: get(row, "lifted_by")?,
        why: get(row, "why")?,
    })
}
