//! Reveals what the reader of a message answers with, to the words and buttons of one attempt alone: the code, the link and
//! what stands behind the buttons are in no queue, no row and no log.

use std::sync::Arc;

use domain::{Failure, NotRevealed, Notification, Outcome, Reason, Rendered, Row};
use serde_json::{Map, Value};

use crate::shared::Setup;

/// The name in the data by which templates find what is revealed: `secret.code`, and `secret.link` where there is one.
const SECRET: &str = "secret";

/// Fields by which somebody else would read the message, too.
const FOR_OTHERS: [&str; 3] = ["cc", "bcc", "reply_to"];

/// A message as it is rendered and sent, and as it is kept nowhere.
pub(crate) struct Revealed {
    /// Its data have [`SECRET`].
    pub(crate) notification: Arc<Notification>,
    /// The label of each button, and the data behind it.
    buttons: Vec<(String, String)>,
}

impl Revealed {
    /// The data that go beside the rendered words: those of the publisher, and the buttons if the medium has any.
    pub(crate) fn data_beside(&self, rendered: &Rendered) -> Map<String, Value> {
        let mut data = self.notification.wording.data.clone();
        data.remove(SECRET);
        media::put_buttons(&self.notification.channel, &rendered.text, &mut data, &self.buttons);
        data
    }
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
    let named = [("code", revealed.code), ("link", revealed.link)];
    let named = named.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    let mut notification = notification.clone();
    notification.wording.data.insert(SECRET.into(), Value::Object(named.collect()));
    Ok(Some(Revealed { notification: Arc::new(notification), buttons: revealed.buttons }))
}

fn refused(code: &str, detail: String) -> Outcome {
    let failure = Failure::new("worker", Some(code.to_owned()), detail);
    Outcome::Permanent { reason: Reason::Permanent, failure }
}

#[cfg(test)]
mod tests;
