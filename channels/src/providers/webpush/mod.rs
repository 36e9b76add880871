//! Web Push: to browsers, through the push service of each one's maker.
//!
//! Sources: RFC 8030 for the request, RFC 8291 for what is sealed, RFC 8292 for who we are.

mod classify;
mod seal;
mod settings;
mod vapid;

use async_trait::async_trait;
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use domain::{Failure, Lane, Outcome};
use media::webpush::{self, Subscription};
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

use self::classify::classify;
use self::seal::{SALT_BYTES, seal};
use self::settings::{PRIVATE_KEY, PUBLIC_KEY, SUBJECT};
use self::vapid::Vapid;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};
use crate::http::{self, NoAnswer};
use crate::outbound::Guard;

pub use self::settings::Settings;
pub use self::vapid::NewKeys;

/// The longest time that a push service is asked to keep a message for a browser that is away: four weeks, which is the
/// most that Google's takes; Mozilla's takes 30 days. RFC 8030 has none.
const MAX_TTL_SECONDS: u64 = 28 * 24 * 60 * 60;

pub(crate) static PROVIDER: Provider = Provider {
    name: "webpush",
    serves: &[Service {
        medium: &webpush::MEDIUM,
        kind: "",
        needs: &[PRIVATE_KEY.name, PUBLIC_KEY.name, SUBJECT.name],
        connect,
    }],
    section: settings::SECTION,
    fill: |values, settings| settings.webpush = Settings::of(values),
    warnings: |_| Vec::new(),
    problems,
    gone: &[classify::DEAD],
    stopped: &[],
    webhook: None,
    #[cfg(test)]
    over_http: Some(over_http),
};

struct WebPush {
    http: reqwest::Client,
    guard: Guard,
    vapid: Vapid,
}

#[async_trait]
impl Channel for WebPush {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let subscription = match Subscription::read(outgoing.destination) {
            Ok(subscription) => subscription,
            Err(why) => return Outgoing::refuse(PROVIDER.name, format!("destination {why}")),
        };
        if let Err(refused) = self.guard.check(&subscription.endpoint) {
            return NoAnswer::Forbidden(refused).outcome(PROVIDER.name);
        }
        let body = match sealed(&subscription, outgoing) {
            Ok(body) => body,
            Err(outcome) => return outcome,
        };
        let Some(authorization) = self.vapid.authorization(&subscription.endpoint, outgoing.now) else {
            return unprepared("WEB_VAPID_PRIVATE_KEY signs nothing");
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = self.http.post(subscription.endpoint.clone());
        let request = with_headers(request, authorization, outgoing).body(body);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer, &subscription, outgoing),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    fn is_one_place(&self) -> bool {
        false
    }
}

/// Every attempt has the same topic, so that a second copy replaces the first while the push service still has it; and
/// the payload the same tag, with which it replaces the first on the screen.
fn with_headers(request: RequestBuilder, authorization: HeaderValue, outgoing: &Outgoing<'_>) -> RequestBuilder {
    let ttl = outgoing.expires_at.map_or(MAX_TTL_SECONDS, |at| at.since(outgoing.now).as_secs().min(MAX_TTL_SECONDS));
    let urgency = match outgoing.lane {
        Lane::Urgent => "high",
        Lane::Normal => "normal",
        Lane::Bulk => "low",
    };
    request
        .header(AUTHORIZATION, authorization)
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_ENCODING, "aes128gcm")
        .header("ttl", ttl)
        .header("urgency", urgency)
        .header("topic", outgoing.tag())
}

/// The body of the request, sealed with a key pair and a salt of its own.
///
/// # Errors
/// The outcome, where nothing can be sealed for this browser.
fn sealed(subscription: &Subscription, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, Outcome> {
    let payload = webpush::payload(&outgoing.words(), &outgoing.tag());
    let mut salt = [0; SALT_BYTES];
    let once = PrivateKey::generate(&ECDH_P256).and_then(|once| aws_lc_rs::rand::fill(&mut salt).map(|()| once));
    let once = once.map_err(|_| unprepared("this machine gives no random numbers"))?;
    seal(&payload, subscription, &once, salt).map_err(|_| {
        Outgoing::refuse(PROVIDER.name, "destination must be a push subscription: keys.p256dh is no point of P-256")
    })
}

/// The outcome of a message that could not be made ready, for a reason on our side.
fn unprepared(why: &str) -> Outcome {
    Outcome::Retriable { failure: Failure::new(PROVIDER.name, None, why), alarm: true, maybe_sent: false }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.webpush.private_key.as_ref()?;
    Some(web_push(settings).map(|push| Box::new(push) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    web_push(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn web_push(settings: &crate::Settings) -> Result<WebPush, Vec<String>> {
    let guard = Guard::new(&settings.outbound);
    let http = http::guarded_client(settings.provider_timeout, guard.clone());
    match (Vapid::of(&settings.webpush), http) {
        (Ok(vapid), Ok(http)) => Ok(WebPush { http, guard, vapid }),
        (vapid, http) => {
            let http = http.err().map(|problem| format!("WEB_VAPID: {problem}"));
            Err(vapid.err().into_iter().flatten().chain(http).collect())
        }
    }
}

/// Keys that no browser has subscribed for, and a fleet that may call this machine.
#[cfg(test)]
fn over_http(_: &str) -> crate::Settings {
    let keys = NewKeys::make().unwrap();
    let webpush = Settings {
        public_key: Some(keys.public_key),
        private_key: Some(keys.private_key),
        subject: Some("mailto:push@example.org".into()),
    };
    let outbound = crate::outbound::Allow::parse("127.0.0.1").unwrap();
    crate::Settings { webpush, outbound, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
