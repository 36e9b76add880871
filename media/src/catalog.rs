//! The list of all media, and the questions that others ask about channels by name.

use std::sync::LazyLock;

use domain::{Ambiguity, ChannelName, FieldError, MAX_COMPARED_NAMES, Worded};
use serde_json::{Map, Value};

use crate::medium::{Carriage, Medium};
use crate::words::{Fault, Part, Words};
use crate::{buttons, email, inapp, push, service, slack, sms, telegram, webhook, webpush, whatsapp};

/// Every medium, in the order of their names. A new medium is a file beside this one and an entry here.
pub static MEDIA: &[&Medium] = &[
    &email::MEDIUM,
    &inapp::MEDIUM,
    &push::MEDIUM,
    &service::MEDIUM,
    &slack::MEDIUM,
    &sms::MEDIUM,
    &telegram::MEDIUM,
    &webhook::MEDIUM,
    &webpush::MEDIUM,
    &whatsapp::MEDIUM,
];

/// Why a destination was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DestinationError {
    #[error("{0}")]
    UnknownChannel(String),
    /// Why the destination was refused, as a text that begins with "must" and does not quote the destination.
    #[error("{0}")]
    Bad(String),
}

/// The names of all channels that publishers may name, enabled or not.
pub fn known() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let public = MEDIA.iter().filter(|medium| !is_of_the_fleet(medium));
        public.map(|medium| medium.name).collect()
    });
    &NAMES
}

/// The names of all channels by which anything is sent, those among them that the fleet alone names.
pub fn every_name() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| MEDIA.iter().map(|medium| medium.name).collect());
    &NAMES
}

/// Whether the fleet alone writes what goes by this medium: no publisher may name it.
pub fn is_of_the_fleet(medium: &Medium) -> bool {
    medium.name == service::MEDIUM.name
}

/// The medium of this name.
pub fn find(channel: &ChannelName) -> Option<&'static Medium> {
    MEDIA.iter().copied().find(|medium| medium.name == channel.as_str())
}

/// The prefixes of environment variables that may belong to other programs which send on these channels, such as
/// `SMS_`.
pub fn prefixes() -> Vec<String> {
    known().iter().map(|name| format!("{}_", name.to_ascii_uppercase())).collect()
}

/// Whether a text can be a destination of that channel, as far as its form tells.
///
/// # Errors
/// [`DestinationError`], which never quotes the destination.
pub fn check_destination(channel: &ChannelName, destination: &str) -> Result<(), DestinationError> {
    let medium = find(channel).ok_or_else(|| DestinationError::UnknownChannel(unknown(channel)))?;
    (medium.check)(destination).map_err(DestinationError::Bad)
}

/// The form in which destinations of that channel are compared; see [`Medium::compared`]. A destination of an unknown
/// channel stays as it is.
pub fn compared(channel: &ChannelName, destination: &str) -> String {
    find(channel).map_or_else(|| destination.to_owned(), |medium| (medium.compared)(destination))
}

/// What the channel refuses of these words for certain. Empty for a channel that is not known.
pub fn faults(channel: &ChannelName, words: &Words<'_>) -> Vec<Fault> {
    find(channel).map(|medium| (medium.faults)(words)).unwrap_or_default()
}

/// Whether the channel sends any of these data itself, beside the words.
pub fn sends_data(channel: &ChannelName, data: &Map<String, Value>) -> bool {
    find(channel).is_some_and(|medium| (medium.sends)(data))
}

/// Finds names in the data of a message that were most likely meant for its channel, which does not heed them.
/// `is_used` says which names are a template's own.
pub fn unheeded(message: &Worded<'_>, is_used: impl Fn(&str) -> bool) -> Vec<FieldError> {
    let slips = slips(message.channel, &message.wording.data, is_used).into_iter();
    let slips = slips.map(|slip| message.of_data(&slip.part.pointer(), slip.why));
    let misplaced = misplaced(message.channel, &message.wording.mail).into_iter();
    slips.chain(misplaced.map(|fault| message.of_field(&fault.part.pointer(), fault.why))).collect()
}

/// Finds fields that a mail alone has in a message of another channel. Empty for a channel that is not known.
pub fn misplaced(channel: &ChannelName, mail: &Map<String, Value>) -> Vec<Fault> {
    let is_another = find(channel).is_some_and(|medium| medium.name != email::MEDIUM.name);
    let carries = carriage(channel) != Carriage::Nothing;
    let names = mail.keys().filter(|name| is_another && !(carries && *name == email::ATTACHMENTS));
    names
        .map(|name| Fault::of_mail(&[name.as_str()], format!("is of a mail alone, and not sent by {channel}")))
        .collect()
}

