//! Messages without an id: which row a copy that is delivered again continues, decided purely. The store asks the same
//! in one statement, and its tests compare the two.

use std::time::Duration;

use uuid::Uuid;

use crate::{State, Timestamp};

/// How long a row is reserved for the copy that has leased it, by the database's clock. A copy that takes longer loses
/// nothing, because it asks before its acknowledgement. After a process has crashed, its messages wait no longer than
/// this.
pub const ROW_LEASED_FOR: Duration = Duration::from_secs(5);
/// A broker that dies this long after an acknowledgement has written the acknowledgement down. This is less than what
/// is left of a lease whose claimant has just renewed it before acknowledging.
pub const ACKNOWLEDGED_FOR_CERTAIN_AFTER: Duration = Duration::from_secs(2);
/// How long a row that has ended counts as the row of a redelivered message, when no equal message came within the same
/// time.
pub const CERTAINLY_ITS_OWN_FOR: Duration = Duration::from_secs(600);

/// What a row of a message without an id says about which copy it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeasableRow {
    pub state: State,
    /// The row's message was acknowledged and cannot come again.
    pub settled: bool,
    /// What was ordered for the row is published, so its message was acknowledged next, as far as anybody knows.
    pub republished: bool,
    /// A child was ordered that waits in case nobody reports: before its message is acknowledged the child is published.
    pub escalates: bool,
    /// The copy that has leased the row, now or last, and until when. None when that copy released the row.
    pub claimant: Option<(Uuid, Timestamp)>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Which row a copy that is delivered again may have. A row is named by its index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// The copy continues this row, whose message is surely with the broker.
    Row(usize),
    /// The copy continues this row, whose message may be gone: the copy in hand counts as that message. When the copy
    /// releases the row, the lease must only run out, because the next copy would otherwise take the row's message for
    /// surely present.
    Probable(usize),
    /// Nobody can know whether the copy in hand is the message of this row, or whether that message was acknowledged.
    Suspect(usize),
    /// Other copies have leased all rows, or all whose message is surely with the broker: wait.
    OnlyLeased,
    Nothing,
}

/// Finds the row for the copy whose claims have this `token`. `rows` are all rows with its fingerprint, the oldest
/// first. `may_wait` is true until every lease that was live when the copy began to wait has run out. Rows whose
/// message is surely still with the broker come first, also those leased by a copy whose process may be gone. If one of
/// them were left over, its message would have been taken for another, and nobody would continue the row.
pub fn find(rows: &[LeasableRow], token: Uuid, now: Timestamp, may_wait: bool) -> Found {
    let open = |wanted: &dyn Fn(&LeasableRow) -> bool| rows.iter().position(|row| !row.settled && wanted(row));
    if let Some(at) = open(&|row| row.is_free_for(token, now) && !row.may_be_gone()) {
        return Found::Row(at);
    }
    if let Some(at) = open(&|row| row.is_free_for(token, now) && !row.is_suspect(rows, now)) {
        return Found::Probable(at);
    }
    // A free row whose message is surely with the broker was returned above, so others have leased these.
    let waits_for_owed = may_wait && open(&|row| !row.may_be_gone()).is_some();
    let is_suspected = |row: &LeasableRow| row.is_leased_by(suspecting(token)) || (row.ran_out(now) && !waits_for_owed);
    match open(&|row| row.may_be_gone() && is_suspected(row)) {
        Some(at) => Found::Suspect(at),
        None if rows.iter().any(|row| !row.settled) => Found::OnlyLeased,
        None => Found::Nothing,
    }
}

/// A row that a waiting copy has seen leased by another copy, and until when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeasedRow<R, T> {
    pub row: R,
    pub claimant: Uuid,
    pub until: T,
    /// The row's message is surely still with the broker.
    pub owed: bool,
}

/// Whether another copy has taken over one of the rows that were `seen` at the last look; `rows` are those of this
/// look. If so, the row of that other copy's own message may still be leased by a process that is gone, so the waiting
/// copy begins to wait anew. Otherwise nobody would continue that row.
pub fn is_taken_over<R: PartialEq, T: PartialOrd>(seen: &[LeasedRow<R, T>], rows: &[LeasedRow<R, T>], now: &T) -> bool {
    seen.iter().any(|before| match rows.iter().find(|row| row.row == before.row) {
        Some(row) => row.claimant != before.claimant,
        // The row was settled by the claimant that was seen, unless its lease ended too early for what it still had to
        // do.
        None => before.owed && before.until <= *now,
    })
}

/// The token under which a copy leases the row that it suspects. It differs from the token of the copy's claims, so that
/// asking again does not make the row the copy's own.
pub fn suspecting(token: Uuid) -> Uuid {
    Uuid::new_v5(&token, b"doubt")
}

impl LeasableRow {
    fn is_free_for(&self, token: Uuid, now: Timestamp) -> bool {
        self.claimant.is_none() || self.is_leased_by(token) || self.ran_out(now)
    }

    fn is_leased_by(&self, token: Uuid) -> bool {
        self.claimant.is_some_and(|(claimant, _)| claimant == token)
    }

    fn ran_out(&self, now: Timestamp) -> bool {
        self.claimant.is_some_and(|(_, until)| until <= now)
    }

    /// The row was not released, and its claimant had nothing left to do but to acknowledge.
    pub(crate) fn may_be_gone(&self) -> bool {
        self.claimant.is_some() && ((self.state.is_over() && !self.escalates) || self.republished)
    }

    /// The lease ran out long ago, or another row is as likely to be the one of the message.
    fn is_suspect(&self, rows: &[Self], now: Timestamp) -> bool {
        let is_near = |other: &Self| {
            let apart = self.created_at.since(other.created_at).max(other.created_at.since(self.created_at));
            !other.settled || apart <= CERTAINLY_ITS_OWN_FOR
        };
        let others = rows.iter().filter(|other| !std::ptr::eq(self, *other));
        self.ran_out(now) && (now.since(self.updated_at) > CERTAINLY_ITS_OWN_FOR || others.into_iter().any(is_near))
    }
}
