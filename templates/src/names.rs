//! What the names of files and folders stand for: a channel and a part of its words, or a locale. And which one was
//! probably meant by a name that stands for none.

use domain::{ChannelName, is_one_edit, nearest, nearest_of_few};

/// The most bytes of a template's or a locale's name.
const MAX_NAME_BYTES: usize = 64;

/// Languages by the names that people give their folders.
const LANGUAGES: &[(&str, &str)] = &[
    ("english", "en"),
    ("ingles", "en"),
    ("spanish", "es"),
    ("espanol", "es"),
    ("castellano", "es"),
    ("portuguese", "pt"),
    ("portugues", "pt"),
    ("french", "fr"),
    ("francais", "fr"),
    ("frances", "fr"),
    ("german", "de"),
    ("deutsch", "de"),
    ("aleman", "de"),
    ("italian", "it"),
    ("italiano", "it"),
    ("quechua", "qu"),
];

/// The languages after which three letters may stand for a more exact one, such as `zh-yue` (RFC 5646 section 2.2.2).
const WITH_EXTENSIONS: [&str; 8] = ["ar", "kok", "lv", "ms", "sgn", "sw", "uz", "zh"];

/// The name of the words for every channel that has none of its own.
pub(crate) const GENERIC: &str = "text";

const SHAPE: &str = "is no part of a template: use <template>/sample.json, or <template>/<locale>/ with \
                     <channel>.txt, <channel>.html, <channel>.subject.txt or <channel>.title.txt";

/// What may follow the channel in the name of a file.
const PARTS: [&str; 5] = ["txt", "html", "mjml", "subject.txt", "title.txt"];

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
    if let Some(meant) = meant_subject(channel, channels) {
        return Err(format!("is of no channel{}", hint(Some(&meant))));
    }
    let part = match part {
        "txt" => Part::Text,
        "html" | "mjml" => Part::Html,
        "subject.txt" | "title.txt" => Part::Subject,
        other => return Err(misplaced(other, &PARTS)),
    };
    let near = nearest(channel, channels.iter().copied().chain([GENERIC]));
    match near.filter(|_| !is_known(channel, channels)) {
        Some(near) => Err(format!("is of the channel {channel}, which is not known{}", hint(Some(near)))),
        None => Ok((channel, part)),
    }
}

/// The file of a subject or title that was meant by a name in whose channel the word stands, such as `subject.txt` and
/// `email_subject.txt`.
fn meant_subject(channel: &str, channels: &[&str]) -> Option<String> {
    if is_known(channel, channels) {
        return None;
    }
    let (owner, word) = ["subject", "title"].into_iter().find_map(|word| Some((channel.strip_suffix(word)?, word)))?;
    let owner = match (owner.trim_end_matches(['_', '-']), word) {
        ("", "title") => "push",
        ("", _) => "email",
        (owner, _) => owner,
    };
    let has_one = channels.contains(&owner) && has_no(owner, Part::Subject).is_none();
    has_one.then(|| format!("{owner}.{word}.txt"))
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

/// What a part is called when no message of the channel has it. None for one that it has, and for other channels.
pub(crate) fn has_no(channel: &str, part: Part) -> Option<&'static str> {
    match (channel, part) {
        ("inapp" | "sms" | "whatsapp" | "telegram" | "slack" | "push" | "webpush" | "webhook", Part::Html) => {
            Some("HTML")
        }
        ("sms" | "whatsapp" | "telegram" | "slack", Part::Subject) => Some("subject"),
        _ => None,
    }
}

/// Whether a publisher can name this: 1 to 64 letters, digits, `_` or `-`.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME_BYTES && text.chars().all(is_of_word)
}

/// Why a folder that is no word can be neither a template nor a locale, with what to write.
pub(crate) fn misnamed(folder: &str) -> String {
    let rule = format!("a name has 1 to {MAX_NAME_BYTES} letters, digits, _ or -");
    let Some(wrong) = folder.chars().find(|letter| !is_of_word(*letter)) else {
        return format!("is too long for a template or a locale: {rule}");
    };
    let what = if wrong == ' ' { "a space".to_owned() } else { format!("{wrong:?}") };
    let words: Vec<&str> = folder.split(|letter: char| !is_of_word(letter)).filter(|word| !word.is_empty()).collect();
    let meant = words.join("-");
    format!("has {what} in its name: {rule}{}", hint(Some(meant.as_str()).filter(|meant| is_word(meant))))
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
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

/// What to write instead of a locale that no publisher is likely to name: its language is written out, or its region
/// has three letters. None for other locales.
pub(crate) fn advice(locale: &str) -> Option<String> {
    let language = locale.split(['-', '_']).next()?.to_ascii_lowercase();
    let last = locale.rsplit_once(['-', '_']).map(|(_, last)| last);
    match (language.len(), last) {
        (4.., _) => {
            let known = LANGUAGES.iter().find(|(name, _)| *name == language);
            let hint = hint(known.map(|(_, tag)| *tag));
            Some(format!("; a language is written with two or three letters, such as es{hint}"))
        }
        (2..=3, Some(last)) if !ends_as_a_tag(locale) => {
            let is_extension = last.len() == 3 && WITH_EXTENSIONS.contains(&language.as_str());
            let region = "; a region is written with two letters or three digits, such as es-AR or es-419";
            (!is_extension).then(|| region.to_owned())
        }
        _ => None,
    }
}

/// The locale among these that was most likely meant.
pub(crate) fn meant_locale<'l>(tag: &str, known: &[&'l str]) -> Option<&'l str> {
    nearest(tag, known.iter().copied()).or_else(|| nearest_locale(tag, known.iter().copied()))
}

/// The first of these locales from which a tag is one edit away.
pub(crate) fn nearest_locale<'l>(tag: &str, mut others: impl Iterator<Item = &'l str>) -> Option<&'l str> {
    let tag = plain(tag);
    others.find(|other| is_one_edit(&tag, &plain(other)))
}

/// Whether two names differ at most by case, and by `_` for `-`.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// Whether a name is most likely a slip of another one, from which it is one edit away. A short name is near to too many
/// others, and a digit at its end counts something.
pub(crate) fn is_slip(name: &str, other: &str) -> bool {
    name.len() >= 5 && !name.ends_with(|c: char| c.is_ascii_digit()) && is_one_edit(&plain(name), &plain(other))
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
