//! What the page shows: the question, what was answered, and where it stands. It loads nothing, and runs nothing.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Ask, AskEnd, AskState, Timestamp};
use operations::asks::Standing;

use super::words::Words;

/// The page needs nothing but its own style, and its form goes nowhere else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri \
                      'none'";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// Seconds after which a request that met an absent ledger or broker may be repeated.
const RETRY_AFTER_SECONDS: &str = "5";

/// A page of one sentence.
pub(super) fn told(status: StatusCode, words: &Words, sentence: &str) -> Response {
    page(status, words, &format!("<p>{sentence}</p>"))
}

/// How a question stands for whoever looks; `note` is said before all else.
pub(super) fn standing(words: &Words, standing: &Standing<'_>, note: Option<&str>) -> Response {
    let ask = &standing.ask;
    let mut text = String::new();
    if let Some(note) = note {
        text.push_str(&format!("<p>{note}</p>"));
    }
    text.push_str(&format!("<p class=\"question\">{}</p>", escaped(&ask.question)));
    match &ask.end {
        Some(end) => text.push_str(&ended(words, ask, end, standing.is_late)),
        None => text.push_str(&open(words, standing, note.is_some())),
    }
    page(StatusCode::OK, words, &text)
}

/// An open question: who asks, until when, and a button for each choice. Who has just answered is offered no button that
/// would seem to undo it.
fn open(words: &Words, standing: &Standing<'_>, is_answered: bool) -> String {
    let ask = &standing.ask;
    let mut beside = Vec::new();
    if let Some(by) = &ask.requested_by {
        beside.push(words.asked_by.replace("{by}", &strong(by)));
    }
    beside.push(words.ends.replace("{until}", &strong(&instant(ask.expires_at))));
    let mut text = format!("<p class=\"beside\">{}</p>", beside.join(" "));
    if let Some(own) = standing.own {
        let own = words.answered.replace("{choice}", &strong(label_of(ask, own)));
        let awaited = words.awaited.replace("{answered}", &standing.answered.to_string());
        text.push_str(&format!("<p>{own} {}</p>", awaited.replace("{quorum}", &ask.quorum.to_string())));
    }
    if standing.may_answer && !is_answered {
        if standing.own.is_some() {
            text.push_str(&format!("<p>{}</p>", words.may_change));
        }
        text.push_str(&buttons(ask));
    } else if standing.own.is_none() && !standing.may_answer {
        text.push_str(&format!("<p>{}</p>", words.is_own));
    }
    text
}

fn ended(words: &Words, ask: &Ask, end: &AskEnd, is_late: bool) -> String {
    let what = match (end.state, &end.choice) {
        (AskState::Answered, Some(choice)) => words.decided.replace("{choice}", &strong(label_of(ask, choice))),
        (AskState::Answered | AskState::Open, _) => words.undecided.to_owned(),
        (AskState::Expired, _) => words.expired.to_owned(),
        (AskState::Cancelled, _) => words.cancelled.to_owned(),
    };
    let at = instant(end.at);
    let by = match &end.by {
        Some(by) => words.ended_by.replace("{by}", &strong(by)).replace("{at}", &at),
        None => words.ended_at.replace("{at}", &at),
    };
    let late = if is_late { format!("<p>{}</p>", words.late) } else { String::new() };
    format!("<p>{what}</p><p class=\"beside\">{by}</p>{late}")
}

/// One big button for each choice, and nothing that presses one by itself.
fn buttons(ask: &Ask) -> String {
    let button = |choice: &domain::AskChoice| {
        let class = if choice.refuses { " class=\"refuses\"" } else { "" };
        let (id, label) = (escaped(&choice.id), escaped(&choice.label));
        format!("<button name=\"choice\" value=\"{id}\"{class}>{label}</button>")
    };
    let buttons: String = ask.choices.iter().map(button).collect();
    format!("<form method=\"post\">{buttons}</form>")
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

fn page(status: StatusCode, words: &Words, text: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // A browser says to us alone where the button was pressed: with `no-referrer` it would send the form with an origin
        // that is none, which is refused as that of another page.
        (REFERRER_POLICY, "same-origin"),
        (X_FRAME_OPTIONS, "DENY"),
        (ROBOTS, "noindex"),
    ];
    let mut response = (status, headers, html(words, text)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    }
    response
}

/// What people wrote is put in last, so that nothing in it is taken for a place of the page.
fn html(words: &Words, text: &str) -> String {
    let page = include_str!("page.html");
    page.replace("{language}", words.language).replace("{title}", words.title).replace("{text}", text)
}

fn strong(text: &str) -> String {
    format!("<strong>{}</strong>", escaped(text))
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // A name in braces would be taken for a place that is filled in after it.
    text.replace('{', "&#123;").replace('}', "&#125;")
}
