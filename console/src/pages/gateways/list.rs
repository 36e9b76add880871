//! Who is connected, a page at a time, below the gateways.

use axum::extract::State;
use axum::response::Response;
use domain::{Actor, Timestamp};
use maud::{Markup, html};
use operations::NotListed;
use operations::gateways::{self, PresentPage};
use store::{Gateway, LargeRoom, PageCursor, PresentUser};
use web::query::Parameters;

use super::tables;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::list::{Form, List, NO_PLACE, Page, Query};
use crate::pages::delivery::address::anchor;
use crate::pages::inbox::address as inbox;
use crate::pieces::figure::whole;
use crate::pieces::filter::Input;
use crate::pieces::table::{Column, Row, number, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Refusal, Viewer};
use crate::words::Lang;

/// The rows of a page.
const ROWS: usize = 50;
const LIST: List<Wanted> = List { section: Section::Gateways, names: &["user", "after"], read, form };

/// What the address asks for.
struct Wanted {
    /// How the ids begin.
    user: Option<String>,
    after: Option<PageCursor>,
}

/// What the fleet says. Only the first page has more than people.
struct Found {
    people: PresentPage,
    fleet: Option<Fleet>,
}

struct Fleet {
    gateways: Vec<Gateway>,
    rooms: Vec<LargeRoom>,
    connected: u32,
}

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, query: Query) -> Result<Response, Refusal> {
    let shell = Shell::of(&console, &viewer, Section::Gateways);
    let (wanted, written) = LIST.asked(&shell, &viewer.actor, query).await?;
    let Found { people, fleet } = match found(&console, &viewer, &wanted).await {
        Ok(found) => found,
        Err(why) => return Ok(LIST.not_listed(&shell, &written, why).await),
    };
    let (lang, now) = (shell.lang(), console.clock.now());
    let words = Words::of(lang);
    let rows: Vec<Row> = people.people.iter().map(|one| row(one, lang, now)).collect();
    let page = Page {
        over: over(fleet.as_ref(), &viewer, now),
        columns: &columns(words),
        rows: &rows,
        nothing: if wanted.user.is_some() { words.nobody_fits } else { words.nobody },
        // A page without any is the last.
        nothing_yet: words.nobody_fits,
        is_first: wanted.after.is_none(),
        next: people.next.as_ref(),
    };
    Ok(LIST.answer(&shell, &written, &page).await)
}

async fn found(console: &Console, viewer: &Viewer, wanted: &Wanted) -> Result<Found, NotListed> {
    let (store, tenant) = (&console.store, &viewer.actor.tenant);
    let people = gateways::present(store, tenant, wanted.user.as_deref(), wanted.after.as_ref(), ROWS).await?;
    if wanted.after.is_some() {
        return Ok(Found { people, fleet: None });
    }
    let fleet = Fleet {
        gateways: gateways::list(store).await?,
        rooms: gateways::rooms(store, tenant).await?,
        connected: gateways::count(store, tenant).await?,
    };
    Ok(Found { people, fleet: Some(fleet) })
}

fn read(query: &mut Parameters, _: &Actor) -> Wanted {
    let user = query.text("user").map(|user| user.trim().to_owned());
    Wanted { user, after: query.parsed("after", NO_PLACE, PageCursor::parse) }
}

fn form(form: &Form<'_>) -> Markup {
    form.narrow(&[form.field("user", Words::of(form.lang).user_begins, Input::Search)])
}

fn over(fleet: Option<&Fleet>, viewer: &Viewer, now: Timestamp) -> Markup {
    let lang = viewer.look.lang;
    let words = Words::of(lang);
    html! {
        p.soft { (words.about) }
        @if let Some(Fleet { gateways, rooms, connected }) = fleet {
            (tables::of_gateways(gateways, lang, now))
            (tables::of_rooms(rooms, viewer.actor.tenant.as_str(), lang))
            h2 { (words.people) }
            p.soft { ((words.connected_of)(u64::from(*connected), viewer.actor.tenant.as_str())) }
        }
    }
}

fn columns(words: &Words) -> [Column; 4] {
    [text(words.user), number(words.sockets), number(words.at_gateways), text(words.since)]
}

fn row(one: &PresentUser, lang: Lang, now: Timestamp) -> Row {
    let cells = vec![
        html! { span.most { a href=(inbox::of(&one.user)) { (one.user) } } },
        html! { (whole(one.sockets.into())) },
        html! { (whole(one.present.gateways.into())) },
        time(one.present.since, now, lang),
    ];
    Row { id: anchor("user", &one.user), cells }
}
