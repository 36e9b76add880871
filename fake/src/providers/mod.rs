//! The providers. Each is a file that knows the provider's requests, answers, errors and calls, and nothing of faults.

mod apns;
mod fcm;
mod sendgrid;
mod slack;
pub(crate) mod smtp;
mod telegram;
mod twilio;
mod webpush;
mod whatsapp_cloud;

use crate::exchange::{Call, Reply};
use crate::message::{Inbound, Message, Post, Refusal, Said};
use crate::site::{PUBLIC_URL, Site};

/// Every provider. A new one is a file beside this one and an entry here.
pub(crate) static PROVIDERS: &[&Provider] = &[
    &smtp::PROVIDER,
    &sendgrid::PROVIDER,
    &twilio::PROVIDER,
    &whatsapp_cloud::PROVIDER,
    &fcm::PROVIDER,
    &apns::PROVIDER,
    &webpush::PROVIDER,
    &telegram::PROVIDER,
    &slack::PROVIDER,
];

pub(crate) struct Provider {
    /// The name that a fleet has for it.
    pub(crate) name: &'static str,
    /// The settings with which a fleet uses it.
    settings: fn(&Site) -> Vec<(&'static str, String)>,
    /// Whether a request is one that asks to send something.
    pub(crate) takes: fn(&Call) -> bool,
    /// What a request asks to send, or the answer to one that the provider would not take.
    pub(crate) read: fn(&Site, &Call) -> Result<Message, Reply>,
    pub(crate) accepted: fn(&Message) -> Reply,
    /// What the provider remembers of a message that it has taken.
    pub(crate) keep: fn(&Site, &Message),
    pub(crate) refused: fn(&Refusal<'_>) -> Reply,
    /// The answer to a request that is the provider's and sends nothing.
    pub(crate) beside: fn(&Site, &Call) -> Option<Reply>,
    pub(crate) reports: Option<Reports>,
    /// How the provider tells of what people write, if it does; or the answer to whoever has it written, where it tells
    /// nobody.
    pub(crate) inbound: Option<Inform>,
}

/// What a provider posts of something that a person has written, or the answer where it posts nothing.
type Inform = fn(&Site, &Inbound) -> Result<Post, Reply>;

/// What a provider says of messages that it has accepted.
pub(crate) struct Reports {
    /// What it says of each, in this order, unless a rule has it say other things.
    pub(crate) usual: &'static [&'static str],
    /// All that it can say.
    known: &'static [&'static str],
    /// The request by which it says so; none where it was not told whom to tell.
    pub(crate) report: fn(&Site, &Message, &Said) -> Option<Post>,
}

/// Keeps a request waiting where its provider does so until there is something to tell. Some answer to one that has waited
/// in vain.
pub(crate) async fn awaited(site: &Site, call: &Call) -> Option<Reply> {
    telegram::awaited(site, call).await
}

pub(crate) fn names() -> Vec<&'static str> {
    PROVIDERS.iter().map(|provider| provider.name).collect()
}

pub(crate) fn named(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.name == name)
}

/// The words by which a provider reports.
pub(crate) fn reported_by(name: &str) -> &'static [&'static str] {
    let reports = named(name).and_then(|provider| provider.reports.as_ref());
    reports.map(|reports| reports.known).unwrap_or_default()
}

/// The lines of a `.env` with which a fleet uses the fake for everything.
pub(crate) fn settings(site: &Site) -> String {
    let mut lines = vec![
        "# email goes by SMTP, and by SendGrid where that does not take it; whatsapp by Twilio, then by Meta;"
            .to_owned(),
        "# EMAIL_PROVIDERS=sendgrid and WHATSAPP_PROVIDERS=whatsapp_cloud name the second of them alone".to_owned(),
        "SANDBOX=off".to_owned(),
    ];
    if site.calls_back {
        lines.push(format!("PUBLIC_URL={PUBLIC_URL}"));
    }
    for (name, value) in PROVIDERS.iter().flat_map(|provider| (provider.settings)(site)) {
        let is_plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:/+@=,".contains(&b));
        lines.push(if is_plain { format!("{name}={value}") } else { format!("{name}='{value}'") });
    }
    lines.push("# a destination of webpush, whose browser shows what comes in GET /_fake/received:".to_owned());
    lines.push(format!("# {}", webpush::subscription(site)));
    lines.join("\n") + "\n"
}
