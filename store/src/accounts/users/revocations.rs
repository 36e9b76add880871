//! Whose tokens are refused, and since when: what an API keeps in memory, so that no request has to ask.

use std::collections::HashMap;
use std::time::Duration;

use domain::Timestamp;

use crate::error::StoreError;
use crate::sql::{Value, get};
use crate::store::Store;

/// The most names that are kept.
const MAX_NAMES: usize = 10_000;
/// Longer than any token is in force: `ACCESS_TOKEN_EXPIRE_MINUTES` is at most 366 days.
const REMEMBERED_FOR: Duration = Duration::from_secs(367 * 24 * 60 * 60);
/// The most deleted names that are forgotten at once.
const FORGET_AT_ONCE: i64 = 500;

/// From when on the tokens of a user count.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Revocations {
    by_name: HashMap<String, Timestamp>,
    /// Tokens that were issued until then are refused, whoever has them: there are too many to know each.
    of_all: Option<Timestamp>,
}

impl Revocations {
    /// Whether a token is refused that was issued at this second of the epoch. A token that does not say when cannot
    /// show that it was issued later. One of the very second of the revocation may be from before it.
    pub fn refuses(&self, name: &str, issued_at: Option<f64>) -> bool {
        let from = self.by_name.get(name).copied().max(self.of_all);
        let Some(from) = from else { return false };
        let second = from.as_micros().div_euclid(1_000_000) as f64;
        issued_at.is_none_or(|issued_at| issued_at.is_nan() || issued_at <= second)
    }
}

impl Store {
    /// # Errors
    /// [`StoreError`].
    pub async fn revocations(&self, now: Timestamp) -> Result<Revocations, StoreError> {
        let sql = format!(
            "SELECT name, tokens_valid_from AS valid_from FROM users WHERE tokens_valid_from > $1 UNION ALL \
             SELECT name, deleted_at AS valid_from FROM deleted_users WHERE deleted_at > $1 \
             ORDER BY valid_from DESC LIMIT {}",
            MAX_NAMES + 1
        );
        let since = Value::Int(Some(now.minus(REMEMBERED_FOR).as_micros()));
        let rows = self.inner.db.reader().query(&sql, &[since]).await?;
        let mut revocations = Revocations::default();
        for (at, row) in rows.iter().enumerate() {
            let from = Timestamp::from_micros(get(row, "valid_from")?);
            if at == MAX_NAMES {
                revocations.of_all = Some(from);
                break;
            }
            // The newest comes first, and stands.
            revocations.by_name.entry(get(row, "name")?).or_insert(from);
        }
        Ok(revocations)
    }

    /// Forgets deleted users of whom no token can be in force any more. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_deleted_users(&self, now: Timestamp) -> Result<(), StoreError> {
        const FORGET: &str = "DELETE FROM deleted_users WHERE name IN \
             (SELECT name FROM deleted_users WHERE deleted_at <= $1 ORDER BY deleted_at LIMIT $2 {skip_locked})";
        let before = now.minus(REMEMBERED_FOR).as_micros();
        let values = [Value::Int(Some(before)), Value::Int(Some(FORGET_AT_ONCE))];
        self.inner.db.writer().query(FORGET, &values).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_the_second_of_a_revocation_is_refused_and_one_of_the_next_is_not() {
        let from = Timestamp::from_micros(1_800_000_000_250_000);
        let revocations = Revocations { by_name: HashMap::from([("ada".to_owned(), from)]), of_all: None };
        for (issued_at, refused) in [
            (None, true),
            (Some(f64::NAN), true),
            (Some(1_799_999_999.0), true),
            (Some(1_800_000_000.0), true),
            (Some(1_800_000_001.0), false),
        ] {
            assert_eq!(revocations.refuses("ada", issued_at), refused, "{issued_at:?}");
            assert!(!revocations.refuses("grace", issued_at));
        }
    }

    #[test]
    fn where_there_are_too_many_to_know_each_all_older_tokens_are_refused() {
        let of_all = Some(Timestamp::from_seconds(1_800_000_000));
        let revocations = Revocations { by_name: HashMap::new(), of_all };
        assert!(revocations.refuses("anybody", Some(1_800_000_000.0)));
        assert!(!revocations.refuses("anybody", Some(1_800_000_001.0)));
    }
}
