//! Where the fake is, and what its accounts are.

use crate::chats::Chats;
use crate::keys::Keys;
use crate::posts::Posts;

/// What stands before the path in the URLs that a fleet gives to providers. Nobody is called there: it is what Twilio
/// signs, and the fleet is called where it is.
pub(crate) const PUBLIC_URL: &str = "https://fleet.example.com";

/// What every provider of the fake knows.
pub(crate) struct Site {
    pub(crate) keys: Keys,
    /// The URL of everything that speaks HTTP, without a slash at the end.
    pub(crate) base_url: String,
    /// The host in it, which is that of the mail server as well.
    pub(crate) host: String,
    pub(crate) mail_port: u16,
    /// Whether anybody is called, so that the settings say where a fleet is reached.
    pub(crate) calls_back: bool,
    /// What the bot of Telegram's remembers.
    pub(crate) chats: Chats,
    /// What the app of Slack's has posted.
    pub(crate) posts: Posts,
    /// Seconds since 1970.
    pub(crate) now: fn() -> u64,
}

impl Site {
    pub(crate) fn now(&self) -> u64 {
        (self.now)()
    }
}

/// A new id in 32 hexadecimal digits.
pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
