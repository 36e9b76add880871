//! The settings `SLACK_*`, and what is missing beside them.

use runtime::settings::{Setting, Values};
use secrecy::SecretString;

use crate::section::{Half, Section};

pub(super) const BOT_TOKEN: Setting = Setting::text("SLACK_BOT_TOKEN");
pub(super) const BASE_URL: Setting = Setting::text("SLACK_BASE_URL");
pub(super) const SIGNING_SECRET: Setting = Setting::text("SLACK_SIGNING_SECRET");
const LIMITS: Setting = Setting::text("SLACK_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[BOT_TOKEN, BASE_URL, SIGNING_SECRET, LIMITS],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["slack"],
        needs: &[BOT_TOKEN.name],
        beside: &[BASE_URL.name, LIMITS.name],
        less: "slack is not sent without it",
    }],
};

/// `SLACK_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `SLACK_BOT_TOKEN`, as Slack gives it when the app is installed.
    pub bot_token: Option<SecretString>,
    /// `SLACK_BASE_URL`
    pub base_url: String,
    /// `SLACK_SIGNING_SECRET`: with what Slack signs each call.
    pub signing_secret: Option<SecretString>,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            bot_token: values.secret(BOT_TOKEN),
            base_url: values.text(BASE_URL).unwrap_or_default(),
            signing_secret: values.secret(SIGNING_SECRET),
        }
    }
}
