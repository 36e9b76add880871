//! The setting `SERVICES_FILE`, what stands in that file, and the keys that come from the fleet's own secret.

use domain::{CommandKeys, Registry};
use runtime::settings::Setting;

use super::published::Publishing;
use crate::section::Section;

pub(super) const SERVICES_FILE: Setting = Setting::text("SERVICES_FILE");

pub(super) const SECTION: Section = Section { settings: &[SERVICES_FILE], limits: None, halves: &[] };

/// `SERVICES_FILE`. The default is that there is no service.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What the file says. None where none is named.
    pub services: Option<Registry>,
    /// What signs commands. None in a process that has no `SECRET_KEY`.
    pub keys: Option<CommandKeys>,
    /// What publishes commands. None in a process that hands none over.
    pub publishing: Option<Publishing>,
}
