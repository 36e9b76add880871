//! What publishers do meanwhile: every kind of notification, each to a recipient of its own, and repeated
//! as a careful publisher would until there is an answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chasqui::clock::SystemClock;
use domain::{Clock as _, Key, Tenant, child_id};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::amqp::{Amqp, PublishOutcome};
use super::dice::Dice;
use super::reconcile::{Answer, Cancel, Entry, Way};
use super::replica::Replica;
use crate::provider::{self, Provider, signature};

/// Where the provider is asked to report.
pub(super) const PUBLIC_URL: &str = "https://notify.example.org";
/// How long a publisher goes on repeating.
const GIVE_UP: Duration = Duration::from_secs(40);
/// How long a request is repeated.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);
/// How long the provider waits for something to report, and goes on with it: what it has refused it never reports.
const REPORTS_FOR: Duration = Duration::from_secs(10);
pub(super) const REPEAT_EVERY: Duration = Duration::from_millis(250);
/// How long a notification of [`Way::Brief`] may be sent.
const BRIEF_SECONDS: u64 = 20;
/// What the provider says of a number that does not exist: no attempt follows.
const NO_SUCH_NUMBER: provider::Answer = provider::Answer::Refuse { status: 400, code: 21_211, retry_after: None };

/// Everything that was published, in the order in which its answers came.
#[derive(Clone, Default)]
pub(super) struct Journal(Arc<Mutex<Vec<Entry>>>);

impl Journal {
    fn add(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What publishers hold: clients of the API and of the broker.
pub(super) struct Clients {
    pub(super) api: Arc<Replica>,
    /// Where the gateways listen.
    pub(super) gateways: [String; 2],
    pub(super) http: reqwest::Client,
    /// The same as a browser, which follows no redirection of the console by itself.
    pub(super) browser: reqwest::Client,
    /// The token of the auditor, who manages all others.
    pub(super) token: String,
    /// The token of an operator, who moves and edits dead letters.
    pub(super) operator: String,
    /// The token of a viewer, who may look and no more.
    pub(super) viewer: String,
    pub(super) amqp: Amqp,
    pub(super) provider: Arc<Provider>,
}

/// Which notifications are handed in, and when.
#[derive(Clone, Copy)]
pub(super) struct Load {
    /// The fault that goes on meanwhile.
    pub(super) fault: usize,
    /// The number of the first recipient.
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) over: Duration,
    pub(super) seed: u64,
    /// The time after which all notifications are due together, as jobs.
    pub(super) due_together: Option<Duration>,
    /// Whether some wait for a report before their next channel is tried; they are ordinary ones otherwise.
    pub(super) escalates: bool,
}

impl Load {
    /// Publishes all of it, and returns when every answer is in.
    pub(super) async fn run(self, clients: Arc<Clients>, journal: Journal) {
        let mut dice = Dice::new(self.seed ^ self.first);
        let begun = tokio::time::Instant::now();
        let together = self.due_together.map(|wait| SystemClock.now().plus(wait));
        let mut publishing = JoinSet::new();
        for n in 0..self.count {
            let at = begun + self.over.mul_f64(n as f64 / self.count as f64);
            let soon = Duration::from_millis(1000 + dice.below(4000));
            let patience = Duration::from_millis(dice.below(4000));
            let (clients, journal) = (Arc::clone(&clients), journal.clone());
            publishing.spawn(async move {
                tokio::time::sleep_until(at).await;
                let number = self.first + n;
                let due = together.unwrap_or_else(|| SystemClock.now().plus(soon)).to_string();
                let way = match Way::of(number) {
                    _ if together.is_some() => Way::of_job(number),
                    Way::Escalating if !self.escalates => Way::Http,
                    way => way,
                };
                if way == Way::Escalating {
                    let [parent, child] = clients.escalate(self.fault, number, patience).await;
                    journal.add(parent);
                    return journal.add(child);
                }
                journal.add(clients.publish(self.fault, number, way, due, patience).await);
            });
        }
        publishing.join_all().await;
    }
}

impl Clients {
    async fn publish(&self, fault: usize, number: u64, way: Way, due: String, patience: Duration) -> Entry {
        let (channel, recipient) = (channel_of(number), recipient_of(number));
        if way.is_refused() {
            self.provider.answer_for(&address_of(number), NO_SUCH_NUMBER);
        }
        let mut body = json!({"channel": channel, "destination": recipient, "message": format!("Hola {number}")});
        if way.is_job() {
            body["send_at"] = due.into();
        }
        if way == Way::Brief {
            body["ttl_seconds"] = BRIEF_SECONDS.into();
        }
        let given = format!("m{number}");
        let mut entry =
            Entry { fault, recipient, channel, way, id: None, answer: Answer::None, cancel: Cancel::NotAsked };
        match way {
            Way::Amqp | Way::Refused | Way::Brief | Way::AmqpJob | Way::Escalating | Way::Child | Way::Edited => {
                entry.id = Some(given.clone());
                entry.answer = self.until_confirmed(number, way, &body, &given).await;
                if number.is_multiple_of(3) {
                    // The publisher has not heard the confirm, or does not trust it: whatever became of the first copy,
                    // nothing follows.
                    tokio::time::sleep(patience).await;
                    self.until_confirmed(number, way, &body, &given).await;
                }
            }
            Way::Anonymous | Way::AnonymousJob => entry.answer = self.once(number, way, &body).await,
            Way::Http | Way::HttpJob | Way::Cancelled => {
                (entry.id, entry.answer) = self.until_accepted(&body, &given).await;
            }
        }
        if let (Way::Cancelled, Some(id)) = (way, &entry.id) {
            tokio::time::sleep(patience).await;
            entry.cancel = self.cancel(id).await.0;
        }
        entry
    }

