//! What the page shows: the question, what was answered, and where it stands.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Ask, AskEnd, AskState, Timestamp};
use operations::asks::{Standing, called, spoken};

use super::words::Words;
use crate::page::{Page, STYLE};

/// Seconds after which a request that met an absent ledger or broker may be repeated.
const RETRY_AFTER_SECONDS: &str = "5";

/// A page of one sentence under a heading.
pub(super) fn told(status: StatusCode, words: &Words, title: &str, sentence: &str) -> Response {
    let Words { language, .. } = *words;
    let paragraphs = [sentence.to_owned()];
    let page =
        Page { status, language, title, style: STYLE, lead: None, paragraphs: &paragraphs, button: None, choices: &[] };
    let mut response = page.into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    }
    response
}

/// How a question stands for whoever looks; `note` is said before all else, and then no button is offered that would seem to
/// undo it.
pub(super) fn standing(words: &Words, standing: &Standing<'_>, note: Option<&str>) -> Response {
    let Words { language, .. } = *words;
    let ask = &spoken(&standing.ask, Some(language));
    let may_answer = standing.may_answer && note.is_none();
    let title = heading(words, ask, note.is_some());
    let mut paragraphs: Vec<String> = note.map(str::to_owned).into_iter().collect();
    paragraphs.extend(match &ask.end {
        Some(end) => ended(words, ask, standing, end),
        None => open(words, ask, standing, may_answer),
    });
    Page {
        status: StatusCode::OK,
        language,
        title: &title,
        style: STYLE,
        lead: Some(&ask.question),
        paragraphs: &paragraphs,
        button: None,
        choices: if may_answer { &ask.choices } else { &[] },
    }
    .into_response()
}

/// What it is now: a question, an answer that is on its way, or what was decided.
fn heading(words: &Words, ask: &Ask, is_received: bool) -> String {
    match &ask.end {
        Some(AskEnd { state: AskState::Answered, choice: Some(choice), .. }) => {
            words.decided_title.replace("{choice}", label_of(ask, choice))
        }
        Some(_) => words.undecided_title.to_owned(),
        None if is_received => words.received_title.to_owned(),
        None => words.title.to_owned(),
    }
}

/// Who asks, until when, and what they have answered.
fn open(words: &Words, ask: &Ask, standing: &Standing<'_>, may_answer: bool) -> Vec<String> {
    let ends = words.ends.replace("{until}", &instant(ask.expires_at));
    let mut told = vec![match &ask.requested_by {
        Some(by) => format!("{} {ends}", words.asked_by.replace("{by}", &called(ask, by, Some(words.language)))),
        None => ends,
    }];
    if let Some(own) = standing.own {
        let awaited = words.awaited.replace("{answered}", &standing.answered.to_string());
        let awaited = awaited.replace("{quorum}", &ask.quorum.to_string());
        told.push(format!("{} {awaited}", words.answered.replace("{choice}", label_of(ask, own))));
    }
    match standing.own {
        Some(_) if may_answer => told.push(words.may_change.to_owned()),
        None if !standing.may_answer => told.push(words.is_own.to_owned()),
        _ => {}
    }
    told
}

fn ended(words: &Words, ask: &Ask, standing: &Standing<'_>, end: &AskEnd) -> Vec<String> {
    let what = match (end.state, &end.choice) {
        // The heading says what.
        (AskState::Answered, Some(_)) => None,
        (AskState::Answered | AskState::Open, _) => Some(words.undecided.to_owned()),
        (AskState::Expired, _) => Some(words.expired.to_owned()),
        (AskState::Cancelled, _) => Some(words.cancelled.to_owned()),
    };
    let at = instant(end.at);
    // What a person is called is filled in last, so that nothing is looked for in it.
    let by = match &end.by {
        Some(_) if standing.has_ended_it => words.ended_by.replace("{at}", &at).replace("{by}", words.you),
        Some(by) => words.ended_by.replace("{at}", &at).replace("{by}", &called(ask, by, Some(words.language))),
        None => words.ended_at.replace("{at}", &at),
    };
    let late = standing.is_late.then(|| words.late.to_owned());
    what.into_iter().chain([by]).chain(late).collect()
}

/// The label of a choice; its id where there is none, as in a row of another version.
fn label_of<'a>(ask: &'a Ask, id: &'a str) -> &'a str {
    ask.choices.iter().find(|choice| choice.id == id).map_or(id, |choice| choice.label.as_str())
}

/// A time as people read it: to the minute, in UTC.
fn instant(at: Timestamp) -> String {
    let text = at.to_string();
    let minute = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("{minute} UTC")
}
