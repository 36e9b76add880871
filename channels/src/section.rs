//! How a provider says which settings it has, and which of them deserve a warning. The code that reads the settings
//! knows none of them by name.

use runtime::settings::Setting;

/// The settings of one provider. Their defaults are in `config.default.toml`, and nowhere else.
pub struct Section {
    /// The settings in the order in which they are read.
    pub settings: &'static [Setting],
    /// The one of them that limits the whole fleet in windows of time. None where each recipient is a server of its own.
    pub limits: Option<Setting>,
    pub halves: &'static [Half],
}

/// A setting that a provider needs, when it is missing beside others: the provider's channels would silently be
/// captured or off.
pub struct Half {
    /// This counts only while one of these channels is wanted.
    pub channels: &'static [&'static str],
    /// The settings of which one must have a value; the first is reported as missing.
    pub needs: &'static [&'static str],
    /// The settings that the operator has given instead.
    pub beside: &'static [&'static str],
    /// What does not happen without the setting.
    pub less: &'static str,
}

/// A warning about the values of some settings.
pub(crate) struct Warning {
    /// The warning is shown only where none of these settings was refused.
    pub(crate) about: &'static [&'static str],
    pub(crate) text: String,
}
