//! Takes an answer: what it does is written, told to subscribers and to whoever has given it, and has the ask ended where it
//! is the last.

use domain::{Ask, AskDecision, AskEdit, AskState, AskVerdict, GivenAnswer, Key, ReplyTo};
use runtime::failpoint;
use serde_json::{Map, Value};
use store::AskAnswered;

use super::ended::request_end;
use super::progress::request_progress;
use crate::disposition::Disposition;
use crate::outgoing;
use crate::replies::{Reply, reply};
use crate::shared::Shared;

/// Has an answer decided, and tells and does what follows. None where the tenant has no such ask.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn answer(
    shared: &Shared,
    key: &Key,
    given: &GivenAnswer,
) -> Result<Option<AskAnswered>, Disposition> {
    let intake = &shared.intake;
    let answered = intake.breaker.retry_until_taken(|| intake.store.answer_ask(key, given)).await?;
    let Some(answered) = answered else { return Ok(None) };
    failpoint("dialog.answered");
    let AskAnswered { ask, decision: AskDecision { verdict, events, edit, .. } } = &answered;
    count(given, verdict);
    for event in events {
        outgoing::tell(shared, event, ask.correlation_id.as_deref(), ask.reply_to.as_deref()).await?;
    }
    failpoint("dialog.answer_told");
    match edit {
        AskEdit::End => request_end(shared, key).await?,
        AskEdit::Progress => request_progress(shared, ask).await?,
        AskEdit::Nothing => {}
    }
    failpoint("dialog.end_requested");
    Ok(Some(answered))
}

/// Tells whoever has answered what became of it.
///
/// # Errors
/// What follows where the broker has not taken it.
pub(crate) async fn tell_verdict(
    shared: &Shared,
    answered: &AskAnswered,
    given: &GivenAnswer,
    to: &ReplyTo,
) -> Result<(), Disposition> {
    let AskAnswered { ask, decision } = answered;
    let said = said_of(&ask.key, given);
    let verdict = decision.verdict.as_str();
    let data = told(ask, given, &decision.verdict);
    reply(shared, Reply { tenant: &ask.key.tenant, to, said: &said, verdict, data }).await
}

/// Names an answer among those of everybody.
fn said_of(ask: &Key, given: &GivenAnswer) -> String {
    format!("{}/{}/{}", ask.id, given.approver, given.id)
}

/// What stands on the button of a choice.
fn choice_label<'a>(ask: &'a Ask, id: &str) -> Option<&'a str> {
    ask.choices.iter().find(|choice| choice.id == id).map(|choice| choice.label.as_str())
}

/// What the words of the answer to an answer tell besides the verdict.
fn told(ask: &Ask, given: &GivenAnswer, verdict: &AskVerdict) -> Map<String, Value> {
    let label = |id: &str| choice_label(ask, id).map(Value::from);
    let own = || label(&given.choice);
    let told = match verdict {
        AskVerdict::Counts { counted, quorum } => {
            vec![("choice", own()), ("counted", Some((*counted).into())), ("quorum", Some((*quorum).into()))]
        }
        AskVerdict::Ends { choice } => vec![("choice", choice.as_deref().and_then(label).or_else(own))],
        AskVerdict::Same => vec![("choice", own())],
        // Who has taken it back was not first.
        AskVerdict::Late(end) => {
            let first = end.by.as_deref().filter(|_| end.state == AskState::Answered);
            vec![("by", first.map(Value::from)), ("decided", end.choice.as_deref().and_then(label))]
        }
        AskVerdict::Stands { .. }
        | AskVerdict::TooOften
        | AskVerdict::NotAsked
        | AskVerdict::IsRequester
        | AskVerdict::UnknownChoice => Vec::new(),
    };
    told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn count(given: &GivenAnswer, verdict: &AskVerdict) {
    metrics::counter!("chasqui_answers_total", "via" => given.via.clone(), "verdict" => verdict.as_str()).increment(1);
}
