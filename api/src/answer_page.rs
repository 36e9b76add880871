//! `/a/{ticket}`: the link by which somebody answers a question. A GET shows it, and decides nothing: programs that look at
//! mails open every link in them, some of them in a browser that runs scripts. A POST of one of its buttons decides.

mod shown;
mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use operations::asks::{Answering, Linked, answer_by_link, linked, read_again};
use runtime::failpoint;
use store::StoreError;
use tokio::time::{Instant, sleep};
use web::body::read_bytes;

use self::shown::{standing, told};
use self::words::{Words, spoken_by};
use crate::app::{App, Shared};
use crate::page::style;
use crate::unavailable::{broker_confirmed, broker_failed, ledger_read};

/// Where the page is.
pub(crate) const PAGE: &str = "/a/{ticket}";
const STYLE: &str = "/a/page.css";

/// The longest body of a POST: one short pair of a form.
const MAX_BYTES: usize = 1024;
/// How long an answer that the broker has is waited for to show in the ledger.
const SHOWS_WITHIN: Duration = Duration::from_secs(2);
/// How often the ledger is asked meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The page, and its style.
pub(crate) fn page() -> Router<Arc<App>> {
    Router::new().route(PAGE, get(show).post(decide)).route(STYLE, get(style))
}

async fn show(State(app): Shared, uri: Uri, headers: HeaderMap) -> Response {
    match found(&app, &uri, &headers).await {
        Ok((linked, words)) => standing(words, &linked.standing(app.clock.now()), None),
        Err(page) => page,
    }
}

/// Nobody is asked who they are: the link was sent to one person alone. A repeat of a choice changes nothing.
async fn decide(State(app): Shared, request: Request) -> Response {
    let (linked, words) = match found(&app, request.uri(), request.headers()).await {
        Ok(found) => found,
        Err(page) => return page,
    };
    let body = match read_bytes(request, MAX_BYTES).await {
        Ok(body) => body,
        Err(problem) => return told(problem.status(), words, words.undecided_title, words.unreadable),
    };
    let Some(choice) = choice_in(&body) else {
        return told(StatusCode::BAD_REQUEST, words, words.undecided_title, words.no_choice);
    };
    let now = app.clock.now();
    match answer_by_link(&app.publisher, &app.secrets, &linked, choice, now).await {
        Ok(Answering::UnknownChoice) => {
            told(StatusCode::UNPROCESSABLE_ENTITY, words, words.undecided_title, words.unknown_choice)
        }
        Ok(Answering::Said) => standing(words, &linked.standing(now), None),
        Ok(Answering::Published { id, is_awaited }) => {
            broker_confirmed();
            failpoint("api.answered_before_response");
            let awaited = is_awaited.then_some(id.as_str());
            outcome(&app, words, linked, awaited).await
        }
        Err(error) => {
            broker_failed(&error);
            told(StatusCode::SERVICE_UNAVAILABLE, words, words.unavailable_title, words.unavailable)
        }
    }
}

/// Whom the link is for, with the words for them, or the page that says why there is nobody. It is taken as it was sent, for
/// none needs an escape.
async fn found(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<(Linked, &'static Words), Response> {
    let ticket = uri.path().rsplit('/').next().unwrap_or_default();
    let usual = app.checker.templates().default_locale();
    let words = spoken_by(headers, usual);
    match ledger_read(linked(&app.store, &app.secrets, ticket).await) {
        Ok(Some(linked)) => {
            let words = spoken_by(headers, linked.locale.as_deref().unwrap_or(usual));
            Ok((linked, words))
        }
        Ok(None) => Err(told(StatusCode::NOT_FOUND, words, words.unknown_title, words.unknown)),
        Err(problem) => Err(told(problem.status(), words, words.unavailable_title, words.unavailable)),
    }
}

/// The one choice of a form. The ids of choices need no escape.
fn choice_in(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let mut chosen = text.trim().split('&').filter_map(|pair| pair.strip_prefix("choice="));
    chosen.next().filter(|choice| !choice.is_empty()).filter(|_| chosen.next().is_none())
}

/// What has become of an answer that the broker has. Where the ledger does not show it in time, or does not answer, it is on
/// its way all the same.
async fn outcome(app: &App, words: &Words, before: Linked, awaited: Option<&str>) -> Response {
    let linked = match shown_in_time(app, &before, awaited).await {
        Ok(Some(linked)) => linked,
        Ok(None) | Err(_) => return told(StatusCode::ACCEPTED, words, words.received_title, words.received),
    };
    let is_shown = awaited.is_none_or(|id| linked.has(id));
    let standing_now = linked.standing(app.clock.now());
    // What was decided is said by the page itself, whatever is still on its way.
    let note = (!is_shown && standing_now.ask.end.is_none()).then_some(words.received);
    standing(words, &standing_now, note)
}

/// The question as it stands once the answer shows, it has ended, or nobody waits any longer.
async fn shown_in_time(app: &App, before: &Linked, awaited: Option<&str>) -> Result<Option<Linked>, StoreError> {
    let until = Instant::now() + SHOWS_WITHIN;
    loop {
        let Some(linked) = read_again(&app.store, before).await? else { return Ok(None) };
        let is_done = awaited.is_none_or(|id| linked.has(id)) || linked.ask.end.is_some();
        if is_done || Instant::now() >= until {
            return Ok(Some(linked));
        }
        sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::choice_in;

    #[test]
    fn a_form_has_one_choice() {
        for (body, expected) in [
            ("choice=yes", Some("yes")),
            ("a=b&choice=no\r\n", Some("no")),
            ("", None),
            ("choice=", None),
            ("choice", None),
            ("choice=yes&choice=no", None),
            ("mychoice=yes", None),
        ] {
            assert_eq!(choice_in(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(choice_in(b"choice=\xff"), None);
    }
}
