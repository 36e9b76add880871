//! SendGrid on this machine, as far as a fleet needs it: it takes every mail, and keeps what was asked.

use serde_json::Value;

use crate::receiver::Receiver;

/// The running server; it ends when dropped.
pub struct SendGrid {
    base_url: String,
    receiver: Receiver,
}

impl SendGrid {
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let receiver = Receiver::start().await;
        receiver.answer(202);
        let base_url = receiver.url.split("/hooks").next().unwrap_or_default().to_owned();
        Self { base_url, receiver }
    }

    /// Gives the settings that make the fleet send its mails by this server.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![("SENDGRID_API_KEY", "SG.of.the.tests"), ("SENDGRID_BASE_URL", &self.base_url)]
    }

    /// The recipients of the mails that have come, in order.
    pub fn recipients(&self) -> Vec<String> {
        let to = |mail: Value| mail["personalizations"][0]["to"][0]["email"].as_str().map(str::to_owned);
        self.receiver.posted().iter().filter_map(|posted| to(posted.json())).collect()
    }
}
