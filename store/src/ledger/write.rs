//! What is written of a delivery after its claim: how an attempt ended, and what follows from that. One writer commits
//! all of it, so that whatever is known at one moment is one commit.

use domain::Key;
use uuid::Uuid;

use super::lease::end::{Release, release, settle};
use super::record::{self, Recorded, Recording};
use super::warnings;
use crate::error::StoreError;
use crate::sql::{Line, Session, keys_group};

/// One operation of the writer.
pub(crate) enum LedgerWrite {
    /// Records how an attempt ended.
    Record(Box<Recording>),
    /// Notes that the message of this row was acknowledged and cannot come again.
    Settle(Key),
    /// Releases a claimant's lease of this row; see [`Release`].
    Release { key: Key, claimant: Uuid, certain: bool },
    /// Stores the warnings of a delivery, a line each.
    Warn { key: Key, lines: String },
    /// Notes that the broker has confirmed the dead letter of this epoch.
    Letter { key: Key, epoch: u32 },
}

impl LedgerWrite {
    pub(crate) fn key(&self) -> &Key {
        match self {
            Self::Record(recording) => &recording.row.key,
            Self::Settle(key) | Self::Release { key, .. } | Self::Warn { key, .. } | Self::Letter { key, .. } => key,
        }
    }
}

/// The operations of one commit, sorted by kind.
#[derive(Default)]
struct Sorted<'a> {
    recordings: Vec<&'a Recording>,
    settled: Vec<&'a Key>,
    released: Vec<Release<'a>>,
    warned: Vec<(&'a Key, &'a str)>,
    letters: Vec<(&'a Key, u32)>,
}

impl<'a> Sorted<'a> {
    fn of(ops: &'a [LedgerWrite]) -> Self {
        let mut sorted = Self::default();
        for op in ops {
            match op {
                LedgerWrite::Record(recording) => sorted.recordings.push(recording),
                LedgerWrite::Settle(key) => sorted.settled.push(key),
                LedgerWrite::Release { key, claimant, certain } => {
                    sorted.released.push(Release { key, claimant, certain: *certain });
                }
                LedgerWrite::Warn { key, lines } => sorted.warned.push((key, lines.as_str())),
                LedgerWrite::Letter { key, epoch } => sorted.letters.push((key, *epoch)),
            }
        }
        sorted
    }
}

pub(crate) async fn commit(
    line: &mut Line,
    ops: &[LedgerWrite],
    captures_kept: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let Sorted { recordings, settled, released, warned, letters } = Sorted::of(ops);
    // The usual group, nothing but successes, is one statement and needs no transaction around it.
    let plain = recordings.len() == ops.len() && recordings.iter().all(|one| one.is_plain_end());
    let mut session = if plain { line.session().await? } else { line.db.begin().await? };
    settle(&mut session, &settled).await?;
    release(&mut session, &released).await?;
    warnings::insert(&mut session, &warned).await?;
    note_letters(&mut session, &letters).await?;
    let mut recorded = record::write(&mut session, &recordings, captures_kept).await?.into_iter();
    if plain {
        line.keep(session);
    } else {
        session.commit().await?;
    }
    let answer = |op: &LedgerWrite| match op {
        LedgerWrite::Record(_) => recorded.next().unwrap_or(Recorded::Repeated),
        LedgerWrite::Settle(_)
        | LedgerWrite::Release { .. }
        | LedgerWrite::Warn { .. }
        | LedgerWrite::Letter { .. } => Recorded::Written,
    };
    Ok(ops.iter().map(answer).collect())
}

async fn note_letters(session: &mut Session, letters: &[(&Key, u32)]) -> Result<(), StoreError> {
    const NOTE: &str = "UPDATE deliveries SET has_letter = TRUE FROM {u} \
                        WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.epoch = u.epoch \
                        AND deliveries.state IN ('dead', 'held')";
    let group = keys_group(letters.iter().map(|(key, _)| *key))
        .int("epoch", letters.iter().map(|(_, epoch)| i64::from(*epoch)));
    session.query_group(NOTE, &group).await?;
    Ok(())
}
