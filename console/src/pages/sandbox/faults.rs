//! `/console/sandbox/faults`: what goes wrong on demand with the next attempts of a channel, and how it is cleared.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{ChannelName, FieldError, Scope};
use maud::{Markup, html};
use operations::faults::{self, Asked};
use serde_json::{Map, Value, json};
use store::SandboxFault;

use super::words::Words;
use super::{CLEAR, FAULTS};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::breakable::foreign;
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::pieces::written::{Line, unplaced};
use crate::section::Section;
use crate::session::{Posted, Viewer};

/// The fields of the form. What goes wrong is one choice, of which the fields of a fault are made.
const NAMES: [&str; 5] = ["channel", "next", "answer", "retry_after", "latency_ms"];
/// There is no answer.
const CUT: &str = "cut";

pub(super) async fn show(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Sandbox);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    page(&shell, &console, &viewer, &Fields::default(), &[]).await
}

pub(super) async fn set(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Sandbox);
    if !console.settings.sandbox {
        return page(&shell, &console, &viewer, &fields, &[]).await;
    }
    let asked = match Asked::of(written(&fields)) {
        Ok(asked) => asked,
        Err(errors) => return page(&shell, &console, &viewer, &fields, &of_the_form(errors)).await,
    };
    match faults::set(&console.store, &viewer.actor, asked, console.clock.as_ref()).await {
        Ok(_) => Redirect::to(FAULTS).into_response(),
        Err(why) => shell.undone(&why).await,
    }
}

/// One that is over already is cleared as well.
pub(super) async fn clear(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Sandbox);
    let channel = fields.text("channel").and_then(|name| ChannelName::parse(name).ok());
    let Some(channel) = channel else { return shell.not_found().await };
    match faults::clear(&console.store, &viewer.actor, &channel, console.clock.as_ref()).await {
        Ok(_) => Redirect::to(FAULTS).into_response(),
        Err(why) => shell.undone(&why).await,
    }
}

/// What an entrance that reads JSON would be given. What is no number stays a text, which is refused.
fn written(fields: &Fields) -> Map<String, Value> {
    let number = |text: &str| text.parse::<u64>().map_or_else(|_| json!(text), Value::from);
    let mut object = Map::new();
    if let Some(channel) = fields.text("channel") {
        object.insert("channel".to_owned(), json!(channel));
    }
    for name in ["next", "retry_after", "latency_ms"] {
        if let Some(text) = fields.text(name) {
            object.insert(name.to_owned(), number(text));
        }
    }
    if let Some(answer) = fields.text("answer") {
        let (name, value) = if answer == CUT { (CUT, json!(true)) } else { ("status", number(answer)) };
        object.insert(name.to_owned(), value);
    }
    object
}

/// What is wrong with the fields that are made of a choice stands beside the choice.
fn of_the_form(errors: Vec<FieldError>) -> Vec<FieldError> {
    let place = |error: FieldError| match error.pointer.as_str() {
        "/status" | "/cut" => FieldError { pointer: "/answer".to_owned(), ..error },
        _ => error,
    };
    errors.into_iter().map(place).collect()
}

async fn page(
    shell: &Shell<'_>,
    console: &Console,
    viewer: &Viewer,
    fields: &Fields,
    errors: &[FieldError],
) -> Response {
    let words = Words::of(shell.lang());
    if !console.settings.sandbox {
        return shell.page(words.faults, &html! { p.nothing { (words.is_off) } }).await;
    }
    let found = match faults::list(&console.store, Some(&viewer.actor.tenant)).await {
        Ok(found) => found,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let may = viewer.actor.may(Scope::Operate);
    let content = html! {
        p { (words.faults_what) }
        @if found.is_empty() { p.nothing { (words.no_faults) } } @else { (listed(console, viewer, &found, may)) }
        @if may { (form(viewer, fields, errors)) }
        p.actions { a href=(Section::Sandbox.path()) { (Section::Sandbox.label(shell.lang())) } }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shell.answer(status, words.faults, &content).await
}

fn listed(console: &Console, viewer: &Viewer, found: &[SandboxFault], may: bool) -> Markup {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let words = Words::of(lang);
    let columns = [
        text(words.channel),
        text(words.fault),
        text(words.left),
        text(words.set_by),
        text(words.set_at),
        text(words.action),
    ];
    let row = |set: &SandboxFault| {
        let cells = vec![
            html! { (set.channel.as_str()) },
            html! { code { (set.fault) } },
            html! { ((words.left_of)(set.left, set.next)) },
            foreign(&set.by),
            time(set.at, now, lang),
            html! {
                @if may {
                    form method="post" action=(CLEAR) {
                        input type="hidden" name="channel" value=(set.channel.as_str());
                        button type="submit" { (words.clear) }
                    }
                }
            },
        ];
        Row { id: format!("fault-{}", set.channel.as_str()), cells }
    };
    let rows: Vec<Row> = found.iter().map(row).collect();
    table(lang, words.faults, &columns, &rows)
}

fn form(viewer: &Viewer, fields: &Fields, errors: &[FieldError]) -> Markup {
    let words = Words::of(viewer.look.lang);
    let channels: Vec<(&str, &str)> = operations::channel_names().iter().map(|name| (*name, *name)).collect();
    let answers = [
        ("503", words.answer_503),
        ("429", words.answer_429),
        ("400", words.answer_400),
        (CUT, words.answer_cut),
        ("", words.answer_none),
    ];
    let value = |name: &str| fields.text(name).unwrap_or_default();
    let lines = [
        Line::choice("channel", words.channel, value("channel"), &channels).hint(words.fault_channel_hint),
        Line::such_as("next", words.next, value("next"), "3").required(),
        Line::choice("answer", words.fault, value("answer"), &answers),
        Line::such_as("retry_after", words.retry_after, value("retry_after"), "5").hint(words.retry_after_hint),
        Line::such_as("latency_ms", words.latency, value("latency_ms"), "4000").hint(words.latency_hint),
    ];
    html! {
        h2 { (words.set_fault) }
        form.form method="post" action=(FAULTS) {
            (unplaced(errors, &NAMES))
            @for field in &lines { (field.with(errors)) }
            p.actions { button.main type="submit" { (words.set) } }
        }
    }
}
