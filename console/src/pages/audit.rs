//! `/console/audit`: what people decided and were refused, and how far the chain has come that shows that nobody has
//! changed it since.

mod told;
mod words;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use domain::{JournalRow, Scope, Tenant, Timestamp, printable};
use maud::{Markup, html};
use operations::NotListed;
use operations::journal::{self, Chain, LATER_THAN_SINCE};
use store::{JOURNAL_LOOK, JournalCursor, JournalEntry, JournalFilter, JournalPage};
use web::query::Parameters;

use self::told::told;
use self::words::Words;
use crate::asked::of_another_search;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::asks::address as asks;
use crate::pages::commands::address as commands;
use crate::pages::dead_letters::paths;
use crate::pages::delivery::address::{self as deliveries, short};
use crate::pieces::breakable::{breakable, foreign, has_long_word};
use crate::pieces::figure::whole;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::pager;
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::noted;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

const NAMES: [&str; 6] = ["actor", "kind", "subject", "since", "until", "after"];
/// How many digits of a seal are shown: enough to tell it from another.
const SHOWN_DIGITS: usize = 16;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/audit", get(show))
}

/// What was asked for, as it stands in the address.
struct Asked {
    texts: [String; 5],
    filter: JournalFilter,
    problems: Vec<(String, String)>,
}

impl Asked {
    fn read(mut query: Parameters) -> Self {
        const TIME: &str = "must be a date and time as in RFC 3339, with an offset, such as 2026-03-01T09:00:00Z";
        // A form sends the fields that nobody has filled in as well.
        let texts: [String; 5] = std::array::from_fn(|at| query.text(NAMES[at]).unwrap_or_default().trim().to_owned());
        let after = query.parsed(
            "after",
            "must be the end of the page before, or be left out to begin anew",
            JournalCursor::parse,
        );
        let mut time = |at: usize| {
            let read = Timestamp::parse_rfc3339(&texts[at]).ok();
            if read.is_none() && !texts[at].is_empty() {
                query.refuse(NAMES[at], TIME);
            }
            read
        };
        let (since, until) = (time(3), time(4));
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            query.refuse("until", LATER_THAN_SINCE);
        }
        let problems = query.finish(&NAMES).err();
        let problems = problems.iter().flat_map(|problem| problem.bad());
        let problems = problems.map(|(name, detail)| (name.to_owned(), detail.to_owned())).collect();
        let some = |at: usize| Some(texts[at].clone()).filter(|text| !text.is_empty());
        let (actor, kind, subject) = (some(0), some(1), some(2));
        let filter = JournalFilter { tenant: None, actor, kind, subject, since, until, after, limit: 0 };
        Self { texts, filter, problems }
    }

    fn pairs(&self) -> Vec<(&'static str, &str)> {
        NAMES.into_iter().zip(self.texts.iter().map(String::as_str)).collect()
    }
}

async fn show(State(console): State<Console>, viewer: Viewer, query: Parameters) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Audit);
    if let Err(denied) = viewer.actor.must(Scope::Admin) {
        return shell.denied(denied).await;
    }
    let mut asked = Asked::read(query);
    let (lang, now) = (shell.lang(), console.clock.now());
    let title = Section::Audit.label(lang);
    if !asked.problems.is_empty() {
        return shell.answer(StatusCode::UNPROCESSABLE_ENTITY, title, &form(&asked, lang)).await;
    }
    // The chain is that of all tenants.
    let sees_all = viewer.actor.may(Scope::Tenants);
    asked.filter.tenant = (!sees_all).then(|| viewer.actor.tenant.clone());
    let (page, chain) = match read(&console, &asked, sees_all, now).await {
        Ok(read) => read,
        Err(NotListed::OtherFilter) => {
            asked.problems.push(of_another_search());
            return shell.answer(StatusCode::UNPROCESSABLE_ENTITY, title, &form(&asked, lang)).await;
        }
        Err(NotListed::Store(error)) => return shell.ledger_failed(&error).await,
    };
    let next = page.next.as_ref().map(ToString::to_string);
    let content = html! {
        (sealed(chain.as_ref(), lang))
        (form(&asked, lang))
        (listed(&page, &viewer, lang, now))
        @if page.is_cut { p.soft { ((Words::of(lang).looked_at)(&whole(JOURNAL_LOOK as u64))) } }
        (pager(lang, Section::Audit.path(), &asked.pairs(), asked.filter.after.is_none(), next.as_deref()))
    };
    shell.page(title, &content).await
}

async fn read(
    console: &Console,
    asked: &Asked,
    sees_all: bool,
    now: Timestamp,
) -> Result<(JournalPage, Option<Chain>), NotListed> {
    let page = journal::list(&console.store, asked.filter.clone()).await?;
    let chain = if sees_all { Some(journal::chain(&console.store, now).await?) } else { None };
    Ok((page, chain))
}

