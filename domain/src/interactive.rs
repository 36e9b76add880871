//! What a message of the fleet's own lets its reader answer with: the names from which a code, a link and buttons are
//! derived while the message is rendered, so that none of them is queued or stored. A mark ties them to one channel, one
//! destination and the words: a copy of the message with another recipient, or another question, reveals nothing.

mod read;
mod words;

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use self::words::content_of_words;
use crate::{AskChoice, ChannelName, Content, Key, Purpose, Salt, Secrets, Seed, Tenant};

/// Where the links of answers lead to, below the address by which an installation is called.
const ANSWER_PATH: &str = "/a/";
/// The same for verifications.
const VERIFY_PATH: &str = "/v/";

/// The field `interactive` of a body or of an item of a fallback.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interactive {
    /// [`Purpose::Answer`] or [`Purpose::Verify`].
    pub purpose: Purpose,
    /// Of the ask or the verification; its tenant is that of the message.
    pub id: String,
    /// The place of the approver for whom it is, from 0.
    pub approver: u16,
    pub salt: Salt,
    pub key_id: String,
    /// The id and the label of each choice, in the order of the ask. A verification has none.
    pub choices: Vec<(String, String)>,
    mark: Content,
}

/// For whom a message is, and the words by which they decide.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub channel: &'a ChannelName,
    pub destination: &'a str,
    pub template: Option<&'a str>,
    pub message: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub data: &'a Map<String, Value>,
}

/// What a reader may answer with. It is not printed by mistake.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Revealed {
    pub code: Option<String>,
    /// None where the installation has no address that people can open.
    pub link: Option<String>,
    /// The label of each choice, and the data behind its button.
    pub buttons: Vec<(String, String)>,
}

/// Why a message reveals nothing. It is never sent then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotRevealed {
    /// It was made for another tenant, channel, destination, row or other words, or by somebody else.
    Forged,
    /// The secret with which it was made is known no more.
    UnknownKey,
}

impl Interactive {
    /// Marked for one channel and destination, for these words, and for the tenant of the row. None where the key of the row
    /// is known no more, and for a purpose that no message asks for.
    pub fn new(
        secrets: &Secrets,
        seed: &Seed<'_>,
        purpose: Purpose,
        approver: u16,
        choices: &[AskChoice],
        shown: &Shown<'_>,
    ) -> Option<Self> {
        let purpose = Some(purpose).filter(|purpose| path_of(*purpose).is_some())?;
        let choices = choices.iter().map(|choice| (choice.id.clone(), choice.label.clone())).collect();
        let (id, salt, key_id) = (seed.key.id.clone(), *seed.salt, seed.key_id.to_owned());
        let unmarked = Self { purpose, id, approver, salt, key_id, choices, mark: Content::default() };
        let mark = secrets.mark(seed, purpose, &unmarked.marked(shown))?;
        Some(Self { mark, ..unmarked })
    }

    /// The field as it is written; [`Self::read`] reads it.
    pub fn to_value(&self) -> Value {
        json!({
            "purpose": self.purpose.as_str(),
            "id": self.id,
            "approver": self.approver,
            "salt": URL_SAFE_NO_PAD.encode(self.salt),
            "key_id": self.key_id,
            "choices": self.choices,
            "mark": URL_SAFE_NO_PAD.encode(self.mark),
        })
    }

    /// What it reveals to whom the message is shown. `public_url` is the address by which people reach the installation.
    ///
    /// # Errors
    /// [`NotRevealed`] if it is not genuine for this tenant, channel and destination, and for these words.
    pub fn revealed(
        &self,
        secrets: &Secrets,
        tenant: &Tenant,
        shown: &Shown<'_>,
        public_url: Option<&str>,
    ) -> Result<Revealed, NotRevealed> {
        let key = Key { tenant: tenant.clone(), id: self.id.clone() };
        let seed = Seed { key: &key, salt: &self.salt, key_id: &self.key_id };
        let expected = secrets.mark(&seed, self.purpose, &self.marked(shown));
        let expected = expected.ok_or(NotRevealed::UnknownKey)?;
        verify_slices_are_equal(&expected, &self.mark).map_err(|_| NotRevealed::Forged)?;
        let code = secrets.code(&seed, self.purpose, self.approver).map(|code| code.shown().to_owned());
        let path = path_of(self.purpose).ok_or(NotRevealed::Forged)?;
        let ticket = secrets.link(&seed, self.purpose, self.approver);
        let link = public_url.zip(ticket).map(|(url, ticket)| format!("{}{path}{ticket}", url.trim_end_matches('/')));
        Ok(Revealed { code, link, buttons: self.buttons(secrets, &seed) })
    }

    fn buttons(&self, secrets: &Secrets, seed: &Seed<'_>) -> Vec<(String, String)> {
        if self.purpose != Purpose::Answer {
            return Vec::new();
        }
        let places = (0..=u8::MAX).zip(&self.choices);
        let button = |(place, (_, label)): (u8, &(String, String))| {
            secrets.button(seed, place, self.approver).map(|data| (label.clone(), data))
        };
        places.filter_map(button).collect()
    }

    /// What the mark is made over beside the row and the purpose. Each part has its length before it, so that no two
    /// fields give the same bytes.
    fn marked(&self, shown: &Shown<'_>) -> Vec<u8> {
        let approver = self.approver.to_be_bytes();
        let words = content_of_words(&[shown.template, shown.message, shown.subject], shown.data);
        let choices = self.choices.iter().flat_map(|(id, label)| [id.as_bytes(), label.as_bytes()]);
        let to = [shown.channel.as_str().as_bytes(), shown.destination.as_bytes()];
        let parts = to.into_iter().chain([approver.as_slice(), words.as_slice()]);
        let mut marked = Vec::new();
        for part in parts.chain(choices) {
            marked.extend_from_slice(&(part.len() as u64).to_be_bytes());
            marked.extend_from_slice(part);
        }
        marked
    }
}

/// Where a link of this purpose leads to. None for a purpose that no message asks for.
const fn path_of(purpose: Purpose) -> Option<&'static str> {
    match purpose {
        Purpose::Answer => Some(ANSWER_PATH),
        Purpose::Verify => Some(VERIFY_PATH),
        Purpose::Connect => None,
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed")
    }
}

impl fmt::Display for NotRevealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forged => {
                "forged: what people answer with was not made for this tenant, channel, destination and words"
            }
            Self::UnknownKey => "what people answer with was made with a secret that is known no more",
        })
    }
}

#[cfg(test)]
mod tests;
