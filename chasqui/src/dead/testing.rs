//! What tests of this folder show: a plan or job with so many letters of each state.

use operations::dead_letters::Shown;
use store::{Counted, JobState, LetterAction, LetterJob};

pub(super) fn shown(action: LetterAction, state: JobState, counts: &[(&str, u32)]) -> Shown {
    let job = LetterJob {
        id: "j-1".into(),
        action,
        state,
        wanted: "{}".into(),
        why: "it is mended".into(),
        made_by: "ada".into(),
        made_at: testkit::NOW,
        started_by: None,
        started_at: None,
        ended_at: None,
        rate: 50,
        canary: 20,
        canary_passed: false,
        note: None,
        target: None,
    };
    let alike = |&(state, letters): &(&str, u32)| Counted {
        lane: "normal".into(),
        channel: "sms".into(),
        provider: "twilio".into(),
        state: state.into(),
        why: String::new(),
        letters,
    };
    let counted = counts.iter().map(alike).collect();
    Shown { job, counted, outlook: None, since: None, as_of: None, is_being_read: false, failed: None }
}
