//! Settings that a package declares as data: their names, and how each is read. A problem has the same words for all
//! settings of a kind.

use std::collections::BTreeMap;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use super::Reader;

/// One setting. Its default is in the reference, and nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
}

/// How a setting is read.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text, key, URL or path, without the white space around it.
    Text,
    /// A password with its spaces, because they may be part of it.
    Password,
    /// A host alone. Its port has a setting of its own, named here.
    Host { port: &'static str },
    /// A whole number in this range.
    Number { least: u32, most: u32 },
    /// True or false.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// The values that were read, by the names of their settings. A setting that is not set, or was refused, is not among
/// them.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, SecretString>);

impl Setting {
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    pub const fn password(name: &'static str) -> Self {
        Self { name, kind: Kind::Password }
    }

    pub const fn flag(name: &'static str) -> Self {
        Self { name, kind: Kind::Flag }
    }

    pub const fn number(name: &'static str, least: u32, most: u32) -> Self {
        Self { name, kind: Kind::Number { least, most } }
    }
}

impl Values {
    pub fn secret(&self, setting: Setting) -> Option<SecretString> {
        self.0.get(setting.name).cloned()
    }

    pub fn text(&self, setting: Setting) -> Option<String> {
        self.0.get(setting.name).map(|value| value.expose_secret().to_owned())
    }

    pub fn flag(&self, setting: Setting) -> bool {
        self.0.get(setting.name).is_some_and(|value| value.expose_secret() == "true")
    }

    pub fn number<T: FromStr>(&self, setting: Setting) -> Option<T> {
        self.0.get(setting.name)?.expose_secret().parse().ok()
    }
}

impl Reader {
    /// Reads settings in the order in which they are declared.
    pub fn values(&mut self, settings: &[Setting]) -> Values {
        Values(settings.iter().filter_map(|setting| Some((setting.name, self.value(setting)?))).collect())
    }

    fn value(&mut self, setting: &Setting) -> Option<SecretString> {
        let name = setting.name;
        match setting.kind {
            Kind::Text => self.secret(name),
            Kind::Password => self.password(name),
            Kind::Host { port } => self.host(name, port).map(SecretString::from),
            Kind::Number { least, most } => {
                self.optional_number(name, least..=most).map(|number| number.to_string().into())
            }
            Kind::Flag => Some(self.flag(name).to_string().into()),
            Kind::Choice(words) => {
                let choices: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
                Some(self.choice(name, &choices).into())
            }
        }
    }
}
