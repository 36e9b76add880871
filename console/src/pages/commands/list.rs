//! The list of commands, a page at a time.

use axum::extract::State;
use axum::response::Response;
use domain::{Actor, Ask, Command, CommandState, Key, Scope, Timestamp};
use maud::{Markup, html};
use operations::{NotListed, commands};
use store::{CommandFilter, CommandPage};
use web::query::Parameters;

use super::badges::{of_state, word};
use super::words::Words;
use super::{NEW, address};
use crate::console::Console;
use crate::layout::Shell;
use crate::list::{Form, List, Page, Query, Span};
use crate::pages::asks::said::called_by;
use crate::pages::delivery::address::anchor;
use crate::pieces::breakable::breakable;
use crate::pieces::figure::UNKNOWN;
use crate::pieces::filter::Input;
use crate::pieces::table::{Column, Row, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Refusal, Viewer};
use crate::words::Lang;

/// The rows of a page: of each its question is read.
const ROWS: usize = 50;
const LIST: List<CommandFilter> = List {
    section: Section::Commands,
    names: &["state", "service", "requested_by", "from", "to", "after"],
    read,
    form,
};

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, query: Query) -> Result<Response, Refusal> {
    let shell = Shell::of(&console, &viewer, Section::Commands);
    let (wanted, written) = LIST.asked(&shell, &viewer.actor, query).await?;
    let is_first = wanted.after.is_none();
    let (page, asks) = match found(&console, wanted).await {
        Ok(found) => found,
        Err(why) => return Ok(LIST.not_listed(&shell, &written, why).await),
    };
    let (lang, now) = (shell.lang(), console.clock.now());
    let words = Words::of(lang);
    let asked = page.commands.iter().zip(&asks);
    let rows: Vec<Row> = asked.map(|(command, ask)| row(command, ask.as_ref(), lang, now)).collect();
    let page = Page {
        over: html! { @if viewer.actor.may(Scope::Operate) { p.actions { a href=(NEW) { (words.new) } } } },
        columns: &columns(words),
        rows: &rows,
        nothing_at_all: words.nothing_at_all,
        nothing_fits: words.nothing_fits,
        nothing_yet: words.nothing_yet,
        is_first,
        next: page.next.as_ref(),
    };
    Ok(LIST.answer(&shell, &written, &page).await)
}

fn read(query: &mut Parameters, actor: &Actor) -> CommandFilter {
    let state = query.one_of("state", &CommandState::ALL, CommandState::as_str);
    let (service, requested_by) = (query.text("service"), query.text("requested_by"));
    let Span { from, until, after } = Span::read(query);
    CommandFilter { tenant: actor.tenant.clone(), state, service, requested_by, from, until, after, limit: ROWS }
}

fn form(form: &Form<'_>) -> Markup {
    let words = Words::of(form.lang);
    let states = CommandState::ALL.map(|state| (state.as_str(), word(state, form.lang)));
    let fields = vec![
        form.field("state", words.state, Input::Choice(&states)),
        form.field("service", words.service, Input::Text("trading")),
        form.field("requested_by", words.requested_by, Input::Search),
    ];
    form.filter(fields, words.from, words.to)
}

fn columns(words: &Words) -> [Column; 6] {
    [
        text(words.what),
        text(words.state),
        text(words.requested_by),
        text(words.confirmed_by),
        text(words.since),
        text(words.changed),
    ]
}

/// A page, and the question of each of its commands: it knows what people are called.
async fn found(console: &Console, wanted: CommandFilter) -> Result<(CommandPage, Vec<Option<Ask>>), NotListed> {
    let page = commands::list(&console.store, wanted).await?;
    let mut asks = Vec::with_capacity(page.commands.len());
    for command in &page.commands {
        asks.push(match &command.ask {
            Some(id) => console.store.ask(&Key { tenant: command.key.tenant.clone(), id: id.clone() }).await?,
            None => None,
        });
    }
    Ok((page, asks))
}

/// Somebody by what they are called, where the question of the command knows that.
fn person(ask: Option<&Ask>, id: Option<&str>, lang: Lang) -> Markup {
    html! {
        @match id { Some(id) => { span title=(id) { (called_by(ask, id, lang)) } } None => { (UNKNOWN) } }
    }
}

fn row(command: &Command, ask: Option<&Ask>, lang: Lang, now: Timestamp) -> Row {
    let (id, what) = (command.key.id.as_str(), format!("{}.{}", command.service, command.action));
    let cells = vec![
        html! { span.most { a href=(address::of(id)) title=(id) { (breakable(&what)) } } },
        of_state(command.state, lang),
        person(ask, Some(command.requested_by.as_str()), lang),
        person(ask, command.confirmed_by.as_deref(), lang),
        time(command.created_at, now, lang),
        time(command.updated_at, now, lang),
    ];
    Row { id: anchor("command", id), cells }
}
