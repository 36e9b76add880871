//! Users with inboxes, while faults go on: each has two clients, which come back with the place that they know; some read at
//! once, some late, some never, and some show an item over a socket. What nobody reads in time goes out by another channel.
//! One message of each load is to a topic.
//!
//! `window` is a client, with `frames` of its stream; `book` is what was posted and done, and `kept` what SQL and the clients
//! have of it.

mod book;
mod frames;
mod kept;
mod token;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::book::Book;
use self::token::token;
use self::window::Window;
use super::load::{Clients, REPEAT_EVERY};
use super::reconcile::inboxes::{Act, Books, Next, Posted, Shown, ToTopic, Until};
use super::talk::until;
use crate::PollingSocket;

pub(super) use self::kept::Apart;
pub(super) use self::token::SHARED;

/// The users of one generation. There are others after so many loads, so that no inbox has more than a client is told at once.
const USERS: u64 = 16;
const LOADS: u64 = 40;
/// The members of a topic who are never connected.
const SILENT: u64 = 8;
/// The clients of each user, each with a gateway that it likes best.
const WINDOWS: usize = 2;
/// The time from one message to the next.
const EVERY: Duration = Duration::from_millis(300);
/// How long a message waits for its reader.
const READ_WITHIN: Duration = Duration::from_secs(8);
/// Who reads late does so from so long before the fallback is due on, until as long after it.
const LATELY: Duration = Duration::from_millis(600);
/// Until then what nobody has read has gone out, if nothing keeps it.
const GOES_OUT_WITHIN: Duration = Duration::from_secs(10);
/// Of two users one has tokens that end again and again.
const TOKEN_SECONDS: [i64; 2] = [20, 3_600];
/// How long the token of a socket is good for that says so.
const SOCKET_SECONDS: i64 = 60;
/// How long somebody tries to say that something was shown.
const SAYS_FOR: Duration = Duration::from_secs(60);
const KEY: &str = "notifications.key";

/// Everybody with an inbox in one run.
pub(super) struct Inboxes {
    users: Arc<Users>,
    loads: u64,
    number: u64,
    going_on: JoinSet<()>,
}

struct Users {
    clients: Arc<Clients>,
    book: Book,
    /// Of streams, which have no end in time.
    http: reqwest::Client,
    windows: Mutex<BTreeMap<String, Vec<Arc<Window>>>>,
    /// The clients, for as long as this value lives.
    listening: Mutex<JoinSet<()>>,
}

/// What a user does with each item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Habit {
    /// Nothing, and nothing waits for it.
    Listens,
    Reads,
    ReadsNothing,
    /// Sees it over a socket, which is enough.
    Sees,
    /// Sees it, which is not enough.
    OnlySees,
    /// Reads it about when it goes out.
    ReadsLate,
    /// Reads everything up to it.
    ReadsUpTo,
    /// Reads it, and wants to read it again.
    TakesBack,
}

impl Habit {
    const ALL: [Self; 8] = [
        Self::Listens,
        Self::Reads,
        Self::ReadsNothing,
        Self::Sees,
        Self::OnlySees,
        Self::ReadsLate,
        Self::ReadsUpTo,
        Self::TakesBack,
    ];

    /// Of the user with this number.
    fn of(user: u64) -> Self {
        Self::ALL[usize::try_from(user).unwrap_or(0) % Self::ALL.len()]
    }

    /// What a message waits for. None where it has no fallback.
    fn awaited(self) -> Option<Until> {
        match self {
            Self::Listens | Self::TakesBack => None,
            Self::Sees => Some(Until::Seen),
            _ => Some(Until::Read),
        }
    }
}

impl Inboxes {
    /// # Errors
    /// When there can be no client.
    pub(super) fn new(clients: Arc<Clients>) -> Result<Self> {
        let users = Users {
            clients,
            book: Book::default(),
            http: reqwest::Client::builder().no_proxy().build()?,
            windows: Mutex::default(),
            listening: Mutex::default(),
        };
        Ok(Self { users: Arc::new(users), loads: 0, number: 0, going_on: JoinSet::new() })
    }

    /// Begins one message to a topic, and messages to users over this time, and does not wait for their end.
    pub(super) fn begin(&mut self, fault: usize, over: Duration) {
        let generation = self.loads / LOADS;
        self.loads += 1;
        self.users.connect(generation);
        let (load, users) = (self.loads, Arc::clone(&self.users));
        self.going_on.spawn(async move { users.tell_topic(load, generation).await });
        let mut at = Duration::ZERO;
        while at < over {
            self.number += 1;
            let (number, users) = (self.number, Arc::clone(&self.users));
            self.going_on.spawn(async move {
                sleep(at).await;
                users.live(number, generation, fault).await;
            });
            at += EVERY;
        }
    }

