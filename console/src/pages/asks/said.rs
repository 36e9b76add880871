//! People and choices of a question by what they are called, for whoever looks at it.

use domain::Ask;
use maud::{Markup, html};
use operations::asks;

use crate::pieces::breakable::breakable;
use crate::words::Lang;

/// The same question with choices, and with what is asked about a command, in the language of the page.
pub(crate) fn spoken(ask: &Ask, lang: Lang) -> Ask {
    asks::spoken(ask, Some(lang.code()))
}

/// What stands on the button of a choice. A choice that the question does not have stands as it is.
pub(crate) fn label<'a>(ask: &'a Ask, choice: &'a str) -> &'a str {
    ask.choices.iter().find(|known| known.id == choice).map_or(choice, |known| known.label.as_str())
}

/// What people call somebody who has asked, is asked, or has answered.
pub(crate) fn called(ask: &Ask, id: &str, lang: Lang) -> String {
    called_by(Some(ask), id, lang)
}

/// The same where there may be no question that knows it. Whoever runs commands beside the ledger is an actor, and is called as
/// every other page calls them, whether there is a question or not. A name that is a mask of nothing but stars tells nobody
/// from another: the id stands in its place.
pub(crate) fn called_by(ask: Option<&Ask>, id: &str, lang: Lang) -> String {
    match ask {
        _ if asks::is_operator(id) => id.to_owned(),
        Some(ask) => {
            let name = asks::called(ask, id, Some(lang.code()));
            if name.trim_matches('*').is_empty() { id.to_owned() } else { name }
        }
        None => asks::unnamed(id, Some(lang.code())),
    }
}

/// The same, with the id beside it under which they are known, where that is another.
pub(crate) fn person(ask: &Ask, id: &str, lang: Lang) -> Markup {
    person_by(Some(ask), id, lang)
}

/// The same where there may be no question that knows it.
pub(crate) fn person_by(ask: Option<&Ask>, id: &str, lang: Lang) -> Markup {
    let name = called_by(ask, id, lang);
    html! { (breakable(&name)) @if name != id { " " code.soft { (breakable(id)) } } }
}