    /// Publishes a parent whose child is sent after some seconds, because nobody reports that its parent arrived. Of four
    /// one is cancelled meanwhile, of one the provider reports that it arrived, and of one that it failed.
    async fn escalate(&self, fault: usize, number: u64, patience: Duration) -> [Entry; 2] {
        let [channel, other] = if number.is_multiple_of(2) { ["sms", "whatsapp"] } else { ["whatsapp", "sms"] };
        let [recipient, next] = [format!("+1202{number:07}"), format!("+1303{number:07}")];
        let id = format!("m{number}");
        let body = json!({
            "channel": channel, "destination": recipient, "message": format!("Hola {number}"),
            "fallback": [{"channel": other, "destination": next, "when": "undelivered", "after_seconds": 3}],
        });
        let answer = self.until_confirmed(number, Way::Escalating, &body, &id).await;
        let child = child_id(&Key { tenant: Tenant::default(), id: id.clone() }, 1);
        let entry = |recipient, channel, way, id| Entry {
            fault,
            recipient,
            channel,
            way,
            id: Some(id),
            answer: answer.clone(),
            cancel: Cancel::NotAsked,
        };
        let mut parent = entry(recipient, channel, Way::Escalating, id.clone());
        let mut child = entry(next, other, Way::Child, child);
        match (number / 20) % 4 {
            0 => {
                tokio::time::sleep(patience).await;
                self.cancel_one_of(&id, &mut parent, &mut child).await;
            }
            1 => {
                self.report(&mut parent, "delivered").await;
                // It may come too late for the child, and nobody promises one.
                (child.answer, child.cancel) = (Answer::None, Cancel::Reported);
            }
            2 => self.report(&mut parent, "undelivered").await,
            _ => {}
        }
        [parent, child]
    }

    async fn cancel_one_of(&self, id: &str, parent: &mut Entry, child: &mut Entry) {
        let (cancel, fallback) = self.cancel(id).await;
        // Where nobody knows which of them was stopped, nothing is promised of the child.
        if !matches!(cancel, Cancel::TooLate) && fallback.is_none() {
            child.answer = Answer::None;
        }
        if fallback.is_some() {
            child.cancel = cancel;
        } else if cancel == Cancel::Unanswered {
            (parent.cancel, child.cancel) = (cancel.clone(), cancel);
        } else {
            parent.cancel = cancel;
        }
    }

    /// Reports as Twilio does, as soon as it may have accepted the message, until the API has the call.
    async fn report(&self, parent: &mut Entry, status: &str) {
        let deadline = Instant::now() + REPORTS_FOR;
        let to =
            if parent.channel == "sms" { parent.recipient.clone() } else { format!("whatsapp:{}", parent.recipient) };
        let sid = format!("SM{}", parent.recipient.trim_start_matches('+'));
        let form = [("MessageSid", sid.as_str()), ("MessageStatus", status), ("To", to.as_str())];
        while Instant::now() < deadline {
            if let Some(url) = self.provider.reports_to(&to) {
                let target = url.strip_prefix(PUBLIC_URL).unwrap_or(&url);
                let call = self.http.post(self.api.url(target)).header("X-Twilio-Signature", signature(&url, &form));
                match call.form(&form).send().await.map(|answer| answer.status().as_u16()) {
                    Ok(200) => return,
                    Ok(503) | Err(_) => {}
                    Ok(status) => {
                        parent.answer = Answer::Wrong(format!("POST /webhook: {status}"));
                        return;
                    }
                }
            }
            tokio::time::sleep(REPEAT_EVERY).await;
        }
    }

    async fn until_confirmed(&self, number: u64, way: Way, body: &Value, id: &str) -> Answer {
        self.until_published(routing_key(number, way), body, id).await
    }

    /// Publishes until the broker has it. A repeat has the same id.
    pub(super) async fn until_published(&self, key: &str, body: &Value, id: &str) -> Answer {
        let body = body.to_string();
        let deadline = Instant::now() + GIVE_UP;
        let mut answer = Answer::Never;
        while Instant::now() < deadline {
            match self.amqp.publish(key, &body, Some(id)).await {
                PublishOutcome::Confirmed => return Answer::Accepted,
                PublishOutcome::NotTaken => {}
                PublishOutcome::Unknown => answer = Answer::None,
            }
            tokio::time::sleep(REPEAT_EVERY).await;
        }
        answer
    }

