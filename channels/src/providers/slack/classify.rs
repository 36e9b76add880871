//! What Slack's answers mean.
//!
//! Slack refuses with 200, and says so in the body: `ok` is false, and `error` is a code. Sources of the table: the errors of
//! <https://docs.slack.dev/reference/methods/chat.postMessage>, of
//! <https://docs.slack.dev/reference/methods/chat.update> and of
//! <https://docs.slack.dev/reference/methods/auth.test> as they stood in August 2026, and
//! <https://docs.slack.dev/apis/web-api/rate-limits>; `rate_limited`, `is_inactive`, `invalid_json`, `json_not_object` and
//! `upgrade_required` of `chat.update` in Slack's OpenAPI document 1.7.0
//! (<https://github.com/slackapi/slack-api-specs>); `user_not_found` of
//! <https://docs.slack.dev/reference/methods/conversations.open>, by which Slack opens the conversation with a person. What is
//! about files, drafts, threads, metadata and attachments is left out: we send none. What is not in the table is about the
//! message alone, and final.

use domain::{Outcome, is_unsafe_in_a_line};
use serde_json::Value;

use super::PROVIDER;
use crate::channel::Outgoing;
use crate::checked::Checked;
use crate::http::{self, Answer, LookAt, Said, Verdict};

pub(super) const LOOK_AT: LookAt = LookAt { credentials: "SLACK_BOT_TOKEN", address: "SLACK_BASE_URL" };

/// The longest code, and the longest time by which Slack names a message, in bytes.
const MAX_CODE_BYTES: usize = 64;

const TOKEN: Verdict = Verdict::OurAccount("SLACK_BOT_TOKEN, which Slack gives once the app is installed");
const SCOPE: Verdict =
    Verdict::OurAccount("SLACK_BOT_TOKEN: its app needs the scope chat:write, and to be installed anew");
const TEAM: Verdict = Verdict::OurAccount("SLACK_BOT_TOKEN: the workspace does not let its app in");
/// Slack does not say whether this is about one conversation or about all: the others do not wait for it.
const DENIED: Verdict = Verdict::Ours("SLACK_BOT_TOKEN: its app is denied something that the message needs");
const REQUEST: Verdict = Verdict::Ours("SLACK_BASE_URL: what is there does not take our request");
const ABSENT: Verdict = Verdict::Refused("the app is not in this conversation: somebody must invite it");
const CLOSED: Verdict = Verdict::Refused("the channel is archived, or nobody may write there any more");
const LONG: Verdict = Verdict::Refused("the message is longer than Slack takes");
const EDIT: Verdict = Verdict::Refused("data.slack.edit is no message of the app's own that can be changed");

/// What each code means.
const CODES: &[(&str, Verdict)] = &[
    ("ratelimited", Verdict::SlowDown),
    ("rate_limited", Verdict::SlowDown),
    ("message_limit_exceeded", Verdict::SlowDown),
    ("internal_error", Verdict::Outage),
    ("fatal_error", Verdict::Outage),
    ("service_unavailable", Verdict::Outage),
    ("request_timeout", Verdict::Outage),
    ("team_added_to_org", Verdict::Outage),
    ("external_channel_migrating", Verdict::Outage),
    ("update_failed", Verdict::Outage),
    ("not_authed", TOKEN),
    ("invalid_auth", TOKEN),
    ("account_inactive", TOKEN),
    ("token_revoked", TOKEN),
    ("token_expired", TOKEN),
    ("is_bot", TOKEN),
    ("missing_scope", SCOPE),
    ("not_allowed_token_type", SCOPE),
    ("accesslimited", TEAM),
    ("enterprise_is_restricted", TEAM),
    ("org_login_required", TEAM),
    ("team_access_not_granted", TEAM),
    ("two_factor_setup_required", TEAM),
    ("access_denied", DENIED),
    ("deprecated_endpoint", REQUEST),
    ("method_deprecated", REQUEST),
    ("unknown_method", REQUEST),
    ("upgrade_required", REQUEST),
    ("invalid_arg_name", REQUEST),
    ("invalid_array_arg", REQUEST),
    ("invalid_charset", REQUEST),
    ("invalid_form_data", REQUEST),
    ("invalid_json", REQUEST),
    ("json_not_object", REQUEST),
    ("invalid_post_type", REQUEST),
    ("missing_post_type", REQUEST),
    (
        "channel_not_found",
        Verdict::Refused("the app knows no such conversation: invite it, or give it chat:write.public"),
    ),
    ("user_not_found", Verdict::Refused("there is no such person in the workspace")),
    ("not_in_channel", ABSENT),
    // Slack's own words: make sure that the app is a member of the conversation.
    ("no_permission", ABSENT),
    ("app_access_restricted", Verdict::Refused("the recipient may not use the app")),
    ("messages_tab_disabled", Verdict::Refused("the app takes no messages of people: turn on its Messages Tab")),
    ("cannot_dm_bot", Verdict::Refused("the recipient is a bot, to which no app may write")),
    ("is_archived", CLOSED),
    ("is_inactive", CLOSED),
    ("ekm_access_denied", Verdict::Refused("the administrators let nobody write there")),
    ("restricted_action", Verdict::Refused("the workspace lets nobody but some write there")),
    ("restricted_action_read_only_channel", Verdict::Refused("the channel is for reading alone")),
    ("restricted_action_thread_only_channel", Verdict::Refused("the channel takes answers alone")),
    ("msg_too_long", LONG),
    ("msg_blocks_too_long", LONG),
    ("no_text", Verdict::Refused("the message is empty")),
    ("invalid_blocks", Verdict::Permanent),
    ("invalid_blocks_format", Verdict::Permanent),
    ("message_not_found", EDIT),
    ("cant_update_message", EDIT),
    ("edit_window_closed", EDIT),
    ("block_mismatch", EDIT),
];

