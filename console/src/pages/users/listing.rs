//! What the lists of users and of keys have in common: a page of what there is, below the form that adds one.

use axum::http::StatusCode;
use axum::response::Response;
use domain::{FieldError, Scope};
use maud::{Markup, html};

use super::forms::{self, kept};
use super::words::Words;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::pager::pager;
use crate::pieces::table::{Column, Row, table, text};
use crate::pieces::written::{Line, unplaced};
use crate::session::Viewer;

/// A page of a list.
pub(super) struct Listing<'a> {
    pub(super) title: &'a str,
    pub(super) path: &'a str,
    /// What stands over the form.
    pub(super) over: Markup,
    pub(super) form: Markup,
    pub(super) list: Markup,
    pub(super) is_first: bool,
    /// Behind which row the next page begins.
    pub(super) next: Option<&'a str>,
}

impl Listing<'_> {
    /// `errors` are those of the form, where it was sent and refused.
    pub(super) async fn answer(&self, shell: &Shell<'_>, errors: &[FieldError]) -> Response {
        let content = html! {
            (self.over)
            (self.form)
            (self.list)
            (pager(shell.lang(), self.path, &[], self.is_first, self.next))
        };
        let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        shell.answer(status, self.title, &content).await
    }
}

/// Each row comes with its tenant, which stands behind its name for whoever sees every tenant.
pub(super) fn listed<'a>(
    viewer: &Viewer,
    caption: &str,
    columns: &[Column],
    rows: impl Iterator<Item = (Row, &'a str)>,
) -> Markup {
    let (lang, sees_all) = (viewer.look.lang, viewer.actor.may(Scope::Tenants));
    let mut columns = columns.to_vec();
    if sees_all {
        columns.insert(1, text(Words::of(lang).tenant));
    }
    let whose = |(mut row, tenant): (Row, &str)| {
        if sees_all {
            row.cells.insert(1, html! { (tenant) });
        }
        row
    };
    let rows: Vec<Row> = rows.map(whose).collect();
    table(lang, caption, &columns, &rows)
}

/// The form that adds one. It is open where it was refused.
pub(super) struct Adding<'a> {
    pub(super) path: &'a str,
    pub(super) title: &'a str,
    pub(super) submit: &'a str,
    /// The names of all its fields.
    pub(super) fields: &'a [&'a str],
    /// What was sent, and what is wrong with it.
    pub(super) given: &'a Fields,
    pub(super) errors: &'a [FieldError],
    /// The role that is chosen.
    pub(super) role: &'a str,
    pub(super) scope_hint: &'a str,
}

impl Adding<'_> {
    /// `first` stands before what one may do and whose one is, `last` behind it.
    pub(super) fn form(&self, viewer: &Viewer, first: &Markup, last: &Markup) -> Markup {
        let (lang, given, errors) = (viewer.look.lang, self.given, self.errors);
        let words = Words::of(lang);
        html! {
            details open[!errors.is_empty()] {
                summary { (self.title) }
                form.form method="post" action=(self.path) aria-label=(self.title) {
                    (unplaced(errors, self.fields))
                    (first)
                    (forms::rights(lang, (self.role, kept(given, "scope")), self.scope_hint, errors))
                    @if viewer.actor.may(Scope::Tenants) {
                        (Line::text("tenant", words.tenant, kept(given, "tenant")).hint(words.own_tenant).with(errors))
                    }
                    (last)
                    p.actions { button.main type="submit" { (self.submit) } }
                }
            }
        }
    }
}
