//! Dead letters, their groups, plans and jobs as they are shown.

use axum::http::StatusCode;
use domain::{Canary, RedirectTo};
use operations::dead_letters::Shown;
use serde::Serialize;
use store::{AtIt, Counted, IndexedLetter, LetterAction, LetterGroup, LetterJob, LetterSample, Outlook};
use utoipa::ToSchema;
use web::problem::Problem;

/// Letters that failed in the same way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupAnswer {
    /// The fingerprint: what letters of the group have in common, without whom they were for.
    #[schema(example = "1-9f86d081884c7d659a2feaa0")]
    group: String,
    /// How many are in the queue.
    letters: u32,
    /// How many of these have died within an hour, among the newest 10,000 of the tenant in that hour; where none is among them,
    /// at most 1,000 of its own.
    last_hour: u32,
    /// There may have been more of the group in that hour than were counted.
    last_hour_is_cut: bool,
    /// `open`, `acknowledged`, `replayed`, `resolved` (none is left) or `regressed` (others have come since).
    life: &'static str,
    channel: String,
    provider: String,
    /// The outcome of the last attempt.
    class: String,
    code: String,
    template: String,
    reason: String,
    /// The words of the error that they have in common.
    words: String,
    /// The name of one of them.
    sample: String,
    /// When the first that was ever seen has died.
    #[schema(format = DateTime)]
    first: String,
    /// When the last has died.
    #[schema(format = DateTime)]
    last: String,
    /// When its life has changed last.
    #[schema(format = DateTime)]
    changed: String,
    /// Who has changed it, where somebody has.
    changed_by: Option<String>,
    note: Option<String>,
}

/// One letter of the dead-letter queue. What is not known is empty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterAnswer {
    /// Its name.
    letter: String,
    /// The id of its delivery.
    id: String,
    /// How often it was moved before.
    moved: u32,
    lane: &'static str,
    channel: String,
    provider: String,
    class: String,
    code: String,
    template: String,
    reason: String,
    error: String,
    /// The fingerprint of its group.
    group: String,
    attempts: u32,
    #[schema(format = DateTime)]
    died: String,
    #[schema(format = DateTime)]
    expires: Option<String>,
    /// How many equal messages without an id it stands for; a job moves each of them.
    copies: u32,
}

/// A plan, or the job that it became.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobAnswer {
    id: String,
    /// `replay`, `drop`, `restore`, `redirect`, `edit` or `close`.
    action: &'static str,
    /// `planned`, `running`, `paused`, `cancelled` or `done`.
    state: &'static str,
    why: String,
    made_by: String,
    #[schema(format = DateTime)]
    made: String,
    started_by: Option<String>,
    #[schema(format = DateTime)]
    started: Option<String>,
    #[schema(format = DateTime)]
    ended: Option<String>,
    rate: u32,
    canary: u32,
    /// Why it is paused.
    note: Option<String>,
    /// Of a redirect to another channel: that channel.
    to: Option<String>,
    /// Of a redirect to a provider: the only one that carries the letters.
    to_provider: Option<String>,
}

/// A plan or job with what becomes of its letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanAnswer {
    #[serde(flatten)]
    job: JobAnswer,
    /// How many are to be begun, or still to be done.
    letters: u32,
    /// About how long that takes at its rate, without the wait of a canary.
    seconds: u64,
    /// While the canary of a job is under way: the end of how many letters it waits for before it begins the others. Null
    /// where it waits for none.
    waits_for: Option<u32>,
    counts: Vec<CountAnswer>,
    /// Of a plan: what is worth knowing before it is started. Absent also while that is read for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    outlook: Option<OutlookAnswer>,
    /// Of a job that sends: how what it has sent has ended since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    since: Option<SinceAnswer>,
    /// Of many letters: when the counts, `outlook` and `since` were read. Null where they are of now.
    #[schema(format = DateTime)]
    as_of: Option<String>,
    /// They are being read again: ask once more in some seconds.
    being_read: bool,
    /// They could not be read again, and will be tried once more. Absent where they could.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    not_read: Option<NotReadAnswer>,
}

/// Why the letters of a plan or job could not be counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotReadAnswer {
    #[schema(format = DateTime)]
    since: String,
    why: String,
}

/// How the letters that a job has sent have ended since.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SinceAnswer {
    /// At so many of them was looked: all, or 5,000.
    letters: u32,
    /// So many of these have ended otherwise than dead.
    well: u32,
    /// So many are dead again.
    dead_again: u32,
}

/// What is worth knowing of a plan before it is started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutlookAnswer {
    /// Letters that fit what was asked for and have come since the plan was made: they are not in it.
    newcomers: u32,
    /// Letters of the plan that the last reading did not meet any more.
    gone: u32,
    /// Letters of which an attempt may have gone out without our knowing: what is sent may be a duplicate.
    maybe_sent: u32,
    /// At most 25 of the letters.
    samples: Vec<SampleAnswer>,
    /// Who else is at these letters.
    others: Vec<OtherAnswer>,
}

