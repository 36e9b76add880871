//! What stands around every page: the navigation, whose session it is, what is paused, whether the ledger answers, and
//! the choice of language and colours. Everything is a link or a form, and works without scripts.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{Denied, Scope, Tenant, Timestamp};
use maud::{Markup, html};
use operations::pauses::Reach;
use store::StoreError;
use web::problem::Problem;

use crate::asked::problems;
use crate::console::Console;
use crate::document::document;
use crate::look::{Look, Theme};
use crate::pieces::banner::Over;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::pieces::problem::problem;
use crate::pieces::time::of_its_day;
use crate::section::Section;
use crate::session::Viewer;
use crate::standing::{Of, Standing};
use crate::words::Lang;

/// The frame of the pages of one section, for one viewer.
#[derive(Clone, Copy)]
pub(crate) struct Shell<'a> {
    console: &'a Console,
    viewer: &'a Viewer,
    section: Section,
}

impl<'a> Shell<'a> {
    pub(crate) fn of(console: &'a Console, viewer: &'a Viewer, section: Section) -> Self {
        Self { console, viewer, section }
    }

    pub(crate) fn lang(&self) -> Lang {
        self.viewer.look.lang
    }

    /// A page with this heading.
    pub(crate) async fn page(&self, title: &str, content: &Markup) -> Response {
        self.answer(StatusCode::OK, title, content).await
    }

    /// The page that asks once more: see [`Confirm`].
    pub(crate) async fn confirm(&self, confirm: &Confirm<'_>, refused: Option<NotConfirmed>) -> Response {
        let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let title = self.lang().words().confirm.title;
        self.answer(status, title, &confirm.page(self.lang(), refused)).await
    }

    pub(crate) async fn not_found(&self) -> Response {
        let words = &self.lang().words().problems;
        self.problem(StatusCode::NOT_FOUND, words.not_found, words.not_found_detail, &[]).await
    }

    pub(crate) async fn denied(&self, denied: Denied) -> Response {
        let words = &self.lang().words().problems;
        let detail = (words.denied_detail)(denied.needed.as_str());
        self.problem(StatusCode::FORBIDDEN, words.denied, &detail, &[]).await
    }

    /// The same to whoever wanted to change something, which is noted. `asked` says what, in words that are kept.
    pub(crate) async fn change_denied(&self, denied: Denied, asked: &str) -> Response {
        let (store, actor, now) = (&self.console.store, &self.viewer.actor, self.console.clock.now());
        if let Err(error) = operations::note_denied(store, actor, &[denied.needed], asked, now).await {
            tracing::warn!(%error, %asked, "a refusal of the console could not be noted");
        }
        self.denied(denied).await
    }

    /// The answer where the ledger fails a page. Whatever else than its absence is logged: it is a mistake of ours.
    pub(crate) async fn ledger_failed(&self, error: &StoreError) -> Response {
        let words = &self.lang().words().problems;
        if error.is_unavailable() {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return self.problem(status, words.ledger_away, words.ledger_away_detail, &[]).await;
        }
        tracing::error!(%error, "the ledger has failed a page of the console");
        self.problem(StatusCode::INTERNAL_SERVER_ERROR, words.failed, words.failed_detail, &[]).await
    }

    /// The answer to a request that is wrong, in the words that programs get too.
    pub(crate) async fn refused(&self, refused: &Problem) -> Response {
        self.problem(refused.status(), refused.title(), refused.detail(), &problems(refused)).await
    }

    pub(crate) async fn problem(
        &self,
        status: StatusCode,
        title: &str,
        detail: &str,
        details: &[(String, String)],
    ) -> Response {
        let content = problem(self.lang(), detail, details, self.section.path());
        self.answer(status, title, &content).await
    }

    pub(crate) async fn answer(&self, status: StatusCode, title: &str, content: &Markup) -> Response {
        let (console, reach, now) = (self.console, self.viewer.reach(), self.console.clock.now());
        let standing = console.known.standing(&console.store, &reach, now).await;
        let only = match &reach {
            Reach::Everybody => None,
            Reach::Only(tenant) => Some(tenant),
        };
        let seen = self.viewer.actor.may(Scope::Read).then_some(&standing);
        let body = self.around(title, content, &over(self.lang(), standing.of, seen, only, now));
        (status, document(self.viewer.look, title, &body)).into_response()
    }

    /// A page whose live part says itself what stands over every other one, so that it appears and goes with it.
    pub(crate) fn live_page(&self, title: &str, live: &Markup) -> Response {
        let body = self.around(title, live, &html! {});
        document(self.viewer.look, title, &body).into_response()
    }