fn form(asked: &Asked, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let [actor, kind, subject, since, until] = asked.texts.each_ref().map(String::as_str);
    let field = |name, label, value, input| Field { name, label, value, input };
    let fields = [
        field("actor", words.actor, actor, Input::Search),
        field("kind", words.kind, kind, Input::Text("pause.begun")),
        field("subject", words.subject, subject, Input::Text("")),
        field("since", words.since, since, Input::Instant("2026-03-01T09:00:00Z")),
        field("until", words.until, until, Input::Instant("2026-03-02T09:00:00Z")),
    ];
    filter(lang, Section::Audit.path(), &fields, &asked.problems)
}

/// How far the chain has come, for those who see all of it.
fn sealed(chain: Option<&Chain>, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let Some(chain) = chain else {
        return html! { p.soft { (words.chain_of_all) } };
    };
    html! {
        dl.facts {
            dt { (words.chain) }
            dd {
                @match &chain.head {
                    Some(head) => { ((words.sealed_up_to)(&whole(u64::try_from(head.seq).unwrap_or_default()))) }
                    None => { (words.nothing_sealed) }
                }
                @if chain.unsealed > 0 { ", " ((words.unsealed)(&whole(chain.unsealed.into()))) }
            }
            @if let Some(head) = &chain.head {
                @let told = head.to_string();
                dt { (words.head) }
                dd { code title=(told) { (shortened(&told)) } }
            }
        }
        p.soft { (words.verify) " " code { "chasqui audit verify" } }
    }
}

/// A head with the first digits of its seal: `42:0123456789abcdef…`.
fn shortened(head: &str) -> String {
    let end = head.find(':').map_or(0, |colon| colon + 1) + SHOWN_DIGITS;
    head.get(..end).map_or_else(|| head.to_owned(), |first| format!("{first}…"))
}

fn listed(page: &JournalPage, viewer: &Viewer, lang: Lang, now: Timestamp) -> Markup {
    let (words, sees_all) = (Words::of(lang), viewer.actor.may(Scope::Tenants));
    let mut columns = vec![
        text(words.at),
        text(words.actor),
        text(words.kind),
        text(words.subject),
        text(words.told),
        number(words.seq),
    ];
    if sees_all {
        columns.insert(1, text(words.tenant));
    }
    let rows: Vec<Row> = page.entries.iter().map(|entry| row(entry, viewer, lang, now)).collect();
    table(lang, words.caption, &columns, &rows)
}

fn row(entry: &JournalEntry, viewer: &Viewer, lang: Lang, now: Timestamp) -> Row {
    let (words, sees_all) = (Words::of(lang), viewer.actor.may(Scope::Tenants));
    let row = &entry.row;
    let seq = entry.seq.and_then(|seq| u64::try_from(seq).ok());
    let mut cells = vec![
        noted(Timestamp::from_micros(row.at), now, lang),
        foreign(&row.actor),
        html! { span.one-line { (breakable(&row.kind)) } },
        subject(row, &viewer.actor.tenant),
        told(&row.data, lang),
        html! { @match seq { Some(seq) => { (whole(seq)) } None => { span.soft { (words.not_sealed) } } } },
    ];
    if sees_all {
        cells.insert(1, foreign(&row.tenant));
    }
    Row { id: format!("entry-{}", row.id), cells }
}

/// To what something was done, with the way there where that has a page of the own tenant. An id is shortened as it is
/// elsewhere.
fn subject(row: &JournalRow, own: &Tenant) -> Markup {
    let (subject, shown) = (row.subject.as_str(), short(&row.subject));
    match way(&row.kind, subject).filter(|_| row.tenant == own.as_str()) {
        Some(way) => html! { a.mono.id href=(way) title=(printable(subject)) { (shown) } },
        None if shown != subject => html! { code.id title=(subject) { (shown) } },
        None => html! { span.most[has_long_word(subject)] { (breakable(subject)) } },
    }
}

/// The page of what an entry of this kind tells about.
fn way(kind: &str, subject: &str) -> Option<String> {
    Some(match kind.split_once('.')? {
        ("ask", _) => asks::of(subject),
        ("command", _) => commands::of(subject),
        ("delivery", _) | ("dead_letter", "edited") => deliveries::of(subject),
        ("dead_letter", _) => paths::letter(subject),
        ("dead_letters", "acknowledged") => paths::group(subject),
        // What is read is the whole queue.
        ("dead_letters", act) if act != "read" => paths::job(subject),
        _ => return None,
    })
}

#[test]
fn a_head_is_shown_with_its_place_and_the_first_digits_of_its_seal() {
    assert_eq!(shortened(&format!("42:{}", "0123456789abcdef".repeat(4))), "42:0123456789abcdef…");
    assert_eq!(shortened("42:01"), "42:01");
}
