//! A user who is disabled while a fault goes on: from five seconds after the answer on nothing is served to it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::Method;
use tokio::time::{Instant, sleep, sleep_until};

use super::book::Book;
use super::desk::Desk;
use crate::chaos::load::{Clients, REPEAT_EVERY};
use crate::chaos::reconcile::journal::Said;

/// How long what was ended may be served.
const SERVED_WITHIN: Duration = Duration::from_secs(5);
/// How long it is tried after that.
const TRIED_FOR: Duration = Duration::from_secs(3);
/// An API that could not read the ledger goes by what it knew last, and asks again within a second: what is served twice with
/// this in between is served although the ledger was there.
const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(1_500);

pub(in crate::chaos) struct Leaver {
    clients: Arc<Clients>,
    book: Book,
    name: String,
    token: String,
    cookie: String,
}

impl Leaver {
    /// Registers somebody, who logs in by the API and in the console.
    ///
    /// # Errors
    /// When it is not let in.
    pub(in crate::chaos) async fn arrive(clients: Arc<Clients>, book: Book, name: String) -> Result<Self> {
        clients.register(&name, "notify read").await?;
        let token = clients.log_in(&name).await?;
        let cookie = clients.open_session(&name).await?;
        let is_served = clients.serves_token(&token).await.zip(clients.serves_session(&cookie).await);
        ensure!(is_served == Some((true, true)), "{name} is not served: {is_served:?}");
        Ok(Self { clients, book, name, token, cookie })
    }

    /// Is disabled in a moment, and tries to go on. What is served too late is written down.
    pub(in crate::chaos) async fn leave(self, in_a_moment: Duration) {
        sleep(in_a_moment).await;
        let disabled = self.be_disabled().await;
        sleep_until(disabled + SERVED_WITHIN).await;
        while disabled.elapsed() < SERVED_WITHIN + TRIED_FOR {
            for (what, is_served) in
                [("a token", self.is_token_served().await), ("a session", self.is_session_served().await)]
            {
                if is_served {
                    let after = disabled.elapsed().as_secs_f32();
                    self.book.note_wrong(format!("{what} of {} is served {after:.1} s after its end", self.name));
                }
            }
            sleep(REPEAT_EVERY).await;
        }
    }

    /// When the answer came.
    async fn be_disabled(&self) -> Instant {
        let Self { clients, book, name, .. } = self;
        let desk = Desk { clients, book, token: &clients.token };
        let path = format!("/users/{name}/disable");
        loop {
            match desk.act("user.disabled", name, Method::POST, &path, None).await.0 {
                Said::Done => return Instant::now(),
                Said::Refused => {
                    book.note_wrong(format!("{name} was not disabled"));
                    return Instant::now();
                }
                Said::Lost => sleep(REPEAT_EVERY).await,
            }
        }
    }

    async fn is_token_served(&self) -> bool {
        if self.clients.serves_token(&self.token).await != Some(true) {
            return false;
        }
        sleep(ASKED_AGAIN_AFTER).await;
        self.clients.serves_token(&self.token).await == Some(true)
    }

    async fn is_session_served(&self) -> bool {
        if self.clients.serves_session(&self.cookie).await != Some(true) {
            return false;
        }
        sleep(ASKED_AGAIN_AFTER).await;
        self.clients.serves_session(&self.cookie).await == Some(true)
    }
}
