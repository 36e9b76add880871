//! What is said of dead letters: of those of an id of which no delivery is known, and of those that lie beside a delivery.

use super::reasons::{of_a_letter, of_tenant, says_so_itself, what_to_do};
use super::summary::Summary;
use super::{LetterFact, LetterPlace, Sentence, Topic};
use crate::{Reason, Tenant};

/// So many letters are told of.
pub const MOST_LETTERS: usize = 10;

/// What stands on a letter of the broker's own, or of a version that knows more reasons than this one.
const OF_NONE_OF_OURS: (&str, &str) = (
    "it was put there for a reason that is none of ours",
    "See the header `x-death`, if the broker itself has put it there.",
);

/// Where the newest of them is.
pub(super) fn summary(letter: &LetterFact<'_>) -> Summary {
    match letter.place {
        LetterPlace::InQueue { since } => Summary::OnlyALetter { since },
        LetterPlace::Taken { at, .. } => Summary::OnlyAKeptLetter { at },
    }
}

/// The names of those that are in the queue.
pub(super) fn names(letters: &[LetterFact<'_>]) -> Vec<String> {
    let is_there = |letter: &&LetterFact<'_>| matches!(letter.place, LetterPlace::InQueue { .. });
    letters.iter().take(MOST_LETTERS).filter(is_there).map(|letter| letter.letter.to_owned()).collect()
}

/// All of letters that no delivery is known of.
pub(super) fn alone(tenant: &Tenant, letters: &[LetterFact<'_>]) -> Vec<Sentence> {
    let mut said = Vec::new();
    for letter in letters.iter().take(MOST_LETTERS) {
        said.push(Topic::Letter.says(Some(letter.place.at()), it_is(letter)));
        said.extend(no_notification(letter).map(|text| Topic::Letter.says(None, text)));
        said.push(Topic::Attempt.says(None, tried(letter)));
        said.extend(next(tenant, letter).map(|text| Topic::Next.says(None, text)));
    }
    said.extend(are_more(letters));
    said
}

/// What lies in the queue beside a delivery that stands there for its `own` reason, or for none, and that is in this epoch.
pub(super) fn beside(letters: &[LetterFact<'_>], own: Option<Reason>, epoch: u32) -> Vec<Sentence> {
    let others = letters.iter().take(MOST_LETTERS).filter(|letter| is_another(letter, own, epoch));
    let mut said: Vec<Sentence> = others.filter_map(one_beside).collect();
    if !said.is_empty() {
        said.extend(are_more(letters));
    }
    said
}

/// Whether a letter is not the delivery's own, of now or of a budget before.
fn is_another(letter: &LetterFact<'_>, own: Option<Reason>, epoch: u32) -> bool {
    match Reason::parse(letter.reason) {
        Some(Reason::IdConflict | Reason::DecodeError) => true,
        reason => letter.epoch >= epoch && (own.is_none() || reason != own),
    }
}

fn one_beside(letter: &LetterFact<'_>) -> Option<Sentence> {
    let LetterPlace::InQueue { since } = letter.place else { return None };
    let LetterFact { letter: name, reason, .. } = letter;
    let (meaning, what_to_do) = (of_reason(reason).0, advice(letter));
    let text = if Reason::parse(reason) == Some(Reason::IdConflict) {
        format!(
            "`{reason}`: another body was published under this id, and is in the dead-letter queue as the letter `{name}` \
             since {since}; nothing was ever sent for it. {what_to_do}"
        )
    } else {
        let error = in_brackets(letter.error);
        format!(
            "`{reason}`: the letter `{name}` of this id is in the dead-letter queue, too, since {since}, because \
             {meaning}{error}. {what_to_do}"
        )
    };
    Some(Topic::Letter.says(Some(since), text.trim_end()))
}

fn it_is(letter: &LetterFact<'_>) -> String {
    let LetterFact { letter: name, group, reason, .. } = letter;
    let moved = match letter.epoch {
        0 => "was never moved out of the queue".to_owned(),
        1 => "was moved out of the queue once before".to_owned(),
        times => format!("was moved out of the queue {times} times before"),
    };
    let because = match *reason {
        "" => String::new(),
        reason => format!(", because {}{}", of_reason(reason).0, in_brackets(letter.error)),
    };
    let reason = if reason.is_empty() { String::new() } else { format!("`{reason}`: ") };
    match letter.place {
        LetterPlace::InQueue { since } => format!(
            "{reason}its letter `{name}` is in the dead-letter queue since {since}{because}. It is of the group `{group}`, \
             and {moved}."
        ),
        LetterPlace::Taken { at, job, action } => format!(
            "{reason}its letter `{name}` had died{because}, and was taken out of the dead-letter queue at {at} by the job \
             `{job}` ({action}), which keeps it. It was of the group `{group}`, and {moved}."
        ),
    }
}

/// What a letter is that asks for no delivery.
fn no_notification(letter: &LetterFact<'_>) -> Option<String> {
    let name = letter.letter;
    if letter.is_of_no_call {
        return Some(format!(
            "The letter `{name}` is no notification: it came by the queue of providers' calls and is none of them, such as \
             what a service has said of a command."
        ));
    }
    is_a_request(letter).then(|| {
        format!(
            "The letter `{name}` is no notification, but a request that the fleet takes itself, such as a question to people \
             or a command to a service."
        )
    })
}

/// Whether it is no notification, and yet was read: a body that nobody can read dies for other reasons.
fn is_a_request(letter: &LetterFact<'_>) -> bool {
    use Reason::{DecodeError, InternalError, RedeliveredTooOften, Unsupported};
    let reason = Reason::parse(letter.reason);
    letter.channel.is_empty()
        && reason.is_some_and(|one| !matches!(one, DecodeError | InternalError | RedeliveredTooOften | Unsupported))
}

fn tried(letter: &LetterFact<'_>) -> String {
    let name = letter.letter;
    match Reason::parse(letter.reason) {
        Some(Reason::IdConflict) => format!(
            "Nothing was ever sent for the letter `{name}`: its id was taken by another body, of which no delivery is \
             known."
        ),
        Some(Reason::DecodeError | Reason::Unsupported) => never_sent(name),
        _ if letter.epoch == 0 && letter.attempts == Some(0) => never_sent(name),
        _ => {
            let counted = letter.attempts.map(|attempts| format!("; it counts {attempts} in its last budget"));
            let counted = counted.unwrap_or_default();
            format!("What was tried for the letter `{name}` the ledger does not know any more{counted}.")
        }
    }
}

fn never_sent(name: &str) -> String {
    format!("Nothing was ever sent for the letter `{name}`: no worker has claimed it, so that it has no row.")
}

fn next(tenant: &Tenant, letter: &LetterFact<'_>) -> Option<String> {
    let name = letter.letter;
    let (of, what_to_do) = (of_tenant(tenant), advice(letter));
    match letter.place {
        LetterPlace::Taken { job, action: "drop", .. } => {
            Some(format!("`chasqui dead restore --job {job} --why …{of}` puts back what that job has dropped."))
        }
        LetterPlace::Taken { .. } => None,
        LetterPlace::InQueue { .. } if letter.is_of_no_call => Some(format!(
            "{what_to_do} `chasqui dead show {name}{of}` shows the letter, and `chasqui dead drop --letter {name} --why \
             …{of}` takes it out of the queue; it cannot be published again from there."
        )),
        // Whatever is done with it but that has no effect.
        LetterPlace::InQueue { .. } if says_so_itself(letter.error) => Some(format!(
            "`chasqui dead show {name}{of}` shows the letter, and `chasqui dead drop --letter {name} --why …{of}` takes it \
             out of the queue."
        )),
        LetterPlace::InQueue { .. } => {
            let edit = format!("`chasqui dead edit {name} --why …{of}` sends a corrected one in its place, ");
            let edit = if is_a_request(letter) { String::new() } else { edit };
            Some(format!(
                "{what_to_do} `chasqui dead show {name}{of}` shows the letter, {edit}`chasqui dead replay --letter \
                 {name} --why …{of}` publishes it again, once the cause is mended, and `chasqui dead drop --letter \
                 {name} --why …{of}` takes it out of the queue."
            ))
        }
    }
}

fn are_more(letters: &[LetterFact<'_>]) -> Option<Sentence> {
    let text = format!("There are more letters of this id: of {MOST_LETTERS} at most is told here.");
    (letters.len() > MOST_LETTERS).then(|| Topic::Letter.says(None, text))
}

fn of_reason(reason: &str) -> (&'static str, &'static str) {
    Reason::parse(reason).map_or(OF_NONE_OF_OURS, of_a_letter)
}

/// What is to be done about a letter.
fn advice(letter: &LetterFact<'_>) -> &'static str {
    Reason::parse(letter.reason).map_or(OF_NONE_OF_OURS.1, |reason| what_to_do(reason, letter.error))
}

fn in_brackets(error: &str) -> String {
    let error = error.trim_end_matches('.');
    if error.is_empty() { String::new() } else { format!(" ({error})") }
}
