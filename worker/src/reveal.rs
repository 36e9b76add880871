//! Reveals what the reader of a message answers with, to the words and buttons of one attempt alone: the code, the link and
//! what stands behind the buttons are in no queue, no row and no log. `window` says in which form it is shown.

mod window;

use std::sync::Arc;

use domain::{Failure, NotRevealed, Notification, Outcome, Reason, Rendered, Row};
use media::whatsapp::{Below, put_approved};
use serde_json::{Map, Value};

pub(crate) use self::window::{Form, form};
use crate::shared::Setup;

/// The name in the data by which templates find what is revealed: `secret.code`, and `secret.link` where there is one.
const SECRET: &str = "secret";

/// Fields by which somebody else would read the message, too.
const FOR_OTHERS: [&str; 3] = ["cc", "bcc", "reply_to"];

/// A message as it is rendered and sent, and as it is kept nowhere.
pub(crate) struct Revealed {
    /// Its data have [`SECRET`].
    pub(crate) notification: Arc<Notification>,
    code: String,
    /// The label of each button, and the data behind it.
    buttons: Vec<(String, String)>,
}

impl Revealed {
    /// The data that go beside the rendered words, or in their place: those of the publisher, and the buttons if the medium has
    /// any, or the template of this form.
    pub(crate) fn data_beside(&self, rendered: &Rendered, form: Form<'_>) -> Map<String, Value> {
        let (mut data, code) = (self.notification.wording.data.clone(), self.code.as_str());
        data.remove(SECRET);
        let question = || data.get("question").and_then(Value::as_str).unwrap_or_default().to_owned();
        let tickets: Vec<&str> = self.buttons.iter().map(|(_, ticket)| ticket.as_str()).collect();
        let (approved, words, below) = match form {
            Form::Words => {
                media::put_buttons(&self.notification.channel, &rendered.text, &mut data, &self.buttons);
                return data;
            }
            Form::Question(approved) => (approved, vec![question(), answers(&data, code)], Below::Nothing),
            Form::YesOrNo(approved) => (approved, vec![question()], Below::Replies(&tickets)),
            Form::Code(approved) => (approved, vec![code.to_owned()], Below::Copied(code)),
        };
        let locale = self.notification.wording.locale.as_deref().unwrap_or_default();
        put_approved(approved, locale, &words, below, &mut data);
        data
    }
}

/// What is written to answer a question, as its SMS says it: each word with the code, and what it stands for where that is not
/// the word itself.
fn answers(data: &Map<String, Value>, code: &str) -> String {
    let replies = data.get("replies").and_then(Value::as_array).into_iter().flatten();
    let answer = |reply: &Value| {
        let text = |name: &str| reply.get(name).and_then(Value::as_str);
        let label = text("label").map(|label| format!(" = {label}")).unwrap_or_default();
        Some(format!("{} {code}{label}", text("word")?))
    };
    let answers: Vec<String> = replies.filter_map(answer).collect();
    answers.join(" / ")
}

/// The message with what it reveals. None for one that asks nothing.
///
/// # Errors
/// The outcome, where it reveals nothing: it was not made for this recipient and these words, or can be derived no more. Such
/// a message is never sent.
pub(crate) fn reveal(setup: &Setup, row: &Row, notification: &Notification) -> Result<Option<Revealed>, Outcome> {
    let Some(interactive) = &notification.interactive else { return Ok(None) };
    let mail = &notification.wording.mail;
    if let Some(name) = FOR_OTHERS.into_iter().find(|name| mail.contains_key(*name)) {
        return Err(refused("forged", format!("/{name} forged: what one person answers goes to nobody else")));
    }
    let public_url = setup.public_url.as_deref();
    let revealed = interactive.revealed(&setup.secrets, &row.key.tenant, &notification.shown(), public_url);
    let revealed = revealed.map_err(|why| {
        let code = match why {
            NotRevealed::Forged => "forged",
            NotRevealed::UnknownKey => "unknown_key",
        };
        refused(code, format!("/interactive {why}"))
    })?;
    let code = revealed.code.clone().unwrap_or_default();
    let named = [("code", revealed.code), ("link", revealed.link)];
    let named = named.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    let mut notification = notification.clone();
    notification.wording.data.insert(SECRET.into(), Value::Object(named.collect()));
    Ok(Some(Revealed { notification: Arc::new(notification), code, buttons: revealed.buttons }))
}

fn refused(code: &str, detail: String) -> Outcome {
    let failure = Failure::new("worker", Some(code.to_owned()), detail);
    Outcome::Permanent { reason: Reason::Permanent, failure }
}

#[cfg(test)]
mod tests;