    /// Waits until nobody has anything more to do, and what nobody reads is to have gone out.
    pub(super) async fn settle(&mut self) {
        while let Some(ended) = self.going_on.join_next().await {
            if let Err(error) = ended {
                self.users.book.note_wrong(format!("somebody with an inbox: {error}"));
            }
        }
    }

    /// What was posted and done.
    pub(super) fn books(&self) -> Books {
        self.users.book.books()
    }

    /// Answers that must not be.
    pub(super) fn wrong(&self) -> Vec<String> {
        self.users.book.wrong()
    }

    /// What each client shows.
    fn shown(&self) -> Vec<Shown> {
        lock(&self.users.windows).values().flatten().map(|window| window.shown()).collect()
    }
}

impl Users {
    /// Has the clients of this generation connect, unless they have.
    fn connect(&self, generation: u64) {
        for number in 0..USERS {
            let user = user_of(generation, number);
            let seconds = TOKEN_SECONDS[usize::from(number.is_multiple_of(2))];
            let mut windows = lock(&self.windows);
            if windows.contains_key(&user) {
                continue;
            }
            let own: Vec<_> = (0..WINDOWS).map(|at| Arc::new(Window::new(&user, at + 1, seconds))).collect();
            for (at, window) in own.iter().enumerate() {
                let (window, http) = (Arc::clone(window), self.http.clone());
                let [home, other] = [at, at + 1].map(|at| self.clients.gateways[at % WINDOWS].clone());
                lock(&self.listening).spawn(async move { window.listen(&http, [&home, &other]).await });
            }
            windows.insert(user, own);
        }
    }

    fn windows_of(&self, user: &str) -> Vec<Arc<Window>> {
        lock(&self.windows).get(user).cloned().unwrap_or_default()
    }

    /// Puts everybody into the topic of this generation, and publishes a message to it.
    async fn tell_topic(&self, load: u64, generation: u64) {
        let topic = format!("crew-{generation}");
        let silent = (0..SILENT).map(|number| format!("s-{generation}-{number}"));
        let members: Vec<String> = (0..USERS).map(|number| user_of(generation, number)).chain(silent).collect();
        for member in &members {
            let path = format!("/topics/{topic}/members/{member}");
            if self.until_taken(Method::PUT, &path, None).await.is_none() {
                return;
            }
        }
        let id = format!("t{load}t");
        let body =
            json!({"channel": "inapp", "destination": format!("topic:{topic}"), "message": format!("Hola {id}")});
        let answer = self.clients.until_published(KEY, &body, &id).await;
        self.book.note_to_topic(ToTopic { id, members, answer });
    }

    /// Posts a message to a user, who does with it what that user does with each.
    async fn live(&self, number: u64, generation: u64, fault: usize) {
        let habit = Habit::of(number % USERS);
        let (user, id) = (user_of(generation, number % USERS), format!("i{number}i"));
        let channel = if number.is_multiple_of(3) { "sms" } else { "whatsapp" };
        let next = habit.awaited().map(|until| Next { recipient: format!("+1404{number:07}"), channel, until });
        let body = body(&user, &id, next.as_ref());
        let answer = self.clients.until_published(KEY, &body, &id).await;
        self.book.note_posted(Posted { fault, id: id.clone(), user: user.clone(), next, answer });
        let windows = self.windows_of(&user);
        let Some(seq) = until(|| windows.iter().find_map(|window| window.seq_of(&id))).await else { return };
        if !self.deal(habit, number, &user, &id, seq).await {
            // Nobody has said that other clients are told of it.
            windows.iter().for_each(|window| window.reload());
        }
    }

    /// Does with an item what its user does with each. False where nobody has answered that it is done.
    async fn deal(&self, habit: Habit, number: u64, user: &str, id: &str, seq: i64) -> bool {
        match habit {
            Habit::Listens => true,
            Habit::ReadsNothing => {
                sleep(GOES_OUT_WITHIN).await;
                true
            }
            Habit::Reads => self.act(user, id, Act::Read).await,
            Habit::Sees => self.see(number, user, id).await,
            Habit::OnlySees => {
                let is_done = self.see(number, user, id).await;
                sleep(GOES_OUT_WITHIN).await;
                is_done
            }
            Habit::ReadsLate => {
                sleep(READ_WITHIN - LATELY + LATELY / 4 * u32::try_from(number / USERS % 8).unwrap_or(0)).await;
                self.act(user, id, Act::Read).await
            }
            Habit::ReadsUpTo => self.read_up_to(user, seq).await,
            Habit::TakesBack => self.act(user, id, Act::Read).await && self.act(user, id, Act::Unread).await,
        }
    }

