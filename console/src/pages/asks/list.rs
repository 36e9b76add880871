//! The list of questions, a page at a time.

use axum::extract::State;
use axum::response::Response;
use domain::{Actor, Ask, AskKind, AskState, Timestamp};
use maud::{Markup, html};
use operations::{NotListed, asks};
use store::{AskFilter, AskPage};
use web::query::Parameters;

use super::address;
use super::badges::{of_ask, of_kind, word};
use super::said::{called, spoken};
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::list::{Form, List, Page, Query, Span};
use crate::pages::delivery::address::anchor;
use crate::pieces::breakable::foreign;
use crate::pieces::facts::cut;
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::filter::Input;
use crate::pieces::table::{Column, Row, number, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Refusal, Viewer};
use crate::words::Lang;

/// The rows of a page: of each it is counted who has answered.
const ROWS: usize = 50;
/// How much of a question stands in a row, in characters.
const QUESTION_CHARS: usize = 120;
const LIST: List<AskFilter> =
    List { section: Section::Asks, names: &["state", "kind", "correlation_id", "from", "to", "after"], read, form };

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, query: Query) -> Result<Response, Refusal> {
    let shell = Shell::of(&console, &viewer, Section::Asks);
    let (wanted, written) = LIST.asked(&shell, &viewer.actor, query).await?;
    let is_first = wanted.after.is_none();
    let (page, answered) = match found(&console, wanted).await {
        Ok(found) => found,
        Err(why) => return Ok(LIST.not_listed(&shell, &written, why).await),
    };
    let (lang, now) = (shell.lang(), console.clock.now());
    let words = Words::of(lang);
    let asked = page.asks.iter().zip(answered);
    let rows: Vec<Row> = asked.map(|(ask, answered)| row(ask, answered, lang, now)).collect();
    let page = Page {
        over: html! {},
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

fn read(query: &mut Parameters, actor: &Actor) -> AskFilter {
    let state = query.one_of("state", &AskState::ALL, AskState::as_str);
    let kind = query.one_of("kind", &AskKind::ALL, AskKind::as_str);
    let correlation_id = query.text("correlation_id");
    let Span { from, until, after } = Span::read(query);
    AskFilter { tenant: actor.tenant.clone(), state, kind, correlation_id, from, until, after, limit: ROWS }
}

async fn found(console: &Console, wanted: AskFilter) -> Result<(AskPage, Vec<usize>), NotListed> {
    let page = asks::list(&console.store, wanted).await?;
    let answered = asks::answered(&console.store, &page.asks).await?;
    Ok((page, answered))
}

fn form(form: &Form<'_>) -> Markup {
    let (lang, words) = (form.lang, Words::of(form.lang));
    let states = AskState::ALL.map(|state| (state.as_str(), word(state, lang)));
    let kinds = AskKind::ALL.map(|kind| (kind.as_str(), of_kind(kind, lang)));
    let fields = vec![
        form.field("state", words.state, Input::Choice(&states)),
        form.field("kind", words.kind, Input::Choice(&kinds)),
        form.field("correlation_id", words.correlation, Input::Search),
    ];
    form.filter(fields, words.from, words.to)
}

fn columns(words: &Words) -> [Column; 8] {
    [
        text(words.question),
        text(words.state),
        text(words.kind),
        text(words.requested_by),
        text(words.answers),
        number(words.quorum),
        text(words.made),
        text(words.expires),
    ]
}

fn row(ask: &Ask, answered: usize, lang: Lang, now: Timestamp) -> Row {
    let words = Words::of(lang);
    let ask = &spoken(ask, lang);
    let cells = vec![
        html! { span.most { a href=(address::of(&ask.key.id)) { (cut(&ask.question, QUESTION_CHARS)) } } },
        of_ask(ask, lang),
        html! { (of_kind(ask.kind, lang)) },
        html! {
            @match &ask.requested_by {
                Some(by) => { span title=(by) { (foreign(&called(ask, by, lang))) } }
                None => { (UNKNOWN) }
            }
        },
        html! { ((words.so_many_of)(answered, ask.audience.len())) },
        html! { (whole(u64::from(ask.quorum))) },
        time(ask.created_at, now, lang),
        // What has ended expires no more.
        html! { @if ask.end.is_none() { (time(ask.expires_at, now, lang)) } @else { (UNKNOWN) } },
    ];
    Row { id: anchor("ask", &ask.key.id), cells }
}
