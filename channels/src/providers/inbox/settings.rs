//! The setting `INBOX`.

use runtime::settings::Setting;

use crate::section::Section;

pub(super) const ENABLED: Setting = Setting::flag("INBOX");

pub(super) const SECTION: Section = Section { settings: &[ENABLED], limits: None, halves: &[] };

/// `INBOX`. The default is that there is no inbox.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `INBOX`
    pub enabled: bool,
}
