//! Where the letter of a delivery is that is dead or held: the queue as it was read last, what jobs have taken out of it and
//! what they have to do yet.

use domain::{JobFact, OwnLetter, Reason, Row, Timestamp};
use store::{IndexedLetter, LetterWork, Store, StoreError, TakenLetter};

use super::LETTERS_READ;

/// What is known of the letter of one delivery.
#[derive(Default)]
pub(super) struct Known {
    taken: Vec<TakenLetter>,
    work: Option<LetterWork>,
    /// When the last whole reading of the queue began.
    read_at: Option<Timestamp>,
}

impl Known {
    /// Of a delivery that is neither dead nor held nothing is read.
    pub(super) async fn of(store: &Store, row: &Row) -> Result<Self, StoreError> {
        if !row.state.is_dead_lettered() {
            return Ok(Self::default());
        }
        let taken = store.taken_letters_of(&row.key, LETTERS_READ).await?;
        let work = store.letter_work_of(&row.key, row.epoch).await?;
        Ok(Self { taken, work, read_at: store.reading().await?.read_at })
    }

    /// `letters` are those of its id in the queue. Where nobody can tell, it counts as one of them.
    pub(super) fn place(&self, row: &Row, letters: &[IndexedLetter]) -> OwnLetter<'_> {
        if let Some(work) = self.work.as_ref().filter(|work| work.moved_at.is_none()) {
            return OwnLetter::InJob(job_of(work));
        }
        if letters.len() >= LETTERS_READ || letters.iter().any(|letter| may_be_of(&letter.reason, letter.epoch, row)) {
            return OwnLetter::InQueue;
        }
        if let Some(kept) = self.taken.iter().find(|kept| may_be_of(&kept.reason, kept.epoch, row)) {
            let TakenLetter { letter, job, action, by, why, at, .. } = kept;
            return OwnLetter::Kept { letter, at: *at, job: JobFact { id: job, action: action.as_str(), by, why } };
        }
        if let Some((work, at)) = self.work.as_ref().and_then(|work| work.moved_at.map(|at| (work, at))) {
            return OwnLetter::Moved { at, job: job_of(work) };
        }
        match self.read_at.filter(|read_at| row.updated_at < *read_at) {
            Some(read_at) => OwnLetter::Missing { read_at },
            None => OwnLetter::InQueue,
        }
    }
}

/// Whether a letter that died for this reason, and was moved so often before, may be the one of a delivery: another body of
/// its id and a body that nobody can read are not.
fn may_be_of(reason: &str, moved: u32, row: &Row) -> bool {
    !matches!(Reason::parse(reason), Some(Reason::IdConflict | Reason::DecodeError)) && moved >= row.epoch
}

fn job_of(work: &LetterWork) -> JobFact<'_> {
    JobFact { id: &work.job, action: work.action.as_str(), by: &work.by, why: &work.why }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{Failure, Lane, Outcome};
    use store::LetterAction;

    use super::*;
    use crate::tests::fixtures::{NOW, attempted, key, ledger, tenant};

    /// Dead at [`NOW`] in the epoch 1.
    async fn dead() -> Row {
        let ledger = ledger().await;
        let failure = Failure::new("twilio", Some("503".into()), "503");
        let refused = Outcome::Permanent { reason: Reason::Permanent, failure };
        attempted(&ledger.store, &key("m1"), false, &refused).await;
        let row = ledger.store.row(&key("m1")).await.unwrap().unwrap();
        assert_eq!((row.state.is_dead_lettered(), row.updated_at), (true, NOW), "{row:?}");
        Row { epoch: 1, ..row }
    }

    fn letter(reason: &str, epoch: u32) -> IndexedLetter {
        IndexedLetter {
            letter: "0a".into(),
            tenant: tenant("acme"),
            id: "m1".into(),
            epoch,
            lane: Lane::Normal,
            channel: "sms".into(),
            provider: String::new(),
            class: String::new(),
            code: String::new(),
            template: String::new(),
            reason: reason.into(),
            error: "503".into(),
            fingerprint: "1-a".into(),
            attempts: 4,
            dead_at: NOW,
            expires_at: None,
            copies: 1,
        }
    }

    fn kept(epoch: u32) -> TakenLetter {
        TakenLetter {
            letter: "0a".into(),
            epoch,
            channel: "sms".into(),
            fingerprint: "1-a".into(),
            reason: "permanent".into(),
            words: "503".into(),
            job: "j-1".into(),
            action: LetterAction::Drop,
            by: "ada".into(),
            why: "spam".into(),
            at: NOW,
        }
    }

    fn work(moved_at: Option<Timestamp>) -> Option<LetterWork> {
        let (by, why) = ("ada".to_owned(), "it is mended".to_owned());
        Some(LetterWork { job: "j-2".into(), action: LetterAction::Replay, by, why, moved_at })
    }

    fn read(seconds: u64) -> Option<Timestamp> {
        Some(NOW.plus(Duration::from_secs(seconds)))
    }

    #[tokio::test]
    async fn a_letter_is_missing_only_where_a_later_reading_has_not_met_it() {
        let row = dead().await;
        let after = |read_at| Known { read_at, ..Known::default() };
        for (letters, read_at, is_missing) in [
            (vec![], read(1), true),
            (vec![letter("id_conflict", 1)], read(1), true),
            // Of a budget before: it is a twin that nobody has moved.
            (vec![letter("permanent", 0)], read(1), true),
            (vec![letter("permanent", 1)], read(1), false),
            (vec![letter("broker", 1)], read(1), false),
            (vec![], read(0), false),
            (vec![], None, false),
        ] {
            let known = after(read_at);
            let place = known.place(&row, &letters);
            assert_eq!(matches!(place, OwnLetter::Missing { .. }), is_missing, "{place:?} {letters:?}");
            assert_eq!(matches!(place, OwnLetter::InQueue), !is_missing, "{place:?} {letters:?}");
        }
    }

    #[tokio::test]
    async fn what_is_kept_or_at_work_is_not_missing() {
        let row = dead().await;
        let known = |taken, work| Known { taken, work, read_at: read(1) };
        let dropped = known(vec![kept(1)], None);
        assert!(matches!(
            dropped.place(&row, &[]),
            OwnLetter::Kept { letter: "0a", job: JobFact { by: "ada", .. }, .. }
        ));
        let restored = dropped.place(&row, &[letter("permanent", 1)]);
        assert!(matches!(restored, OwnLetter::InQueue), "{restored:?}");
        let before = known(vec![kept(0)], None);
        assert!(matches!(before.place(&row, &[]), OwnLetter::Missing { .. }), "that was of a budget before");
        let moved = known(Vec::new(), work(Some(NOW)));
        assert!(matches!(moved.place(&row, &[]), OwnLetter::Moved { job: JobFact { id: "j-2", .. }, .. }));
        let at_work = known(vec![kept(1)], work(None));
        for letters in [vec![], vec![letter("permanent", 1)]] {
            assert!(matches!(at_work.place(&row, &letters), OwnLetter::InJob(JobFact { action: "replay", .. })));
        }
    }
}
