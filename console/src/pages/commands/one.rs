//! The page of one command: how far it is, who has asked for it and confirmed it, and what its service says. While it has not
//! ended the page asks for itself again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Ask, Command, CommandState, Key, Scope, Timestamp};
use maud::{Markup, html};
use operations::commands;
use operations::deliveries::is_id;
use serde_json::{Map, Value};
use store::StoreError;
use web::problem::Problem;
use web::query::Parameters;

use super::words::{Words, unasked};
use super::{address, badges, timeline};
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::asks::{address as ask_page, said};
use crate::pages::delivery::address as delivery;
use crate::pieces::again::again;
use crate::pieces::badge;
use crate::pieces::facts::fact;
use crate::pieces::figure::UNKNOWN;
use crate::pieces::indented::indented;
use crate::pieces::pager::address as with_query;
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::{moment, of_its_day};
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The parameter that says that a command was just taken, so that nobody may have made it yet.
pub(super) const ACCEPTED: &str = "accepted";
const EVERY: &str = "every 2s";

/// A command with what has become of its ask and of its delivery.
struct Found {
    command: Command,
    ask: Option<Ask>,
    delivery: Option<domain::State>,
}

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    Path(id): Path<String>,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Commands);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let is_accepted = match parameters.and_then(accepted) {
        Ok(is_accepted) => is_accepted,
        Err(problem) => return shell.refused(&problem).await,
    };
    if !is_id(&id) {
        return shell.not_found().await;
    }
    let title = delivery::titled(Words::of(shell.lang()).title, &id);
    let key = Key { tenant: viewer.actor.tenant.clone(), id };
    match found(&console, &key, shell.lang()).await {
        Ok(Some(found)) => shell.page(&title, &content(&viewer, &found, console.clock.now())).await,
        Ok(None) if is_accepted => shell.answer(StatusCode::OK, &title, &not_made(&key.id, shell.lang())).await,
        Ok(None) => shell.not_found().await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

fn accepted(mut query: Parameters) -> Result<bool, Problem> {
    let is_accepted = query.flag(ACCEPTED).unwrap_or_default();
    query.finish(&[ACCEPTED])?;
    Ok(is_accepted)
}

/// The question is in the language of the page.
async fn found(console: &Console, key: &Key, lang: Lang) -> Result<Option<Found>, StoreError> {
    let store = &console.store;
    let Some(command) = commands::show(store, key).await? else { return Ok(None) };
    let of = |id: &String| Key { tenant: key.tenant.clone(), id: id.clone() };
    let ask = match command.ask.as_ref().map(of) {
        Some(ask) => store.ask(&ask).await?.map(|ask| said::spoken(&ask, lang)),
        None => None,
    };
    let delivery = match command.delivery.as_ref().map(of) {
        Some(delivery) => store.delivery(&delivery).await?.map(|view| view.row.state),
        None => None,
    };
    Ok(Some(Found { command, ask, delivery }))
}

/// What was taken a moment ago is most likely on its way to whoever makes it.
fn not_made(id: &str, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let path = with_query(&address::of(id), &[(ACCEPTED, "true")], None);
    html! {
        div #command {
            p { code { (id) } }
            (again("command", &path, EVERY, words.on_its_way, words.reload))
        }
    }
}

fn content(viewer: &Viewer, found: &Found, now: Timestamp) -> Markup {
    let (lang, command) = (viewer.look.lang, &found.command);
    let words = Words::of(lang);
    html! {
        div #command {
            p.standing { (badges::of_state(command.state, lang)) " " span { (words.outcome_of(command)) } }
            // Its room stays when it has ended, and below it nothing moves.
            div.actions.held {
                @if !command.state.is_ended() {
                    (again("command", &address::of(&command.key.id), EVERY, words.under_way, words.reload))
                }
                (call_off(viewer, command))
            }
            (facts(found, lang, now))
            (arguments(command, lang))
            @if let Some(output) = command.output.as_ref().filter(|_| is_of_its_service(command)) {
                h2 { (words.output) }
                pre { (indented(output)) }
            }
            (timeline::of(command, found.ask.as_ref(), lang, now))
        }
    }
}

/// Whether its service has said what its row has: of one that never reached it the fleet itself has written why.
fn is_of_its_service(command: &Command) -> bool {
    command.delivery.is_some() && !command.is_undelivered()
}

/// Whoever has asked for it or confirmed it, by what they are called where its question knows that.
fn person(found: &Found, id: Option<&str>, lang: Lang) -> Markup {
    html! {
        @match id { Some(id) => { (said::person_by(found.ask.as_ref(), id, lang)) } None => { (UNKNOWN) } }
    }
}

/// While it waits for its confirmation its question can be taken back, which refuses it.
fn call_off(viewer: &Viewer, command: &Command) -> Markup {
    let waits = command.state == CommandState::PendingConfirmation;
    let may = viewer.actor.may(Scope::Operate);
    html! {
        @if let Some(ask) = command.ask.as_deref().filter(|_| waits && may) {
            " " a href=(ask_page::cancel(ask)) { (Words::of(viewer.look.lang).call_off) }
        }
    }
}

fn facts(found: &Found, lang: Lang, now: Timestamp) -> Markup {
    let (words, command) = (Words::of(lang), &found.command);
    html! {
        dl.facts {
            (fact(words.id, html! { code { (command.key.id) } }))
            (fact(words.what, html! { code { (command.service) "." (command.action) } }))
            (fact(words.requested_by, person(found, Some(command.requested_by.as_str()), lang)))
            (fact(words.confirmed_by, person(found, command.confirmed_by.as_deref(), lang)))
            @match (unasked(command), &command.ask) {
                (Some(why), _) => { (fact(words.why, html! { span lang=(Lang::En.code()) { (why) } })) }
                (None, Some(ask)) => { (fact(words.question, ask_page::link(ask))) }
                (None, None) => {}
            }
            @if let Some(id) = &command.delivery {
                (fact(words.delivery, html! {
                    (delivery::link(id)) " "
                    @match found.delivery {
                        Some(state) => { (badge::of_state(state, lang)) }
                        None => { span.soft { (words.not_taken) } }
                    }
                }))
            }
            @if let Some(correlated) = &command.correlation_id {
                (fact(words.correlation, html! { code { (correlated) } }))
            }
            (fact(words.since, moment(command.created_at, now, lang)))
            (fact(words.changed, moment(command.updated_at, now, lang)))
            @match command.state.is_ended() {
                false => { (fact(words.expires, moment(command.expires_at, now, lang))) }
                // One whose time was over has ended then.
                true => {
                    @if command.expires_at > command.updated_at {
                        (fact(words.would_expire, of_its_day(command.expires_at, now)))
                    }
                }
            }
        }
    }
}

fn arguments(command: &Command, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let given: Map<String, Value> = serde_json::from_str(&command.arguments).unwrap_or_default();
    let row = |(at, (name, value)): (usize, (&String, &Value))| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Row { id: format!("argument-{at}"), cells: vec![html! { code { (name) } }, html! { span.long { (shown) } }] }
    };
    let rows: Vec<Row> = given.iter().enumerate().map(row).collect();
    html! {
        h2 { (words.arguments) }
        @if rows.is_empty() {
            p.nothing { (words.no_arguments) }
        } @else {
            (table(lang, words.arguments, &[text(words.name), text(words.value)], &rows))
        }
    }
}
