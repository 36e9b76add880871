//! `/console/dead-letters/letters/{letter}/edit`: a letter is corrected, compared with what it was, and then sent as a
//! delivery of its own. Only whoever may edit sees what is personal in it.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{EndpointAddress, FieldError, RequestedBy, parse_object};
use maud::{Markup, html};
use operations::dead_letters::{self, Changed, Edited, Opened, Wish};
use operations::{NotDone, Rules};
use serde_json::{Map, Value};
use topology::Letter;

use super::letter::{OPENING, being_read, gone};
use super::letters::short;
use super::paths;
use super::tabs::tabs;
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::pager::address;
use crate::pieces::sentence::sentence_of;
use crate::pieces::table::{Row, table, text};
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

/// What somebody has written, and what there is to say about it.
#[derive(Default)]
struct Draft<'a> {
    body: &'a str,
    why: &'a str,
    /// Which of equal letters it is for. None for the first, as almost always.
    copy: Option<u32>,
    errors: Vec<(String, String)>,
    /// What differs, once that was asked for.
    changed: Option<Vec<Changed>>,
}

pub(super) async fn show(
    State(console): State<Console>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    viewer: Viewer,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    let letter = match opened(&console, &shell, &viewer, &name).await {
        Ok(letter) => letter,
        Err(response) => return *response,
    };
    let Some(letter) = letter else {
        let is_opening = Fields::parse(query.unwrap_or_default().as_bytes()).text(OPENING).is_some();
        return shell.page(Words::of(shell.lang()).edit_title, &unopened(&name, is_opening, shell.lang())).await;
    };
    let body = dead_letters::editable(&letter);
    page(&shell, &name, StatusCode::OK, &Draft { body: &body, ..Draft::default() }).await
}

/// Shows the difference; with `send` sends what was shown.
pub(super) async fn send(State(console): State<Console>, Path(name): Path<String>, posted: Posted) -> Response {
    let Posted { viewer, fields } = posted;
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    let letter = match opened(&console, &shell, &viewer, &name).await {
        Ok(Some(letter)) => Some(letter),
        Ok(None) if fields.text("step") == Some("send") => sent_before(&console, &viewer, &name).await,
        Ok(None) => None,
        Err(response) => return *response,
    };
    let Some(letter) = letter else {
        return shell.page(Words::of(shell.lang()).edit_title, &unopened(&name, false, shell.lang())).await;
    };
    let (body, why) = (fields.raw("body").unwrap_or_default(), fields.text("why").unwrap_or_default());
    let copy = fields.text("copy").and_then(|copy| copy.parse().ok());
    let draft = Draft { body, why, copy, ..Draft::default() };
    let wish = match wish(body, why, copy) {
        Ok(wish) => wish,
        Err(errors) => return refused(&shell, &name, draft, errors).await,
    };
    let rules = rules(&console, &viewer);
    if fields.text("step") != Some("send") {
        return match dead_letters::preview(&console.store, &rules, &viewer.actor, &letter, &wish).await {
            Ok(Ok(changed)) => page(&shell, &name, StatusCode::OK, &Draft { changed: Some(changed), ..draft }).await,
            Ok(Err(errors)) => refused(&shell, &name, draft, errors.errors()).await,
            Err(error) => not_done(&shell, &error).await,
        };
    }
    match dead_letters::edit(&console.store, &console.publisher, &rules, &viewer.actor, &letter, &wish).await {
        Ok(edited) => became(&shell, &name, draft, edited).await,
        Err(error) => not_done(&shell, &error).await,
    }
}