/// After these Slack says that a part may have been done before.
const MAYBE_DONE: [&str; 2] = ["internal_error", "fatal_error"];

pub(super) fn classify(answer: &Answer, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = refusal(&body);
    let known = code.and_then(|code| CODES.iter().find(|(known, _)| *known == code));
    let said = Said {
        provider_id: provider_id(&body),
        code: code.map(str::to_owned),
        text: outgoing.redact(&words(&body)),
        maybe_sent: code.is_some_and(|code| MAYBE_DONE.contains(&code)),
        is_refused: is_refused(&body),
        verdict: known.map(|(_, verdict)| *verdict),
        settings: LOOK_AT,
        ..Said::default()
    };
    http::judge(PROVIDER.name, answer, said)
}

/// What the answer to a request says that only asks who we are.
pub(super) fn checked(answer: &Answer) -> Checked {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let by_status = http::checked(answer, LOOK_AT);
    if by_status != Checked::Accepted {
        return by_status;
    }
    if !body.is_object() {
        return Checked::Refused(format!("it does not answer as Slack does: look at {}", LOOK_AT.address));
    }
    if !is_refused(&body) {
        return Checked::Accepted;
    }
    let code = refusal(&body).unwrap_or("no code");
    let known = CODES.iter().find(|(known, _)| *known == code).map(|(_, verdict)| *verdict);
    match known {
        Some(Verdict::Ours(look_at) | Verdict::OurAccount(look_at)) => {
            Checked::Refused(format!("{code}: look at {look_at}"))
        }
        Some(Verdict::SlowDown | Verdict::Outage) => Checked::Unreachable(code.to_owned()),
        _ => Checked::Refused(format!("{code}: look at {}", LOOK_AT.credentials)),
    }
}

fn is_refused(body: &Value) -> bool {
    body["ok"] == false
}

/// The code of a refusal, if it has the form of one.
fn refusal(body: &Value) -> Option<&str> {
    let is_of_codes = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let is_code = |code: &&str| (1..=MAX_CODE_BYTES).contains(&code.len()) && code.bytes().all(is_of_codes);
    body["error"].as_str().filter(is_code)
}

/// What Slack says about its code, such as which scope is missing or what is wrong with the blocks.
fn words(body: &Value) -> String {
    let error = body["error"].as_str().into_iter();
    let needed = body["needed"].as_str().into_iter();
    let messages = body["response_metadata"]["messages"].as_array().into_iter().flatten().filter_map(Value::as_str);
    error.chain(needed).chain(messages.take(5)).collect::<Vec<_>>().join(" ")
}

/// The conversation and the time by which Slack names a message there.
fn provider_id(body: &Value) -> Option<String> {
    let part = |name: &str| {
        let text = body[name].as_str()?;
        let is_one = (1..=MAX_CODE_BYTES).contains(&text.len()) && !text.chars().any(is_unsafe_in_a_line);
        is_one.then_some(text)
    };
    Some(format!("{}/{}", part("channel")?, part("ts")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::page;

    #[test]
    fn every_code_that_is_known_stands_on_the_page_of_the_fake() {
        let listed = page::codes_of(PROVIDER.name);
        for (code, _) in CODES {
            assert!(listed.contains(*code), "{code}");
        }
        assert_eq!(listed.len(), CODES.len());
    }
}
