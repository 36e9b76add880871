//! Whom mails come from, whichever provider carries them: the settings, and the name by which each mail is known.

use domain::Key;
use media::email::{self, Address};
use runtime::settings::Setting;
use uuid::Uuid;

pub(crate) const FROM_EMAIL: Setting = Setting::text("FROM_EMAIL");
pub(crate) const FROM_NAME: Setting = Setting::text("FROM_NAME");
pub(crate) const REPLY_TO: Setting = Setting::text("SMTP_REPLY_TO");

/// What `List-Unsubscribe-Post` says: a POST of these words to the link of `List-Unsubscribe` is enough (RFC 8058).
pub(crate) const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// The sender of the mails of this installation.
pub(crate) struct Sender {
    /// The address of `FROM_EMAIL`.
    pub(crate) address: Address,
    /// The name of `FROM_NAME`.
    pub(crate) name: Option<String>,
    /// The address of `SMTP_REPLY_TO`.
    pub(crate) reply_to: Option<Address>,
}

impl Sender {
    /// # Errors
    /// Every problem, beginning with the name of its setting.
    pub(crate) fn new(from: Option<&str>, name: Option<&str>, reply_to: Option<&str>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut address_of = |setting: Setting, text: Option<&str>| -> Option<Address> {
            let address = email::parse(text?).map_err(|why| problems.push(format!("{} {why}", setting.name)));
            address.ok()
        };
        let (address, reply_to) = (address_of(FROM_EMAIL, from), address_of(REPLY_TO, reply_to));
        if from.is_none() {
            problems.push(format!("{} is not set: name the address that mails come from", FROM_EMAIL.name));
        }
        if let Some(Err(why)) = name.map(media::check_line) {
            problems.push(format!("{} {why}", FROM_NAME.name));
        }
        match address {
            Some(address) if problems.is_empty() => Ok(Self { address, name: name.map(str::to_owned), reply_to }),
            _ => Err(problems),
        }
    }

    /// The `Message-ID` of a delivery. Every attempt has the same, by which mailboxes recognise a second copy.
    pub(crate) fn message_id(&self, key: &Key) -> String {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.to_string().as_bytes());
        format!("<{id}@{}>", self.address.domain())
    }
}
