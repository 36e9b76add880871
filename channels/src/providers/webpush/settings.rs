//! The settings `WEB_VAPID_*`, and what is missing beside them.

use runtime::settings::{Setting, Values};
use secrecy::SecretString;

use crate::section::{Half, Section};

pub(super) const PUBLIC_KEY: Setting = Setting::text("WEB_VAPID_PUBLIC_KEY");
pub(super) const PRIVATE_KEY: Setting = Setting::text("WEB_VAPID_PRIVATE_KEY");
pub(super) const SUBJECT: Setting = Setting::text("WEB_VAPID_SUBJECT");

pub(super) const SECTION: Section = Section {
    settings: &[PUBLIC_KEY, PRIVATE_KEY, SUBJECT],
    limits: None,
    halves: &[Half {
        channels: &["webpush"],
        needs: &[PRIVATE_KEY.name],
        beside: &[PUBLIC_KEY.name, SUBJECT.name],
        less: "webpush is not sent without it",
    }],
};

/// `WEB_VAPID_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `WEB_VAPID_PUBLIC_KEY`: what pages give to the browser as `applicationServerKey`, in base64url.
    pub public_key: Option<String>,
    /// `WEB_VAPID_PRIVATE_KEY`, in base64url.
    pub private_key: Option<SecretString>,
    /// `WEB_VAPID_SUBJECT`: whom a push service may write to, `mailto:` or `https:`.
    pub subject: Option<String>,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            public_key: values.text(PUBLIC_KEY),
            private_key: values.secret(PRIVATE_KEY),
            subject: values.text(SUBJECT),
        }
    }
}
