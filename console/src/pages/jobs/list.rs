//! `GET /console/dead-letters/jobs`: the newest plans and jobs.

use axum::extract::State;
use axum::response::Response;
use domain::{Scope, Timestamp};
use maud::{Markup, html};
use operations::dead_letters;
use store::{JobState, LetterJob, StoreError};
use web::problem::Problem;
use web::query::Parameters;

use super::words::Words;
use crate::asked::problems;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::dead_letters::{Tab, names, paths, tabs};
use crate::pieces::breakable::foreign;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::{Part, pager, part};
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The most jobs of a page.
const PAGE: usize = 50;

/// Which jobs are asked for.
#[derive(Default)]
struct Asked {
    state: Option<JobState>,
    /// The job behind which the page begins.
    after: Option<String>,
    problems: Vec<(String, String)>,
}

impl Asked {
    fn read(query: Result<Parameters, Problem>) -> Self {
        let mut asked = Self::default();
        if let Err(problem) = query.and_then(|query| asked.take(query)) {
            asked.problems = problems(&problem);
        }
        asked
    }

    fn take(&mut self, mut query: Parameters) -> Result<(), Problem> {
        let state = query.text("state").unwrap_or_default();
        self.state = names::STATES.into_iter().find(|known| known.as_str() == state);
        if self.state.is_none() && !state.is_empty() {
            query.refuse("state", "must be one of planned, running, paused, cancelled, done");
        }
        self.after = query.text("after");
        query.finish(&["state", "after"])
    }
}

pub(super) async fn show(
    State(console): State<Console>,
    query: Result<Parameters, Problem>,
    viewer: Viewer,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    match page(&console, &viewer, &Asked::read(query)).await {
        Ok(content) => shell.page(Words::of(shell.lang()).jobs, &content).await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

async fn page(console: &Console, viewer: &Viewer, asked: &Asked) -> Result<Markup, StoreError> {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let words = Words::of(lang);
    let states = names::STATES.map(|state| (state.as_str(), names::state_word(state, lang)));
    let state = asked.state.map_or("", JobState::as_str);
    let fields = [Field { name: "state", label: words.state, value: state, input: Input::Choice(&states) }];
    let jobs = dead_letters::jobs(&console.store, &viewer.actor.tenant).await?;
    let fitting: Vec<&LetterJob> =
        jobs.iter().filter(|job| asked.state.is_none_or(|state| state == job.state)).collect();
    let Part { rows: shown, is_first, next } = part(&fitting, asked.after.as_deref(), PAGE, |job| job.id.as_str());
    Ok(html! {
        (tabs(lang, Some(Tab::Jobs)))
        (filter(lang, paths::JOBS, &fields, &asked.problems))
        @if asked.problems.is_empty() {
            @if jobs.is_empty() { p.nothing { (words.no_jobs) } } @else { (rows(shown, lang, now)) }
            (pager(lang, paths::JOBS, &[("state", state)], is_first, next))
        }
    })
}

fn rows(jobs: &[&LetterJob], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.job),
        text(words.action),
        text(words.state),
        text(words.why),
        text(words.made),
        text(words.started),
        text(words.ended),
    ];
    let rows: Vec<Row> = jobs.iter().map(|job| row(job, lang, now)).collect();
    table(lang, words.jobs, &columns, &rows)
}

fn row(job: &LetterJob, lang: Lang, now: Timestamp) -> Row {
    let words = Words::of(lang);
    let path = if job.state == JobState::Planned { paths::plan(&job.id) } else { paths::job(&job.id) };
    let short: String = job.id.chars().take(13).collect();
    let cells = vec![
        html! { a href=(path) title=(job.id) { code { (short) } } },
        html! { (names::action(job.action, lang)) @if let Some(to) = &job.target { " → " (foreign(to.name())) } },
        names::state(job.state, lang),
        foreign(&job.why),
        html! { (time(job.made_at, now, lang)) " " (words.by) " " (foreign(&job.made_by)) },
        html! {
            @if let Some(at) = job.started_at { (time(at, now, lang)) }
            @if let Some(by) = &job.started_by { " " (words.by) " " (foreign(by)) }
        },
        html! { @if let Some(at) = job.ended_at { (time(at, now, lang)) } },
    ];
    Row { id: format!("job-{}", job.id), cells }
}
