//! A list that is narrowed by its address and shown a page at a time, the newest first: the form that writes the address, the
//! table, and the way on.

use std::convert::Infallible;
use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use domain::{Actor, Scope, Timestamp};
use maud::{Markup, html};
use operations::NotListed;
use operations::deliveries::written::{LATER_THAN_FROM, TIME};
use store::PageCursor;
use web::problem::Problem;
use web::query::Parameters;

use crate::asked::{of_another_search, problems};
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::pager;
use crate::pieces::table::{Column, Row, table};
use crate::section::Section;
use crate::session::Refusal;
use crate::words::Lang;

/// What is told of a text at which no page has ended.
pub(crate) const NO_PLACE: &str = "must be the end of the page before, or be left out to begin anew";

/// The query of an address, to be read, and as it was written.
pub(crate) struct Query {
    parameters: Result<Parameters, Problem>,
    written: Fields,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let written = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
        Ok(Self { parameters: Parameters::from_request_parts(parts, state).await, written })
    }
}

/// What each of these lists is asked for, as `from`, `to` and `after`.
pub(crate) struct Span {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) after: Option<PageCursor>,
}

impl Span {
    pub(crate) fn read(query: &mut Parameters) -> Self {
        let from = query.parsed("from", TIME.must, TIME.read);
        let until = query.parsed("to", TIME.must, TIME.read);
        let after = query.parsed("after", NO_PLACE, PageCursor::parse);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            query.refuse("to", LATER_THAN_FROM);
        }
        Self { from, until, after }
    }
}

/// The list of a section; `W` is what it can be asked for.
pub(crate) struct List<W> {
    pub(crate) section: Section,
    /// The names of all its parameters.
    pub(crate) names: &'static [&'static str],
    pub(crate) read: fn(&mut Parameters, &Actor) -> W,
    pub(crate) form: fn(&Form<'_>) -> Markup,
}

impl<W> List<W> {
    /// What is asked for, and how that was written.
    ///
    /// # Errors
    /// The page that says what is wrong with it, or that this viewer may read none.
    pub(crate) async fn asked(&self, shell: &Shell<'_>, actor: &Actor, query: Query) -> Result<(W, Fields), Refusal> {
        if let Err(denied) = actor.must(Scope::Read) {
            return Err(shell.denied(denied).await.into());
        }
        match self.wanted(query.parameters, actor) {
            Ok(wanted) => Ok((wanted, query.written)),
            Err(problem) => {
                Err(self.refused(shell, &query.written, problem.status(), &problems(&problem)).await.into())
            }
        }
    }

    /// # Errors
    /// 422 that names every part that is wrong.
    fn wanted(&self, parameters: Result<Parameters, Problem>, actor: &Actor) -> Result<W, Problem> {
        let mut parameters = parameters?.filled();
        let wanted = (self.read)(&mut parameters, actor);
        parameters.finish(self.names)?;
        Ok(wanted)
    }

    /// The page that says why there is none of the list.
    pub(crate) async fn not_listed(&self, shell: &Shell<'_>, written: &Fields, why: NotListed) -> Response {
        match why {
            NotListed::OtherFilter => {
                self.refused(shell, written, StatusCode::UNPROCESSABLE_ENTITY, &[of_another_search()]).await
            }
            NotListed::Store(error) => shell.ledger_failed(&error).await,
        }
    }

    async fn refused(
        &self,
        shell: &Shell<'_>,
        written: &Fields,
        status: StatusCode,
        problems: &[(String, String)],
    ) -> Response {
        let lang = shell.lang();
        shell.answer(status, self.section.label(lang), &self.narrowed(lang, written, problems)).await
    }

    pub(crate) async fn answer<C: Display>(&self, shell: &Shell<'_>, written: &Fields, page: &Page<'_, C>) -> Response {
        let (lang, title) = (shell.lang(), self.section.label(shell.lang()));
        let next = page.next.map(ToString::to_string);
        let pairs: Vec<(&str, &str)> = self.names.iter().map(|name| (*name, value(written, name))).collect();
        let content = html! {
            (page.over)
            (self.narrowed(lang, written, &[]))
            @if page.rows.is_empty() {
                p.nothing { (if next.is_some() { page.nothing_yet } else { page.nothing }) }
            } @else {
                (table(lang, title, page.columns, page.rows))
            }
            (pager(lang, self.section.path(), &pairs, page.is_first, next.as_deref()))
        };
        shell.answer(StatusCode::OK, title, &content).await
    }

    fn narrowed(&self, lang: Lang, written: &Fields, problems: &[(String, String)]) -> Markup {
        (self.form)(&Form { lang, section: self.section, written, problems })
    }
}

/// One page of a list; `C` says where it ended.
pub(crate) struct Page<'a, C = PageCursor> {
    /// What stands over the form.
    pub(crate) over: Markup,
    pub(crate) columns: &'a [Column],
    pub(crate) rows: &'a [Row],
    /// What is said where nothing fits.
    pub(crate) nothing: &'a str,
    /// What is said where nothing fits yet, and there are older ones.
    pub(crate) nothing_yet: &'a str,
    pub(crate) is_first: bool,
    pub(crate) next: Option<&'a C>,
}

/// The form of a list, with what was asked for, and what is wrong with it.
pub(crate) struct Form<'a> {
    pub(crate) lang: Lang,
    section: Section,
    written: &'a Fields,
    problems: &'a [(String, String)],
}

impl<'a> Form<'a> {
    pub(crate) fn field(&self, name: &'static str, label: &'static str, input: Input<'a>) -> Field<'a> {
        Field { name, label, value: value(self.written, name), input }
    }

    /// The form of these fields, and of the time behind them: how its beginning and its end are called.
    pub(crate) fn filter(&self, mut fields: Vec<Field<'a>>, from: &'static str, until: &'static str) -> Markup {
        fields.push(self.field("from", from, Input::Instant("2026-03-01T09:00:00Z")));
        fields.push(self.field("to", until, Input::Instant("2026-03-02T09:00:00Z")));
        self.narrow(&fields)
    }

    /// The form of these fields.
    pub(crate) fn narrow(&self, fields: &[Field<'_>]) -> Markup {
        filter(self.lang, self.section.path(), fields, self.problems)
    }
}

fn value<'a>(written: &'a Fields, name: &str) -> &'a str {
    written.text(name).unwrap_or_default()
}
