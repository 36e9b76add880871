//! What the names of files and folders stand for: a channel and a part of its words, or a locale. And which one was
//! probably meant by a name that stands for none.

use domain::{ChannelName, is_one_edit, nearest, nearest_of_few};

/// The name of the words for every channel that has none of its own.
pub(crate) const GENERIC: &str = "text";

const SHAPE: &str = "is no part of a template: use <template>/sample.json, or <template>/<locale>/ with \
                     <channel>.txt, <channel>.html, <channel>.subject.txt or <channel>.title.txt";

/// What may follow the channel in the name of a file.
const PARTS: [&str; 4] = ["txt", "html", "subject.txt", "title.txt"];

/// The names that are known from elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct Known<'k> {
    /// The channels; an empty list where every name may be one.
    pub(crate) channels: &'k [&'k str],
    pub(crate) default_locale: &'k str,
}

/// Which part of a channel's words a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Text,
    Html,
    Subject,
}

/// The channel of a file such as `email.subject.txt`, and the part of its words.
///
/// # Errors
/// Why the file has no place, with the name that was most likely meant.
pub(crate) fn channel_and_part<'n>(name: &'n str, channels: &[&str]) -> Result<(&'n str, Part), String> {
    let (channel, part) = name.split_once('.').ok_or(SHAPE)?;
    let parsed = ChannelName::parse(channel).map_err(|_| SHAPE)?;
    if parsed.as_str() != channel {
        return Err("must have its channel in lower case".to_owned());
    }
    let part = match part {
        "txt" => Part::Text,
        "html" => Part::Html,
        "subject.txt" | "title.txt" => Part::Subject,
        other => return Err(misplaced(other, &PARTS)),
    };
    let near = nearest(channel, channels.iter().copied().chain([GENERIC]));
    match near.filter(|_| !is_known(channel, channels)) {
        Some(near) => Err(format!("is of the channel {channel}, which is not known{}", hint(Some(near)))),
        None => Ok((channel, part)),
    }
}

/// Why a file is no part of a template, with the one of these names that it is near.
pub(crate) fn misplaced(name: &str, known: &[&str]) -> String {
    format!("{SHAPE}{}", hint(nearest_of_few(name, known.iter().copied())))
}

/// The doubt about a file of a channel that no process of this version sends by; none for other files.
pub(crate) fn doubt_of_channel(channel: &str, channels: &[&str]) -> Option<String> {
    let near = hint(nearest_of_few(channel, channels.iter().copied()));
    (!is_known(channel, channels)).then(|| {
        let known = channels.join(", ");
        format!("is of the channel {channel}, which is none of this version: {known}, or {GENERIC} for all{near}")
    })
}

/// Whether a tag has the form of a locale (RFC 5646 section 2.1): a language, and what follows it. Whether anybody
/// speaks that language is not checked.
pub(crate) fn is_locale(tag: &str) -> bool {
    let (language, rest) = tag.split_once(['-', '_']).map_or((tag, None), |(language, rest)| (language, Some(rest)));
    let is_language = match language.len() {
        // A tag that begins with one of these letters was registered as a whole, or is private.
        1 => matches!(language, "i" | "I" | "x" | "X") && rest.is_some(),
        2..=8 => language.bytes().all(|letter| letter.is_ascii_alphabetic()),
        _ => false,
    };
    is_language && rest.is_none_or(|rest| rest.split(['-', '_']).all(|subtag| !subtag.is_empty()))
}

/// Whether a locale has a language of two letters, as nearly all have, and an end that a locale may have.
pub(crate) fn is_usual_locale(tag: &str) -> bool {
    let language = tag.split(['-', '_']).next().unwrap_or_default();
    language.len() == 2 && is_locale(tag) && ends_as_a_tag(tag)
}

/// Whether the last part of a locale may be a region, a script or a variant (RFC 5646 section 2.1).
pub(crate) fn ends_as_a_tag(locale: &str) -> bool {
    let last = locale.rsplit(['-', '_']).next().unwrap_or_default();
    let all = |is: fn(&char) -> bool| last.chars().all(|letter| is(&letter));
    match last.len() {
        2 => all(char::is_ascii_alphabetic),
        3 => all(char::is_ascii_digit),
        4..=8 => all(char::is_ascii_alphanumeric),
        _ => false,
    }
}

/// The first of these locales from which a tag is one edit away.
pub(crate) fn nearest_locale<'l>(tag: &str, mut others: impl Iterator<Item = &'l str>) -> Option<&'l str> {
    let tag = plain(tag);
    others.find(|other| is_one_edit(&tag, &plain(other)))
}

pub(crate) fn is_same_locale(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// The end of a problem: the name that was most likely meant, or nothing.
pub(crate) fn hint(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

fn plain(tag: &str) -> String {
    tag.to_ascii_lowercase().replace('_', "-")
}

fn is_known(channel: &str, channels: &[&str]) -> bool {
    channels.is_empty() || channel == GENERIC || channels.contains(&channel)
}
