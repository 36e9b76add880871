//! People who are asked and programs that want something done, while faults go on: questions over AMQP, commands over
//! HTTP, and presses that Telegram repeats until they are taken, some twice, some by a stranger, some too late. `book` is
//! what they have done and were answered, `kept` what the ledger has of it.

mod book;
mod kept;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::CommandState;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::book::Book;
use super::amqp::PublishOutcome;
use super::counterparts::{ACTION, Counterparts, Question, SERVICE, WEBHOOK_SECRET};
use super::load::{Clients, REPEAT_EVERY};
use super::reconcile::talk::{Books, Press};

pub(super) use self::kept::{Apart, all_kept, until_ended};

/// The accounts of those who are asked, as the fleet is told them.
pub(super) const ADMINS: &str = "4711,4712";
const ANA: &str = "4711";
const BEN: &str = "4712";
/// Somebody whom nobody asks.
const STRANGER: &str = "4799";
/// The time from one question and command to the next.
const EVERY: Duration = Duration::from_secs(1);
/// How long a question stands: what nobody answers has expired soon.
const LASTS_SECONDS: u64 = 60;
/// How long anybody goes on publishing, and waits for a message.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Everybody who talks with the fleet in one run.
pub(super) struct Talk {
    people: Arc<People>,
    number: u64,
    going_on: JoinSet<()>,
}

struct People {
    clients: Arc<Clients>,
    counterparts: Arc<Counterparts>,
    book: Book,
    /// Of Telegram's updates.
    updates: AtomicU64,
}

impl Talk {
    pub(super) fn new(clients: Arc<Clients>, counterparts: Arc<Counterparts>) -> Self {
        let people = People { clients, counterparts, book: Book::default(), updates: AtomicU64::new(1) };
        Self { people: Arc::new(people), number: 0, going_on: JoinSet::new() }
    }

    /// Begins one question and one command every second of this time, and does not wait for their end.
    pub(super) fn begin(&mut self, over: Duration) {
        let mut at = Duration::ZERO;
        while at < over {
            self.number += 1;
            let number = self.number;
            let (asking, ordering) = (Arc::clone(&self.people), Arc::clone(&self.people));
            self.going_on.spawn(async move {
                sleep(at).await;
                asking.ask(number).await;
            });
            self.going_on.spawn(async move {
                sleep(at).await;
                ordering.order(number).await;
            });
            at += EVERY;
        }
    }

    /// Waits until nobody has anything more to say.
    pub(super) async fn settle(&mut self) {
        while let Some(ended) = self.going_on.join_next().await {
            if let Err(error) = ended {
                self.people.book.note_wrong(format!("somebody who talks with the fleet: {error}"));
            }
        }
    }

    /// What was said and answered.
    pub(super) fn books(&self) -> Books {
        self.people.book.books(self.people.counterparts.posted())
    }

    /// Answers that must not be.
    pub(super) fn wrong(&self) -> Vec<String> {
        self.people.book.wrong()
    }
}

impl People {
    /// Asks two people by Telegram and one by mail. One question of four nobody answers.
    async fn ask(&self, number: u64) {
        let id = format!("q{number}q");
        if !self.until_asked(&id).await || number.is_multiple_of(4) {
            return;
        }
        let (Some(anas), Some(bens)) = tokio::join!(self.question(ANA, &id), self.question(BEN, &id)) else { return };
        match number % 4 {
            // The same again, a stranger, and somebody who is too late.
            1 => {
                let twice = self.update(ANA, &anas, 0);
                self.press(&id, ANA, &twice).await;
                self.press(&id, ANA, &twice).await;
                self.press(&id, STRANGER, &self.update(STRANGER, &anas, 0)).await;
                self.press(&id, ANA, &self.update(ANA, &anas, 0)).await;
                self.press(&id, BEN, &self.update(BEN, &bens, 1)).await;
            }
            // Both at once.
            2 => {
                let (hers, his) = (self.update(ANA, &anas, 0), self.update(BEN, &bens, 1));
                tokio::join!(self.press(&id, ANA, &hers), self.press(&id, BEN, &his));
            }
            // Somebody who would rather have said something else.
            _ => {
                self.press(&id, STRANGER, &self.update(STRANGER, &bens, 1)).await;
                self.press(&id, BEN, &self.update(BEN, &bens, 1)).await;
                self.press(&id, BEN, &self.update(BEN, &bens, 0)).await;
                self.press(&id, ANA, &self.update(ANA, &anas, 0)).await;
            }
        }
    }

