//! The schedules of the viewer's tenant in the order of their ids, with the times at which they run.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Scope, Timestamp, Zones};
use maud::{Markup, html};
use operations::deliveries::is_id;
use operations::schedules::{self, next_run, runs_after};
use store::{JobKind, JobPause, JobSummary};

use super::words::Words;
use super::{DELETE, PAUSE, RESUME, RUN};
use crate::asked::Asked;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::delivery::address::{link, short};
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::{breakable, foreign, masked};
use crate::pieces::carried::by;
use crate::pieces::figure::UNKNOWN;
use crate::pieces::filter::filter;
use crate::pieces::pager::{address, pager};
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::{absolute, time};
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// Runs that are shown after the next one.
const RUNS_SHOWN: usize = 3;

/// What every row is made with.
struct Rows<'a> {
    zones: &'a Zones,
    may: bool,
    lang: Lang,
    now: Timestamp,
}

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Schedules);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let lang = shell.lang();
    let mut asked = Asked::of(query.as_deref());
    let rule = "must be the id of a schedule";
    let after = asked.parsed("after", rule, |id| is_id(id).then(|| id.to_owned()));
    asked.finish(&["after"]);
    if !asked.problems.is_empty() {
        let content = filter(lang, Section::Schedules.path(), &[], &asked.problems);
        return shell.answer(StatusCode::UNPROCESSABLE_ENTITY, Section::Schedules.label(lang), &content).await;
    }
    let is_first = after.is_none();
    let page = match schedules::list(&console.store, viewer.actor.tenant.clone(), after, 0).await {
        Ok(page) => page,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let may = viewer.actor.may(Scope::Operate);
    let rows = Rows { zones: &console.settings.zones, may, lang, now: console.clock.now() };
    let next = page.jobs.last().filter(|_| page.more).map(|job| job.key.id.as_str());
    let content = html! {
        (rows.table(&page.jobs))
        (pager(lang, Section::Schedules.path(), &[], is_first, next))
    };
    shell.page(Section::Schedules.label(lang), &content).await
}

impl Rows<'_> {
    fn table(&self, jobs: &[JobSummary]) -> Markup {
        let words = Words::of(self.lang);
        if jobs.is_empty() {
            return html! { p.nothing { (words.nothing) } };
        }
        let columns = [
            text(words.schedule),
            text(words.rule),
            text(words.next),
            text(words.following),
            text(words.last),
            text(words.recipient),
            text(words.action),
        ];
        let rows: Vec<Row> = jobs.iter().map(|job| self.row(job)).collect();
        table(self.lang, Section::Schedules.label(self.lang), &columns, &rows)
    }

    fn row(&self, job: &JobSummary) -> Row {
        let id = job.key.id.as_str();
        let cells = vec![
            called(job),
            self.rule(job),
            self.next(job),
            html! {
                @for at in runs_after(job, self.zones).take(RUNS_SHOWN) { div.one-line { (self.local(job, at)) } }
            },
            html! { @match job.last_fired_at { Some(at) => { (self.run(job, at)) } None => { (UNKNOWN) } } },
            recipient(job),
            self.actions(job),
        ];
        Row { id: format!("schedule-{}", as_anchor(id)), cells }
    }

    fn rule(&self, job: &JobSummary) -> Markup {
        let words = Words::of(self.lang);
        match &job.kind {
            JobKind::OneShot => html! { (words.once) },
            JobKind::Cron { cron, zone, .. } => html! { code.whole { (cron) } br; span.soft { (breakable(zone)) } },
        }
    }

    /// Its next run; of one that is paused, who has paused it, why and since when.
    fn next(&self, job: &JobSummary) -> Markup {
        let words = Words::of(self.lang);
        match (&job.paused, next_run(job)) {
            (Some(JobPause { since, by, why }), _) => html! {
                (badge(Tone::Warning, words.paused)) " " (time(*since, self.now, self.lang))
                br; (foreign(why)) " " span.soft { "(" (foreign(by)) ")" }
            },
            (None, Some(at)) => self.run(job, at),
            (None, None) => html! { (UNKNOWN) },
        }
    }

    /// How far away it is, and what the clocks of the schedule's zone show then.
    fn run(&self, job: &JobSummary, at: Timestamp) -> Markup {
        html! { (time(at, self.now, self.lang)) br; span.soft { (self.local(job, at)) } }
    }

    /// Of a schedule that fires once, and where the zone is no longer known, in UTC, which is called so. Where there is no
    /// room for a line the time stands below the day.
    fn local(&self, job: &JobSummary, at: Timestamp) -> Markup {
        let told = match &job.kind {
            JobKind::Cron { zone, .. } if zone != "UTC" => self.zones.local(zone, at),
            JobKind::Cron { .. } | JobKind::OneShot => None,
        };
        let told = told.unwrap_or_else(|| absolute(at));
        html! {
            @match told.split_once(' ') {
                Some((day, hour)) => { span.whole { (day) } " " span.whole { (hour) } }
                None => { (told) }
            }
        }
    }

    /// No line begins with the dot between two of them.
    fn actions(&self, job: &JobSummary) -> Markup {
        let (words, id) = (Words::of(self.lang), job.key.id.as_str());
        let pausing = match (&job.kind, &job.paused) {
            (JobKind::OneShot, _) => None,
            (JobKind::Cron { .. }, None) => Some((PAUSE, words.pause)),
            (JobKind::Cron { .. }, Some(_)) => Some((RESUME, words.resume)),
        };
        html! {
            @if self.may {
                a href=(address(RUN, &[("id", id)], None)) { (words.run) }
                "\u{a0}· "
                @if let Some((path, label)) = pausing {
                    a href=(address(path, &[("id", id)], None)) { (label) }
                    "\u{a0}· "
                }
                a href=(address(DELETE, &[("id", id)], None)) { (words.delete) }
            }
        }
    }
}

/// What is sent once is a delivery, and its id leads there: that page says what it is.
fn called(job: &JobSummary) -> Markup {
    let id = job.key.id.as_str();
    match &job.kind {
        JobKind::OneShot => link(id),
        JobKind::Cron { name, .. } => html! {
            @if let Some(name) = name { div { (foreign(name)) } }
            code.id title=(id) { (short(id)) }
        },
    }
}

/// To whom it goes, below that by which channel and on which lane.
fn recipient(job: &JobSummary) -> Markup {
    let channel = job.channel.as_ref().map_or(UNKNOWN, |channel| channel.as_str());
    html! {
        @match job.recipient_mask.as_deref() {
            Some(mask) => { (masked(mask)) }
            None => { (UNKNOWN) }
        }
        div.soft { (by(channel, Some(job.lane.as_str()))) }
    }
}

/// An id in letters, digits and hyphens: an id of ours may hold anything.
fn as_anchor(id: &str) -> String {
    id.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b == b'-' { char::from(b).into() } else { format!("-{b:02x}") })
        .collect()
}
