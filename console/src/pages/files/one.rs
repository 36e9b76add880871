//! The page of one file: what is known of it, and the way to its end.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::{ObjectName, Scope, Timestamp};
use maud::{Markup, html};
use operations::files::{self, FileStanding, Standing};

use super::address;
use super::badges::{of_scan, of_standing};
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::facts::fact;
use crate::pieces::figure::{bytes, whole};
use crate::pieces::time::moment;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, Path(object): Path<String>) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Files);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let Some(object) = ObjectName::parse(&object) else { return shell.not_found().await };
    let (lang, now) = (shell.lang(), console.clock.now());
    match files::show(&console.store, &viewer.actor.tenant, &object, now).await {
        Ok(Some(one)) => {
            let may_delete = console.files.is_some() && viewer.actor.may(Scope::Operate);
            shell.page(Words::of(lang).file, &content(&one, may_delete, lang, now)).await
        }
        Ok(None) => shell.not_found().await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

/// Whether it is there to be deleted.
pub(super) const fn is_there(one: &Standing) -> bool {
    matches!(one.standing, FileStanding::Stored | FileStanding::Expired)
}

fn content(one: &Standing, may_delete: bool, lang: Lang, now: Timestamp) -> Markup {
    let (words, file) = (Words::of(lang), &one.file);
    let digest: String = file.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    html! {
        p.standing { (of_standing(one.standing, lang)) " " span { (words.of_standing(one.standing)) } }
        dl.facts {
            (fact(words.name, html! { (file.name) }))
            (fact(words.object, html! { code { (file.object.as_str()) } }))
            (fact(words.kind, html! { (file.object.kind()) " " span.soft { (file.object.kind().content_type()) } }))
            (fact(words.size, html! { (bytes(file.bytes, lang)) " " span.soft { "(" (whole(file.bytes)) " B)" } }))
            (fact("SHA-256", html! { code { (digest) } }))
            (fact(words.scan, of_scan(file.scan, lang)))
            (fact(words.by, html! { (file.by) }))
            (fact(words.since, moment(file.created_at, now, lang)))
            (fact(words.expires, html! {
                @match file.expires_at {
                    Some(at) => { (moment(at, now, lang)) }
                    None => { (words.never) }
                }
            }))
        }
        p.soft { (words.named_by) }
        @if may_delete && is_there(one) {
            p.actions { a href=(address::deleting(&file.object)) { (words.delete) } }
        }
    }
}