    /// Repeats a request while there is no answer, or one of these; what 2xx brings with it. None when that does not come
    /// in time.
    ///
    /// # Errors
    /// Any other answer, in words.
    pub(super) async fn until_taken(
        &self,
        what: &str,
        again: &[u16],
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Option<Value>, String> {
        let deadline = Instant::now() + TAKEN_WITHIN;
        while Instant::now() < deadline {
            if let Ok(answer) = request().send().await {
                let status = answer.status().as_u16();
                match (status, answer.text().await) {
                    (200..=299, Ok(text)) => return Ok(Some(serde_json::from_str(&text).unwrap_or_default())),
                    // Whoever has not read the answer to its end asks again.
                    (200..=299, Err(_)) => {}
                    (status, _) if again.contains(&status) => {}
                    (status, text) => return Err(format!("{what}: {status} {}", text.unwrap_or_default())),
                }
            }
            tokio::time::sleep(REPEAT_EVERY).await;
        }
        Ok(None)
    }

    /// Publishes, and repeats only what is certainly nowhere: a second copy would be a second notification.
    async fn once(&self, number: u64, way: Way, body: &Value) -> Answer {
        let (key, body) = (routing_key(number, way), body.to_string());
        let deadline = Instant::now() + GIVE_UP;
        while Instant::now() < deadline {
            match self.amqp.publish(key, &body, None).await {
                PublishOutcome::Confirmed => return Answer::Accepted,
                PublishOutcome::Unknown => return Answer::None,
                PublishOutcome::NotTaken => {}
            }
            tokio::time::sleep(REPEAT_EVERY).await;
        }
        Answer::Never
    }

    /// The id, as soon as the API has named it, and whether it took the notification.
    async fn until_accepted(&self, body: &Value, key: &str) -> (Option<String>, Answer) {
        let deadline = Instant::now() + GIVE_UP;
        let mut known: Option<String> = None;
        while Instant::now() < deadline {
            let request = self.http.post(self.api.url("/notify")).header("Idempotency-Key", key).json(body);
            let Ok(answer) = request.send().await else {
                tokio::time::sleep(REPEAT_EVERY).await;
                continue;
            };
            let status = answer.status().as_u16();
            let said: Value = answer.json().await.unwrap_or_default();
            let id = said["id"].as_str().map(str::to_owned);
            if known.is_some() && id.is_some() && known != id {
                return (known, Answer::Wrong("the same Idempotency-Key got another id".into()));
            }
            known = known.or(id);
            match status {
                202 if known.is_some() => return (known, Answer::Accepted),
                503 | 202 => {}
                _ => return (known, Answer::Wrong(format!("POST /notify: {status} {said}"))),
            }
            tokio::time::sleep(REPEAT_EVERY).await;
        }
        (known, Answer::None)
    }

    /// What was answered, and the fallback that was stopped instead of the delivery itself.
    async fn cancel(&self, id: &str) -> (Cancel, Option<String>) {
        let deadline = Instant::now() + GIVE_UP;
        while Instant::now() < deadline {
            let request = self.http.delete(self.api.url(&format!("/notify/{id}"))).bearer_auth(&self.token);
            let Ok(answer) = request.send().await else {
                tokio::time::sleep(REPEAT_EVERY).await;
                continue;
            };
            let (status, at) = (answer.status().as_u16(), Instant::now());
            match (status, answer.json::<Value>().await) {
                (200 | 202, Ok(said)) => return (Cancel::Done(at), said["fallback"].as_str().map(str::to_owned)),
                (409, _) => return (Cancel::TooLate, None),
                (503, _) | (200 | 202, Err(_)) => tokio::time::sleep(REPEAT_EVERY).await,
                (status, _) => return (Cancel::Wrong(format!("DELETE /notify: {status}")), None),
            }
        }
        (Cancel::Unanswered, None)
    }
}

/// The channel of the notification with this number.
pub(super) fn channel_of(number: u64) -> &'static str {
    if number.is_multiple_of(2) { "sms" } else { "whatsapp" }
}

pub(super) fn recipient_of(number: u64) -> String {
    format!("+1202{number:07}")
}

/// How the provider is told the recipient.
pub(super) fn address_of(number: u64) -> String {
    let prefix = if channel_of(number) == "sms" { "" } else { "whatsapp:" };
    format!("{prefix}{}", recipient_of(number))
}

fn routing_key(number: u64, way: Way) -> &'static str {
    match number % 7 {
        _ if way.is_job() => "notifications.key.scheduled",
        0 => "notifications.key.urgent",
        1 => "notifications.key.bulk",
        _ => "notifications.key",
    }
}
