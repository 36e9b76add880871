//! Messages without an id: whose row is it? What a copy that is delivered again continues, purely. The store asks the
//! same in one statement, which its tests hold against this.

use std::time::Duration;

use uuid::Uuid;

use crate::{State, Timestamp};

/// How long a row is kept for the copy that has leased it, by the database's clock. Nothing is lost when a copy takes
/// longer: the copy asks before its acknowledgement. After the crash of a process its messages wait so long at most.
pub const ROW_LEASED_FOR: Duration = Duration::from_secs(5);
/// After this time a broker that dies has written an acknowledgement down. It is less than what is left of a lease whose
/// claimant has just asked for it.
pub const ACKNOWLEDGED_FOR_CERTAIN_AFTER: Duration = Duration::from_secs(2);
/// How long a row that has ended counts as that of its message, when no equal one came within the same time.
pub const CERTAINLY_ITS_OWN_FOR: Duration = Duration::from_secs(600);

/// What a row says of whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeasableRow {
    pub state: State,
    /// Its message was acknowledged and cannot come again.
    pub settled: bool,
    /// What was ordered for it is published: the acknowledgement of its message came next.
    pub republished: bool,
    /// The copy that has it or had it last, and until when it is kept for that one. None when it was let go.
    pub holder: Option<(Uuid, Timestamp)>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What there is for a copy that is delivered again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// This row, by its place: its message is surely with the broker.
    Row(usize),
    /// This row. Its message may be gone, but the one in hand counts as the same. Whoever lets it go again makes
    /// it run out, so that the next copy learns no more than this one knew.
    Probable(usize),
    /// Nobody can know whether the message in hand is the one of this row, or whether that was acknowledged.
    Suspect(usize),
    /// Others have them all, or all that are surely owed: wait.
    OnlyTaken,
    Nothing,
}

/// `rows`: all that have the fingerprint, the oldest first. `copy` names the copy that asks; `may_wait` until every hold
/// of the time when it began to wait has run out. Rows whose message is surely still with the broker go first, also those that
/// are kept for a copy whose process may be gone: were one left over, its message would have been taken for another,
/// and nobody would continue it.
pub fn find(rows: &[LeasableRow], copy: Uuid, now: Timestamp, may_wait: bool) -> Found {
    let open = |wanted: &dyn Fn(&LeasableRow) -> bool| rows.iter().position(|row| !row.settled && wanted(row));
    if let Some(at) = open(&|row| row.is_free_for(copy, now) && !row.may_be_gone()) {
        return Found::Row(at);
    }
    if let Some(at) = open(&|row| row.is_free_for(copy, now) && !row.is_doubtful(rows, now)) {
        return Found::Probable(at);
    }
    // None that is surely owed is free by now.
    let waits_for_owed = may_wait && open(&|row| !row.may_be_gone()).is_some();
    let in_doubt = |row: &LeasableRow| row.is_held_by(suspecting(copy)) || (row.ran_out(now) && !waits_for_owed);
    match open(&|row| row.may_be_gone() && in_doubt(row)) {
        Some(at) => Found::Suspect(at),
        None if rows.iter().any(|row| !row.settled) => Found::OnlyTaken,
        None => Found::Nothing,
    }
}

/// A row that a waiting copy has seen with another one, and until when it is kept for that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept<R, T> {
    pub row: R,
    pub holder: Uuid,
    pub until: T,
    /// Its message is surely still with the broker.
    pub owed: bool,
}

/// Has another copy taken over one of the rows that were `seen` at the last look? `rows`: those of this look. Then the
/// row of that copy's own message may be kept for a process that is gone, and whoever waits begins to wait anew: were
/// that row left over, nobody would continue it.
pub fn is_taken_over<R: PartialEq, T: PartialOrd>(seen: &[Kept<R, T>], rows: &[Kept<R, T>], now: &T) -> bool {
    seen.iter().any(|before| match rows.iter().find(|row| row.row == before.row) {
        Some(row) => row.holder != before.holder,
        // It is settled by now, by whoever had it then, unless that was too long ago for what was still to be done.
        None => before.owed && before.until <= *now,
    })
}

/// The name under which a doubtful copy keeps the row that it doubts from others. It differs from the copy's own, so
/// that asking again does not make the row its own.
pub fn suspecting(copy: Uuid) -> Uuid {
    Uuid::new_v5(&copy, b"doubt")
}

impl LeasableRow {
    fn is_free_for(&self, copy: Uuid, now: Timestamp) -> bool {
        self.holder.is_none() || self.is_held_by(copy) || self.ran_out(now)
    }

    fn is_held_by(&self, copy: Uuid) -> bool {
        self.holder.is_some_and(|(holder, _)| holder == copy)
    }

    fn ran_out(&self, now: Timestamp) -> bool {
        self.holder.is_some_and(|(_, until)| until <= now)
    }

    /// It was not let go, and its holder had nothing left to do but to acknowledge.
    pub(crate) fn may_be_gone(&self) -> bool {
        self.holder.is_some() && (self.state.is_over() || self.republished)
    }

    /// It ran out long ago, or it is not the only one.
    fn is_doubtful(&self, rows: &[Self], now: Timestamp) -> bool {
        let is_near = |other: &Self| {
            let apart = self.created_at.since(other.created_at).max(other.created_at.since(self.created_at));
            !other.settled || apart <= CERTAINLY_ITS_OWN_FOR
        };
        let others = rows.iter().filter(|other| !std::ptr::eq(self, *other));
        self.ran_out(now) && (now.since(self.updated_at) > CERTAINLY_ITS_OWN_FOR || others.into_iter().any(is_near))
    }
}
