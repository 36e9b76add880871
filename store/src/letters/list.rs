//! Lists the letters that fit a filter. Each of these is served by an index; where something else is asked for, a page looks
//! at so many letters and no more.
//!
//! | asked for | index |
//! |---|---|
//! | names | the primary key |
//! | a group, and when its letters died | `letters_by_group` |
//! | when letters died | `letters_by_time` |
//! | the id of a delivery | `letters_by_delivery` |
//! | a recipient | `deliveries_of_recipient`, and by the ids that it has `letters_by_delivery`; of many, the time's |

use domain::{Lane, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::{IndexedLetter, LetterFilter};
use crate::error::StoreError;
use crate::sql::{Filtering, PageCursor, Place, Session, Value, count_of, fingerprint, get, time_of, unreadable};
use crate::store::Store;

/// So many letters a page looks at where something is asked for that no index has, such as a channel.
pub const LETTER_LOOK: usize = 10_000;

/// Letters, those that died last first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterPage {
    pub letters: Vec<IndexedLetter>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<LetterCursor>,
    /// The page has looked at as many letters as it may, and has fewer than were asked for: there may be none on it.
    pub is_cut: bool,
}

/// Where a page of letters ended.
pub type LetterCursor = PageCursor;

impl Filtering for LetterFilter {
    fn fingerprint(&self) -> String {
        let Self {
            tenant,
            letters,
            group,
            id,
            from,
            until,
            recipient,
            channel,
            provider,
            reason,
            code,
            template,
            lane,
        } = self;
        let words = (
            (tenant.as_str(), letters, group, id),
            (from.map(Timestamp::as_micros), until.map(Timestamp::as_micros)),
            (channel, provider, reason, code, template, lane.map(Lane::as_str)),
        );
        fingerprint("letters", words, recipient)
    }
}

impl Store {
    /// A page of the letters that fit, at most `limit` of them, which is not zero. It looks at [`LETTER_LOOK`] letters at
    /// most where something is asked for that no index has. The cursor must be of the same filter ([`PageCursor::is_of`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letters(
        &self,
        filter: &LetterFilter,
        after: Option<&LetterCursor>,
        limit: usize,
    ) -> Result<LetterPage, StoreError> {
        self.letters_within(filter, after, limit, LETTER_LOOK).await
    }

    /// The same by looking at so many letters at most.
    pub(crate) async fn letters_within(
        &self,
        filter: &LetterFilter,
        after: Option<&LetterCursor>,
        limit: usize,
        look: usize,
    ) -> Result<LetterPage, StoreError> {
        let mut values = Vec::new();
        let mut conditions = indexed(filter, &mut values);
        if let Some(after) = after {
            conditions.push(beside("<", &after.place, &mut values));
        }
        let mut session = self.inner.db.page_reader().await?;
        let is_of_index = besides(filter, &mut Vec::new()).is_empty();
        let end =
            if is_of_index { None } else { last_looked_at(&mut session, filter, &conditions, &values, look).await? };
        conditions.extend(end.as_ref().map(|end| beside(">", end, &mut values)));
        conditions.extend(besides(filter, &mut values));
        let sql = format!(
            "SELECT {COLUMNS} FROM letters AS l WHERE {} {} LIMIT {}",
            conditions.join(" AND "),
            order(filter),
            limit + 1
        );
        let rows = session.query(&sql, &values).await?;
        session.commit().await?;
        let letters: Vec<IndexedLetter> = rows.iter().take(limit).map(letter_of).collect::<Result<_, _>>()?;
        let last = letters.last().filter(|_| rows.len() > limit);
        let last = last.map(|last| Place { at: last.dead_at, row: last.letter.clone() });
        let is_cut = last.is_none() && end.is_some();
        Ok(LetterPage { is_cut, next: last.or(end).map(|place| place.of(filter)), letters })
    }
}

/// What [`letter_of`] reads of a letter `l`.
pub(super) const COLUMNS: &str = "l.letter, l.tenant, l.id, l.epoch, l.lane, l.channel, l.provider, l.class, l.code, \
     l.template, l.reason, l.error, l.fingerprint, l.attempts, l.dead_at, l.expires_at, l.copies";

/// Few letters are of one delivery. In the order of an expression, which is the time itself, they are found by the delivery
/// and sorted; SQLite would else look through all of the tenant in the order of time, to save the sorting.
const fn order(filter: &LetterFilter) -> &'static str {
    match filter.id {
        Some(_) => "ORDER BY +l.dead_at DESC, l.letter DESC",
        None => "ORDER BY l.dead_at DESC, l.letter DESC",
    }
}

