//! Looks at the chain: whether anybody has changed, removed or moved what was told.

use std::time::Duration;

use domain::{JournalKeys, JournalRow, Timestamp};

use super::seal::{JournalHead, SealedRow};
use crate::error::StoreError;
use crate::sql::get;
use crate::store::Store;

/// After this time an entry should have its place in the chain: the sealer comes by every second.
const SEALED_WITHIN: Duration = Duration::from_secs(60);
/// How many entries are looked at together. Two that changed places are found as such within so many.
const PAGE: u32 = 1_000;

/// What is wrong with an entry of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrongEntry {
    /// It is not what was sealed, or was sealed with a secret that is not given any more.
    Altered,
    /// It is not there.
    Missing,
    /// It stands at another place than it was sealed for.
    Reordered,
    /// It has a place before the first, which nothing is sealed for.
    Misplaced,
}

/// What a look at the whole chain has found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedJournal {
    /// The end of what is as it was sealed.
    pub head: JournalHead,
    /// The first entry that is not as it was sealed, and why.
    pub wrong: Option<(i64, WrongEntry)>,
    /// Entries without a seal that should have one by now.
    pub unsealed: u32,
}

impl WrongEntry {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Reordered => "reordered",
            Self::Misplaced => "misplaced",
        }
    }
}

impl Store {
    /// Looks at every entry of the chain, from its beginning or from a head that was told outside of the ledger. The end of
    /// the chain is read first: what is sealed meanwhile is looked at as well.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verify_journal(
        &self,
        keys: &JournalKeys,
        from: Option<&JournalHead>,
        now: Timestamp,
    ) -> Result<VerifiedJournal, StoreError> {
        let end = self.journal_head().await?;
        let unsealed = self.count_unsealed(now.minus(SEALED_WITHIN)).await?;
        let mut head = from.cloned().unwrap_or(JournalHead { seq: 0, mac: Vec::new() });
        let mut wrong = before_the_first(self).await?;
        if wrong.is_none()
            && let Some(from) = from
        {
            wrong = not_at(self, from).await?;
        }
        while wrong.is_none() {
            let rows = self.sealed_rows(head.seq, PAGE).await?;
            wrong = walk(keys, &mut head, &rows, end.as_ref());
            if rows.len() < PAGE as usize {
                break;
            }
        }
        if wrong.is_none() {
            // The first entries of all may have been sealed since.
            let end = if end.is_none() { self.journal_head().await? } else { end };
            wrong = cut_off(&head, end.as_ref());
        }
        Ok(VerifiedJournal { head, wrong, unsealed })
    }
}

/// An entry that lists show like any other, and that no walk along the chain meets: its first place is 1.
async fn before_the_first(store: &Store) -> Result<Option<(i64, WrongEntry)>, StoreError> {
    const LOOK: &str = "SELECT seq FROM journal WHERE seq <= 0 ORDER BY seq LIMIT 1";
    let rows = store.inner.db.reader().query(LOOK, &[]).await?;
    rows.first().map(|row| Ok((get(row, "seq")?, WrongEntry::Misplaced))).transpose()
}

/// Whether a head that was told is not in the ledger any more.
async fn not_at(store: &Store, from: &JournalHead) -> Result<Option<(i64, WrongEntry)>, StoreError> {
    let rows = store.sealed_rows(from.seq - 1, 1).await?;
    Ok(match rows.first().filter(|row| row.seq == from.seq) {
        None => Some((from.seq, WrongEntry::Missing)),
        Some(row) if row.mac != from.mac => Some((from.seq, WrongEntry::Altered)),
        Some(_) => None,
    })
}

/// Moves the head over rows that are as they were sealed, up to the first that is not.
fn walk(
    keys: &JournalKeys,
    head: &mut JournalHead,
    rows: &[SealedRow],
    end: Option<&JournalHead>,
) -> Option<(i64, WrongEntry)> {
    for sealed in rows {
        let place = head.seq + 1;
        if sealed.seq > place {
            return Some((place, WrongEntry::Missing));
        }
        if !keys.is_seal(&sealed.mac, place, &head.mac, &sealed.row) || sealed.seq != place {
            return Some((place, what_is_wrong(keys, head, sealed, rows)));
        }
        if end.is_some_and(|end| end.seq == place && end.mac != sealed.mac) {
            return Some((place, WrongEntry::Altered));
        }
        *head = JournalHead { seq: sealed.seq, mac: sealed.mac.clone() };
    }
    None
}

/// Another row that fits this place has changed places with the one that is there, with its seal or without.
fn what_is_wrong(keys: &JournalKeys, head: &JournalHead, there: &SealedRow, rows: &[SealedRow]) -> WrongEntry {
    let place = head.seq + 1;
    let fits = |mac: &[u8], row: &JournalRow| keys.is_seal(mac, place, &head.mac, row);
    let is_elsewhere =
        |other: &SealedRow| other.row != there.row && (fits(&other.mac, &other.row) || fits(&there.mac, &other.row));
    if there.seq != place || rows.iter().any(is_elsewhere) { WrongEntry::Reordered } else { WrongEntry::Altered }
}

/// The chain must go as far as its end says.
fn cut_off(head: &JournalHead, end: Option<&JournalHead>) -> Option<(i64, WrongEntry)> {
    let is_short = match end {
        Some(end) => end.seq > head.seq,
        // Entries have seals, and the end of the chain was removed.
        None => head.seq > 0,
    };
    is_short.then_some((head.seq + 1, WrongEntry::Missing))
}
