//! One capture as its recipient would have seen it. How it is looked at is in the address: `view` and `width`.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::Scope;
use maud::{Markup, html};
use operations::{captures, segments};
use store::{Capture, CapturedView};
use web::problem::Problem;
use web::query::Parameters;

use super::recipient::{self, reached};
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::delivery::address::link;
use crate::pieces::figure::whole;
use crate::pieces::pager::address as with_query;
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// How a mail is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    Html,
    Text,
    Source,
}

#[derive(Clone, Copy)]
struct Asked {
    sight: Option<Sight>,
    is_phone: bool,
}

impl Sight {
    const ALL: [Self; 3] = [Self::Html, Self::Text, Self::Source];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Source => "source",
        }
    }
}

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    Path(id): Path<String>,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Sandbox);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let asked = match parameters.and_then(read) {
        Ok(asked) => asked,
        Err(problem) => return shell.refused(&problem).await,
    };
    let Some(id) = id.parse::<i64>().ok().filter(|_| console.settings.sandbox) else { return shell.not_found().await };
    match captures::show(&console.store, &viewer.actor.tenant, id).await {
        Err(error) => shell.ledger_failed(&error).await,
        Ok(None) => shell.not_found().await,
        Ok(Some(view)) => {
            let lang = shell.lang();
            let content = html! {
                (facts(&view, lang, &console))
                (as_seen(&view, asked, lang))
            };
            shell.page(Words::of(lang).capture, &content).await
        }
    }
}

fn read(mut query: Parameters) -> Result<Asked, Problem> {
    let sight = query.one_of("view", &Sight::ALL, Sight::as_str);
    let width = query.one_of("width", &["phone", "desk"], |width| width);
    query.finish(&["view", "width"])?;
    Ok(Asked { sight, is_phone: width == Some("phone") })
}

fn facts(view: &CapturedView, lang: Lang, console: &Console) -> Markup {
    let (words, capture) = (Words::of(lang), &view.capture);
    html! {
        dl.facts {
            dt { (words.channel) } dd { (capture.channel.as_str()) }
            dt { (words.recipient) } dd { (recipient::whole(&capture.destination)) }
            dt { (words.delivery) } dd { (link(&view.key.id)) }
            dt { (words.captured) } dd { (time(view.at, console.clock.now(), lang)) }
        }
    }
}

fn as_seen(view: &CapturedView, asked: Asked, lang: Lang) -> Markup {
    let capture = &view.capture;
    match capture.channel.as_str() {
        "email" => mail(view, asked, lang),
        "webhook" => request(capture),
        "sms" | "whatsapp" | "telegram" | "slack" => bubble(capture, lang),
        _ => toast(capture),
    }
}

fn mail(view: &CapturedView, asked: Asked, lang: Lang) -> Markup {
    let (words, capture) = (Words::of(lang), &view.capture);
    let usual = if capture.html.is_some() { Sight::Html } else { Sight::Text };
    let sight = asked.sight.unwrap_or(usual);
    html! {
        h2 { (capture.subject.as_deref().unwrap_or(words.no_subject)) }
        (ways(view, sight, asked.is_phone, lang))
        @match (sight, &capture.html) {
            (Sight::Html, Some(_)) => {
                iframe.preview.phone[asked.is_phone] title=(words.as_html)
                    src={ (Section::Sandbox.path()) "/" (view.id) "/mail" }
                    sandbox="allow-popups allow-popups-to-escape-sandbox" {}
            }
            (Sight::Source, Some(source)) => { pre { (source) } }
            (Sight::Text, _) => { pre { (capture.text) } }
            (_, None) => { p.nothing { (words.has_no_html) } }
        }
        p.soft { (words.not_kept) }
    }
}

/// Links to the other ways of looking at a mail.
fn ways(view: &CapturedView, sight: Sight, is_phone: bool, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let path = format!("{}/{}", Section::Sandbox.path(), view.id);
    let width = |is_phone: bool| if is_phone { "phone" } else { "" };
    let to =
        |sight: Sight, is_phone: bool| with_query(&path, &[("view", sight.as_str()), ("width", width(is_phone))], None);
    let sights = [(Sight::Html, words.as_html), (Sight::Text, words.as_text), (Sight::Source, words.source)];
    html! {
        p.actions {
            @for (other, label) in sights {
                a href=(to(other, is_phone)) aria-current=[(other == sight).then_some("true")] { (label) }
            }
            @if sight == Sight::Html {
                a href=(to(sight, !is_phone)) { (if is_phone { words.as_wide } else { words.as_phone }) }
            }
        }
    }
}

fn bubble(capture: &Capture, lang: Lang) -> Markup {
    let words = Words::of(lang);
    html! {
        div.bubble { (capture.text) }
        @if let Some(segments) = segments(&capture.channel, &capture.text) {
            p.soft { ((words.segments)(&whole(u64::from(segments.count)), segments.encoding)) }
        }
    }
}

fn toast(capture: &Capture) -> Markup {
    html! {
        div.bubble {
            @if let Some(title) = &capture.subject { strong { (title) } br; }
            (capture.text)
        }
    }
}

/// What would have been posted, byte by byte.
fn request(capture: &Capture) -> Markup {
    html! {
        pre { "POST " (reached(&capture.destination)) "\ncontent-type: application/json\n\n" (capture.text) }
    }
}
