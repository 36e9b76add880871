//! How a provider says which settings it has and how they are read. The binary reads them from its sources, and knows
//! none of them by name.

use std::collections::BTreeMap;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use crate::settings::Settings;

/// The settings of one provider. Their defaults stand in `config.default.toml`, and nowhere else.
pub struct Section {
    /// In the order in which they are read.
    pub settings: &'static [Setting],
    pub halves: &'static [Half],
    /// What starts nothing wrong, but is most likely not meant.
    pub warnings: fn(&Settings) -> Vec<Warning>,
    /// Puts what was read where the provider looks for it.
    pub(crate) fill: fn(&Values, &mut Settings),
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
}

/// How a setting is read. What is refused, the binary says in the same words for all of a kind.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Without white space around it: texts, keys, URLs, paths.
    Text,
    /// With its spaces, because they may be part of it.
    Password,
    /// A host alone: its port has a setting of its own, named here.
    Host { port: &'static str },
    /// A whole number in this range.
    Number { least: u32, most: u32 },
    /// One of these words.
    Choice(&'static [&'static str]),
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

/// What was read of one section, by the names of its settings. What is not set is not in it.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, SecretString>);

impl Section {
    /// Takes over what was read of it.
    pub fn fill(&self, values: &Values, settings: &mut Settings) {
        (self.fill)(values, settings);
    }
}

impl Setting {
    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    pub(crate) const fn password(name: &'static str) -> Self {
        Self { name, kind: Kind::Password }
    }

    pub(crate) const fn number(name: &'static str, least: u32, most: u32) -> Self {
        Self { name, kind: Kind::Number { least, most } }
    }
}

impl FromIterator<(&'static str, SecretString)> for Values {
    fn from_iter<T: IntoIterator<Item = (&'static str, SecretString)>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Values {
    pub(crate) fn secret(&self, setting: Setting) -> Option<SecretString> {
        self.0.get(setting.name).cloned()
    }

    pub(crate) fn text(&self, setting: Setting) -> Option<String> {
        self.0.get(setting.name).map(|value| value.expose_secret().to_owned())
    }

    pub(crate) fn number<T: FromStr>(&self, setting: Setting) -> Option<T> {
        self.0.get(setting.name)?.expose_secret().parse().ok()
    }
}
