//! The settings `WHATSAPP_CLOUD_*`, and what is missing beside them.

use runtime::settings::{Setting, Values};
use secrecy::SecretString;

use crate::section::{Half, Section};

pub(super) const ACCESS_TOKEN: Setting = Setting::text("WHATSAPP_CLOUD_ACCESS_TOKEN");
pub(super) const PHONE_NUMBER_ID: Setting = Setting::text("WHATSAPP_CLOUD_PHONE_NUMBER_ID");
pub(super) const BASE_URL: Setting = Setting::text("WHATSAPP_CLOUD_BASE_URL");
pub(super) const APP_SECRET: Setting = Setting::text("WHATSAPP_CLOUD_APP_SECRET");
pub(super) const VERIFY_TOKEN: Setting = Setting::text("WHATSAPP_CLOUD_VERIFY_TOKEN");
const LIMITS: Setting = Setting::text("WHATSAPP_CLOUD_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[ACCESS_TOKEN, PHONE_NUMBER_ID, BASE_URL, APP_SECRET, VERIFY_TOKEN, LIMITS],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["whatsapp"],
        needs: &[ACCESS_TOKEN.name],
        beside: &[PHONE_NUMBER_ID.name, BASE_URL.name, LIMITS.name],
        less: "whatsapp is not sent by WhatsApp Cloud without it",
    }],
};

/// `WHATSAPP_CLOUD_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `WHATSAPP_CLOUD_ACCESS_TOKEN`: of a system user that may send for the number.
    pub access_token: Option<SecretString>,
    /// `WHATSAPP_CLOUD_PHONE_NUMBER_ID`: Meta's id of the number that messages come from.
    pub phone_number_id: Option<String>,
    /// `WHATSAPP_CLOUD_BASE_URL`, with the version of the Graph API: Meta ends a version after about two years.
    pub base_url: String,
    /// `WHATSAPP_CLOUD_APP_SECRET`: the secret of Meta's app, with which Meta signs what it sends to us.
    pub app_secret: Option<SecretString>,
    /// `WHATSAPP_CLOUD_VERIFY_TOKEN`: the word of ours that Meta says when it asks whether the webhook is ours.
    pub verify_token: Option<SecretString>,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            access_token: values.secret(ACCESS_TOKEN),
            phone_number_id: values.text(PHONE_NUMBER_ID),
            base_url: values.text(BASE_URL).unwrap_or_default(),
            app_secret: values.secret(APP_SECRET),
            verify_token: values.secret(VERIFY_TOKEN),
        }
    }
}
