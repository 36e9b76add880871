//! The settings `TWILIO_*`, and what is missing beside them.

use runtime::settings::{Setting, Values};
use secrecy::{ExposeSecret as _, SecretString};

use crate::section::{Half, Section, Warning};

pub(super) const ACCOUNT_SID: Setting = Setting::text("TWILIO_ACCOUNT_SID");
pub(super) const AUTH_TOKEN: Setting = Setting::password("TWILIO_AUTH_TOKEN");
pub(super) const API_KEY_SID: Setting = Setting::text("TWILIO_API_KEY_SID");
pub(super) const API_KEY_SECRET: Setting = Setting::password("TWILIO_API_KEY_SECRET");
pub(super) const FROM_NUMBER: Setting = Setting::text("TWILIO_FROM_NUMBER");
pub(super) const MESSAGING_SERVICE_SID: Setting = Setting::text("TWILIO_MESSAGING_SERVICE_SID");
pub(super) const WHATSAPP_FROM: Setting = Setting::text("TWILIO_WHATSAPP_FROM");
pub(super) const WHATSAPP_MESSAGING_SERVICE_SID: Setting = Setting::text("TWILIO_WHATSAPP_MESSAGING_SERVICE_SID");
pub(super) const BASE_URL: Setting = Setting::text("TWILIO_BASE_URL");
pub(super) const SECONDARY_AUTH_TOKEN: Setting = Setting::password("TWILIO_SECONDARY_AUTH_TOKEN");
pub(super) const WEBHOOK_KEYS: Setting = Setting::text("TWILIO_WEBHOOK_KEYS");
pub(super) const MAX_PER_SECOND: Setting = Setting::number("TWILIO_MAX_PER_SECOND", 1, 100_000);
const LIMITS: Setting = Setting::text("TWILIO_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[
        ACCOUNT_SID,
        AUTH_TOKEN,
        API_KEY_SID,
        API_KEY_SECRET,
        FROM_NUMBER,
        MESSAGING_SERVICE_SID,
        WHATSAPP_FROM,
        WHATSAPP_MESSAGING_SERVICE_SID,
        BASE_URL,
        MAX_PER_SECOND,
        LIMITS,
        SECONDARY_AUTH_TOKEN,
        WEBHOOK_KEYS,
    ],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["sms", "whatsapp"],
        needs: &[FROM_NUMBER.name, MESSAGING_SERVICE_SID.name, WHATSAPP_FROM.name, WHATSAPP_MESSAGING_SERVICE_SID.name],
        beside: &[
            ACCOUNT_SID.name,
            AUTH_TOKEN.name,
            API_KEY_SID.name,
            API_KEY_SECRET.name,
            BASE_URL.name,
            MAX_PER_SECOND.name,
            LIMITS.name,
        ],
        less: "sms is not sent without it or TWILIO_MESSAGING_SERVICE_SID, and whatsapp not without \
               TWILIO_WHATSAPP_FROM or TWILIO_WHATSAPP_MESSAGING_SERVICE_SID",
    }],
};

/// `TWILIO_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `TWILIO_ACCOUNT_SID`
    pub account_sid: Option<String>,
    /// `TWILIO_AUTH_TOKEN`
    pub auth_token: Option<SecretString>,
    /// `TWILIO_API_KEY_SID`: `SK…`, which is used instead of the auth token.
    pub api_key_sid: Option<String>,
    /// `TWILIO_API_KEY_SECRET`
    pub api_key_secret: Option<SecretString>,
    /// `TWILIO_FROM_NUMBER`: a number, a short code, an alphanumeric sender, or a messaging service (`MG…`).
    pub from_number: Option<String>,
    /// `TWILIO_MESSAGING_SERVICE_SID`: `MG…`, alone or with the sender of it that `TWILIO_FROM_NUMBER` names.
    pub messaging_service_sid: Option<String>,
    /// `TWILIO_WHATSAPP_FROM`: a number, with or without the prefix `whatsapp:`.
    pub whatsapp_from: Option<String>,
    /// `TWILIO_WHATSAPP_MESSAGING_SERVICE_SID`: `MG…`, alone or with the sender of it that `TWILIO_WHATSAPP_FROM`
    /// names.
    pub whatsapp_messaging_service_sid: Option<String>,
    /// `TWILIO_BASE_URL`
    pub base_url: String,
    /// `TWILIO_MAX_PER_SECOND`: a ceiling for each of SMS and WhatsApp, because Twilio limits each sender.
    pub max_per_second: Option<u32>,
    /// `TWILIO_SECONDARY_AUTH_TOKEN`: the next auth token, or the one before, for what Twilio signs while it changes.
    pub secondary_auth_token: Option<SecretString>,
    /// `TWILIO_WEBHOOK_KEYS`: shared keys with their ids, with which Twilio signs what it sends to us.
    pub webhook_keys: Option<SecretString>,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            account_sid: values.text(ACCOUNT_SID),
            auth_token: values.secret(AUTH_TOKEN),
            api_key_sid: values.text(API_KEY_SID),
            api_key_secret: values.secret(API_KEY_SECRET),
            from_number: values.text(FROM_NUMBER),
            messaging_service_sid: values.text(MESSAGING_SERVICE_SID),
            whatsapp_from: values.text(WHATSAPP_FROM),
            whatsapp_messaging_service_sid: values.text(WHATSAPP_MESSAGING_SERVICE_SID),
            base_url: values.text(BASE_URL).unwrap_or_default(),
            max_per_second: values.number(MAX_PER_SECOND),
            secondary_auth_token: values.secret(SECONDARY_AUTH_TOKEN),
            webhook_keys: values.secret(WEBHOOK_KEYS),
        }
    }
}

/// The keys of a list with commas between them, each its id, an equals sign and its secret. None where an entry is no
/// key.
pub(super) fn webhook_keys(listed: &SecretString) -> Option<Vec<(String, SecretString)>> {
    let key = |entry: &str| {
        let (id, secret) = entry.trim().split_once('=')?;
        let (id, secret) = (id.trim(), secret.trim());
        (!id.is_empty() && !secret.is_empty()).then(|| (id.to_owned(), SecretString::from(secret)))
    };
    listed.expose_secret().split(',').map(key).collect()
}

/// Warns of keys that cannot be read.
pub(super) fn warning(twilio: &Settings) -> Option<Warning> {
    let is_wrong = twilio.webhook_keys.as_ref().is_some_and(|listed| webhook_keys(listed).is_none());
    let text = "TWILIO_WEBHOOK_KEYS has an entry that is not the id of a shared key, an equals sign and its secret: no key \
                of it is believed";
    is_wrong.then(|| Warning { about: &[WEBHOOK_KEYS.name], text: text.into() })
}
