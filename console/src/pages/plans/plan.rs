//! `/console/dead-letters/plans/{id}`: what would become of which letters, and the form that starts it.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{RedirectTo, Scope, Timestamp};
use maud::{Markup, html};
use operations::NotDone;
use operations::dead_letters::{self, Shown, Started};
use store::{Counted, JobState, LetterAction, StoreError};

use super::asked::again;
use super::outlook::{REGION, samples, warnings};
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::dead_letters::{names, paths, tabs};
use crate::pages::jobs::counts::counts;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::pieces::figure::whole;
use crate::pieces::time::{lasting, time};
use crate::section::Section;
use crate::session::{Posted, Viewer, led};
use crate::words::Lang;

/// How long a plan may be started, as the ledger counts it.
const GOOD_FOR: Duration = Duration::from_secs(3600);

/// Why a plan was not started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NotStarted {
    Unconfirmed(NotConfirmed),
    /// It was changed meanwhile.
    Changed,
}

pub(super) async fn show(
    State(console): State<Console>,
    Path(id): Path<String>,
    viewer: Viewer,
    headers: HeaderMap,
) -> Response {
    led(answer(&console, &viewer, &id, None).await, &headers)
}

/// A plan becomes a job, if it has as many letters as its starter means.
pub(super) async fn start(State(console): State<Console>, Path(id): Path<String>, posted: Posted) -> Response {
    let Posted { viewer, fields } = posted;
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.change_denied(denied, "start a plan for dead letters").await;
    }
    let shown = match dead_letters::known(&console.store, &viewer.actor.tenant, &id).await {
        Ok(Some(shown)) => shown,
        Ok(None) => return shell.not_found().await,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let letters = shown.open();
    if let Err(refused) = Confirm::read(&fields, letters.into(), false) {
        return answer(&console, &viewer, &id, Some(NotStarted::Unconfirmed(refused))).await;
    }
    match dead_letters::start(&console.store, &viewer.actor, &id, letters, console.clock.now()).await {
        Ok(Started::Started(shown)) => Redirect::to(&paths::job(&shown.job.id)).into_response(),
        Ok(Started::Unknown) => shell.not_found().await,
        Ok(Started::Has(_) | Started::NoPlan(_)) => answer(&console, &viewer, &id, Some(NotStarted::Changed)).await,
        Err(NotDone::Denied(denied)) => shell.denied(denied).await,
        Err(NotDone::Ledger(error)) => shell.ledger_failed(&error).await,
    }
}

async fn answer(console: &Console, viewer: &Viewer, id: &str, refused: Option<NotStarted>) -> Response {
    let shell = Shell::of(console, viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let shown = match dead_letters::known(&console.store, &viewer.actor.tenant, id).await {
        Ok(Some(shown)) => shown,
        Ok(None) => return shell.not_found().await,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    if shown.job.state != JobState::Planned {
        // Somebody has started or discarded it: the page of the job says who.
        return Redirect::to(&paths::job(id)).into_response();
    }
    let status = match refused {
        None => StatusCode::OK,
        Some(NotStarted::Unconfirmed(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(NotStarted::Changed) => StatusCode::CONFLICT,
    };
    let (lang, action) = (shell.lang(), shown.job.action);
    let title = format!("{}: {}", Words::of(lang).plan, names::action(action, lang));
    match page(console, viewer, &shown, refused).await {
        Ok(content) => shell.answer(status, &title, &content).await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

async fn page(
    console: &Console,
    viewer: &Viewer,
    shown: &Shown,
    refused: Option<NotStarted>,
) -> Result<Markup, StoreError> {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let words = Words::of(lang);
    let reading = dead_letters::reading(&console.store).await?;
    let is_too_old = shown.job.made_at.plus(GOOD_FOR) <= now;
    let again = again(paths::PLANS, &shown.job.wanted);
    let of_state = |state: &str, is: bool| -> Vec<Counted> {
        shown.counted.iter().filter(|counted| (counted.state == state) == is).cloned().collect()
    };
    let (chosen, left_out) = (of_state("left_out", false), of_state("left_out", true));
    Ok(html! {
        (tabs(lang, None))
        @if refused == Some(NotStarted::Changed) { p.refused role="alert" { (words.not_started) } }
        div id=(REGION) { (warnings(shown, &reading, again.as_deref(), is_too_old, lang, now)) }
        p { (names::meaning(shown.job.action, lang)) }
        (facts(shown, lang, now))
        @if viewer.actor.may(Scope::Operate) {
            @if is_too_old || shown.open() == 0 {
                (discarding(shown, is_too_old, words))
            } @else {
                (starting(shown, refused, lang))
            }
        }
        h2 { (words.split) }
        (counts(&chosen, shown.job.state, lang))
        h2 { (words.left_out) }
        @if left_out.is_empty() { p.nothing { (words.none_left_out) } } @else { (counts(&left_out, shown.job.state, lang)) }
        (samples(shown.outlook.as_ref(), lang))
    })
}

fn facts(shown: &Shown, lang: Lang, now: Timestamp) -> Markup {
    let (words, job) = (Words::of(lang), &shown.job);
    html! {
        dl.facts {
            dt { (words.letters) }
            dd { strong { (whole(shown.open().into())) } }
            dt { (words.reason) }
            dd { (job.why) }
            dt { (words.made) }
            dd { (time(job.made_at, now, lang)) " " (words.by) " " (job.made_by) }
            dt { (words.lasts) }
            dd { (lasting(shown.lasts())) " (" (job.rate) " " (words.per_second) ")" }
            @if job.action.sends() {
                dt { (words.canary_is) }
                dd { @if job.canary == 0 { (words.no_canary) } @else { (job.canary) } }
            }
            @match &job.target {
                Some(RedirectTo::Channel(to)) => { dt { (words.to) } dd { (to.as_str()) } }
                Some(RedirectTo::Provider(to)) => { dt { (words.to_provider) } dd { (to) } }
                None => {}
            }
        }
    }
}

fn starting(shown: &Shown, refused: Option<NotStarted>, lang: Lang) -> Markup {
    let (words, letters) = (Words::of(lang), shown.open());
    let refused = match refused {
        Some(NotStarted::Unconfirmed(refused)) => Some(refused),
        Some(NotStarted::Changed) | None => None,
    };
    let question = names::question(shown.job.action, letters, lang);
    let (action, discard) = (format!("{}/start", paths::plan(&shown.job.id)), discard_of(shown));
    let confirm = Confirm {
        question: &question,
        count: letters.into(),
        action: &action,
        verb: words.start,
        is_dangerous: matches!(shown.job.action, LetterAction::Drop | LetterAction::Close),
        otherwise: Some((words.discard, discard.as_str())),
        hidden: &[],
        asks_reason: false,
        back: paths::GROUPS,
    };
    confirm.page(lang, refused)
}

/// What is left to do with a plan that nobody can start.
fn discarding(shown: &Shown, is_too_old: bool, words: &Words) -> Markup {
    html! {
        form.confirm method="post" action=(discard_of(shown)) {
            // That it is too old stands over the page.
            @if !is_too_old { p.nothing { (words.nothing_to_begin) } }
            p.actions { button type="submit" { (words.discard) } }
        }
    }
}

fn discard_of(shown: &Shown) -> String {
    format!("{}/cancel", paths::job(&shown.job.id))
}
