//! Pauses a schedule, with the reason, and has it run again: each asks once more.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::FieldError;
use operations::schedules::{self, Paused, Resumed, Why};
use serde_json::{Map, Value};

use super::act::{Act, ask, once_more};
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::confirm::Confirm;
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) async fn ask_to_pause(console: State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    ask(&console, &viewer, query, Act::Pause).await
}

pub(super) async fn ask_to_resume(console: State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    ask(&console, &viewer, query, Act::Resume).await
}

pub(super) async fn pause(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Schedules);
    let Some(id) = fields.text("id") else { return shell.not_found().await };
    let reason = match Confirm::read(&fields, 1, true) {
        Ok(reason) => reason,
        Err(refused) => return once_more(&console, &viewer, id, Act::Pause, Some(refused)).await,
    };
    let why = match Why::of(Map::from_iter([("why".to_owned(), Value::from(reason))])) {
        Ok(why) => why,
        Err(errors) => return refused(&shell, errors).await,
    };
    let hashing = (&console.defaults, &console.recipients);
    match schedules::pause(&console.store, &viewer.actor, id, why, hashing, console.clock.as_ref()).await {
        Ok(Paused::Paused(_)) => Redirect::to(Section::Schedules.path()).into_response(),
        Ok(Paused::FiresOnce) => {
            let words = Words::of(shell.lang());
            shell.problem(StatusCode::CONFLICT, words.not_paused, words.fires_once, &[]).await
        }
        Ok(Paused::Unknown) => shell.not_found().await,
        Err(why) => shell.undone(&why).await,
    }
}

pub(super) async fn resume(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Schedules);
    let Some(id) = fields.text("id") else { return shell.not_found().await };
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return once_more(&console, &viewer, id, Act::Resume, Some(refused)).await;
    }
    let (zones, clock) = (&console.settings.zones, console.clock.as_ref());
    match schedules::resume(&console.store, &viewer.actor, id, zones, clock).await {
        Ok(Resumed::Resumed(_) | Resumed::Runs(_)) => Redirect::to(Section::Schedules.path()).into_response(),
        Ok(Resumed::NoMoreRuns) => {
            let words = Words::of(shell.lang());
            shell.problem(StatusCode::CONFLICT, words.not_resumed, words.no_more_runs, &[]).await
        }
        Ok(Resumed::Unknown) => shell.not_found().await,
        Err(why) => shell.undone(&why).await,
    }
}

async fn refused(shell: &Shell<'_>, errors: Vec<FieldError>) -> Response {
    let details: Vec<_> = errors.into_iter().map(|FieldError { pointer, detail }| (pointer, detail)).collect();
    shell.problem(StatusCode::UNPROCESSABLE_ENTITY, Words::of(shell.lang()).not_paused, "", &details).await
}
