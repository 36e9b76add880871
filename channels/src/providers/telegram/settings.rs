//! The settings `TELEGRAM_*`, and what is missing beside them.

use runtime::settings::{Setting, Values};
use secrecy::SecretString;

use crate::section::{Half, Section};

pub(super) const BOT_TOKEN: Setting = Setting::text("TELEGRAM_BOT_TOKEN");
pub(super) const BASE_URL: Setting = Setting::text("TELEGRAM_BASE_URL");
pub(super) const WEBHOOK_SECRET: Setting = Setting::text("TELEGRAM_WEBHOOK_SECRET");
pub(super) const POLL: Setting = Setting::flag("TELEGRAM_POLL");
const LIMITS: Setting = Setting::text("TELEGRAM_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[BOT_TOKEN, BASE_URL, WEBHOOK_SECRET, POLL, LIMITS],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["telegram"],
        needs: &[BOT_TOKEN.name],
        beside: &[BASE_URL.name, POLL.name, LIMITS.name],
        less: "telegram is not sent without it",
    }],
};

/// `TELEGRAM_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `TELEGRAM_BOT_TOKEN`, as BotFather gives it.
    pub bot_token: Option<SecretString>,
    /// `TELEGRAM_BASE_URL`: Telegram's own, or that of a Bot API server of one's own.
    pub base_url: String,
    /// `TELEGRAM_WEBHOOK_SECRET`: what `setWebhook` was given as `secret_token`, which Telegram says with each call.
    pub webhook_secret: Option<SecretString>,
    /// `TELEGRAM_POLL`: whether we ask Telegram for what people write, instead of being called.
    pub poll: bool,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            bot_token: values.secret(BOT_TOKEN),
            base_url: values.text(BASE_URL).unwrap_or_default(),
            webhook_secret: values.secret(WEBHOOK_SECRET),
            poll: values.flag(POLL),
        }
    }
}
