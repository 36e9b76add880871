//! A request: which method of the Web API, and its parameters.
//!
//! Sources: <https://docs.slack.dev/reference/methods/chat.postMessage>,
//! <https://docs.slack.dev/reference/methods/chat.update> and <https://docs.slack.dev/reference/block-kit/blocks>.

use media::slack::{self, Edited};
use media::{Button, Press};
use serde_json::{Value, json};

use crate::channel::Outgoing;

/// The longest text of a section, in characters.
const MAX_SECTION_CHARS: usize = 3000;

/// One call of the Web API.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) parameters: Value,
}

/// The request that sends a message, or changes one. Nothing in the text is read as a mark or a mention. Links have no preview:
/// nobody but the recipient asks for them.
///
/// # Errors
/// Why it is not asked for, in a text that begins with the field's name.
pub(super) fn request(outgoing: &Outgoing<'_>) -> Result<Request, String> {
    let (options, text) = (slack::options(outgoing.data), outgoing.rendered.text.as_str());
    let rows = media::button_rows(outgoing.data);
    let mut parameters = json!({ "text": escaped(text) });
    if rows.is_some() || options.edits.is_some() {
        parameters["blocks"] = blocks(text, &rows.unwrap_or_default());
    }
    let Some(edited) = options.edits else {
        parameters["channel"] = json!(outgoing.destination);
        parameters["mrkdwn"] = json!(false);
        parameters["unfurl_links"] = json!(false);
        parameters["unfurl_media"] = json!(false);
        return Ok(Request { method: "chat.postMessage", parameters });
    };
    parameters["channel"] = json!(conversation_of(&edited, outgoing.destination)?);
    parameters["ts"] = json!(edited.ts);
    parameters["parse"] = json!("none");
    Ok(Request { method: "chat.update", parameters })
}

/// Where a message stands that is changed. What was sent to a person stands in a conversation of two, whose id Slack tells, and
/// `chat.update` takes no person in its place; any other is the destination, or the words would go where the row does not say.
fn conversation_of<'a>(edited: &Edited<'a>, destination: &'a str) -> Result<&'a str, String> {
    let is_a_person = destination.starts_with(['U', 'W']);
    match edited.conversation {
        None if is_a_person => {
            Err("data/slack/edit must be the whole provider_id of a message to a person: it begins \
                                    with the conversation in which the message stands"
                .into())
        }
        None => Ok(destination),
        Some(conversation) if conversation == destination && !is_a_person => Ok(destination),
        Some(conversation) if slack::is_of_two(conversation) && is_a_person => Ok(conversation),
        Some(_) => Err("data/slack/edit is a message of another conversation than the destination".into()),
    }
}

/// A text in which Slack reads no mention, no link and no command
/// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The words as they are, and the rows of buttons below them.
fn blocks(text: &str, rows: &[Vec<Button<'_>>]) -> Value {
    let chars: Vec<char> = text.chars().collect();
    let words = chars.chunks(MAX_SECTION_CHARS).map(|part| part.iter().collect::<String>());
    // A section of white space alone is refused.
    let words = words.filter(|part| !part.trim().is_empty());
    let sections =
        words.map(|part| json!({ "type": "section", "text": { "type": "plain_text", "text": part, "emoji": false } }));
    let rows = rows.iter().enumerate().map(|(at, row)| {
        let elements: Value = row.iter().enumerate().map(|(place, one)| button(one, at, place)).collect();
        json!({ "type": "actions", "block_id": format!("row-{at}"), "elements": elements })
    });
    sections.chain(rows).collect()
}

/// A button. Slack tells them apart by `action_id`, and tells the data of the one that was pressed.
fn button(button: &Button<'_>, row: usize, place: usize) -> Value {
    let text = json!({ "type": "plain_text", "text": button.text, "emoji": false });
    let id = format!("button-{row}-{place}");
    match button.press {
        Press::Data(data) => json!({ "type": "button", "text": text, "action_id": id, "value": data }),
        Press::Url(url) => json!({ "type": "button", "text": text, "action_id": id, "url": url }),
    }
}
