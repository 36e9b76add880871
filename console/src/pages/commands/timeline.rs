//! What has happened to a command, in its order. Its row has its first and its last step, its version how many there were, and its
//! question when it was confirmed. When its service had begun of one that has ended nothing keeps, and that is said.

use domain::{Ask, AskState, Command, CommandState, Timestamp};
use maud::{Markup, html};

use super::words::Words;
use crate::pages::asks::{badges, said};
use crate::pieces::time::moment;
use crate::words::Lang;

/// One step. Its place is that of its time, whether that is known or not.
struct Told {
    at: Timestamp,
    is_known: bool,
    what: String,
}

pub(super) fn of(command: &Command, ask: Option<&Ask>, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        h2 { (words.timeline) }
        ol.timeline {
            @for step in told(command, ask, lang) {
                li {
                    @if step.is_known {
                        (moment(step.at, now, lang))
                    } @else {
                        span.moment.soft { (words.when_is_not_kept) }
                    }
                    " " span.told { (step.what) }
                }
            }
        }
    }
}

fn told(command: &Command, ask: Option<&Ask>, lang: Lang) -> Vec<Told> {
    let words = Words::of(lang);
    let known = |at: Timestamp, what: String| Told { at, is_known: true, what };
    let by = said::called_by(ask, &command.requested_by, lang);
    let mut told = vec![known(command.created_at, (words.asked_for)(&by))];
    let end = ask.and_then(|ask| ask.end.as_ref());
    if let Some((ask, end)) = ask.zip(end) {
        let by = end.by.as_deref().map(|by| said::called(ask, by, lang));
        let chosen = end.choice.as_deref().map_or(badges::word(end.state, lang), |choice| said::label(ask, choice));
        told.push(known(end.at, (words.question_ended)(chosen, by.as_deref())));
    }
    let confirmed_at = end.filter(|end| end.state == AskState::Answered).map(|end| end.at);
    for state in passed(command) {
        let (at, what) = match state {
            CommandState::Dispatched if command.ask.is_none() => (Some(command.created_at), words.was_dispatched),
            CommandState::Dispatched => (confirmed_at, words.was_dispatched),
            CommandState::Running => (None, words.outcome(CommandState::Running)),
            _ => continue,
        };
        told.push(Told { at: at.unwrap_or(command.updated_at), is_known: at.is_some(), what: what.to_owned() });
    }
    let is_new = command.version == 1 && command.state == CommandState::PendingConfirmation;
    if !is_new {
        told.push(known(command.updated_at, words.outcome_of(command).to_owned()));
    }
    // What is of the same instant stays in this order.
    told.sort_by_key(|told| told.at);
    told
}

/// The states that a command has had before its present one: each of them was another version.
fn passed(command: &Command) -> impl Iterator<Item = CommandState> {
    const ALL: [CommandState; 3] = [CommandState::PendingConfirmation, CommandState::Dispatched, CommandState::Running];
    let begun = usize::from(command.ask.is_none());
    ALL.into_iter().skip(begun).take(command.version.saturating_sub(1) as usize)
}
