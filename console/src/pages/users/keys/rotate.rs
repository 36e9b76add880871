//! Makes the key that follows another, which is taken beside it for a while.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use operations::accounts::keys::{self, LONGEST_OVERLAP, OVERLAP};
use web::query::Parameters;

use super::made;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::users::undone;
use crate::pieces::pager;
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) const PATH: &str = "/console/keys/rotate";
const OVERLAP_SECONDS: &str = "overlap_seconds";

pub(super) fn address(id: &str) -> String {
    pager::address(PATH, &[("id", id)], None)
}

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, mut query: Parameters) -> Response {
    let id = query.text("id").unwrap_or_default();
    if let Err(problem) = query.finish(&["id"]) {
        return Shell::of(&console, &viewer, Section::Keys).refused(&problem).await;
    }
    asked(&console, &viewer, &id, false).await
}

async fn asked(console: &Console, viewer: &Viewer, id: &str, is_refused: bool) -> Response {
    let shell = Shell::of(console, viewer, Section::Keys);
    let key = match keys::show(&console.store, &viewer.actor, id, console.clock.as_ref()).await {
        Ok(key) => key,
        Err(why) => return undone::page(&shell, why).await,
    };
    let words = Words::of(shell.lang());
    let content = html! {
        form.confirm method="post" action=(PATH) {
            @if is_refused { p.refused role="alert" { (words.bad_overlap) } }
            p.question { ((words.ask_rotate)(&key.name)) }
            input type="hidden" name="id" value=(key.id);
            label for="overlap" { (words.overlap) }
            select #overlap name=(OVERLAP_SECONDS) aria-invalid=[is_refused.then_some("true")] {
                @for (overlap, label) in overlaps(words) {
                    option value=(overlap.as_secs()) selected[overlap == OVERLAP] { (label) }
                }
            }
            p.actions {
                button.main type="submit" { (words.rotate) }
                a href=(Section::Keys.path()) { (words.back_to_keys) }
            }
        }
    };
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    shell.answer(status, words.rotate_title, &content).await
}

fn overlaps(words: &Words) -> [(Duration, &'static str); 5] {
    let lasting = [Duration::ZERO, Duration::from_secs(60 * 60), OVERLAP, OVERLAP * 7, LONGEST_OVERLAP];
    std::array::from_fn(|at| (lasting[at], words.overlaps[at]))
}

pub(super) async fn done(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Keys);
    let id = fields.text("id").unwrap_or_default();
    let overlap = fields.text(OVERLAP_SECONDS).and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let Some(overlap) = overlap.filter(|overlap| *overlap <= LONGEST_OVERLAP) else {
        return asked(&console, &viewer, id, true).await;
    };
    let rotated = keys::rotate(&console.store, &viewer.actor, id, overlap, console.clock.as_ref()).await;
    console.accounts.keys.forget_age();
    match rotated {
        Ok(key) => made::page(&shell, &key).await,
        Err(why) => undone::page(&shell, why).await,
    }
}