/// A letter of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SampleAnswer {
    letter: String,
    id: String,
    channel: String,
    reason: String,
    error: String,
}

/// Somebody who is at the letters of a plan, too.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OtherAnswer {
    who: String,
    /// The action of a plan or job; null of who has acknowledged a group.
    action: Option<&'static str>,
    /// The id of the plan or job, or the group.
    what: String,
    #[schema(format = DateTime)]
    since: String,
    /// How many of the letters.
    letters: u32,
}

/// How many letters of a plan are alike.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountAnswer {
    lane: String,
    channel: String,
    provider: String,
    /// `pending`, `taken`, `done`, `failed`, `missing` (it was not in the queue any more), `unclear` (its scheduler died
    /// with it, and it is not in the queue any more) or `left_out`.
    state: String,
    /// Why: of those that were left out `expired`, `replayed_too_often`, `ended`, `suppressed`, `paused`, `breaker_open`,
    /// `no_notification`, `another_address`, `sent_otherwise`, `in_another_job`, or of a close `in_the_queue` and `moved_on`.
    why: String,
    letters: u32,
}

pub(super) fn group(group: LetterGroup) -> GroupAnswer {
    GroupAnswer {
        group: group.fingerprint,
        letters: group.letters,
        last_hour: group.last_hour,
        last_hour_is_cut: group.is_cut,
        life: group.life.as_str(),
        channel: group.channel,
        provider: group.provider,
        class: group.class,
        code: group.code,
        template: group.template,
        reason: group.reason,
        words: group.words,
        sample: group.sample,
        first: group.first_at.to_string(),
        last: group.last_at.to_string(),
        changed: group.changed_at.to_string(),
        changed_by: group.changed_by,
        note: group.note,
    }
}

pub(super) fn letter(letter: IndexedLetter) -> LetterAnswer {
    LetterAnswer {
        letter: letter.letter,
        id: letter.id,
        moved: letter.epoch,
        lane: letter.lane.as_str(),
        channel: letter.channel,
        provider: letter.provider,
        class: letter.class,
        code: letter.code,
        template: letter.template,
        reason: letter.reason,
        error: letter.error,
        group: letter.fingerprint,
        attempts: letter.attempts,
        died: letter.dead_at.to_string(),
        expires: letter.expires_at.map(|at| at.to_string()),
        copies: letter.copies,
    }
}

pub(super) fn job(job: LetterJob) -> JobAnswer {
    JobAnswer {
        id: job.id,
        action: job.action.as_str(),
        state: job.state.as_str(),
        why: job.why,
        made_by: job.made_by,
        made: job.made_at.to_string(),
        started_by: job.started_by,
        started: job.started_at.map(|at| at.to_string()),
        ended: job.ended_at.map(|at| at.to_string()),
        rate: job.rate,
        canary: job.canary,
        note: job.note,
        to: job.target.as_ref().and_then(RedirectTo::channel).map(str::to_owned),
        to_provider: job.target.as_ref().and_then(RedirectTo::provider).map(str::to_owned),
    }
}

pub(super) fn plan(shown: Shown) -> PlanAnswer {
    let (letters, seconds, waits_for) = (shown.open(), shown.lasts().as_secs(), shown.waits_for());
    let count = |counted: Counted| {
        let Counted { lane, channel, provider, state, why, letters } = counted;
        CountAnswer { lane, channel, provider, state, why, letters }
    };
    let counts = shown.counted.into_iter().map(count).collect();
    let since =
        shown.since.map(|Canary { tried, well, failed }| SinceAnswer { letters: tried, well, dead_again: failed });
    let (outlook, as_of) = (shown.outlook.map(outlook), shown.as_of.map(|at| at.to_string()));
    let not_read = shown.failed.map(|failed| NotReadAnswer { since: failed.since.to_string(), why: failed.why });
    let (being_read, job) = (shown.is_being_read, job(shown.job));
    PlanAnswer { letters, seconds, waits_for, counts, outlook, since, as_of, being_read, not_read, job }
}

fn outlook(outlook: Outlook) -> OutlookAnswer {
    let Outlook { newcomers, gone, maybe_sent, samples, others } = outlook;
    let sample = |sample: LetterSample| {
        let LetterSample { letter, id, channel, reason, error } = sample;
        SampleAnswer { letter, id, channel, reason, error }
    };
    let other = |other: AtIt| {
        let AtIt { who, action, what, since, letters } = other;
        OtherAnswer { who, action: action.map(LetterAction::as_str), what, since: since.to_string(), letters }
    };
    OutlookAnswer {
        newcomers,
        gone,
        maybe_sent,
        samples: samples.into_iter().map(sample).collect(),
        others: others.into_iter().map(other).collect(),
    }
}

pub(super) fn unknown() -> Problem {
    Problem::not_found("unknown-job", "There is no such plan or job", "GET /dead-letters/jobs lists those there are.")
}

pub(super) fn not_now(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "not-planned", "The job is in no state for that", detail)
}
