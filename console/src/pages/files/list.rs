//! The files of a tenant, a page at a time, below how much of its quota they are.

use axum::extract::State;
use axum::response::Response;
use domain::{Actor, Scan, Timestamp};
use maud::{Markup, html};
use operations::NotListed;
use operations::files::{self, FileStanding, Found, Standing, Wanted};
use store::{FileQuota, FileUsage, PageCursor};
use web::query::Parameters;

use super::address;
use super::badges::{of_scan, of_standing, scanned, word};
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::list::{Form, List, NO_PLACE, Page, Query};
use crate::pages::delivery::address::anchor;
use crate::pieces::breakable::foreign;
use crate::pieces::facts::fact;
use crate::pieces::figure::{UNKNOWN, bytes, percent, whole};
use crate::pieces::filter::Input;
use crate::pieces::table::{Column, Row, number, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Refusal, Viewer};
use crate::words::Lang;

/// The rows of a page.
const ROWS: usize = 50;
const LIST: List<Wanted> = List { section: Section::Files, names: &["name", "state", "scan", "after"], read, form };

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, query: Query) -> Result<Response, Refusal> {
    let shell = Shell::of(&console, &viewer, Section::Files);
    let (wanted, written) = LIST.asked(&shell, &viewer.actor, query).await?;
    let (lang, now) = (shell.lang(), console.clock.now());
    let (found, usage) = match found(&console, &viewer, &wanted, now).await {
        Ok(found) => found,
        Err(why) => return Ok(LIST.not_listed(&shell, &written, why).await),
    };
    let words = Words::of(lang);
    let rows: Vec<Row> = found.files.iter().map(|one| row(one, lang, now)).collect();
    let all_fit = wanted == Wanted { after: wanted.after.clone(), ..Wanted::default() };
    let page = Page {
        over: used(usage, console.files.as_deref().map(files::quota), &viewer, lang),
        columns: &columns(words),
        rows: &rows,
        nothing: if all_fit { words.nothing_at_all } else { words.nothing },
        nothing_yet: words.nothing_yet,
        is_first: wanted.after.is_none(),
        next: found.next.as_ref(),
    };
    Ok(LIST.answer(&shell, &written, &page).await)
}

async fn found(
    console: &Console,
    viewer: &Viewer,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<(Found, FileUsage), NotListed> {
    let (store, tenant) = (&console.store, &viewer.actor.tenant);
    let found = files::find(store, tenant, wanted, ROWS, now).await?;
    Ok((found, files::usage(store, tenant).await?))
}

fn read(query: &mut Parameters, _: &Actor) -> Wanted {
    let name = query.text("name").map(|name| name.trim().to_owned());
    let standing = query.one_of("state", &FileStanding::ALL, FileStanding::as_str);
    let scan = query.one_of("scan", &Scan::ALL, Scan::as_str);
    let after = query.parsed("after", NO_PLACE, PageCursor::parse);
    Wanted { standing, scan, name, after }
}

fn form(form: &Form<'_>) -> Markup {
    let words = Words::of(form.lang);
    let standings = FileStanding::ALL.map(|standing| (standing.as_str(), word(standing, form.lang)));
    let scans = Scan::ALL.map(|scan| (scan.as_str(), scanned(scan, form.lang)));
    form.narrow(&[
        form.field("name", words.name, Input::Search),
        form.field("state", words.state, Input::Choice(&standings)),
        form.field("scan", words.scan, Input::Choice(&scans)),
    ])
}

/// How much a tenant has of what it may have, as far as the settings of this process say that.
fn used(usage: FileUsage, quota: Option<FileQuota>, viewer: &Viewer, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let of_most = |used: u64, most: Option<u64>, told: &dyn Fn(u64) -> String| match most {
        Some(most) => format!("{} ({})", (words.of_most)(&told(used), &told(most)), percent(used, most, lang)),
        None => told(used),
    };
    let files = of_most(usage.files, quota.map(|quota| quota.files), &whole);
    let size = of_most(usage.bytes, quota.map(|quota| quota.bytes), &|number| bytes(number, lang));
    html! {
        dl.facts {
            (fact(words.tenant, html! { (viewer.actor.tenant.as_str()) }))
            (fact(words.files, html! { (files) }))
            (fact(words.size, html! { (size) }))
        }
        p.soft { (words.about) }
    }
}

fn columns(words: &Words) -> [Column; 8] {
    [
        text(words.name),
        text(words.kind),
        number(words.size),
        text(words.state),
        text(words.scan),
        text(words.by),
        text(words.since),
        text(words.expires),
    ]
}

fn row(one: &Standing, lang: Lang, now: Timestamp) -> Row {
    let file = &one.file;
    let object = file.object.as_str();
    let cells = vec![
        html! { span.most { a href=(address::of(&file.object)) title=(object) { (file.name) } } },
        html! { (file.object.kind()) },
        html! { (bytes(file.bytes, lang)) },
        of_standing(one.standing, lang),
        of_scan(file.scan, lang),
        foreign(&file.by),
        time(file.created_at, now, lang),
        html! { @match file.expires_at { Some(at) => { (time(at, now, lang)) } None => { (UNKNOWN) } } },
    ];
    Row { id: anchor("file", object), cells }
}
