//! The dialog with everybody outside: it hears what providers report, and tells endpoints what has happened.
//!
//! A call of a provider is taken by [`hearing`] and read by a [`Reader`] into what is [`said`]; [`reports`] merges that into the
//! ledger and tells it, and [`listing`] keeps the suppression list. A provider that has nobody to call is asked: [`poll`]
//! publishes its [`updates`] as such calls.
//!
//! What people press and write that is for us, [`words`] takes: answers to [`asks`], [`commands`], and links that connect an
//! account; [`choice`] finds what a word means, [`speakers`] who says something to which question, and [`turns`] has the
//! first of that heard first, as far as there is [`room`] and they are no [`crowd`] by themselves. [`requests`] are what the
//! fleet asks of itself by the same queue. [`people`] says who somebody is, [`replies`] tells them what became of it,
//! [`outgoing`] publishes what follows, and [`ticker`] ends what is over by its time, up to the [`horizon`] of what was
//! heard.
//!
//! Of each event that a tenant's endpoint wants it makes one delivery on the channel `webhook`, which the workers send like
//! any other. [`consume`] takes the events one by one, and [`event`] reads them; [`callback`] writes the notification of one
//! event for one endpoint; [`endpoints`] knows who wants what, and disables whoever wants no more; [`binding`] has the queue
//! bound while there is anybody. [`disposition`] settles a message of either queue, [`Dialog`] puts the parts together, and
//! [`shared`] is what every message has. Any number of dialogs may run at once: the ids of what they publish are the same.

mod asks;
mod binding;
mod callback;
mod choice;
mod commands;
mod consume;
mod crowd;
mod dialog;
mod disposition;
mod endpoints;
mod event;
mod hearing;
mod horizon;
mod listing;
mod outgoing;
mod people;
mod poll;
mod readiness;
mod replies;
mod reports;
mod requests;
mod room;
mod said;
mod settings;
mod shared;
mod speakers;
#[cfg(test)]
mod testing;
mod ticker;
mod turns;
mod updates;
mod words;

pub use dialog::Dialog;
pub use said::{Reader, Said, Spoken};
pub use settings::Settings;
pub use updates::{Answer, Ask, Later, NotTold, Polling, Update};
