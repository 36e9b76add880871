//! The setting `WEBHOOKS`, and the keys that come from the fleet's own secret.

use domain::WebhookKeys;
use runtime::settings::Setting;

use crate::section::Section;

pub(super) const WEBHOOKS: Setting = Setting::flag("WEBHOOKS");

pub(super) const SECTION: Section = Section { settings: &[WEBHOOKS], limits: None, halves: &[] };

/// `WEBHOOKS`. The default is that none is sent: whoever may publish could have any public address called.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `WEBHOOKS`
    pub enabled: bool,
    /// What derives the secrets of receivers. None in a process that has no `SECRET_KEY`.
    pub keys: Option<WebhookKeys>,
}
