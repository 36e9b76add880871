//! Settings that a package declares as data: what it is called, and how it is read. What is refused is told in the same
//! words for all of a kind.

use std::collections::BTreeMap;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use super::Reader;

/// One setting. Its default stands in the reference, and nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
}

/// How a setting is read.
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

/// What was read, by the names of the settings. What is not set, or was refused, is not in it.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, SecretString>);

impl Setting {
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    pub const fn password(name: &'static str) -> Self {
        Self { name, kind: Kind::Password }
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

    pub fn number<T: FromStr>(&self, setting: Setting) -> Option<T> {
        self.0.get(setting.name)?.expose_secret().parse().ok()
    }
}

impl Reader {
    /// In the order in which they are declared.
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
            Kind::Choice(words) => {
                let choices: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
                Some(self.choice(name, &choices).into())
            }
        }
    }
}
