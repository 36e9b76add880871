//! Leads from one list about dead letters to the others.

use maud::{Markup, html};

use super::paths;
use super::words::Words;
use crate::words::Lang;

/// A list about dead letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tab {
    Groups,
    Letters,
    Jobs,
}

/// `at` is the one that is shown. None on the page of a single thing.
pub(crate) fn tabs(lang: Lang, at: Option<Tab>) -> Markup {
    let words = Words::of(lang);
    let all = [
        (Tab::Groups, paths::GROUPS, words.groups),
        (Tab::Letters, paths::LETTERS, words.letters),
        (Tab::Jobs, paths::JOBS, words.jobs),
    ];
    html! {
        nav.pager aria-label=(words.lists) {
            @for (tab, path, label) in all {
                a href=(path) aria-current=[(at == Some(tab)).then_some("true")] { (label) }
            }
        }
    }
}
