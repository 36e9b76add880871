//! The list of commands, a page at a time.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Actor, Command, CommandState, Scope, Timestamp};
use maud::{Markup, html};
use operations::commands::{self, LATER_THAN_FROM};
use operations::deliveries::written::TIME;
use store::{CommandCursor, CommandFilter};
use web::problem::Problem;
use web::query::Parameters;

use super::badges::{of_state, word};
use super::words::Words;
use super::{NEW, address};
use crate::asked::problems;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::delivery::address::anchor;
use crate::pieces::breakable::breakable;
use crate::pieces::figure::UNKNOWN;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::pager;
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The rows of a page.
const ROWS: usize = 50;
const NAMES: [&str; 6] = ["state", "service", "requested_by", "from", "to", "after"];

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    RawQuery(query): RawQuery,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Commands);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (lang, title) = (shell.lang(), Section::Commands.label(shell.lang()));
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    let wanted = match parameters.and_then(|parameters| read(parameters, &viewer.actor)) {
        Ok(wanted) => wanted,
        Err(problem) => return shell.answer(problem.status(), title, &form(&asked, &problems(&problem), lang)).await,
    };
    let is_first = wanted.after.is_none();
    let page = match commands::list(&console.store, wanted).await {
        Ok(page) => page,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let next = page.next.as_ref().map(ToString::to_string);
    let words = Words::of(lang);
    let content = html! {
        @if viewer.actor.may(Scope::Operate) { p.actions { a href=(NEW) { (words.new) } } }
        (form(&asked, &[], lang))
        @if page.commands.is_empty() {
            p.nothing { (if next.is_some() { words.nothing_yet } else { words.nothing }) }
        } @else {
            (rows(&page.commands, lang, console.clock.now()))
        }
        (pager(lang, Section::Commands.path(), &pairs(&asked), is_first, next.as_deref()))
    };
    shell.answer(StatusCode::OK, title, &content).await
}

/// # Errors
/// 422 that names every part that is wrong.
fn read(query: Parameters, actor: &Actor) -> Result<CommandFilter, Problem> {
    let mut query = query.filled();
    let wanted = CommandFilter {
        tenant: actor.tenant.clone(),
        state: query.one_of("state", &CommandState::ALL, CommandState::as_str),
        service: query.text("service"),
        requested_by: query.text("requested_by"),
        from: query.parsed("from", TIME.must, TIME.read),
        until: query.parsed("to", TIME.must, TIME.read),
        after: query.parsed("after", "must be the end of the page before", CommandCursor::parse),
        limit: ROWS,
    };
    if wanted.from.zip(wanted.until).is_some_and(|(from, until)| from >= until) {
        query.refuse("to", LATER_THAN_FROM);
    }
    query.finish(&NAMES)?;
    Ok(wanted)
}

fn value<'a>(asked: &'a Fields, name: &str) -> &'a str {
    asked.text(name).unwrap_or_default()
}

fn pairs(asked: &Fields) -> Vec<(&'static str, &str)> {
    NAMES.into_iter().map(|name| (name, value(asked, name))).collect()
}

fn form(asked: &Fields, problems: &[(String, String)], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let states = CommandState::ALL.map(|state| (state.as_str(), word(state, lang)));
    let field = |name, label, input| Field { name, label, value: value(asked, name), input };
    let fields = [
        field("state", words.state, Input::Choice(&states)),
        field("service", words.service, Input::Text("trading")),
        field("requested_by", words.requested_by, Input::Search),
        field("from", words.from, Input::Text("2026-03-01T09:00:00Z")),
        field("to", words.to, Input::Text("2026-03-02T09:00:00Z")),
    ];
    filter(lang, Section::Commands.path(), &fields, problems)
}

fn rows(commands: &[Command], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.command),
        text(words.state),
        text(words.what),
        text(words.requested_by),
        text(words.confirmed_by),
        text(words.since),
        text(words.changed),
    ];
    let rows: Vec<Row> = commands.iter().map(|command| row(command, lang, now)).collect();
    table(lang, Section::Commands.label(lang), &columns, &rows)
}

fn row(command: &Command, lang: Lang, now: Timestamp) -> Row {
    let cells = vec![
        address::link(&command.key.id),
        of_state(command.state, lang),
        html! { span.most { (breakable(&format!("{}.{}", command.service, command.action))) } },
        html! { (command.requested_by) },
        html! { (command.confirmed_by.as_deref().unwrap_or(UNKNOWN)) },
        time(command.created_at, now, lang),
        time(command.updated_at, now, lang),
    ];
    Row { id: anchor("command", &command.key.id), cells }
}
