//! The settings `SENDGRID_*`, what is missing beside them, and which of their values are most likely not meant. The
//! sender is the one that SMTP has as well.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runtime::settings::{Setting, Values};
use secrecy::{ExposeSecret as _, SecretString};

use crate::section::{Half, Section, Warning};
use crate::sender::{FROM_EMAIL, FROM_NAME, REPLY_TO};

pub(super) const API_KEY: Setting = Setting::text("SENDGRID_API_KEY");
pub(super) const BASE_URL: Setting = Setting::text("SENDGRID_BASE_URL");
pub(super) const SANDBOX: Setting = Setting::flag("SENDGRID_SANDBOX");
pub(super) const WEBHOOK_PUBLIC_KEY: Setting = Setting::text("SENDGRID_WEBHOOK_PUBLIC_KEY");
const LIMITS: Setting = Setting::text("SENDGRID_LIMITS");

pub(super) const SECTION: Section = Section {
    settings: &[API_KEY, BASE_URL, SANDBOX, WEBHOOK_PUBLIC_KEY, LIMITS, REPLY_TO, FROM_EMAIL, FROM_NAME],
    limits: Some(LIMITS),
    halves: &[Half {
        channels: &["email"],
        needs: &[API_KEY.name],
        beside: &[BASE_URL.name, SANDBOX.name, LIMITS.name],
        less: "email is not sent by SendGrid without it",
    }],
};

/// `SENDGRID_*`. The default is that nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `SENDGRID_API_KEY`
    pub api_key: Option<SecretString>,
    /// `SENDGRID_BASE_URL`
    pub base_url: String,
    /// `SENDGRID_SANDBOX`: SendGrid checks each mail and delivers none.
    pub sandbox: bool,
    /// `SENDGRID_WEBHOOK_PUBLIC_KEY`: the key with which SendGrid signs what it sends to us, or several.
    pub webhook_public_key: Option<String>,
}

impl Settings {
    pub(super) fn of(values: &Values) -> Self {
        Self {
            api_key: values.secret(API_KEY),
            base_url: values.text(BASE_URL).unwrap_or_default(),
            sandbox: values.flag(SANDBOX),
            webhook_public_key: values.text(WEBHOOK_PUBLIC_KEY),
        }
    }
}

/// The keys of a list with commas between them, each as SendGrid shows it. None where an entry is no key.
pub(super) fn public_keys(listed: &str) -> Option<Vec<Vec<u8>>> {
    let is_key = |key: &Vec<u8>| ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).is_ok();
    listed.split(',').map(|key| STANDARD.decode(key.trim()).ok().filter(is_key)).collect()
}

/// Warns of mails that count as sent and reach nobody, and of keys that are most likely other ones.
pub(super) fn warnings(sendgrid: &Settings) -> Vec<Warning> {
    let mut warnings = warnings_of_sending(sendgrid);
    if sendgrid.webhook_public_key.as_ref().is_some_and(|listed| public_keys(listed).is_none()) {
        let text = "SENDGRID_WEBHOOK_PUBLIC_KEY has an entry that is no verification key as SendGrid shows it beside its signed \
                    Event Webhook (MFkw…): no key of it is believed";
        warnings.push(Warning { about: &[WEBHOOK_PUBLIC_KEY.name], text: text.into() });
    }
    warnings
}

fn warnings_of_sending(sendgrid: &Settings) -> Vec<Warning> {
    let Some(api_key) = &sendgrid.api_key else { return Vec::new() };
    let mut warnings = Vec::new();
    if sendgrid.sandbox {
        let text = "SENDGRID_SANDBOX=true has SendGrid check each mail and deliver none, though it counts as sent: leave \
                    it out where mails are meant to arrive";
        warnings.push(Warning { about: &[SANDBOX.name], text: text.into() });
    }
    if !api_key.expose_secret().starts_with("SG.") {
        let text = "SENDGRID_API_KEY does not begin with SG. as SendGrid's keys do: is it the key itself, and not its \
                    name or id?";
        warnings.push(Warning { about: &[API_KEY.name], text: text.into() });
    }
    warnings
}
