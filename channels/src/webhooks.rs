//! Which providers may call us, and what their calls say.

use domain::{Report, Timestamp};
use reqwest::header::HeaderMap;

use crate::callback::{Callback, Readable, Refused, Unreadable};
use crate::providers::{PROVIDERS, Webhook, smtp, twilio, whatsapp_cloud};
use crate::settings::Settings;

/// The media that a path may name.
const OF_MEDIA: [&str; 2] = ["sms", "whatsapp"];

/// The webhooks of all providers, with the keys that this installation believes.
#[derive(Clone, Debug)]
pub struct Webhooks(Settings);

/// A mail that came back, and says something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CameBack {
    /// The provider whose report it is.
    pub provider: &'static str,
    /// What stands for the target of a request: the address that it came to.
    pub target: String,
    /// How many things it says. It may be none, as of a failed check of signatures.
    pub reports: usize,
    /// Whether a part of it cannot be read although it has a label of ours.
    pub is_unread: bool,
    /// Whether none of it is about a delivery, as far as labels tell: they are forged, or of another fleet. False where
    /// there is no secret by which labels are believed.
    pub is_of_nobody: bool,
}

impl Webhooks {
    pub fn new(settings: &Settings) -> Self {
        Self(settings.clone())
    }

    /// The provider that a path means: by its own name, or by that of a medium, whose callers are told apart by where
    /// they put their signature.
    pub fn provider(name: &str, headers: &HeaderMap) -> Option<&'static str> {
        let of_whatsapp = [&whatsapp_cloud::PROVIDER, &twilio::PROVIDER];
        match name {
            "sms" => Some(twilio::PROVIDER.name),
            "whatsapp" => {
                let signed = |provider: &&crate::providers::Provider| {
                    provider.webhook.as_ref().is_some_and(|webhook| headers.contains_key(webhook.signature))
                };
                // Whoever asks whether the URL is ours signs nothing, and only Meta asks.
                Some(of_whatsapp.into_iter().find(signed).unwrap_or(&whatsapp_cloud::PROVIDER).name)
            }
            _ => found(name).map(|(name, _)| name),
        }
    }

    /// The name that a path most likely means which [`Webhooks::provider`] does not know.
    pub fn meant(name: &str) -> Option<&'static str> {
        let providers = PROVIDERS.iter().filter(|provider| provider.webhook.is_some()).map(|provider| provider.name);
        domain::nearest_of_few(name, providers.chain(OF_MEDIA))
    }

    /// Whether the provider of that name has sent this.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify(&self, provider: &str, callback: &Callback<'_>) -> Result<(), Refused> {
        let (_, webhook) = found(provider).ok_or(Refused::NotConfigured("its webhook"))?;
        (webhook.verify)(&self.0, callback)
    }

    /// The content type and the text that the provider of that name expects as an answer to this call, which it has sent.
    pub fn answer(provider: &str, callback: &Callback<'_>) -> (&'static str, String) {
        let nothing = ("text/plain; charset=utf-8", String::new());
        found(provider).map_or(nothing, |(_, webhook)| (webhook.answer)(callback))
    }

    /// What the provider of that name is answered when it asks, with this query, whether the URL is ours.
    ///
    /// # Errors
    /// Why it is not answered.
    pub fn challenge(&self, provider: &str, query: &str) -> Result<String, Refused> {
        let (_, webhook) = found(provider).ok_or(Refused::NotConfigured("its webhook"))?;
        (webhook.challenge)(&self.0, query)
    }

    /// What the provider of that name says. Nothing here asks whether it was believed.
    ///
    /// # Errors
    /// Why it says nothing to us.
    pub fn reports(&self, provider: &str, callback: &Callback<'_>) -> Result<Readable, Unreadable> {
        if provider == smtp::PROVIDER.name {
            return smtp::reports(&self.0, callback);
        }
        let (_, webhook) = found(provider).ok_or(Unreadable("no provider of that name calls us"))?;
        (webhook.reports)(&self.0, callback)
    }

    /// The medium by which the message of a report went, or came, and the person at its other end, as a notification names
    /// them. Twilio marks numbers of WhatsApp, and Meta leaves the plus out.
    pub fn person(report: &Report) -> (&'static str, Option<String>) {
        let person = report.said.said_by().or(report.recipient.as_deref());
        let marked = person.and_then(|person| person.strip_prefix("whatsapp:"));
        let served = PROVIDERS.iter().find(|provider| provider.name == report.provider);
        let medium = served.and_then(|provider| provider.serves.first()).map_or("", |service| service.medium.name);
        let medium = if marked.is_some() { media::whatsapp::MEDIUM.name } else { medium };
        let is_bare =
            |person: &str| medium == media::whatsapp::MEDIUM.name && person.bytes().all(|byte| byte.is_ascii_digit());
        let named =
            marked.or(person).map(|person| if is_bare(person) { format!("+{person}") } else { person.to_owned() });
        (medium, named)
    }

    /// Looks at a mail that a mail server has handed to us because it came to this address. Nobody signs such a mail:
    /// what it is about is believed by the label that we have signed.
    ///
    /// # Errors
    /// Why it says nothing to us.
    pub fn came_back(&self, to: Option<&str>, mail: &[u8], at: Timestamp) -> Result<CameBack, Unreadable> {
        let (headers, target) = (HeaderMap::new(), smtp::target(to));
        let callback = Callback { target: &target, headers: &headers, body: mail, at };
        let Readable { reports, unread } = smtp::reports(&self.0, &callback)?;
        let is_unread = unread.is_some();
        let is_of_nobody = self.0.labels.is_some() && !is_unread && reports.iter().all(|report| report.about.is_none());
        Ok(CameBack { provider: smtp::PROVIDER.name, target, reports: reports.len(), is_unread, is_of_nobody })
    }
}