/// What became of the wish to send it.
async fn became(shell: &Shell<'_>, name: &str, draft: Draft<'_>, edited: Edited) -> Response {
    let words = Words::of(shell.lang());
    let (status, detail) = match edited {
        Edited::Sent { accepted, .. } => return Redirect::to(&paths::job(&accepted.id)).into_response(),
        Edited::Refused(errors) => return refused(shell, name, draft, errors.errors()).await,
        Edited::Gone => return gone(shell).await,
        Edited::InJob { job, by } => (StatusCode::CONFLICT, format!("{} {by}: {job}", words.in_job)),
        Edited::SentBefore { id, copy } => {
            let errors = vec![(words.job.to_owned(), format!("{}: {id}", words.sent_before))];
            let again = Draft { errors, copy: Some(copy.saturating_add(1)), ..draft };
            return page(shell, name, StatusCode::CONFLICT, &again).await;
        }
        Edited::Unconfirmed(unconfirmed) => {
            let detail = format!("{} {} ({})", unconfirmed.what_happened(), words.unconfirmed, unconfirmed.id);
            (StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    };
    let errors = vec![(words.job.to_owned(), detail)];
    page(shell, name, status, &Draft { errors, ..draft }).await
}

/// The letter, if a scheduler has read it for somebody. The inner None where none has.
async fn opened(
    console: &Console,
    shell: &Shell<'_>,
    viewer: &Viewer,
    name: &str,
) -> Result<Option<Box<Letter>>, Box<Response>> {
    let now = console.clock.now();
    match dead_letters::opened(&console.store, &console.letters, &viewer.actor, name, now).await {
        Ok(Some(Opened::Here(letter))) => Ok(Some(letter)),
        Ok(Some(Opened::Asked) | None) => Ok(None),
        Ok(Some(Opened::Gone)) => Err(Box::new(gone(shell).await)),
        Ok(Some(Opened::OtherSecret)) => {
            let words = Words::of(shell.lang());
            let (status, detail) = (StatusCode::SERVICE_UNAVAILABLE, words.other_secret_detail);
            Err(Box::new(shell.problem(status, words.other_secret, detail, &[]).await))
        }
        Err(error) => Err(Box::new(not_done(shell, &error).await)),
    }
}

/// A letter that was edited and is out of the queue: whoever sends the same once more is led to its job.
async fn sent_before(console: &Console, viewer: &Viewer, name: &str) -> Option<Box<Letter>> {
    let now = console.clock.now();
    match dead_letters::open(&console.store, &console.letters, &viewer.actor, name, now).await {
        Ok(Opened::Here(letter)) => Some(letter),
        Ok(Opened::Asked | Opened::Gone | Opened::OtherSecret) | Err(_) => None,
    }
}

/// What somebody wants sent.
fn wish(body: &str, why: &str, copy: Option<u32>) -> Result<Wish, Vec<FieldError>> {
    let body = parse_object(body.as_bytes()).map_err(|error| error.fields)?;
    let mut fields = Map::new();
    fields.insert("body".to_owned(), Value::Object(body));
    fields.insert("why".to_owned(), Value::String(why.to_owned()));
    fields.insert("copy".to_owned(), Value::from(copy));
    Wish::of(fields)
}

fn rules<'a>(console: &'a Console, viewer: &'a Viewer) -> Rules<'a> {
    Rules {
        defaults: &console.defaults,
        tenant: &viewer.actor.tenant,
        by: RequestedBy::TokenHolder,
        request_ids: &console.request_ids,
        idempotency_key: None,
        checker: &console.checker,
        clock: console.clock.as_ref(),
    }
}

async fn not_done(shell: &Shell<'_>, error: &NotDone) -> Response {
    match error {
        NotDone::Denied(denied) => shell.denied(*denied).await,
        NotDone::Ledger(error) => shell.ledger_failed(error).await,
    }
}

async fn refused(shell: &Shell<'_>, name: &str, draft: Draft<'_>, errors: Vec<FieldError>) -> Response {
    let errors = errors.into_iter().map(|error| (error.pointer, error.detail)).collect();
    page(shell, name, StatusCode::UNPROCESSABLE_ENTITY, &Draft { errors, ..draft }).await
}

async fn page(shell: &Shell<'_>, name: &str, status: StatusCode, draft: &Draft<'_>) -> Response {
    let lang = shell.lang();
    let words = Words::of(lang);
    let content = html! {
        (tabs(lang, None))
        section #contents {
            p { a href=(paths::letter(name)) title=(name) { (words.letter) " " (short(name)) } }
            p.soft { (words.edit_help) }
            @if is_to_an_endpoint(draft.body) { p.banner { (sentence_of(words.fleets_own)) } }
            @if !draft.errors.is_empty() {
                div.refused role="alert" {
                    p { (words.not_sent) }
                    ul { @for (field, detail) in &draft.errors { li { code { (field) } " " (detail) } } }
                }
            }
            @if let Some(changed) = &draft.changed {
                h2 { (words.difference) }
                (differences(changed, lang))
                (sending(name, draft, words))
                h2 { (words.edit_more) }
            }
            (form(name, draft, words))
        }
    };
    shell.answer(status, words.edit_title, &content).await
}

/// Whether a letter tells an endpoint of an event: its address is sealed for its delivery, and an edit is another one.
fn is_to_an_endpoint(body: &str) -> bool {
    let body: Option<Map<String, Value>> = serde_json::from_str(body).ok();
    let destination = body.as_ref().and_then(|body| body.get("destination")?.as_str());
    destination.is_some_and(|destination| EndpointAddress::parse(destination).is_some())
}

fn differences(changed: &[Changed], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let columns = [text(words.field), text(words.from), text(words.to)];
    let value = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    let row = |(at, one): (usize, &Changed)| Row {
        id: format!("changed-{at}"),
        cells: vec![
            html! { code { (one.field) } },
            html! { code { (value(one.from.as_ref())) } },
            html! { code { (value(one.to.as_ref())) } },
        ],
    };
    let rows: Vec<Row> = changed.iter().enumerate().map(row).collect();
    table(lang, words.difference, &columns, &rows)
}

/// The form that sends exactly what was compared.
fn sending(name: &str, draft: &Draft<'_>, words: &Words) -> Markup {
    html! {
        form.form #send method="post" action={ (paths::letter(name)) "/edit" } {
            input type="hidden" name="step" value="send";
            input type="hidden" name="body" value=(draft.body);
            input type="hidden" name="why" value=(draft.why);
            (copy(draft))
            p.actions { button.danger type="submit" { (words.send) } }
        }
    }
}