/// The condition that a letter stands before (`>`, or at) a place, or behind it (`<`). What it says of the time alone repeats
/// what it says of both, because the index serves only the first.
fn beside<'a>(compare: &str, place: &'a Place, values: &mut Vec<Value<'a>>) -> String {
    values.extend([Value::Int(Some(place.at.as_micros())), Value::Text(Some(&place.row))]);
    let (at, letter) = (values.len() - 1, values.len());
    let both = if compare == ">" { ">=" } else { compare };
    format!("l.dead_at {compare}= ${at} AND (l.dead_at, l.letter) {both} (${at}, ${letter})")
}

/// The last letter at which a page looks, where there are so many. None where it sees all.
async fn last_looked_at(
    session: &mut Session,
    filter: &LetterFilter,
    conditions: &[String],
    values: &[Value<'_>],
    look: usize,
) -> Result<Option<Place>, StoreError> {
    let sql = format!(
        "SELECT l.dead_at, l.letter FROM letters AS l WHERE {} {} LIMIT 1 OFFSET {}",
        conditions.join(" AND "),
        order(filter),
        look.saturating_sub(1)
    );
    let rows = session.query(&sql, values).await?;
    let place = |row| Ok(Place { at: Timestamp::from_micros(get(row, "dead_at")?), row: get(row, "letter")? });
    rows.first().map(place).transpose()
}

/// The condition that a letter `l` fits. Its values follow those that are there.
pub(super) fn condition<'a>(filter: &'a LetterFilter, values: &mut Vec<Value<'a>>) -> String {
    let mut conditions = indexed(filter, values);
    conditions.extend(besides(filter, values));
    conditions.join(" AND ")
}

/// The conditions that an index serves.
fn indexed<'a>(filter: &'a LetterFilter, values: &mut Vec<Value<'a>>) -> Vec<String> {
    let LetterFilter { tenant, letters, group, id, from, until, recipient, .. } = filter;
    values.push(Value::Text(Some(tenant.as_str())));
    let tenant = values.len();
    let mut conditions = vec![format!("l.tenant = ${tenant}")];
    if !letters.is_empty() {
        let letters = places(letters.iter().map(|letter| Value::Text(Some(letter))), values);
        conditions.push(format!("l.letter IN ({letters})"));
    }
    conditions.extend(equal([("fingerprint", group.as_deref()), ("id", id.as_deref())], values));
    for (compare, at) in [(">=", from), ("<", until)] {
        if let Some(at) = at {
            values.push(Value::Int(Some(at.as_micros())));
            conditions.push(format!("l.dead_at {compare} ${}", values.len()));
        }
    }
    if !recipient.is_empty() {
        let hashes = places(recipient.iter().map(|hash| Value::Bytes(Some(hash.as_bytes()))), values);
        conditions.push(format!(
            "l.id IN (SELECT r.id FROM deliveries AS r WHERE r.recipient_hash IN ({hashes}) AND r.tenant = ${tenant})"
        ));
    }
    conditions
}

/// Adds values, and names their places.
fn places<'a>(added: impl Iterator<Item = Value<'a>>, values: &mut Vec<Value<'a>>) -> String {
    let first = values.len() + 1;
    values.extend(added);
    (first..=values.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// The conditions that are read from the letters.
fn besides<'a>(filter: &'a LetterFilter, values: &mut Vec<Value<'a>>) -> Vec<String> {
    let LetterFilter { channel, provider, reason, code, template, lane, .. } = filter;
    let wanted = [
        ("channel", channel.as_deref()),
        ("provider", provider.as_deref()),
        ("reason", reason.as_deref()),
        ("code", code.as_deref()),
        ("template", template.as_deref()),
        ("lane", lane.map(Lane::as_str)),
    ];
    equal(wanted, values)
}

fn equal<'a, const N: usize>(wanted: [(&'static str, Option<&'a str>); N], values: &mut Vec<Value<'a>>) -> Vec<String> {
    let mut conditions = Vec::new();
    for (column, wanted) in wanted.into_iter().filter_map(|(column, wanted)| Some((column, wanted?))) {
        values.push(Value::Text(Some(wanted)));
        conditions.push(format!("l.{column} = ${}", values.len()));
    }
    conditions
}

pub(super) fn letter_of(row: &QueryResult) -> Result<IndexedLetter, StoreError> {
    Ok(IndexedLetter {
        letter: get(row, "letter")?,
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        id: get(row, "id")?,
        epoch: count_of(row, "epoch")?,
        lane: Lane::parse(&get::<String>(row, "lane")?).ok_or_else(|| unreadable("lane"))?,
        channel: get(row, "channel")?,
        provider: get(row, "provider")?,
        class: get(row, "class")?,
        code: get(row, "code")?,
        template: get(row, "template")?,
        reason: get(row, "reason")?,
        error: get(row, "error")?,
        fingerprint: get(row, "fingerprint")?,
        attempts: count_of(row, "attempts")?,
        dead_at: Timestamp::from_micros(get(row, "dead_at")?),
        expires_at: time_of(row, "expires_at")?,
        copies: count_of(row, "copies")?,
    })
}
