//! The actions that somebody may have done, as the file of services has them.

use domain::Schema;
use maud::{Markup, html};
use operations::services::{self, Shown};
use store::StoreError;

use super::NEW;
use super::words::Words;
use crate::console::Console;
use crate::pages::delivery::address::anchor;
use crate::pieces::pager::address as with_query;
use crate::pieces::table::{Row, table, text};
use crate::session::Viewer;
use crate::words::Lang;

/// One of them.
pub(super) struct Offered {
    pub(super) service: String,
    pub(super) action: String,
    /// Somebody is asked first.
    pub(super) is_confirmed: bool,
    pub(super) schema: Schema,
}

impl Offered {
    /// As people type it: `trading.strategy.pause`.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.service, self.action)
    }
}

/// # Errors
/// [`StoreError`].
pub(super) async fn offered(console: &Console, viewer: &Viewer) -> Result<Vec<Offered>, StoreError> {
    let found = services::list(&console.settings.services, &console.store, &viewer.actor).await?;
    Ok(found.into_iter().flat_map(of_service).collect())
}

fn of_service(Shown { name, actions, .. }: Shown) -> impl Iterator<Item = Offered> {
    let allowed = actions.into_iter().filter(|action| action.is_allowed);
    allowed.map(move |action| Offered {
        service: name.clone(),
        action: action.name,
        is_confirmed: action.is_confirmed,
        schema: action.schema,
    })
}

/// All of them, each with the way to its form.
pub(super) fn table_of(offered: &[Offered], lang: Lang) -> Markup {
    let words = Words::of(lang);
    if offered.is_empty() {
        return html! { p.nothing { (words.nothing_offered) } };
    }
    let columns = [text(words.what), text(words.arguments), text(words.confirmation)];
    let row = |one: &Offered| {
        let name = one.name();
        let cells = vec![
            html! { a href=(with_query(NEW, &[("action", name.as_str())], None)) { (name) } },
            html! {
                @for (at, argument) in one.schema.arguments.iter().enumerate() {
                    @if at > 0 { ", " }
                    code { (argument.name) } @if !argument.is_required { " " span.soft { (words.optional) } }
                }
            },
            html! { (if one.is_confirmed { words.is_confirmed } else { words.is_not_confirmed }) },
        ];
        Row { id: anchor("action", &name), cells }
    };
    let rows: Vec<Row> = offered.iter().map(row).collect();
    html! { p { (words.choose) } (table(lang, words.new, &columns, &rows)) }
}
