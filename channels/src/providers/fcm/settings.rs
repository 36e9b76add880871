//! The settings `FIREBASE_*` and `FCM_*`, and what is missing beside them.

use runtime::settings::{Setting, Values};
use secrecy::SecretString;

use crate::section::{Half, Section};

pub(super) const PROJECT_ID: Setting = Setting::text("FIREBASE_PROJECT_ID");
pub(super) const SERVICE_ACCOUNT_KEY: Setting = Setting::text("FIREBASE_SERVICE_ACCOUNT_KEY");
pub(super) const BASE_URL: Setting = Setting::text("FCM_BASE_URL");
pub(super) const TOKEN_URL: Setting = Setting::text("FCM_TOKEN_URL");
pub(super) const VALIDATE_ONLY: Setting = Setting::flag("FCM_VALIDATE_ONLY");
const LIMITS: Setting = Setting::text("FCM_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[PROJECT_ID, SERVICE_ACCOUNT_KEY, BASE_URL, TOKEN_URL, VALIDATE_ONLY, LIMITS],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["push"],
        needs: &[SERVICE_ACCOUNT_KEY.name],
        beside: &[PROJECT_ID.name, BASE_URL.name, TOKEN_URL.name, VALIDATE_ONLY.name, LIMITS.name],
        less: "push is not sent without it",
    }],
};

/// `FIREBASE_*` and `FCM_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `FIREBASE_PROJECT_ID`. Without it, the project is that of the service account.
    pub project_id: Option<String>,
    /// `FIREBASE_SERVICE_ACCOUNT_KEY`: the JSON file of a service account, in one line.
    pub service_account_key: Option<SecretString>,
    /// `FCM_BASE_URL`
    pub base_url: String,
    /// `FCM_TOKEN_URL`: where tokens are requested, instead of at the service account's `token_uri`. The assertion
    /// still names `token_uri` as its audience, so that a gateway in between can pass it on.
    pub token_url: Option<String>,
    /// `FCM_VALIDATE_ONLY`: FCM checks every message and delivers none.
    pub validate_only: bool,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            project_id: values.text(PROJECT_ID),
            service_account_key: values.secret(SERVICE_ACCOUNT_KEY),
            base_url: values.text(BASE_URL).unwrap_or_default(),
            token_url: values.text(TOKEN_URL),
            validate_only: values.flag(VALIDATE_ONLY),
        }
    }
}
