//! How a provider says which settings it has, how they are read, and what is worth a word about them. Whoever reads them
//! knows none of them by name.

use runtime::settings::{Setting, Values};

use crate::settings::Settings;

/// The settings of one provider. Their defaults stand in `config.default.toml`, and nowhere else.
pub struct Section {
    /// In the order in which they are read.
    pub settings: &'static [Setting],
    pub halves: &'static [Half],
    /// What starts nothing wrong, but is most likely not meant.
    pub warnings: fn(&Settings) -> Vec<Warning>,
    /// All that keeps its channels from being connected, whether anybody asks for them or not: what is missing, and what
    /// is wrong. One text each, beginning with a setting's name.
    pub(crate) problems: fn(&Settings) -> Vec<String>,
    /// Puts what was read where the provider looks for it.
    pub(crate) fill: fn(&Values, &mut Settings),
}

/// What a provider cannot do without, missing beside other settings of its own: without a word about it, its channels
/// would be captured or off.
pub struct Half {
    /// Only while one of these channels is wanted.
    pub channels: &'static [&'static str],
    /// The setting that is missing if none of these has a value: the first.
    pub needs: &'static [&'static str],
    /// What its operator has set instead.
    pub beside: &'static [&'static str],
    /// What does not happen.
    pub less: &'static str,
}

/// A doubt about the values of some settings.
pub struct Warning {
    /// It is worth a word only where none of these settings was refused.
    pub about: &'static [&'static str],
    pub text: String,
}
