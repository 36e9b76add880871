//! `/console/dead-letters/jobs/{id}`: how far a job is, and what can be done about it. Its live part comes again while it
//! runs; without scripts the page is loaded again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Canary, RedirectTo, Scope, Timestamp};
use maud::{Markup, html};
use operations::NotDone;
use operations::dead_letters::{self, Change, FailureFormat, Shown};
use store::{JobState, LetterAction, LetterGroup, StoreError};

use super::counts::counts;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::dead_letters::{headline, names, paths, tabs};
use crate::pieces::figure::whole;
use crate::pieces::harmless::harmless;
use crate::pieces::pager::address;
use crate::pieces::time::{lasting, of_day, time};
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

/// What can become of a letter of a job, in the order in which it is shown.
const OUTCOMES: [&str; 7] = ["done", "taken", "pending", "failed", "missing", "unclear", "left_out"];

pub(super) async fn show(State(console): State<Console>, Path(id): Path<String>, viewer: Viewer) -> Response {
    answer(&console, &viewer, &id, true).await
}

/// The live part alone. Where it cannot be had, nothing is said, and the page stays as it is.
pub(super) async fn live(State(console): State<Console>, Path(id): Path<String>, viewer: Viewer) -> Response {
    if viewer.actor.must(Scope::Read).is_err() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let Ok(Some(shown)) = dead_letters::known(&console.store, &viewer.actor.tenant, &id).await else {
        return StatusCode::NO_CONTENT.into_response();
    };
    match groups_again(&console, &viewer, &shown).await {
        Ok(again) => harmless(moving(&shown, &again, &viewer, console.clock.now())).into_response(),
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

pub(super) async fn cancel(State(console): State<Console>, Path(id): Path<String>, posted: Posted) -> Response {
    change(&console, &posted.viewer, &id, Change::Cancel).await
}

pub(super) async fn resume(State(console): State<Console>, Path(id): Path<String>, posted: Posted) -> Response {
    change(&console, &posted.viewer, &id, Change::Resume).await
}

async fn change(console: &Console, viewer: &Viewer, id: &str, change: Change) -> Response {
    let shell = Shell::of(console, viewer, Section::DeadLetters);
    match dead_letters::change(&console.store, &viewer.actor, id, change, console.clock.now()).await {
        Ok(true) => Redirect::to(&paths::job(id)).into_response(),
        Ok(false) => answer(console, viewer, id, false).await,
        Err(NotDone::Denied(denied)) => shell.denied(denied).await,
        Err(NotDone::Ledger(error)) => shell.ledger_failed(&error).await,
    }
}

/// `is_done` is false where a change was asked for that the job is in no state for.
async fn answer(console: &Console, viewer: &Viewer, id: &str, is_done: bool) -> Response {
    let shell = Shell::of(console, viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let shown = match dead_letters::known(&console.store, &viewer.actor.tenant, id).await {
        Ok(Some(shown)) => shown,
        Ok(None) => return shell.not_found().await,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    if shown.job.state == JobState::Planned && is_done {
        return Redirect::to(&paths::plan(id)).into_response();
    }
    let groups = dead_letters::groups_of(&console.store, &shown.job, &viewer.actor.tenant).await;
    let (groups, again) = match (groups, groups_again(console, viewer, &shown).await) {
        (Ok(groups), Ok(again)) => (groups, again),
        (Err(error), _) | (_, Err(error)) => return shell.ledger_failed(&error).await,
    };
    let (lang, now) = (shell.lang(), console.clock.now());
    let words = Words::of(lang);
    let content = html! {
        (tabs(lang, None))
        @if !is_done { p.refused role="alert" { (words.not_changed) } }
        p.soft { (names::meaning(shown.job.action, lang)) }
        (facts(&shown, &groups, lang, now))
        (moving(&shown, &again, viewer, now))
        noscript { p.soft { (words.reload) } }
    };
    let status = if is_done { StatusCode::OK } else { StatusCode::CONFLICT };
    shell.answer(status, &format!("{}: {}", words.job, names::action(shown.job.action, lang)), &content).await
}

/// The groups in which are those that are dead again.
async fn groups_again(console: &Console, viewer: &Viewer, shown: &Shown) -> Result<Vec<LetterGroup>, StoreError> {
    match shown.since.filter(|since| since.failed > 0) {
        Some(_) => dead_letters::groups_again(&console.store, &shown.job, &viewer.actor.tenant).await,
        None => Ok(Vec::new()),
    }
}

/// Leads to each of these groups.
fn links(groups: &[LetterGroup]) -> Markup {
    html! {
        @for (at, group) in groups.iter().enumerate() {
            @if at > 0 { ", " }
            a.long href=(paths::group(&group.fingerprint)) title=(group.fingerprint) { (headline(group)) }
        }
    }
}

fn facts(shown: &Shown, groups: &[LetterGroup], lang: Lang, now: Timestamp) -> Markup {
    let (words, job) = (Words::of(lang), &shown.job);
    html! {
        dl.facts {
            dt { (words.job) }
            dd { code { (job.id) } }
            dt { (words.why) }
            dd { (job.why) }
            dt { (words.made) }
            dd { (time(job.made_at, now, lang)) " " (words.by) " " (job.made_by) }
            @if let Some(at) = job.started_at {
                dt { (words.started) }
                dd { (time(at, now, lang)) @if let Some(by) = &job.started_by { " " (words.by) " " (by) } }
            }
            dt { (words.rate) }
            dd { (job.rate) " " (words.per_second) }
            @if job.action.sends() {
                dt { (words.canary) }
                dd { @if job.canary == 0 { (words.no_canary) } @else { ((words.after_so_many)(job.canary)) } }
            }
            @match &job.target {
                Some(RedirectTo::Channel(to)) => { dt { (words.to) } dd { (to.as_str()) } }
                Some(RedirectTo::Provider(to)) => { dt { (words.to_provider) } dd { (to) } }
                None => {}
            }
            @if !groups.is_empty() { dt { (words.groups) } dd { (links(groups)) } }
        }
    }
}

/// The live part: where it stands, how much is done, and what can be done about it.
fn moving(shown: &Shown, again: &[LetterGroup], viewer: &Viewer, now: Timestamp) -> Markup {
    let (lang, job) = (viewer.look.lang, &shown.job);
    let words = Words::of(lang);
    let all = shown.counted.iter().map(|counted| counted.letters).sum::<u32>() - shown.count("left_out");
    let done = all - shown.open();
    html! {
        div #live {
            p #job-state {
                (names::state(job.state, lang))
                @if let Some(at) = job.ended_at { " " (time(at, now, lang)) }
            }
            @if viewer.actor.may(Scope::Operate) { (changes(shown, words)) }
            div #job-note.room { (note(shown, words)) }
            p #job-done {
                label for="job-progress" { (words.progress) ": " }
                progress #job-progress max=(all.max(1)) value=(done) {}
                " " span.whole { ((words.of_all)(&whole(done.into()), &whole(all.into()))) }
                (time_left(shown, words))
            }
            (figures(shown, lang))
            @if job.state == JobState::Cancelled && shown.count("pending") > 0 { p.soft { (words.not_begun) } }
            @if let Some(since) = shown.since {
                p #job-since {
                    ((words.dead_again)(since.failed.into(), since.tried.into()))
                    @if !again.is_empty() { " " (words.dead_again_in) " " (links(again)) }
                }
            }
            (counts(&shown.counted, job.state, lang))
            @if let Some(at) = shown.as_of { p.soft #known-at { ((words.as_of)(&of_day(at))) } }
            (after(shown, viewer, words))
            // It goes when nothing changes any more, and nothing is asked then.
            @if let Some(every) = next_look(shown) {
                span #job-again hx-get={ (paths::job(&job.id)) "/live" } hx-trigger=(every) hx-target="#live"
                    hx-swap="outerMorph" {}
            }
        }
    }
}

/// How soon the job is looked at again: what it has sent may die after its end.
fn next_look(shown: &Shown) -> Option<&'static str> {
    let is_open = |since: Canary| since.well.saturating_add(since.failed) < since.tried;
    match shown.job.state {
        JobState::Running | JobState::Paused => Some("every 2s"),
        _ if shown.since.is_some_and(is_open) => Some("every 10s"),
        _ => None,
    }
}

