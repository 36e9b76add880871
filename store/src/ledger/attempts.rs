//! The rows of attempts. Every attempt has a row of its own but the plain success, which the row of its delivery
//! records until a report of its failure takes that place.

use std::collections::HashMap;

use domain::{Attempt, AttemptOutcome, Key, Row, State, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Group, Session, count_of, get, key_of, keys_group, unreadable};

const INSERT: &str = "INSERT INTO attempts (tenant, id, token, epoch, n, outcome, provider, code, detail, at) \
     SELECT u.tenant, u.id, u.token, u.epoch, u.n, u.outcome, u.provider, u.code, u.detail, u.at FROM {u} \
     WHERE TRUE ON CONFLICT (tenant, id, token) DO NOTHING";

/// Inserts attempts. A claim makes one attempt, so the claim's token keeps a repeated record from inserting two.
pub(crate) async fn insert(session: &mut Session, attempts: &[(&Row, Attempt)]) -> Result<(), StoreError> {
    let rows = || attempts.iter().map(|(row, _)| *row);
    let each = || attempts.iter().map(|(_, attempt)| attempt);
    let group = Group::of(attempts.len())
        .text("tenant", rows().map(|row| row.key.tenant.as_str()))
        .text("id", rows().map(|row| row.key.id.as_str()))
        .bytes("token", rows().map(|row| row.token.as_bytes().as_slice()))
        .int("epoch", each().map(|attempt| i64::from(attempt.epoch)))
        .int("n", each().map(|attempt| i64::from(attempt.n)))
        .text("outcome", each().map(|attempt| attempt.outcome.as_str()))
        .text("provider", each().map(|attempt| attempt.provider.as_str()))
        .text("code", each().map(|attempt| attempt.code.as_deref()))
        .text("detail", each().map(|attempt| attempt.detail.as_str()))
        .int("at", each().map(|attempt| attempt.at.as_micros()));
    session.query_group(INSERT, &group).await?;
    Ok(())
}

/// Reads the attempts of those deliveries that have any, in no order.
pub(crate) async fn read(session: &mut Session, keys: &[&Key]) -> Result<HashMap<Key, Vec<Attempt>>, StoreError> {
    const READ: &str = "SELECT a.tenant, a.id, a.epoch, a.n, a.outcome, a.provider, a.code, a.detail, a.at \
                        FROM {u} JOIN attempts AS a ON a.tenant = u.tenant AND a.id = u.id";
    let mut of: HashMap<Key, Vec<Attempt>> = HashMap::new();
    for row in &session.query_group(READ, &keys_group(keys.iter().copied())).await? {
        of.entry(key_of(row)?).or_default().push(attempt_of(row)?);
    }
    Ok(of)
}

fn attempt_of(row: &QueryResult) -> Result<Attempt, StoreError> {
    let outcome: String = get(row, "outcome")?;
    Ok(Attempt {
        epoch: count_of(row, "epoch")?,
        n: count_of(row, "n")?,
        outcome: AttemptOutcome::parse(&outcome).ok_or_else(|| unreadable("outcome"))?,
        provider: get(row, "provider")?,
        code: get(row, "code")?,
        detail: get(row, "detail")?,
        at: Timestamp::from_micros(get(row, "at")?),
    })
}

/// Whether the row of a delivery stands for its last attempt, which is not among those that have rows of their own. What
/// has arrived or come back since may have been in doubt, or refused, as far as its attempt was told.
pub(crate) fn is_in_row(row: &Row, attempts: &[Attempt]) -> bool {
    let is_last = |attempt: &Attempt| (attempt.epoch, attempt.n) == (row.epoch, row.attempt);
    let tells = |attempt: &Attempt| !matches!(attempt.outcome, AttemptOutcome::Late | AttemptOutcome::Throttled);
    match row.state {
        State::Sent | State::Captured => true,
        State::Delivered | State::Bounced => !attempts.iter().any(|attempt| is_last(attempt) && tells(attempt)),
        _ => false,
    }
}

/// When the attempt that the row stands for was sent. `sent_at` is that of the row, which a report has moved since: it may be
/// that of an attempt before, which has a row of its own from then on.
pub(crate) fn sent_at(row: &Row, sent_at: Option<Timestamp>, attempts: &[Attempt]) -> Timestamp {
    let is_moved = matches!(row.state, State::Delivered | State::Bounced);
    let is_its_own = |at: &Timestamp| is_moved && attempts.iter().all(|attempt| attempt.at != *at);
    sent_at.filter(is_its_own).unwrap_or(row.updated_at)
}

/// The attempt that the row of a successful delivery stands for.
pub(crate) fn success_of(row: &Row, at: Timestamp) -> Attempt {
    Attempt {
        epoch: row.epoch,
        n: row.attempt,
        outcome: if row.state == State::Captured { AttemptOutcome::Captured } else { AttemptOutcome::Sent },
        provider: row.provider.clone().unwrap_or_default(),
        code: row.code.clone(),
        detail: String::new(),
        at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + second)
    }

    #[test]
    fn a_time_of_sending_is_that_of_one_attempt() {
        let row = Row { state: State::Delivered, updated_at: at(40), ..testkit::row("n-1") };
        let before = success_of(&row, at(10));
        for (attempts, known, expected) in [
            (vec![], Some(at(30)), at(30)),
            (vec![before.clone()], Some(at(30)), at(30)),
            (vec![before], Some(at(10)), at(40)),
            (vec![], None, at(40)),
        ] {
            assert_eq!(sent_at(&row, known, &attempts), expected, "{attempts:?}");
        }
        let sent_again = Row { state: State::Sent, ..row };
        assert_eq!(sent_at(&sent_again, Some(at(10)), &[]), at(40), "nobody has reported of it yet");
    }
}
