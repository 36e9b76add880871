//! `GET` and `POST /console/dead-letters/plans`: what is to become of which letters, how fast, and why.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, Scope};
use maud::{Markup, html};
use operations::NotDone;
use operations::dead_letters::{self, Asked, Planned};
use store::{LetterAction, LetterGroup, MAX_PLANS, StoreError};

use super::asked::{LETTER, SELECTORS, object};
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::dead_letters::{headline, names, paths, tabs};
use crate::pieces::pager::address;
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

/// What can be planned. An edit is of one letter, and has a page of its own.
const ACTIONS: [LetterAction; 5] =
    [LetterAction::Replay, LetterAction::Redirect, LetterAction::Drop, LetterAction::Restore, LetterAction::Close];
/// The channels that reach people by the same numbers: the operation knows them, and names them where another is given.
const CHANNELS: [&str; 2] = ["sms", "whatsapp"];
/// What the form has beside that which says which letters.
const KNOWN: [&str; 9] = [LETTER, "action", "to", "to_provider", "why", "rate", "canary", "max_moves", "even_waiting"];
/// The numbers of the form: the name, what stands there first, the least and the most.
const RATE: (&str, &str, u32, u32) = ("rate", "50", 1, 1_000);
const CANARY: (&str, &str, u32, u32) = ("canary", "20", 0, 1_000);
const MAX_MOVES: (&str, &str, u32, u32) = ("max_moves", "3", 1, 1_000);

pub(super) async fn show(State(console): State<Console>, RawQuery(query): RawQuery, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.denied(denied).await;
    }
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let unknown = unknown(&fields);
    let status = if unknown.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&console, &viewer, status, &fields, &unknown).await
}

pub(super) async fn make(State(console): State<Console>, posted: Posted) -> Response {
    let Posted { viewer, fields } = posted;
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.change_denied(denied, "plan for dead letters").await;
    }
    let asked = match Asked::of(object(&fields), console.checker.providers(), &console.recipients) {
        Ok(asked) => asked,
        Err(errors) => return page(&console, &viewer, StatusCode::UNPROCESSABLE_ENTITY, &fields, &errors).await,
    };
    let id = dead_letters::new_id(console.clock.now());
    match dead_letters::plan(&console.store, &viewer.actor, id, asked, console.clock.as_ref()).await {
        Ok(Planned::Planned(shown)) => Redirect::to(&paths::plan(&shown.job.id)).into_response(),
        Ok(Planned::Unknown) => shell.not_found().await,
        Ok(Planned::TooMany { oldest }) => too_many(&shell, oldest).await,
        Err(NotDone::Denied(denied)) => shell.denied(denied).await,
        Err(NotDone::Ledger(error)) => shell.ledger_failed(&error).await,
    }
}

/// There are as many as there may be; the oldest are named.
async fn too_many(shell: &Shell<'_>, oldest: Vec<String>) -> Response {
    let words = Words::of(shell.lang());
    let oldest: Vec<_> = oldest.into_iter().map(|id| (words.oldest.to_owned(), id)).collect();
    shell.problem(StatusCode::CONFLICT, words.not_planned, &(words.too_many)(MAX_PLANS), &oldest).await
}

/// What an address names that no plan has: it would be lost on the way through the form.
fn unknown(fields: &Fields) -> Vec<FieldError> {
    let is_known = |name: &str| KNOWN.contains(&name) || SELECTORS.contains(&name);
    let unknown = fields.names().filter(|name| !is_known(name));
    unknown.map(|name| FieldError { pointer: format!("/{name}"), detail: "is not known here".to_owned() }).collect()
}

async fn page(
    console: &Console,
    viewer: &Viewer,
    status: StatusCode,
    fields: &Fields,
    errors: &[FieldError],
) -> Response {
    let shell = Shell::of(console, viewer, Section::DeadLetters);
    let group = match group(console, viewer, fields).await {
        Ok(group) => group,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let lang = shell.lang();
    let words = Words::of(lang);
    let form = Form { fields, errors, group, lang };
    let content = html! {
        (tabs(lang, None))
        @if !errors.is_empty() {
            div.refused role="alert" {
                p { (words.not_planned) }
                ul { @for error in errors { li { code { (error.pointer) } " " (error.detail) } } }
            }
        }
        p.soft { (words.nothing_moves) }
        form.form #plan method="post" action=(paths::PLANS) {
            (form.which())
            (form.action())
            (form.chosen("to", words.to, CHANNELS.into_iter()))
            (form.chosen("to_provider", words.to_provider, console.checker.providers().names()))
            (form.text("why", words.why))
            (form.number(RATE, words.rate))
            (form.number(CANARY, words.canary))
            (form.number(MAX_MOVES, words.max_moves))
            (form.even_waiting())
            p.actions { button.main type="submit" { (words.make) } a href=(paths::GROUPS) { (lang.words().confirm.go_back) } }
        }
    };
    shell.answer(status, words.title, &content).await
}