    /// Whether the API has answered that it is done.
    async fn act(&self, user: &str, id: &str, act: Act) -> bool {
        let word = match act {
            Act::Seen => "seen",
            Act::Read => "read",
            Act::Unread => "unread",
        };
        let place = self.book.begin(act, &[id.to_owned()]);
        let taken = self.until_taken(Method::POST, &format!("/inbox/{id}/{word}?user={user}"), None).await;
        self.note(place, 1, taken.is_some())
    }

    /// Reads everything that came no later than this change. What no client shows yet may have come no later.
    async fn read_up_to(&self, user: &str, seq: i64) -> bool {
        let shown: BTreeSet<String> =
            self.windows_of(user).iter().flat_map(|window| window.items_through(seq)).collect();
        let shown: Vec<String> = shown.into_iter().collect();
        let others = self.book.posted_to(user).into_iter().filter(|id| !shown.contains(id));
        self.book.begin(Act::Read, &others.collect::<Vec<_>>());
        let place = self.book.begin(Act::Read, &shown);
        let path = format!("/inbox/read?user={user}");
        let taken = self.until_taken(Method::POST, &path, Some(json!({"through": seq}))).await;
        self.note(place, shown.len(), taken.is_some())
    }

    /// Says over a socket that an item was shown, at one gateway or the other, until that is acknowledged.
    async fn see(&self, number: u64, user: &str, id: &str) -> bool {
        let place = self.book.begin(Act::Seen, &[id.to_owned()]);
        let (gateways, deadline) = (&self.clients.gateways, Instant::now() + SAYS_FOR);
        let first = usize::from(!number.is_multiple_of(2));
        for gateway in gateways.iter().cycle().skip(first) {
            match self.say_seen(gateway, user, id).await {
                Ok(true) => return self.note(place, 1, true),
                Ok(false) => {
                    self.book.note_wrong(format!("{id} is shown to {user}, and a gateway knows of no such item"));
                    return false;
                }
                Err(_) if Instant::now() > deadline => return false,
                Err(_) => sleep(REPEAT_EVERY).await,
            }
        }
        false
    }

    /// Says over a socket of this gateway that an item was shown. False where the gateway says that there is no such item.
    ///
    /// # Errors
    /// Whatever went wrong: it may be noted.
    async fn say_seen(&self, gateway: &str, user: &str, id: &str) -> Result<bool> {
        let mut socket = PollingSocket::enter(&self.clients.http, gateway, &token(user, SOCKET_SECONDS)).await?;
        let answer = socket.ask("seen", &json!({"id": id})).await;
        socket.close().await;
        let answer = answer?;
        match answer["error"]["code"].as_str() {
            None => Ok(answer["seen"] == id),
            Some("not-found") => Ok(false),
            Some(_) => bail!("not taken: {answer}"),
        }
    }

    fn note(&self, place: usize, count: usize, done: bool) -> bool {
        if done {
            self.book.end(place, count);
        }
        done
    }

    /// What the API has answered in the end, to somebody who supports the user.
    async fn until_taken(&self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let request = || {
            let request = self.clients.http.request(method.clone(), self.clients.api.url(path));
            let request = request.bearer_auth(&self.clients.operator);
            match &body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let taken = self.clients.until_taken(&format!("{method} {path}"), &[503], request).await;
        taken.unwrap_or_else(|wrong| {
            self.book.note_wrong(wrong);
            None
        })
    }
}

fn user_of(generation: u64, number: u64) -> String {
    format!("u-{generation}-{number}")
}

fn body(user: &str, id: &str, next: Option<&Next>) -> Value {
    let mut body = json!({
        "channel": "inapp", "destination": format!("user:{user}"), "subject": id, "message": format!("Hola {id}"),
    });
    if let Some(Next { recipient, channel, until }) = next {
        let until = if *until == Until::Seen { "seen" } else { "read" };
        body["fallback"] = json!([{
            "channel": channel, "destination": recipient, "when": "unread", "until": until,
            "after_seconds": READ_WITHIN.as_secs(),
        }]);
    }
    body
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
