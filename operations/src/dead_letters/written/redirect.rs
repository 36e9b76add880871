//! By which way the letters of a redirect are sent: another channel, or one provider of their own.

use domain::{ChannelName, KnownProviders, RedirectTo};
use store::{LetterAction, Redirect};

use crate::reader::Reader;

/// The letters of which channels are redirected by which way: it reaches their recipients by the same addresses.
pub(super) fn redirect(
    reader: &mut Reader,
    action: Option<LetterAction>,
    providers: &KnownProviders,
) -> Option<Redirect> {
    let (channel, provider) = (reader.line("to"), reader.line("to_provider"));
    if action? != LetterAction::Redirect {
        // Somebody may mean the time that it is in a list.
        let of_time = "; the end of a time is until";
        for (name, given, what, more) in
            [("to", channel, "channel", of_time), ("to_provider", provider, "provider", "")]
        {
            if given.is_some() {
                reader.refuse(name, format!("is for redirect: the {what} by which the letters are sent{more}"));
            }
        }
        return None;
    }
    match (channel, provider) {
        (Some(_), Some(_)) => {
            let detail =
                "must not be given together with to: letters go by another channel, or by one provider of their own";
            reader.refuse("to_provider", detail);
            None
        }
        (None, Some(name)) => by_provider(reader, name.to_ascii_lowercase(), providers),
        (channel, None) => by_channel(reader, channel),
    }
}

fn by_channel(reader: &mut Reader, to: Option<String>) -> Option<Redirect> {
    let known = phones().map(|(name, _)| name).join(" or ");
    let Some(to) = to else {
        if !reader.has_refused("to") && !reader.has_refused("to_provider") {
            let detail = format!(
                "is missing: {known}, the channel by which the letters are sent; or give to_provider, the provider that \
                 alone is to carry them by their own"
            );
            reader.refuse("to", detail);
        }
        return None;
    };
    let Some((_, from)) = phones().into_iter().find(|(name, _)| *name == to) else {
        let detail = format!(
            "must be {known}: these two reach people by the same numbers. For another channel, or another address, \
             edit the letter; for another provider, give to_provider"
        );
        reader.refuse("to", detail);
        return None;
    };
    let to = ChannelName::parse(&to).map(RedirectTo::Channel).ok()?;
    Some(Redirect { from: vec![from.to_owned()], to })
}

fn by_provider(reader: &mut Reader, name: String, providers: &KnownProviders) -> Option<Redirect> {
    if let Some(why) = providers.refusal(&name, None) {
        reader.refuse("to_provider", why);
        return None;
    }
    let from = providers.channels_of(&name).iter().map(|channel| (*channel).to_owned()).collect();
    Some(Redirect { from, to: RedirectTo::Provider(name) })
}

/// Channels that reach a person by the same number, each with the other one.
fn phones() -> [(&'static str, &'static str); 2] {
    let (sms, whatsapp) = (media::sms::MEDIUM.name, media::whatsapp::MEDIUM.name);
    [(sms, whatsapp), (whatsapp, sms)]
}
