//! What Telegram's answers mean.
//!
//! Source: <https://core.telegram.org/bots/api#making-requests>. What an error is about stands in its description alone,
//! and one that is not listed is judged by its status.

use domain::{About, Outcome};
use serde_json::Value;

use super::PROVIDER;
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said, Verdict};

/// The token is a part of the URL: one that is wrong may be 404 as well as 401.
pub(super) const LOOK_AT: LookAt =
    LookAt { credentials: "TELEGRAM_BOT_TOKEN", address: "TELEGRAM_BOT_TOKEN and TELEGRAM_BASE_URL" };

/// The code of an edit after which the message is what it was: a copy of the edit was there before.
const NOT_MODIFIED: &str = "message_not_modified";

/// Something that Telegram refuses for good, though its status may mean our own fault.
struct Refusal {
    status: u16,
    /// Words of the description.
    words: &'static str,
    /// Our name for it: Telegram has no codes but the status.
    code: &'static str,
    /// What whoever published the message must know.
    advice: &'static str,
}

const REFUSALS: &[Refusal] = &[
    refusal(400, "chat not found", "chat_not_found", "the bot knows no such chat: who is there must write to it first"),
    refusal(400, "message to edit not found", "message_not_found", "data.telegram.edit is no message of this chat"),
    refusal(
        400,
        "message can't be edited",
        "message_not_editable",
        "data.telegram.edit is no message of the bot's own",
    ),
    refusal(400, "message is not modified", NOT_MODIFIED, "the message is what it would have been changed to"),
    refusal(400, "not enough rights", "no_rights", "the bot may not write in this chat: an administrator allows it"),
    refusal(400, "group chat was upgraded", "chat_migrated", "the group has another number now"),
    refusal(403, "bot was blocked by the user", "bot_blocked", "the recipient has blocked the bot: send nothing more"),
    refusal(403, "user is deactivated", "user_deactivated", "the recipient's account is no longer there"),
    refusal(403, "group chat was deleted", "chat_deleted", "the group is no longer there"),
    refusal(403, "bot was kicked", "bot_kicked", "somebody has put the bot out of this chat: it must be added again"),
    refusal(403, "bot is not a member", "bot_not_member", "the bot is not in this chat: it must be added"),
    refusal(403, "can't initiate conversation", "no_conversation", "the recipient must write to the bot first"),
    refusal(
        403,
        "can't send messages to bots",
        "recipient_is_bot",
        "the recipient is a bot, to which no bot may write",
    ),
];

/// The codes after which nobody is there any more, and after which whoever is there wants nothing more.
pub(super) const GONE: &[&str] = &["user_deactivated", "chat_deleted"];
pub(super) const STOPPED: &[&str] = &["bot_blocked"];

const fn refusal(status: u16, words: &'static str, code: &'static str, advice: &'static str) -> Refusal {
    Refusal { status, words, code, advice }
}

/// The number that a group has now, where an answer says that it has moved and nothing else was done.
pub(super) fn moved_to(answer: &Answer) -> Option<i64> {
    if answer.status.as_u16() != 400 {
        return None;
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body["parameters"]["migrate_to_chat_id"].as_i64().filter(|chat| *chat != 0)
}

pub(super) fn classify(answer: &Answer, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let (status, description) = (answer.status.as_u16(), body["description"].as_str().unwrap_or_default());
    let refusal = REFUSALS.iter().find(|known| known.status == status && description.contains(known.words));
    if let Some(same) = refusal.filter(|refusal| refusal.code == NOT_MODIFIED) {
        let provider_id = media::telegram::options(outgoing.data).edits.map(|id| id.to_string());
        return Outcome::Sent { provider: PROVIDER.name, provider_id, code: Some(same.code.to_owned()) };
    }
    // Telegram says how long to wait in the body, not in a header.
    let seconds = body["parameters"]["retry_after"].as_u64();
    let said = Said {
        provider_id: body["result"]["message_id"].as_i64().map(|id| id.to_string()),
        code: refusal.map(|refusal| refusal.code.to_owned()),
        text: outgoing.redact(description),
        verdict: refusal.map(|refusal| Verdict::Refused(refusal.advice)).or_else(|| verdict(status, description)),
        retry_after: seconds.and_then(|seconds| http::parse_delay(&format!("{seconds}s"))),
        settings: LOOK_AT,
        about: (status == 429 && is_shared(outgoing.destination)).then_some(About::Message),
        ..Said::default()
    };
    http::judge(PROVIDER.name, answer, said)
}

/// What is forbidden with a description is forbidden in this chat: a wrong token is 401 or 404.
fn verdict(status: u16, description: &str) -> Option<Verdict> {
    let is_of_the_chat = status == 403 && description.starts_with("Forbidden: ");
    is_of_the_chat.then_some(Verdict::Ours("TELEGRAM_BOT_TOKEN: its bot may not write in this chat"))
}

/// Whether a chat is a group or a channel, where a bot may write but 20 messages a minute: its limit is its own, and says
/// nothing of other chats (<https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>).
fn is_shared(destination: &str) -> bool {
    destination.starts_with(['-', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::page;

    #[test]
    fn every_refusal_that_is_known_stands_on_the_page_of_the_fake() {
        let listed = page::codes_of(PROVIDER.name);
        // What follows an edit that was made already, and a group that has moved, is not that.
        let followed = [NOT_MODIFIED, "chat_migrated"];
        for refusal in REFUSALS.iter().filter(|refusal| !followed.contains(&refusal.code)) {
            assert!(listed.iter().any(|words| words.contains(refusal.words)), "{}", refusal.words);
        }
    }
}
