//! Takes an answer: what it does is written, told to subscribers and to whoever has given it, and has the ask ended where it
//! is the last.

use domain::{Ask, AskDecision, AskEdit, AskEnd, AskState, AskVerdict, GivenAnswer, Key, ReplyTo};
use operations::asks::{called, chosen, spoken};
use runtime::failpoint;
use serde_json::{Map, Value};
use store::AskAnswered;

use super::ended::request_end;
use super::progress::request_progress;
use crate::disposition::Disposition;
use crate::outgoing;
use crate::replies::{Reply, reply};
use crate::shared::Shared;

/// The word for somebody who has answered in time and answers once more, beside those of the verdicts.
const ANSWERED: &str = "answered";

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
    let locale = to.locale.as_deref().or(Some(shared.settings.locale.as_str()));
    let (verdict, data) = match own_choice(shared, answered, given).await? {
        Some(own) => (ANSWERED, told_again(&spoken(ask, locale), &own)),
        None => (decision.verdict.as_str(), told(&spoken(ask, locale), given, &decision.verdict, locale)),
    };
    reply(shared, Reply { tenant: &ask.key.tenant, to, said: &said, verdict, data }).await
}

/// What somebody has chosen in time who answers once more when that was decided: nobody but they themselves was first.
async fn own_choice(
    shared: &Shared,
    answered: &AskAnswered,
    given: &GivenAnswer,
) -> Result<Option<String>, Disposition> {
    let AskAnswered { ask, decision } = answered;
    let AskVerdict::Late(AskEnd { state: AskState::Answered, .. }) = &decision.verdict else { return Ok(None) };
    let intake = &shared.intake;
    let answers = intake.breaker.retry_until_taken(|| intake.store.answers(&ask.key)).await?;
    Ok(chosen(&answers).get(given.approver.as_str()).map(|choice| (*choice).to_owned()))
}

/// Names an answer among those of everybody.
fn said_of(ask: &Key, given: &GivenAnswer) -> String {
    format!("{}/{}/{}", ask.id, given.approver, given.id)
}

/// What stands on the button of a choice.
fn choice_label<'a>(ask: &'a Ask, id: &str) -> Option<&'a str> {
    ask.choices.iter().find(|choice| choice.id == id).map(|choice| choice.label.as_str())
}

/// Whether a choice is a no. It needs no quorum and is no veto, so that what counts it says nothing of what is decided.
fn refuses(ask: &Ask, id: &str) -> bool {
    ask.choices.iter().any(|choice| choice.id == id && choice.refuses)
}

/// What the words tell to somebody who had answered in time: their choice, and what was decided where that is another.
fn told_again(ask: &Ask, own: &str) -> Map<String, Value> {
    let decided = ask.end.as_ref().and_then(|end| end.choice.as_deref()).filter(|decided| *decided != own);
    let told = [("choice", Some(own)), ("decided", decided)];
    let label = |(name, id): (&str, Option<&str>)| Some((name.to_owned(), Value::from(choice_label(ask, id?)?)));
    told.into_iter().filter_map(label).collect()
}

/// What the words of the answer to an answer tell besides the verdict.
fn told(ask: &Ask, given: &GivenAnswer, verdict: &AskVerdict, locale: Option<&str>) -> Map<String, Value> {
    let label = |id: &str| choice_label(ask, id).map(Value::from);
    let own = || label(&given.choice);
    let told = match verdict {
        AskVerdict::Counts { counted, quorum } => vec![
            ("choice", own()),
            ("counted", Some((*counted).into())),
            ("quorum", Some((*quorum).into())),
            ("refuses", refuses(ask, &given.choice).then_some(Value::Bool(true))),
        ],
        AskVerdict::Ends { choice } => vec![("choice", choice.as_deref().and_then(label).or_else(own))],
        AskVerdict::Same => vec![("choice", own())],
        // Who has taken it back was not first.
        AskVerdict::Late(end) => {
            let first = end.by.as_deref().filter(|_| end.state == AskState::Answered);
            vec![
                ("by", first.map(|by| Value::from(called(ask, by, locale)))),
                ("decided", end.choice.as_deref().and_then(label)),
            ]
        }
        // What was heard late may have been said before what counts.
        AskVerdict::Stands { choice } if ask.may_change => vec![("choice", label(choice))],
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
