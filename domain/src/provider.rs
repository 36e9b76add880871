//! The providers by their names, as somebody writes one who lets no other carry a message.

use text::nearest;

/// The providers that there are, each with the channels that it can carry, whether anybody has configured them or not.
/// Where none is known, nothing is said of any name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KnownProviders(Vec<(&'static str, Vec<&'static str>)>);

impl KnownProviders {
    pub fn new(providers: Vec<(&'static str, Vec<&'static str>)>) -> Self {
        Self(providers)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The channels that a provider can carry; none of one that is not known.
    pub fn channels_of(&self, name: &str) -> &[&'static str] {
        self.0.iter().find(|(known, _)| *known == name).map_or(&[], |(_, channels)| channels.as_slice())
    }

    /// Why nobody of this name is a provider, or none of this channel. The text is read after the name of its field.
    pub fn refusal(&self, name: &str, channel: Option<&str>) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let channels = self.channels_of(name);
        if channels.is_empty() {
            let hint = nearest(name, self.names()).map(|near| format!(": did you mean {near}?"));
            let known: Vec<&str> = self.names().collect();
            return Some(format!("is an unknown provider; known are {}{}", known.join(", "), hint.unwrap_or_default()));
        }
        let channel = channel.filter(|channel| !channels.contains(channel))?;
        let carry = |(name, channels): &(&'static str, Vec<&'static str>)| channels.contains(&channel).then_some(*name);
        let known: Vec<&str> = self.0.iter().filter_map(carry).collect();
        Some(format!("does not carry {channel}; known for it are {}", known.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_carries_nothing_is_refused_with_those_that_do() {
        let known = KnownProviders::new(vec![("smtp", vec!["email"]), ("twilio", vec!["sms", "whatsapp"])]);
        for (name, channel, told) in [
            ("twilio", Some("sms"), None),
            ("twilio", None, None),
            ("twillio", Some("sms"), Some("is an unknown provider; known are smtp, twilio: did you mean twilio?")),
            ("pigeon", None, Some("is an unknown provider; known are smtp, twilio")),
            ("twilio", Some("email"), Some("does not carry email; known for it are smtp")),
        ] {
            assert_eq!(known.refusal(name, channel).as_deref(), told, "{name} {channel:?}");
        }
        assert_eq!(KnownProviders::default().refusal("pigeon", Some("sms")), None);
        assert_eq!(known.channels_of("twilio"), ["sms", "whatsapp"]);
    }
}
