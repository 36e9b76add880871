//! Does for the child that waits in case nobody reports or answers what a report, or the end of a question, asks for.

use domain::{ForChild, Key, Merged, Report, Row, State, child_id, for_the_child};
use store::{Cancel, Hurried, StepError, Target};

use crate::intake::Intake;

/// The longest chain of children that is followed: a notification may have fewer.
const MAX_CHAIN: usize = 16;

impl Intake {
    /// Calls the child off, or has it sent now, as the report asks. `row` is the row of the delivery as it was read, and
    /// `merged` what `domain::report` has said about it. Do this before the row is written: it may be done again, and
    /// afterwards the row may not show any more that there is a child. Returns what is to be written: where somebody has
    /// cancelled the child, the row says nothing more of one. None when the child is not with the scheduler yet: then the
    /// report is early, and nothing is written.
    ///
    /// # Errors
    /// [`StepError`] with the ledger.
    pub async fn answer_escalation(
        &self,
        row: &Row,
        report: &Report,
        merged: Merged,
    ) -> Result<Option<Merged>, StepError> {
        match for_the_child(row, report, &merged) {
            None => Ok(Some(merged)),
            Some(ForChild::CallOff) => self.stop_chain(&row.key, false).await.map(|()| Some(merged)),
            Some(ForChild::SendNow) => {
                let child = child_of(&row.key);
                let hurried = self.breaker.retry_until_taken(|| self.store.hurry_job(&child, self.clock.now())).await?;
                let (what, merged) = match hurried {
                    Hurried::Unknown => ("early", None),
                    Hurried::Known => ("hurried", Some(merged)),
                    Hurried::Cancelled => ("cancelled", Some(merged.without_a_child())),
                };
                metrics::counter!("chasqui_escalations_total", "what" => what).increment(1);
                Ok(merged)
            }
        }
    }

    /// Calls off what waits in case nobody answers, once the ask or the verification has ended: the child of this delivery,
    /// or whichever of its own children can still be stopped. What is being sent goes out, and nothing after it. Only for a
    /// delivery that has a fallback, whether that was published already or not: a tombstone is left for what is not known
    /// yet. Do this once the end is written, and before whatever has brought it is acknowledged: it may be done again.
    ///
    /// # Errors
    /// [`StepError`] with the ledger.
    pub async fn call_off(&self, parent: &Key) -> Result<(), StepError> {
        self.stop_chain(parent, true).await
    }

    /// Cancels the child, or whichever of its own children can still be stopped. `beyond_sending` says that what comes after
    /// one that is being sent is stopped, too: a report of its parent says nothing of that, and an answer does.
    async fn stop_chain(&self, parent: &Key, beyond_sending: bool) -> Result<(), StepError> {
        let mut key = child_of(parent);
        for _ in 0..MAX_CHAIN {
            let target = |body: Option<&[u8]>| Target::of(body?, &self.defaults, &self.hasher);
            let cancel = || self.store.cancel(&key, self.clock.now(), &target, None);
            let cancelled = self.breaker.retry_until_taken(cancel).await?;
            let what = match cancelled {
                Cancel::Cancelled { .. } | Cancel::Unknown => "called_off",
                Cancel::TooLate { state: State::FellBack, .. } | Cancel::Escalates(_) => {
                    key = child_of(&key);
                    continue;
                }
                Cancel::TooLate { state: State::Sending, .. } if beyond_sending => {
                    key = child_of(&key);
                    continue;
                }
                Cancel::TooLate { .. } => "too_late",
            };
            metrics::counter!("chasqui_escalations_total", "what" => what).increment(1);
            break;
        }
        Ok(())
    }
}

fn child_of(parent: &Key) -> Key {
    Key { tenant: parent.tenant.clone(), id: child_id(parent, 1) }
}
