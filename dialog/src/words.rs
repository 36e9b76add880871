//! What people press and write that is for us, and not for whoever has written to them: the buttons of asks, answers by a code,
//! links that connect an account, and commands.
//!
//! `pressed` takes buttons, `typed` codes, `connected` accounts, and `slips` are what is nearly a command.

mod connected;
mod pressed;
mod slips;
mod typed;

use domain::{Purpose, ReplyTo, Reported, Tenant, Ticket, Timestamp};
use serde_json::Map;

use self::slips::Slip;
use self::typed::Typed;
pub(crate) use self::typed::may_mean;
use crate::commands;
use crate::disposition::Disposition;
use crate::people::{self, SLACK, TELEGRAM, WHATSAPP};
use crate::replies::{Reply, reply};
use crate::said::Said;
use crate::shared::Shared;

/// What a link of ours has our bot told, with a ticket behind it.
const START: &str = "/start";
/// What else our bot understands.
const COMMANDS: [&str; 2] = ["/cmd", "/help"];

/// Takes what is for us. False for everything else, which is told as what somebody has written. Either way it is noted when they
/// were heard, where that matters. `at` is when it came in. It may come again, and then has the same effect.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn taken(shared: &Shared, one: &Said, at: Timestamp) -> Result<bool, Disposition> {
    note_heard(shared, one, at).await?;
    match &one.report.said {
        Reported::Button { payload, .. } => match Ticket::parse(payload) {
            Some(ticket) if ticket.purpose == Purpose::Answer => {
                pressed::press(shared, one, &ticket, at).await.map(|()| true)
            }
            _ => Ok(false),
        },
        Reported::Reply { text, .. } => written(shared, one, text, at).await,
        _ => Ok(false),
    }
}

/// Notes when somebody has written or pressed, where that lets us write to them in words: by their clock, and no later than
/// when it came in.
async fn note_heard(shared: &Shared, one: &Said, at: Timestamp) -> Result<(), Disposition> {
    let is_heard = one.channel.as_str() == WHATSAPP && one.report.said.written_by().is_some();
    let Some(person) = one.person.as_deref().filter(|_| is_heard) else { return Ok(()) };
    let intake = &shared.intake;
    let recipient = operations::recipient_of(&one.channel, person, &intake.hasher);
    let at = one.report.at.map_or(at, |said| said.min(at));
    intake.breaker.retry_until_taken(|| intake.store.note_heard(&one.channel, recipient, at)).await?;
    Ok(())
}

async fn written(shared: &Shared, one: &Said, text: &str, at: Timestamp) -> Result<bool, Disposition> {
    if one.channel.as_str() == TELEGRAM {
        let (word, rest) = first_word(text);
        if let Some(ticket) = ticket_of(shared, word, rest) {
            return connected::connect(shared, one, &ticket, at).await.map(|()| true);
        }
        if COMMANDS.iter().any(|command| is_of_us(shared, word, command)) {
            return commanded(shared, one, text, at).await.map(|()| true);
        }
        if let Some(slip) = Slip::of(shared, text) {
            return slipped(shared, one, &slip).await;
        }
    }
    match Typed::of(text) {
        Some(typed) => typed::answer(shared, one, &typed, at).await,
        None => Ok(false),
    }
}

/// The code of an answer in words. None for what is no such answer.
pub(crate) fn code_in(text: &str) -> Option<String> {
    Typed::of(text).map(|typed| typed.code)
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

/// Whether a word is this command, for our bot or for none by name.
fn is_of_us(shared: &Shared, word: &str, command: &str) -> bool {
    let name = word.split_once('@').map_or(word, |(name, _)| name);
    name.eq_ignore_ascii_case(command) && is_for_us(shared, word)
}

/// Whether a word names our bot, or none.
fn is_for_us(shared: &Shared, word: &str) -> bool {
    let bot = word.split_once('@').map_or("", |(_, bot)| bot);
    bot.is_empty() || shared.settings.bot_name.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(bot))
}

/// The ticket of a link that connects an account.
fn ticket_of(shared: &Shared, word: &str, rest: &str) -> Option<Ticket> {
    let ticket = Ticket::parse(rest.trim()).filter(|_| is_of_us(shared, word, START))?;
    (ticket.purpose == Purpose::Connect).then_some(ticket)
}

/// A command, of somebody who is known and in a private chat. Nobody else is told more than that.
async fn commanded(shared: &Shared, one: &Said, text: &str, at: Timestamp) -> Result<(), Disposition> {
    let people = known(shared, one).await?;
    if people.is_empty() {
        count("not_allowed");
        return tell(shared, one, &Tenant::default(), "not_allowed", None).await;
    }
    commands::typed(shared, &people, one, text, at).await
}

/// Tells somebody who is known and in a private chat what there is, where they have nearly written a command. Whether that was
/// all: a word that may be a command of whoever reads what is written to the bot is told to them as well, and answered only
/// where there is something to ask for. Nobody else is told anything.
async fn slipped(shared: &Shared, one: &Said, slip: &Slip<'_>) -> Result<bool, Disposition> {
    let people = known(shared, one).await?;
    let has_any = |person: &people::Person| !shared.services.of(&person.key.tenant, &person.names()).is_empty();
    let (word, is_all) = match slip {
        Slip::Help => (None, true),
        Slip::Near(name, meant) => (Some((*name, Some(*meant))), true),
        Slip::Unknown(name) => (Some((*name, None)), false),
    };
    let is_answered = is_all || people.iter().any(has_any);
    if people.is_empty() || !is_answered {
        return Ok(false);
    }
    count("slip");
    commands::helped(shared, &people, one, word).await.map(|()| is_all)
}

/// As whom somebody is known who has said something in a private chat.
async fn known(shared: &Shared, one: &Said) -> Result<Vec<people::Person>, Disposition> {
    match one.person.as_deref().filter(|_| is_private(one)) {
        Some(person) => Ok(people::behind(shared, &one.channel, person).await?),
        None => Ok(Vec::new()),
    }
}

/// What the conversations of two begin with in Slack.
const OF_TWO_IN_SLACK: char = 'D';

/// Whether only whoever has said it reads the answer: in a private chat of Telegram its number is theirs, and in Slack a
/// conversation of two has an id of its own kind.
fn is_private(one: &Said) -> bool {
    match one.channel.as_str() {
        TELEGRAM => one.report.recipient == one.person,
        SLACK => one.report.recipient.as_deref().is_some_and(|place| place.starts_with(OF_TWO_IN_SLACK)),
        _ => true,
    }
}

/// By what something that somebody has said is known: a repeat has the same.
fn id_of(one: &Said) -> String {
    format!("{}:{}", one.report.provider, one.report.event_id)
}

/// Where somebody is answered. None where the call names nobody, and in a group: what was said there is answered to nobody.
fn reply_to(one: &Said, locale: Option<String>) -> Option<ReplyTo> {
    let destination = one.person.clone().filter(|_| is_private(one))?;
    Some(ReplyTo { channel: one.channel.clone(), destination, locale })
}

/// Tells somebody in one word what became of what they have said, where the words need no more.
async fn tell(
    shared: &Shared,
    one: &Said,
    tenant: &Tenant,
    verdict: &str,
    locale: Option<String>,
) -> Result<(), Disposition> {
    let Some(to) = reply_to(one, locale) else { return Ok(()) };
    reply(shared, Reply { tenant, to: &to, said: &id_of(one), verdict, data: Map::new() }).await
}

fn count(what: &'static str) {
    metrics::counter!("chasqui_words_total", "what" => what).increment(1);
}

#[cfg(test)]
mod tests;