fn form(name: &str, draft: &Draft<'_>, words: &Words) -> Markup {
    let wrong = |field: &str| draft.errors.iter().any(|(given, _)| given == field).then_some("true");
    html! {
        form.form #edit method="post" action={ (paths::letter(name)) "/edit" } {
            div.field {
                label for="edit-body" { (words.body) }
                textarea #edit-body name="body" rows="18" spellcheck="false" required { "\n" (draft.body) }
            }
            div.field {
                label for="edit-why" { (words.why) }
                input #edit-why name="why" required maxlength="500" autocomplete="off" value=(draft.why)
                    aria-invalid=[wrong("/why")];
            }
            (copy(draft))
            p.actions { button.main type="submit" { (words.compare) } }
        }
    }
}

/// Whoever was told that the same was sent before sends it for another letter of this name.
fn copy(draft: &Draft<'_>) -> Markup {
    html! {
        @if let Some(copy) = draft.copy { input type="hidden" name="copy" value=(copy); }
    }
}

/// The page before a scheduler has read the letter.
fn unopened(name: &str, is_opening: bool, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let here = address(&format!("{}/edit", paths::letter(name)), &[(OPENING, "true")], None);
    html! {
        (tabs(lang, None))
        section #contents {
            @if is_opening {
                (being_read(&here, words))
            } @else {
                p.soft { (words.not_opened) }
                form method="post" action={ (paths::letter(name)) "/open" } {
                    input type="hidden" name="edit" value="true";
                    button type="submit" { (words.open) }
                }
            }
        }
    }
}