/// The group whose letters were chosen, where that is known.
async fn group(console: &Console, viewer: &Viewer, fields: &Fields) -> Result<Option<LetterGroup>, StoreError> {
    match fields.text("group") {
        Some(name) => dead_letters::group(&console.store, &viewer.actor.tenant, name).await,
        None => Ok(None),
    }
}

/// The form with what somebody has filled in.
struct Form<'a> {
    fields: &'a Fields,
    errors: &'a [FieldError],
    group: Option<LetterGroup>,
    lang: Lang,
}

impl Form<'_> {
    fn value(&self, name: &str) -> &str {
        self.fields.text(name).unwrap_or_default()
    }

    fn wrong(&self, name: &str) -> Option<&'static str> {
        let is_wrong = self.errors.iter().any(|error| error.pointer.trim_start_matches('/') == name);
        is_wrong.then_some("true")
    }

    /// Which letters: that was chosen before, on another page.
    fn which(&self) -> Markup {
        let words = Words::of(self.lang);
        let letters: Vec<&str> = self.fields.all(LETTER).collect();
        let selectors: Vec<&str> = SELECTORS.into_iter().filter(|name| !self.value(name).is_empty()).collect();
        html! {
            @for letter in &letters { input type="hidden" name=(LETTER) value=(letter); }
            dl.facts {
                dt { (words.which) }
                dd {
                    @if !letters.is_empty() { p { ((words.chosen)(letters.len() as u64)) } }
                    @for name in &selectors {
                        input type="hidden" name=(name) value=(self.value(name));
                        p { (self.selected(name)) }
                    }
                    @if letters.is_empty() && selectors.is_empty() {
                        @let all = [("action", self.value("action")), ("all", "true")];
                        p { (words.none_chosen) " " a href=(address(paths::PLANS, &all, None)) { (self.everything()) } }
                    }
                }
            }
        }
    }

    /// A group is told as its own page tells it.
    fn selected(&self, name: &str) -> Markup {
        let value = self.value(name);
        html! {
            @match (name, &self.group) {
                ("all", _) => { (self.everything()) }
                ("group", Some(group)) => {
                    a href=(paths::group(value)) title=(value) { (headline(group)) }
                    ", " ((Words::of(self.lang).so_many_letters)(group.letters.into()))
                }
                ("recipient_hash", _) => { (names::selector(name, self.lang)) }
                ("job", _) => { (names::selector(name, self.lang)) ": " a href=(paths::job(value)) { code { (value) } } }
                _ => { (names::selector(name, self.lang)) ": " code { (value) } }
            }
        }
    }

    fn everything(&self) -> &'static str {
        let words = Words::of(self.lang);
        match self.value("action") {
            "close" => words.every_row,
            "restore" => words.every_dropped,
            _ => words.every_letter,
        }
    }

    fn action(&self) -> Markup {
        let words = Words::of(self.lang);
        let chosen = LetterAction::parse(self.value("action")).unwrap_or(LetterAction::Replay);
        html! {
            div.field {
                label for="plan-action" { (words.action) }
                select #plan-action name="action" aria-invalid=[self.wrong("action")] {
                    @for action in ACTIONS {
                        option value=(action.as_str()) selected[action == chosen] { (names::action(action, self.lang)) }
                    }
                }
                p.soft { (names::meaning(chosen, self.lang)) }
            }
        }
    }

    /// Only of a redirect: one of several names, or none. Whoever chooses that action in the form is asked for it before
    /// anything is planned.
    fn chosen(&self, name: &str, label: &str, known: impl Iterator<Item = &'static str>) -> Markup {
        let (id, chosen) = (format!("plan-{name}"), self.value(name));
        let is_redirect = self.value("action") == LetterAction::Redirect.as_str();
        if !is_redirect && chosen.is_empty() {
            return html! {};
        }
        html! {
            div.field {
                label for=(id) { (label) }
                select id=(id) name=(name) aria-invalid=[self.wrong(name)] {
                    option value="" { (Words::of(self.lang).none) }
                    @for one in known { option value=(one) selected[one == chosen] { (one) } }
                }
            }
        }
    }

    fn text(&self, name: &str, label: &str) -> Markup {
        let id = format!("plan-{name}");
        html! {
            div.field {
                label for=(id) { (label) }
                input id=(id) name=(name) value=(self.value(name)) required maxlength="500" autocomplete="off"
                    aria-invalid=[self.wrong(name)];
            }
        }
    }

    fn number(&self, (name, usual, least, most): (&str, &str, u32, u32), label: &str) -> Markup {
        let id = format!("plan-{name}");
        let value = self.fields.text(name).unwrap_or(usual);
        html! {
            div.field {
                label for=(id) { (label) }
                input id=(id) name=(name) type="number" min=(least) max=(most) value=(value) inputmode="numeric"
                    aria-invalid=[self.wrong(name)];
            }
        }
    }

    fn even_waiting(&self) -> Markup {
        let is_ticked = self.value("even_waiting") == "true";
        html! {
            label.pair for="plan-even" {
                input #plan-even type="checkbox" name="even_waiting" value="true" checked[is_ticked];
                " " (Words::of(self.lang).even_waiting)
            }
        }
    }
}