/// Why a job is paused. What a scheduler has noted of the first letters is told again in the language of the page, with how
/// they have ended by now.
fn note(shown: &Shown, words: &Words) -> Markup {
    let job = &shown.job;
    let first = shown.since.filter(|_| job.state == JobState::Paused && !job.canary_passed);
    html! {
        @if let Some(note) = &job.note {
            p.banner {
                @if job.action == LetterAction::Edit { (words.edit_waits) }
                @else if let Some(first) = first { ((words.first_ended)(first)) }
                @else { span lang="en" { (note) } }
            }
        }
    }
}

/// No time is told while the others wait for the end of the first letters: nobody knows when that is.
fn time_left(shown: &Shown, words: &Words) -> Markup {
    html! {
        @if let Some(first) = shown.waits_for() {
            " · " ((words.waits_for)(first))
        } @else if shown.job.state == JobState::Running && shown.open() > 0 {
            " · " ((words.left)(&lasting(shown.lasts())))
        }
    }
}

/// All of them, also those of no letter: none moves when another comes or goes.
fn figures(shown: &Shown, lang: Lang) -> Markup {
    html! {
        dl.figures {
            @for outcome in OUTCOMES {
                div { dt { (names::outcome(outcome, shown.job.state, lang)) } dd { (whole(shown.count(outcome).into())) } }
            }
        }
    }
}

/// They stand above all that grows or goes while the job runs, and the room for them stays when there are none.
fn changes(shown: &Shown, words: &Words) -> Markup {
    let job = &shown.job;
    let path = paths::job(&job.id);
    // An edit waits for the broker, and for nobody's decision.
    let may_resume = job.state == JobState::Paused && job.action != LetterAction::Edit;
    html! {
        div #job-changes.actions.held {
            @if matches!(job.state, JobState::Running | JobState::Paused) {
                form #job-cancel method="post" action={ (path) "/cancel" } {
                    button.danger type="submit" { (words.cancel) }
                }
            }
            @if may_resume {
                form #job-resume method="post" action={ (path) "/resume" } {
                    button.main type="submit" aria-describedby="resume-help" { (words.resume) }
                }
                small.soft #resume-help { (words.resume_help) }
            }
        }
    }
}

/// What is there when something is done: what failed as a file, and the way back.
fn after(shown: &Shown, viewer: &Viewer, words: &Words) -> Markup {
    let job = &shown.job;
    let path = format!("{}/failures", paths::job(&job.id));
    let has_failed = ["failed", "missing", "unclear", "left_out"].into_iter().any(|state| shown.count(state) > 0);
    let keeps = matches!(job.action, LetterAction::Drop | LetterAction::Redirect | LetterAction::Edit);
    html! {
        @if has_failed {
            p.actions {
                (words.failures)
                @for format in FailureFormat::ALL {
                    a href=(address(&path, &[("format", format.as_str())], None)) download {
                        (format.as_str().to_uppercase())
                    }
                }
            }
        }
        @if keeps && shown.count("done") > 0 && viewer.actor.may(Scope::Operate) {
            p.actions {
                a href=(address(paths::PLANS, &[("action", "restore"), ("job", job.id.as_str())], None)) { (words.restore) }
            }
        }
    }
}
