//! Who may call the API's webhooks, and what they say: providers, by their signatures. And who is asked instead.

use std::sync::Arc;

use api::{Call, Gate, Verdict};
use channels::telegram::{self, NotPolled, Poller};
use channels::{Callback, Refused, Webhooks};
use dialog::{NotTold, Polling, Reader, Said, Spoken, Update};
use domain::{ChannelName, Clock, Report};
use reqwest::header::HeaderMap;
use topology::Inbound;

pub(crate) fn gate(settings: &channels::Settings) -> Gate {
    let webhooks = Webhooks::new(settings);
    Arc::new(move |call: &Call<'_>| verdict(&webhooks, call))
}

/// Reads what the API has published.
pub(crate) fn reader(settings: &channels::Settings) -> Reader {
    let webhooks = Webhooks::new(settings);
    Arc::new(move |inbound: &Inbound| -> Result<Spoken, String> {
        let headers = HeaderMap::new();
        let callback = Callback { target: &inbound.target, headers: &headers, body: &inbound.body, at: inbound.at };
        let read = webhooks.reports(&inbound.provider, &callback).map_err(|error| error.to_string())?;
        let said = read.reports.into_iter().map(said).collect::<Result<Vec<_>, _>>()?;
        Ok(Spoken { said, unread: read.unread })
    })
}

/// Who is asked for what people write; none where all providers call.
///
/// # Errors
/// What is missing or wrong in the settings of who is to be asked.
pub(crate) fn polling(settings: &channels::Settings, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<Polling>> {
    let Some(poller) = Poller::of(settings) else { return Ok(None) };
    let poller = Arc::new(poller.map_err(|problems| anyhow::anyhow!(problems.join("; ")))?);
    let (asked, at) = (Arc::clone(&poller), Arc::clone(clock));
    let ask = Arc::new(move |from: Option<i64>| -> dialog::Later<Result<Vec<Update>, NotTold>> {
        let (poller, now) = (Arc::clone(&asked), at.now());
        Box::pin(async move {
            let told = poller.updates(from, now).await;
            told.map(|told| told.into_iter().map(update).collect::<Vec<_>>()).map_err(not_told)
        })
    });
    let at = Arc::clone(clock);
    let answer = Arc::new(move |query: String| -> dialog::Later<Result<(), String>> {
        let (poller, now) = (Arc::clone(&poller), at.now());
        Box::pin(async move { poller.answer(&query, now).await })
    });
    Ok(Some(Polling { provider: Poller::provider(), target: Poller::target(), ask, answer }))
}

fn update(told: telegram::Update) -> Update {
    let telegram::Update { number, body, query } = told;
    Update { number, body, query }
}

fn not_told(why: NotPolled) -> NotTold {
    match why {
        NotPolled::Refused(why) => NotTold::Refused(why),
        NotPolled::Elsewhere(why) => NotTold::Elsewhere(why),
        NotPolled::Later { why, wait } => NotTold::Now { why, wait },
    }
}

fn said(report: Report) -> Result<Said, String> {
    let (medium, person) = Webhooks::person(&report);
    let channel = ChannelName::parse(medium).map_err(|_| "no medium is known of its provider".to_owned())?;
    Ok(Said { report, channel, person })
}

fn verdict(webhooks: &Webhooks, call: &Call<'_>) -> Verdict {
    let Some(provider) = Webhooks::provider(call.name, call.headers) else {
        return Verdict::Unknown { meant: Webhooks::meant(call.name) };
    };
    let Some(body) = call.body else {
        let query = call.target.split_once('?').map(|(_, query)| query).unwrap_or_default();
        return webhooks.challenge(provider, query).map_or_else(|why| refused(provider, why), Verdict::Answered);
    };
    let callback = Callback { target: call.target, headers: call.headers, body, at: call.at };
    match webhooks.verify(provider, &callback) {
        Ok(()) => {
            let (content_type, text) = Webhooks::answer(provider, &callback);
            Verdict::Believed { provider, content_type, text }
        }
        Err(why) => refused(provider, why),
    }
}

fn refused(provider: &'static str, why: Refused) -> Verdict {
    match why {
        Refused::NotConfigured(setting) => {
            tracing::debug!(provider, setting, "a webhook was called for which a setting is missing");
            Verdict::Unknown { meant: None }
        }
        Refused::NeverAsks => Verdict::Unknown { meant: None },
        why => Verdict::Refused { provider, why: why.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use testkit::NOW;

    use super::*;

    fn settings() -> channels::Settings {
        let mut settings = channels::Settings::unset(std::time::Duration::from_secs(10));
        settings.twilio.auth_token = Some("12345".into());
        settings.public_url = Some("https://n.example.org".into());
        settings.whatsapp_cloud.verify_token = Some("our word".into());
        settings
    }

    /// The signature is that of npm's twilio 6.3.1.
    #[test]
    fn a_call_is_believed_by_its_signature_and_a_question_answered_by_its_word() {
        let gate = gate(&settings());
        let body = "X=b&From=%2B14155550100&Body=%C2%A1Hola%2C+Ana%21+%F0%9F%8E%89+%26+m%C3%A1s&X=a&X=a";
        let headers = |signature: &'static str| -> HeaderMap {
            let header = (HeaderName::from_static("x-twilio-signature"), HeaderValue::from_static(signature));
            std::iter::once(header).collect()
        };
        let asked = |name: &str, target: &str, signature: &'static str, body: Option<&str>| {
            let headers = headers(signature);
            let body = body.map(str::as_bytes);
            gate(&Call { name, target, headers: &headers, body, at: NOW })
        };
        let right = "gamB+r6n4hPaCcc3QyQ3yAjwKfg=";
        let believed = Verdict::Believed {
            provider: "twilio",
            content_type: "text/xml; charset=utf-8",
            text: "<Response/>".into(),
        };
        assert_eq!(asked("twilio", "/webhook/twilio", right, Some(body)), believed);
        let forged = asked("whatsapp", "/webhook/whatsapp", right, Some(body));
        assert!(matches!(forged, Verdict::Refused { provider: "twilio", .. }), "{forged:?}");
        for name in ["sendgrid", "smtp", "nobody", ""] {
            let unknown = Verdict::Unknown { meant: None };
            assert_eq!(asked(name, "/webhook/x", right, Some(body)), unknown, "{name}");
        }
        let question = "/webhook/whatsapp_cloud?hub.mode=subscribe&hub.verify_token=our+word&hub.challenge=77";
        assert_eq!(asked("whatsapp_cloud", question, "", None), Verdict::Answered("77".into()));
        let other = asked("whatsapp_cloud", &question.replace("our", "no"), "", None);
        let why = "it is no question with the word of WHATSAPP_CLOUD_VERIFY_TOKEN".to_owned();
        assert_eq!(other, Verdict::Refused { provider: "whatsapp_cloud", why });
        assert_eq!(asked("twilio", question, "", None), Verdict::Unknown { meant: None });
        let slip = asked("twillio", "/webhook/twillio", right, Some(body));
        assert_eq!(slip, Verdict::Unknown { meant: Some("twilio") });
    }
}
