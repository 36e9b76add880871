//! What became of the letter of a delivery that is dead or held, and what is to be done: both must fit what operators have
//! done with it meanwhile, or else somebody is sent the same twice.

use super::reasons::{of_tenant, what_to_do};
use super::summary::{Summary, Whereabouts};
use super::{EditFact, Facts, JobFact, OwnLetter};
use crate::{Reason, State};

/// Where it stands.
pub(super) fn summary(facts: &Facts<'_>) -> Summary {
    let (at, is_held) = (facts.row.updated_at, facts.row.state == State::Held);
    match whereabouts(facts) {
        Some(letter) => Summary::LetterTaken { is_held, at, letter },
        None if is_held => Summary::Held { since: at },
        None => Summary::Dead { at },
    }
}

/// None where its letter is in the queue, as far as is known.
fn whereabouts(facts: &Facts<'_>) -> Option<Whereabouts> {
    if let Some(edit) = in_its_place(facts) {
        return Some(Whereabouts::Replaced { id: edit.id.to_owned(), at: edit.at });
    }
    match facts.own {
        OwnLetter::InQueue => None,
        OwnLetter::InJob(job) => Some(Whereabouts::InJob { job: job.id.to_owned() }),
        OwnLetter::Moved { at, .. } => Some(Whereabouts::Moved { at }),
        OwnLetter::Kept { at, .. } => Some(Whereabouts::Kept { at }),
        OwnLetter::Missing { read_at } => Some(Whereabouts::Missing { read_at }),
    }
}

/// What was sent in the place of the letter that is not in the queue any more, or is just being taken out of it.
fn in_its_place<'a>(facts: &Facts<'a>) -> Option<&'a EditFact<'a>> {
    let is_out = match facts.own {
        OwnLetter::InQueue | OwnLetter::Moved { .. } => false,
        OwnLetter::InJob(job) => matches!(job.action, "edit" | "redirect"),
        OwnLetter::Kept { .. } | OwnLetter::Missing { .. } => true,
    };
    sent_otherwise(facts).filter(|_| is_out)
}

/// The newest that was sent in the place of a letter of it.
fn sent_otherwise<'a>(facts: &Facts<'a>) -> Option<&'a EditFact<'a>> {
    facts.edits.iter().rfind(|edit| edit.edited_from == facts.row.key.id)
}

/// What is to be done, where it died for this reason with this error.
pub(super) fn advice(facts: &Facts<'_>, reason: Reason, error: &str) -> String {
    let of = of_tenant(&facts.row.key.tenant);
    if let Some(EditFact { id, by, .. }) = in_its_place(facts) {
        return format!(
            "{by} has sent `{id}` in its place: `chasqui explain {id}{of}` says what became of that. Neither move this one \
             back nor publish it again: it would be sent twice."
        );
    }
    match facts.own {
        OwnLetter::InQueue => match sent_otherwise(facts) {
            Some(EditFact { id, by, .. }) => format!(
                "{by} has sent `{id}` in the place of a letter of it before: whoever moves this one back, or publishes it \
                 again, sends it once more."
            ),
            None => what_to_do(reason, error).to_owned(),
        },
        OwnLetter::InJob(JobFact { id, action, by, why }) => format!(
            "The job `{id}`, which {by} has started, {} ({}): wait for its end. `chasqui dead show {id}{of}` says how far \
             it is.",
            is_to(action),
            end_of(why)
        ),
        OwnLetter::Moved { at, job: JobFact { id, by, why, .. } } => format!(
            "The job `{id}`, which {by} has started, has moved it back to its lane at {at} ({}), and no worker has taken it \
             from there yet: wait for that.",
            end_of(why)
        ),
        OwnLetter::Kept { letter, at, job: JobFact { id, action, by, why } } => format!(
            "{by} has had its letter taken out of the dead-letter queue at {at} by the job `{id}` ({action}), which keeps it: \
             {}. `chasqui dead restore --letter {letter} --why …{of}` puts it back there; without that nothing more becomes \
             of it.",
            end_of(why)
        ),
        OwnLetter::Missing { read_at } => format!(
            "Its letter was not in the dead-letter queue when that was read at {read_at}: somebody has purged or moved it \
             there, such as in the RabbitMQ UI, or a job took it so long ago that it is not kept any more. If it was moved \
             to a lane, it is tried again. If it is lost, `chasqui dead close-missing --why …{of}` ends this row, once no \
             letter of its id is there, and those like it; what is to be sent all the same is published under another id."
        ),
    }
}

/// What a job of this action has yet to do with the letter.
fn is_to(action: &str) -> &'static str {
    match action {
        "replay" => "is to move its letter back to its lane",
        "drop" => "is to take its letter out of the queue, and to keep it",
        "restore" => "is to put its letter back into the queue",
        "redirect" => "is to send it by another channel or provider",
        "edit" => "is to send a corrected one in its place",
        "close" => "is to end its row, because its letter was not in the queue any more",
        _ => "has its letter",
    }
}

/// What an operator has written, without the full stop that ours follows.
fn end_of(why: &str) -> &str {
    why.trim_end_matches('.')
}