/// How messages of the channel carry files that are stored here. Nothing for a channel that is not known.
pub fn carriage(channel: &ChannelName) -> Carriage {
    find(channel).map_or(Carriage::Nothing, |medium| medium.files)
}

/// Finds names that are nearly one which the channel itself reads and which is not given.
fn slips(channel: &ChannelName, data: &Map<String, Value>, is_used: impl Fn(&str) -> bool) -> Vec<Fault> {
    let Some(medium) = find(channel) else { return Vec::new() };
    let is_given = |name: &str| data.get(name).is_some_and(|value| !value.is_null());
    let slip = |(name, value): (&String, &Value)| {
        let meant = (medium.meant)(name, value).filter(|meant| !is_given(meant))?;
        let why = format!("is not read: did you mean {meant}?");
        Some(Fault { part: Part::Field(vec![name.clone()]), why })
    };
    let unused = data.iter().filter(|(name, _)| is_given(name) && !is_used(name));
    unused.take(MAX_COMPARED_NAMES).filter_map(slip).collect()
}

/// Whether messages of the channel have a subject or a title. None for a channel that is not known.
pub fn has_subject(channel: &ChannelName) -> Option<bool> {
    find(channel).map(|medium| medium.has_subject)
}

/// The list that a mail is of, by the fields that a mail alone has. None on another channel.
pub fn list_of<'m>(channel: &ChannelName, mail: &'m Map<String, Value>) -> Option<&'m str> {
    find(channel).filter(|medium| medium.name == email::MEDIUM.name).and_then(|_| email::list(mail))
}

/// Who gets a copy of a mail to this destination, by the fields that a mail alone has. Nobody on another channel.
pub fn copies_of<'m>(channel: &ChannelName, destination: &str, mail: &'m Map<String, Value>) -> Vec<email::CopyTo<'m>> {
    let is_a_mail = find(channel).is_some_and(|medium| medium.name == email::MEDIUM.name);
    if is_a_mail { email::copies(destination, mail) } else { Vec::new() }
}

/// What people may read in place of the words, where the channel makes something else of them: the body of a request, or the
/// words without their tags and with their buttons. None where it sends the words themselves.
pub fn shown(channel: &ChannelName, words: &Words<'_>) -> Option<String> {
    match find(channel)?.name {
        name if name == webhook::MEDIUM.name => Some(webhook::json(words)),
        name if name == service::MEDIUM.name => Some(service::json(words)),
        name if name == telegram::MEDIUM.name => telegram::shown(words),
        name if name == slack::MEDIUM.name => slack::shown(words),
        name if name == whatsapp::MEDIUM.name => whatsapp::shown(words),
        _ => None,
    }
}

/// Puts the buttons of a question, by their labels and what is told when one is pressed, beside the rendered words of a
/// message: as its channel has buttons, and nothing where it has none, or not for these.
pub fn put_buttons(channel: &ChannelName, text: &str, data: &mut Map<String, Value>, given: &[(String, String)]) {
    match find(channel).map(|medium| medium.name) {
        Some(name) if name == telegram::MEDIUM.name => buttons::put(data, given),
        Some(name) if name == slack::MEDIUM.name => slack::put_buttons(text, data, given),
        Some(name) if name == whatsapp::MEDIUM.name => whatsapp::put_buttons(text, data, given),
        _ => {}
    }
}

/// The sentence about a channel that does not exist.
pub fn unknown(channel: &ChannelName) -> String {
    if channel.as_str() == service::MEDIUM.name {
        return "unknown channel to publishers: it is written by the fleet alone, for POST /v1/commands/dispatch"
            .into();
    }
    let hint = domain::nearest(channel.as_str(), known().iter().copied());
    let hint = hint.map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    format!("unknown channel; known are {}{hint}", known().join(", "))
}

/// What to do after an ambiguous attempt on this channel unless the operator says otherwise. A delivery on an unknown
/// channel is held: nobody knows what a second copy costs there.
pub fn default_ambiguity(channel: &ChannelName) -> Ambiguity {
    find(channel).map_or(Ambiguity::Hold, |medium| medium.ambiguity)
}

#[cfg(test)]
mod tests;
