//! The settings `APNS_*`, and what is missing beside them.

use runtime::settings::{Setting, Values};
use secrecy::SecretString;

use crate::section::{Half, Section};

pub(super) const KEY: Setting = Setting::text("APNS_KEY");
pub(super) const KEY_ID: Setting = Setting::text("APNS_KEY_ID");
pub(super) const TEAM_ID: Setting = Setting::text("APNS_TEAM_ID");
pub(super) const TOPIC: Setting = Setting::text("APNS_TOPIC");
pub(super) const BASE_URL: Setting = Setting::text("APNS_BASE_URL");
const LIMITS: Setting = Setting::text("APNS_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[KEY, KEY_ID, TEAM_ID, TOPIC, BASE_URL, LIMITS],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["push"],
        needs: &[KEY.name],
        beside: &[KEY_ID.name, TEAM_ID.name, TOPIC.name, BASE_URL.name, LIMITS.name],
        less: "push is not sent to Apple directly without it",
    }],
};

/// `APNS_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `APNS_KEY`: the text of the file that Apple gives for a key (`AuthKey_….p8`), its line ends also as `\n`.
    pub key: Option<SecretString>,
    /// `APNS_KEY_ID`: ten letters and digits.
    pub key_id: Option<String>,
    /// `APNS_TEAM_ID`: ten letters and digits.
    pub team_id: Option<String>,
    /// `APNS_TOPIC`: the bundle id of the app.
    pub topic: Option<String>,
    /// `APNS_BASE_URL`: that of production, or of the sandbox for apps in development.
    pub base_url: String,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            key: values.secret(KEY),
            key_id: values.text(KEY_ID),
            team_id: values.text(TEAM_ID),
            topic: values.text(TOPIC),
            base_url: values.text(BASE_URL).unwrap_or_default(),
        }
    }
}
