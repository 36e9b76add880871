//! How a provider was found, and what is leased of its limits. The overview and the page of providers say the same of it.

use maud::{Markup, html};
use operations::providers::Limited;

use super::words::Words;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::time::absolute;
use crate::words::Lang;

/// `noted` is the word that a worker has noted of it. None where nobody has noted anything lately.
pub(crate) fn state(noted: Option<&str>, is_given_nothing: bool, lang: Lang) -> Markup {
    let words = Words::of(lang);
    match noted {
        None => badge(Tone::Quiet, words.unknown),
        Some("credentials_refused") => badge(Tone::Bad, words.refuses_us),
        Some(_) if is_given_nothing => badge(Tone::Bad, words.is_open),
        Some("half_open" | "open") => badge(Tone::Warning, words.tried),
        Some("closed") => badge(Tone::Good, words.works),
        // A newer worker may say more than is known here.
        Some(other) => badge(Tone::Warning, other),
    }
}

/// Each window in a line of its own.
pub(crate) fn leased(limits: impl IntoIterator<Item = Limited>, lang: Lang) -> Markup {
    html! { @for limit in limits { div.whole { (limit_of(&limit, Words::of(lang))) } } }
}

/// What the column is called in which that stands.
pub(crate) fn leased_label(lang: Lang) -> &'static str {
    Words::of(lang).limits
}

fn limit_of(limit: &Limited, words: &Words) -> Markup {
    let used = whole(limit.used.into());
    let most = limit.messages.map_or_else(|| UNKNOWN.to_owned(), |messages| whole(messages.into()));
    let told = (words.used)(&used, &most, limit.unit.as_str());
    html! { span title=[limit.ends.map(absolute)] { (told) } }
}
