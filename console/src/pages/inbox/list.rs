//! The items of an inbox, a page at a time, below where the inbox stands.

use axum::extract::State;
use axum::response::Response;
use domain::{Actor, INBOX_NAME_RULE, InboxMarks, Timestamp, is_inbox_name};
use maud::{Markup, html};
use operations::inbox::{Looked, LookedFor, NotLooked, look};
use store::{InboxFilter, InboxItem, PageCursor};
use web::query::Parameters;

use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::list::{Form, List, NO_PLACE, Page, Query};
use crate::pages::delivery::address as delivery;
use crate::pages::gateways::address as gateways;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::foreign;
use crate::pieces::facts::{cut, fact};
use crate::pieces::figure::whole;
use crate::pieces::filter::Input;
use crate::pieces::table::{Column, Row, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Refusal, Viewer};
use crate::words::Lang;

/// The rows of a page.
const ROWS: usize = 50;
/// How much of the words of an item without a title stands in a row, in characters.
const WORDS_CHARS: usize = 80;
/// What a list is narrowed to; without any it has all items.
const FILTERS: [InboxFilter; 4] =
    [InboxFilter::Current, InboxFilter::Unread, InboxFilter::Unseen, InboxFilter::Archived];
const LIST: List<Wanted> = List { section: Section::Inbox, names: &["user", "filter", "after"], read, form };

/// What the address asks for.
struct Wanted {
    user: Option<String>,
    filter: Option<InboxFilter>,
    after: Option<PageCursor<i64>>,
}

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, query: Query) -> Result<Response, Refusal> {
    let shell = Shell::of(&console, &viewer, Section::Inbox);
    let (wanted, written) = LIST.asked(&shell, &viewer.actor, query).await?;
    let (lang, now) = (shell.lang(), console.clock.now());
    let words = Words::of(lang);
    let found = match &wanted.user {
        Some(user) => match looked(&console, &viewer, user, &wanted, now).await {
            Ok(looked) => Some((user, looked)),
            Err(NotLooked::NotDone(why)) => return Ok(shell.undone(&why).await),
            Err(NotLooked::NoUser) => return Ok(shell.not_found().await),
            Err(NotLooked::NotListed(why)) => return Ok(LIST.not_listed(&shell, &written, why).await),
        },
        None => None,
    };
    let over = found.as_ref().map(|(user, looked)| standing(user, looked, &viewer, lang));
    let items = found.as_ref().map_or(&[][..], |(_, looked)| looked.page.items.as_slice());
    let rows: Vec<Row> = items.iter().map(|item| row(item, lang, now)).collect();
    let page = Page {
        over: over.unwrap_or_else(|| html! { p.soft { (words.about) } }),
        columns: &columns(words),
        rows: &rows,
        nothing: if found.is_some() { words.nothing } else { words.nobody },
        // A page without any is the last.
        nothing_yet: words.nothing,
        is_first: wanted.after.is_none(),
        next: found.as_ref().and_then(|(_, looked)| looked.next.as_ref()),
    };
    Ok(LIST.answer(&shell, &written, &page).await)
}

async fn looked(
    console: &Console,
    viewer: &Viewer,
    user: &str,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Looked, NotLooked> {
    let filter = wanted.filter.unwrap_or(InboxFilter::All);
    let wanted = LookedFor { user, filter, after: wanted.after.as_ref() };
    look(&console.store, &viewer.actor, wanted, ROWS, now).await
}

fn read(query: &mut Parameters, _: &Actor) -> Wanted {
    // Whoever pastes an id may bring a space with it.
    let user = query.parsed("user", INBOX_NAME_RULE, |text| {
        let user = text.trim();
        is_inbox_name(user).then(|| user.to_owned())
    });
    let filter = query.one_of("filter", &FILTERS, InboxFilter::as_str);
    let after = query.parsed("after", NO_PLACE, PageCursor::parse);
    Wanted { user, filter, after }
}

fn form(form: &Form<'_>) -> Markup {
    let words = Words::of(form.lang);
    let filters = FILTERS.map(|filter| (filter.as_str(), words.of_filter(filter)));
    form.narrow(&[
        form.field("user", words.user, Input::Search),
        form.field("filter", words.which, Input::Choice(&filters)),
    ])
}

/// Where the inbox stands, as its user's application has it too.
fn standing(user: &str, looked: &Looked, viewer: &Viewer, lang: Lang) -> Markup {
    let (words, counters) = (Words::of(lang), looked.page.counters);
    let counted = |number: i64| html! { (whole(u64::try_from(number).unwrap_or_default())) };
    html! {
        dl.facts {
            (fact(words.user, html! { code { (user) } }))
            (fact(words.tenant, html! { (viewer.actor.tenant.as_str()) }))
            (fact(words.unread, counted(counters.unread)))
            (fact(words.unseen, counted(counters.unseen)))
            (fact(words.archived, html! { (whole(looked.kept.archived.into())) }))
            (fact(words.kept, html! { (whole(looked.kept.items.into())) }))
            (fact(words.connected, html! { a href=(gateways::of(user)) { (words.see_connected) } }))
        }
        p.soft { (words.is_noted) }
    }
}

fn columns(words: &Words) -> [Column; 5] {
    [text(words.title), text(words.kind), text(words.priority), text(words.state), text(words.since)]
}

fn row(item: &InboxItem, lang: Lang, now: Timestamp) -> Row {
    let id = item.key.id.as_str();
    let title = item.title.clone().unwrap_or_else(|| cut(&item.body, WORDS_CHARS));
    let cells = vec![
        html! { span.most { a href=(delivery::of(id)) title=(id) { (title) } } },
        foreign(&item.kind),
        html! { (item.priority.as_str()) },
        state(item.marks, lang, now),
        time(item.posted_at, now, lang),
    ];
    Row { id: delivery::anchor("item", id), cells }
}

/// What its user has done with it last, and when; of one that is put off, until when.
fn state(marks: InboxMarks, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let put_off = marks.snoozed_until.filter(|until| *until > now);
    let (tone, word, at) = match (marks.archived_at, put_off, marks.read_at, marks.seen_at) {
        (Some(at), ..) => (Tone::Quiet, words.is_archived, Some(at)),
        (None, Some(until), ..) => (Tone::Waiting, words.is_snoozed, Some(until)),
        (None, None, Some(at), _) => (Tone::Good, words.is_read, Some(at)),
        (None, None, None, Some(at)) => (Tone::Busy, words.is_seen, Some(at)),
        (None, None, None, None) => (Tone::Waiting, words.is_unseen, None),
    };
    html! { (badge(tone, word)) @if let Some(at) = at { " " (time(at, now, lang)) } }
}
