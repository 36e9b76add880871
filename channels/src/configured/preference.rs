//! Who may carry a medium that several providers serve, as far as the operator says it.

use std::collections::{BTreeMap, BTreeSet};

use media::{Medium, email, whatsapp};
use runtime::settings::Reader;

use super::list::List;
use crate::providers::serving;

/// The setting that says who may carry a medium.
struct Preference {
    medium: &'static Medium,
    /// The name of the setting, and its other names.
    names: &'static [&'static str],
    example: &'static str,
    /// The end of what is told of a word that is no provider.
    otherwise: &'static str,
}

/// A medium that has no row is carried by all of its providers that are configured, in the order of the providers.
static PREFERENCES: &[Preference] = &[
    Preference {
        medium: &email::MEDIUM,
        names: &["EMAIL_PROVIDERS", "EMAIL_PROVIDER"],
        example: "smtp,sendgrid",
        otherwise: "; most others take mail by SMTP as well (SMTP_HOST)",
    },
    Preference {
        medium: &whatsapp::MEDIUM,
        names: &["WHATSAPP_PROVIDERS"],
        example: "twilio,whatsapp_cloud",
        otherwise: "",
    },
];

/// The providers that the operator names for each medium, the preferred first. A medium for which nobody is named is not
/// among them.
pub(super) fn read(reader: &mut Reader) -> BTreeMap<&'static str, Vec<&'static str>> {
    let named = PREFERENCES.iter().map(|preference| (preference.medium.name, preference.read(reader)));
    named.filter(|(_, providers)| !providers.is_empty()).collect()
}

/// The name under which the operator says who may carry the medium.
pub(super) fn given(reader: &Reader, medium: &Medium) -> Option<&'static str> {
    let preference = PREFERENCES.iter().find(|preference| preference.medium.name == medium.name)?;
    reader.given_of(preference.names).first().copied()
}

impl Preference {
    /// Reads all its names, which say the same.
    fn read(&self, reader: &mut Reader) -> Vec<&'static str> {
        let list = |name| List {
            name,
            of: "provider",
            known: serving(self.medium).map(|(provider, _)| provider.name).collect(),
            example: self.example,
            otherwise: self.otherwise,
        };
        let mut given: Vec<(&str, Vec<&'static str>)> = Vec::new();
        for &name in self.names {
            given.extend(list(name).read(reader).map(|providers| (name, providers)));
        }
        if let [(name, said), (other, says)] = given.as_slice()
            && said != says
            && reader.are_right(self.names)
        {
            reader.refuse(other, format_args!("is another than {name}, and means the same: leave one of the two out"));
        }
        let mut seen = BTreeSet::new();
        let mut providers = given.into_iter().next().map(|(_, providers)| providers).unwrap_or_default();
        providers.retain(|name| seen.insert(*name));
        providers
    }
}
