//! Lists the letters that fit a filter.

use std::fmt;

use domain::{Lane, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::{IndexedLetter, LetterFilter};
use crate::error::StoreError;
use crate::sql::{Value, count_of, get, time_of, unreadable};
use crate::store::Store;

/// Letters, those that died last first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterPage {
    pub letters: Vec<IndexedLetter>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<LetterCursor>,
}

/// Where a page ended. Its text is opaque and fits in a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterCursor {
    at: Timestamp,
    letter: String,
}

impl LetterCursor {
    /// Reads the text of a cursor; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, letter) = text.split_once('.')?;
        let is_name = !letter.is_empty() && letter.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_name.then_some(())?;
        Some(Self { at: Timestamp::from_micros(at.parse().ok()?), letter: letter.to_owned() })
    }
}

impl fmt::Display for LetterCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_micros(), self.letter)
    }
}

impl Store {
    /// A page of the letters that fit, at most `limit` of them, which is not zero.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letters(
        &self,
        filter: &LetterFilter,
        after: Option<&LetterCursor>,
        limit: usize,
    ) -> Result<LetterPage, StoreError> {
        let mut values = Vec::new();
        let mut condition = condition(filter, &mut values);
        if let Some(LetterCursor { at, letter }) = after {
            values.extend([Value::Int(Some(at.as_micros())), Value::Text(Some(letter))]);
            let (at, letter) = (values.len() - 1, values.len());
            condition = format!("{condition} AND l.dead_at <= ${at} AND (l.dead_at, l.letter) < (${at}, ${letter})");
        }
        let sql = format!(
            "SELECT l.letter, l.tenant, l.id, l.epoch, l.lane, l.channel, l.provider, l.class, l.code, l.template, \
             l.reason, l.error, l.fingerprint, l.attempts, l.dead_at, l.expires_at, l.copies FROM letters AS l \
             WHERE {condition} ORDER BY l.dead_at DESC, l.letter DESC LIMIT {}",
            limit + 1
        );
        let rows = self.inner.db.hasty_query(&sql, &values).await?;
        let letters: Vec<IndexedLetter> = rows.iter().take(limit).map(letter_of).collect::<Result<_, _>>()?;
        let last = letters.last().filter(|_| rows.len() > limit);
        let next = last.map(|last| LetterCursor { at: last.dead_at, letter: last.letter.clone() });
        Ok(LetterPage { letters, next })
    }
}

/// The condition that a letter `l` fits. Its values follow those that are there.
pub(super) fn condition<'a>(filter: &'a LetterFilter, values: &mut Vec<Value<'a>>) -> String {
    let LetterFilter { tenant, letters, group, channel, provider, reason, code, template, lane } = filter;
    values.push(Value::Text(Some(tenant.as_str())));
    let mut conditions = vec![format!("l.tenant = ${}", values.len())];
    if !letters.is_empty() {
        let first = values.len() + 1;
        values.extend(letters.iter().map(|letter| Value::Text(Some(letter))));
        let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
        conditions.push(format!("l.letter IN ({})", places.join(", ")));
    }
    let wanted = [
        ("fingerprint", group.as_deref()),
        ("channel", channel.as_deref()),
        ("provider", provider.as_deref()),
        ("reason", reason.as_deref()),
        ("code", code.as_deref()),
        ("template", template.as_deref()),
        ("lane", lane.map(Lane::as_str)),
    ];
    for (column, wanted) in wanted.into_iter().filter_map(|(column, wanted)| Some((column, wanted?))) {
        values.push(Value::Text(Some(wanted)));
        conditions.push(format!("l.{column} = ${}", values.len()));
    }
    conditions.join(" AND ")
}

fn letter_of(row: &QueryResult) -> Result<IndexedLetter, StoreError> {
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