fn found(name: &str) -> Option<(&'static str, &'static Webhook)> {
    let provider = PROVIDERS.iter().find(|provider| provider.name == name)?;
    Some((provider.name, provider.webhook.as_ref()?))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_path_means_a_provider_or_the_medium_of_several() {
        let headers = |name: Option<&'static str>| -> HeaderMap {
            name.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x"))).into_iter().collect()
        };
        for (name, header, expected) in [
            ("twilio", None, Some("twilio")),
            ("sms", None, Some("twilio")),
            ("sendgrid", None, Some("sendgrid")),
            ("whatsapp_cloud", Some("x-twilio-signature"), Some("whatsapp_cloud")),
            ("whatsapp", None, Some("whatsapp_cloud")),
            ("whatsapp", Some("x-hub-signature-256"), Some("whatsapp_cloud")),
            ("whatsapp", Some("x-twilio-signature"), Some("twilio")),
            ("telegram", None, Some("telegram")),
            ("slack", None, Some("slack")),
            ("smtp", None, None),
            ("Twilio", None, None),
            ("", None, None),
        ] {
            assert_eq!(Webhooks::provider(name, &headers(header)), expected, "{name} {header:?}");
        }
    }

    #[test]
    fn a_path_that_is_nearly_a_webhook_is_told_with_the_name_that_was_meant() {
        for (name, meant) in [
            ("twillio", Some("twilio")),
            ("whatsap", Some("whatsapp")),
            ("whatsapp-cloud", Some("whatsapp_cloud")),
            ("Sendgrid", Some("sendgrid")),
            ("sns", Some("sms")),
            ("telegramm", Some("telegram")),
            ("slak", Some("slack")),
            ("smtp", None),
            ("pigeon", None),
            ("", None),
        ] {
            assert_eq!(Webhooks::meant(name), meant, "{name}");
        }
    }

    #[test]
    fn a_person_is_named_as_a_notification_names_them() {
        let report = |provider: &'static str, recipient: &str| Report {
            provider,
            event_id: "e".into(),
            about: None,
            provider_id: None,
            recipient: Some(recipient.into()),
            has_copies: false,
            said: domain::Reported::Delivered,
            code: None,
            detail: String::new(),
            at: None,
        };
        for (provider, recipient, medium, person) in [
            ("twilio", "+14155550100", "sms", "+14155550100"),
            ("twilio", "whatsapp:+14155550100", "whatsapp", "+14155550100"),
            ("whatsapp_cloud", "5516992318222", "whatsapp", "+5516992318222"),
            ("whatsapp_cloud", "US.15", "whatsapp", "US.15"),
            ("sendgrid", "ana@example.org", "email", "ana@example.org"),
            ("telegram", "4711", "telegram", "4711"),
            ("slack", "U012AB3CD", "slack", "U012AB3CD"),
        ] {
            assert_eq!(Webhooks::person(&report(provider, recipient)), (medium, Some(person.to_owned())));
        }
    }

    #[test]
    fn nobody_is_believed_for_whom_no_key_is_set() {
        let webhooks = Webhooks::new(&crate::settings::of_tests());
        let headers = HeaderMap::new();
        let callback = Callback { target: "/webhook/x", headers: &headers, body: b"[]", at: testkit::NOW };
        for name in ["twilio", "sendgrid", "whatsapp_cloud", "telegram", "slack", "smtp"] {
            assert!(matches!(webhooks.verify(name, &callback), Err(Refused::NotConfigured(_))), "{name}");
            assert!(webhooks.challenge(name, "hub.mode=subscribe&hub.verify_token=&hub.challenge=1").is_err());
        }
    }
}
