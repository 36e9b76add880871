//! What all connections share, and what becomes of one request to a provider, whichever it is.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::callbacks::Callbacks;
use crate::exchange::Reply;
use crate::message::{Message, Post, Said};
use crate::providers::Provider;
use crate::received::{Log, Received};
use crate::rules::{Fault, Rules};
use crate::site::Site;

pub(crate) struct World {
    pub(crate) site: Site,
    pub(crate) callbacks: Callbacks,
    rules: Mutex<Rules>,
    log: Mutex<Log>,
}

impl World {
    pub(crate) fn new(site: Site, callbacks: Callbacks) -> Self {
        Self { site, callbacks, rules: Mutex::default(), log: Mutex::default() }
    }

    pub(crate) fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a message, or what could not be read as one; none where the connection is to be cut.
    pub(crate) async fn carry(&self, provider: &'static Provider, read: Result<Message, Reply>) -> Option<Reply> {
        let message = match read {
            Ok(message) => message,
            Err(reply) => {
                self.note(provider, None, &reply, None, &Fault::default());
                return Some(reply);
            }
        };
        let held = self.rules().next(provider.name, &message, self.site.now());
        let (rule, fault) = held.map_or((None, Fault::default()), |(rule, fault)| (Some(rule), fault));
        let reply = fault.reply(provider, &message);
        self.note(provider, Some(message.clone()), &reply, rule, &fault);
        if !fault.latency.is_zero() {
            tokio::time::sleep(fault.latency).await;
        }
        if reply.accepts() {
            (provider.keep)(&self.site, &message);
        }
        if reply.accepts() && message.is_delivered {
            self.callbacks.begin(self.reports(provider, &message, fault.reports.as_deref()));
        }
        (!fault.cut).then_some(reply)
    }

    fn note(
        &self,
        provider: &'static Provider,
        message: Option<Message>,
        reply: &Reply,
        rule: Option<u64>,
        fault: &Fault,
    ) {
        let (provider, at) = (provider.name, self.site.now());
        self.log().push(Received { provider, message, reply: reply.clone(), cut: fault.cut, rule, at });
    }

    /// What the provider reports of a message that it has accepted.
    fn reports(&self, provider: &Provider, message: &Message, given: Option<&[Said]>) -> Vec<Post> {
        let Some(reports) = &provider.reports else { return Vec::new() };
        let usual: Vec<Said> = reports.usual.iter().map(|word| Said::read(word)).collect();
        let said = given.unwrap_or(&usual);
        said.iter().filter_map(|said| (reports.report)(&self.site, message, said)).collect()
    }
}
