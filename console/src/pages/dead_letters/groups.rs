//! `GET /console/dead-letters`: the groups of letters that failed alike, those with the most letters first.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use domain::{Scope, Tenant, Timestamp};
use maud::{Markup, html};
use operations::dead_letters;
use store::{LetterFilter, LetterGroup, Life, Store, StoreError};
use web::problem::Problem;
use web::query::Parameters;

use super::reading::{self, REGION};
use super::tabs::{Tab, tabs};
use super::words::Words;
use super::{names, paths};
use crate::asked::problems;
use crate::console::{Console, Settings};
use crate::layout::Shell;
use crate::pieces::breakable::foreign;
use crate::pieces::figure::whole;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::{Part, address, pager, part};
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The most groups of a page.
const PAGE: usize = 100;

/// Which groups are asked for.
#[derive(Default)]
struct Asked {
    life: Option<Life>,
    channel: String,
    provider: String,
    /// The group behind which the page begins.
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
        let life = query.text("life").unwrap_or_default();
        self.life = names::LIVES.into_iter().find(|known| known.as_str() == life);
        if self.life.is_none() && !life.is_empty() {
            query.refuse("life", "must be one of open, acknowledged, replayed, resolved, regressed");
        }
        self.channel = query.text("channel").unwrap_or_default().trim().to_owned();
        self.provider = query.text("provider").unwrap_or_default().trim().to_owned();
        self.after = query.text("after");
        query.finish(&["life", "channel", "provider", "after"])
    }

    fn has(&self, group: &LetterGroup) -> bool {
        self.life.is_none_or(|life| life == group.life)
            && (self.channel.is_empty() || self.channel == group.channel)
            && (self.provider.is_empty() || self.provider == group.provider)
    }

    fn pairs(&self) -> [(&str, &str); 3] {
        [
            ("life", self.life.map_or("", Life::as_str)),
            ("channel", self.channel.as_str()),
            ("provider", self.provider.as_str()),
        ]
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
        Ok(content) => shell.page(Section::DeadLetters.label(shell.lang()), &content).await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

async fn page(console: &Console, viewer: &Viewer, asked: &Asked) -> Result<Markup, StoreError> {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let words = Words::of(lang);
    let known = dead_letters::looked_at(&console.store).await?;
    let resolved = asked.life == Some(Life::Resolved);
    let found = dead_letters::groups(&console.store, &viewer.actor.tenant, resolved).await?;
    let fitting: Vec<&LetterGroup> = found.iter().filter(|group| asked.has(group)).collect();
    let Part { rows: shown, is_first, next } =
        part(&fitting, asked.after.as_deref(), PAGE, |group| group.fingerprint.as_str());
    let samples = samples(&console.store, &viewer.actor.tenant, shown).await?;
    let here = address(paths::GROUPS, &asked.pairs(), asked.after.as_deref());
    Ok(html! {
        (tabs(lang, Some(Tab::Groups)))
        (narrowed(asked, &console.settings, lang))
        @if asked.problems.is_empty() {
            div id=(REGION) {
                (reading::shown(&known, lang, viewer, &here))
                @if found.is_empty() && asked.life.is_none() {
                    p.nothing { (words.no_groups) }
                } @else {
                    (rows(shown, &samples, lang, now))
                }
                (pager(lang, paths::GROUPS, &asked.pairs(), is_first, next))
            }
        }
        @if viewer.actor.may(Scope::Operate) {
            p.soft {
                (words.rows_without_letter) " "
                a href=(address(paths::PLANS, &[("action", "close"), ("all", "true")], None)) { (words.plan_close) }
            }
        }
    })
}

fn narrowed(asked: &Asked, settings: &Settings, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let lives = names::LIVES.map(|life| (life.as_str(), names::life_word(life, lang)));
    let [life, channel, provider] = asked.pairs().map(|(_, value)| value);
    let fields = [
        Field { name: "life", label: words.life, value: life, input: Input::Choice(&lives) },
        Field {
            name: "channel",
            label: words.channel,
            value: channel,
            input: Input::Known(operations::every_channel_name()),
        },
        Field { name: "provider", label: words.provider, value: provider, input: Input::Known(&settings.answerers) },
    ];
    filter(lang, paths::GROUPS, &fields, &asked.problems)
}

/// Those of the samples that are in the queue still: a group that was moved keeps the name of one that is gone.
async fn samples(store: &Store, tenant: &Tenant, groups: &[&LetterGroup]) -> Result<BTreeSet<String>, StoreError> {
    let with_letters = groups.iter().filter(|group| group.letters > 0);
    let letters: Vec<String> = with_letters.map(|group| group.sample.clone()).collect();
    if letters.is_empty() {
        return Ok(BTreeSet::new());
    }
    let most = u32::try_from(letters.len()).unwrap_or(u32::MAX);
    let filter = LetterFilter { tenant: tenant.clone(), letters, ..LetterFilter::default() };
    let found = dead_letters::first(store, &filter, most).await?;
    Ok(found.letters.into_iter().map(|letter| letter.letter).collect())
}

fn rows(groups: &[&LetterGroup], samples: &BTreeSet<String>, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.how_it_failed),
        text(words.life),
        number(words.letters),
        number(words.last_hour),
        text(words.first),
        text(words.last),
        text(words.sample),
        text(words.note),
    ];
    let rows: Vec<Row> = groups.iter().map(|group| row(group, samples, lang, now)).collect();
    table(lang, words.groups, &columns, &rows)
}

fn row(group: &LetterGroup, samples: &BTreeSet<String>, lang: Lang, now: Timestamp) -> Row {
    let cells = vec![
        html! {
            a.long href=(paths::group(&group.fingerprint)) { (headline(group)) }
            @if !group.words.is_empty() { br; span.soft { (foreign(&group.words)) } }
        },
        names::life(group.life, lang),
        html! { (whole(group.letters.into())) },
        last_hour(group),
        time(group.first_at, now, lang),
        time(group.last_at, now, lang),
        sample(group, samples, lang),
        html! { @if let Some(note) = &group.note { (foreign(note)) } },
    ];
    Row { id: format!("group-{}", group.fingerprint), cells }
}

fn sample(group: &LetterGroup, samples: &BTreeSet<String>, lang: Lang) -> Markup {
    let short: String = group.sample.chars().take(8).collect();
    html! {
        @if samples.contains(&group.sample) {
            a href=(paths::letter(&group.sample)) title=(group.sample) { code { (short) } }
        } @else {
            span.soft title=(group.sample) { (Words::of(lang).sample_gone) }
        }
    }
}

/// How many have died within an hour, or how many at least.
pub(super) fn last_hour(group: &LetterGroup) -> Markup {
    html! { @if group.is_cut { "≥ " } (whole(group.last_hour.into())) }
}

/// How the letters of a group failed, in a few words.
pub(crate) fn headline(group: &LetterGroup) -> String {
    let parts = [&group.channel, &group.provider, &group.reason, &group.code, &group.template];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}