    /// Has a service do something, which one of two people confirms, or both refuse. The service says how far it is.
    async fn order(&self, number: u64) {
        let name = format!("c{number}c");
        let Some(id) = self.until_ordered(&name).await else { return };
        let (Some(anas), Some(bens)) = tokio::join!(self.question(ANA, &name), self.question(BEN, &name)) else {
            return;
        };
        if number.is_multiple_of(5) {
            self.press(&id, ANA, &self.update(ANA, &anas, 1)).await;
            self.press(&id, BEN, &self.update(BEN, &bens, 1)).await;
            return;
        }
        self.press(&id, BEN, &self.update(BEN, &bens, 0)).await;
        self.press(&id, ANA, &self.update(ANA, &anas, 0)).await;
        let has_it = || self.counterparts.posted().iter().any(|posted| posted.id == id).then_some(());
        if until(has_it).await.is_none() {
            return;
        }
        if self.report(&id, CommandState::Running).await && self.report(&id, CommandState::Succeeded).await {
            self.book.note_succeeded(&id);
        }
    }

    /// Publishes a question until the broker has it. A repeat has the same id.
    async fn until_asked(&self, id: &str) -> bool {
        let to = json!([{"group": "admins"}, {"channel": "email", "destination": format!("{id}@example.com")}]);
        let ask = json!({"question": format!("Deploy {id}?"), "to": to, "expires_in": LASTS_SECONDS});
        let body = json!({"ask": ask}).to_string();
        let deadline = Instant::now() + GIVE_UP;
        while Instant::now() < deadline {
            if self.clients.amqp.publish("notifications.key", &body, Some(id)).await == PublishOutcome::Confirmed {
                self.book.note_asked(id.to_owned());
                return true;
            }
            sleep(REPEAT_EVERY).await;
        }
        false
    }

    /// The id of a command, once the API has accepted it.
    async fn until_ordered(&self, name: &str) -> Option<String> {
        let body = json!({"service": SERVICE, "action": ACTION, "arguments": {"name": name}});
        let request = || {
            let request = self.clients.http.post(self.clients.api.url("/v1/commands/dispatch"));
            request.bearer_auth(&self.clients.operator).header("Idempotency-Key", name).json(&body)
        };
        let answer = self.until_taken("POST /v1/commands/dispatch", &[503], request).await?;
        let id = answer["command_id"].as_str()?.to_owned();
        self.book.note_ordered(id.clone());
        Some(id)
    }

    /// The message with a question to somebody, once it has come.
    async fn question(&self, chat: &str, words: &str) -> Option<Question> {
        until(|| self.counterparts.question(chat, words)).await
    }

    /// What Telegram says when somebody presses a button, as one update.
    fn update(&self, person: &str, question: &Question, button: usize) -> Value {
        let number = self.updates.fetch_add(1, Ordering::Relaxed);
        let id: u64 = person.parse().unwrap_or_default();
        json!({
            "update_id": number,
            "callback_query": {
                "id": number.to_string(), "from": {"id": id, "is_bot": false, "first_name": "Somebody"},
                "message": {"message_id": 1, "date": 1, "chat": {"id": id, "type": "private"}},
                "chat_instance": "1", "data": question.buttons.get(button),
            },
        })
    }

    /// Tells an update until the API has taken it, as Telegram does.
    async fn press(&self, ask: &str, person: &str, update: &Value) {
        let press = Press {
            ask: ask.to_owned(),
            approver: format!("telegram:{person}"),
            id: format!("telegram:{}/received", update["update_id"]),
            is_asked: person != STRANGER,
            is_confirmed: false,
        };
        let place = self.book.begin_press(press);
        let request = || {
            let request = self.clients.http.post(self.clients.api.url("/webhook/telegram"));
            request.header("X-Telegram-Bot-Api-Secret-Token", WEBHOOK_SECRET).json(update)
        };
        if self.until_taken("POST /webhook/telegram", &[503], request).await.is_some() {
            self.book.confirm_press(place);
        }
    }

    /// Whether the API has taken what the service says of a command.
    async fn report(&self, id: &str, state: CommandState) -> bool {
        let body = json!({"command_id": id, "state": state.as_str()});
        let request = || {
            let request = self.clients.http.post(self.clients.api.url("/v1/events"));
            request.bearer_auth(self.counterparts.token()).json(&body)
        };
        // While the clock of the API is wrong, the token is too old or of the future.
        self.until_taken("POST /v1/events", &[401, 503], request).await.is_some()
    }

    /// What a request was answered in the end. None when that does not come in time, and for an answer that must not be,
    /// which is written down.
    async fn until_taken(&self, what: &str, again: &[u16], request: impl Fn() -> RequestBuilder) -> Option<Value> {
        let taken = self.clients.until_taken(what, again, request).await;
        taken.unwrap_or_else(|wrong| {
            self.book.note_wrong(wrong);
            None
        })
    }
}

/// Waits for what `look` finds. None when that does not come in time.
pub(super) async fn until<T>(look: impl Fn() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + GIVE_UP;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() > deadline {
            return None;
        }
        sleep(REPEAT_EVERY).await;
    }
}