    /// What is `over` the page follows its heading, as in a live part, and is read there.
    fn around(&self, title: &str, content: &Markup, over: &Markup) -> Markup {
        let words = &self.lang().words().shell;
        html! {
            a.skip href="#main" { (words.skip) }
            header.top {
                a.brand href=(Section::Overview.path()) { "Chasqui" }
                (self.navigation())
                (self.session())
            }
            main #main tabindex="-1" {
                h1 { (title) }
                p #stale.stale hidden data-words=(words.stale) {}
                p #status.unseen role="status" {}
                (over)
                (content)
            }
            (foot(self.viewer.look))
        }
    }

    /// The pages that somebody looks at every day stand in a bar, and the others are unfolded. Where there is no room for the
    /// bar all of them are.
    fn navigation(&self) -> Markup {
        let (lang, words) = (self.lang(), &self.lang().words().shell);
        let seen: Vec<Section> =
            Section::ALL.into_iter().filter(|section| self.viewer.actor.may(section.needs())).collect();
        let here = seen.contains(&self.section).then(|| self.section.label(lang));
        let folded = here.filter(|_| !self.section.is_often());
        html! {
            nav.sections aria-label=(words.navigation) {
                @for section in seen.iter().filter(|section| section.is_often()) {
                    a href=(section.path()) data-key=[section.key()] aria-current=[self.current(*section)] {
                        (section.label(lang))
                    }
                }
                @if !seen.is_empty() {
                    details.more {
                        // A page that is often looked at is in the fold, too, where there is no bar.
                        summary.within[here.is_some()].here[folded.is_some()] {
                            span.wide { (words.more) @if let Some(label) = folded { ": " (label) } }
                            span.narrow { (words.navigation) @if let Some(label) = here { ": " (label) } }
                        }
                        div {
                            @for section in &seen {
                                a.often[section.is_often()] href=(section.path())
                                    // Of those that stand in the bar as well, the key leads there.
                                    data-key=[section.key().filter(|_| !section.is_often())]
                                    aria-current=[self.current(*section)] { (section.label(lang)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn current(&self, section: Section) -> Option<&'static str> {
        (section == self.section).then_some("page")
    }

    fn session(&self) -> Markup {
        let actor = &self.viewer.actor;
        html! {
            form.session method="post" action="/console/logout" {
                a.who href=(Section::Account.path()) title=(Section::Account.label(self.lang())) {
                    (actor.name) " · " (actor.tenant.as_str())
                }
                button type="submit" { (self.lang().words().shell.log_out) }
            }
        }
    }
}

/// What stands over every page. Whoever may not see what is paused has `seen` nothing, and is told that the ledger does not
/// answer all the same.
fn over(lang: Lang, of: Of, seen: Option<&Standing>, only: Option<&Tenant>, now: Timestamp) -> Markup {
    let words = &lang.words().shell;
    let lost = html! {
        (words.ledger_lost)
        @match of {
            Of::Earlier(at) if seen.is_some() => { " " (words.paused_then) " " (of_its_day(at, now)) "." }
            Of::Never if seen.is_some() => { " " (words.paused_unknown) }
            _ => {}
        }
    };
    Over {
        lost: if of == Of::Now { Vec::new() } else { vec![lost] },
        pauses: seen.map(|standing| standing.pauses.as_slice()).unwrap_or_default(),
        faults: seen.map(|standing| standing.faults.as_slice()).unwrap_or_default(),
        only,
    }
    .strip(lang, now)
}

/// The choice of language and colours, and the keys.
pub(crate) fn foot(look: Look) -> Markup {
    let words = &look.lang.words().shell;
    html! {
        footer.foot {
            form.look method="post" action="/console/look" {
                input type="hidden" name="next" value="" data-here;
                span.pair {
                    label for="look-lang" { (words.language) }
                    select #look-lang name="lang" {
                        @for lang in Lang::ALL {
                            option value=(lang.code()) lang=(lang.code()) selected[lang == look.lang] { (lang.name()) }
                        }
                    }
                }
                span.pair {
                    label for="look-theme" { (words.theme) }
                    select #look-theme name="theme" {
                        @for theme in Theme::ALL {
                            option value=(theme.as_str()) selected[theme == look.theme] {
                                (theme_name(look.lang, theme))
                            }
                        }
                    }
                }
                button type="submit" { (words.change) }
            }
            a href="/docs/" { (words.api) }
            // What is unfolded here has nothing behind it that it would move.
            details #keys {
                summary { (words.keyboard) }
                dl { @for (key, does) in words.keys { div { dt { kbd { (key) } } dd { (does) } } } }
            }
        }
    }
}

fn theme_name(lang: Lang, theme: Theme) -> &'static str {
    let words = &lang.words().shell;
    match theme {
        Theme::Auto => words.theme_auto,
        Theme::Light => words.theme_light,
        Theme::Dark => words.theme_dark,
    }
}

#[test]
fn that_the_ledger_does_not_answer_says_of_when_the_pauses_are_and_nothing_else() {
    let (now, at) = (testkit::NOW, Timestamp::from_seconds(testkit::NOW.as_micros() / 1_000_000 - 75));
    let earlier = |lang, of, sees: bool| {
        let standing = Standing { of, ..Standing::default() };
        over(lang, of, sees.then_some(&standing), None, now).into_string()
    };
    let time = format!("<time datetime=\"{at}\">11:58:45 UTC</time>.</p>");
    for (lang, then, never) in [
        (
            Lang::En,
            "The ledger does not answer. What is paused was last known at ",
            "The ledger does not answer. What is paused is not known.</p>",
        ),
        (
            Lang::Es,
            "El libro no responde. Lo que está en pausa se supo por última vez a las ",
            "El libro no responde. No se sabe qué está en pausa.</p>",
        ),
    ] {
        let told = earlier(lang, Of::Earlier(at), true);
        assert!(told.contains(&format!("{then}{time}")), "{told}");
        let told = earlier(lang, Of::Never, true);
        assert!(told.contains(never), "{told}");
        let (lost, _) = then.split_once(". ").unwrap();
        for of in [Of::Earlier(at), Of::Never] {
            assert!(earlier(lang, of, false).contains(&format!("{lost}.</p>")), "whoever may not see pauses");
        }
        assert_eq!(earlier(lang, Of::Now, true), "<div class=\"over\"></div>");
    }
}
