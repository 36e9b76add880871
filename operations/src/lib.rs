//! The use cases: what every entrance of the fleet does alike, whoever stands before it: the API, the command line, the
//! settings.
//!
//! [`Checker`] says of a notification, before it is published, what a channel or a template would refuse for certain,
//! and [`Checked`] is one that may be. [`accept()`] publishes it, [`cancel()`] stops it; [`deliveries`] says what
//! became of it, and [`explain()`] why; [`captures`] are what the sandbox kept, and [`faults`] what goes wrong there on
//! demand; [`schedules`] are sent later; [`endpoints`] are told of it; [`stuck`] is what does not move;
//! [`asks`] are questions to people, [`contacts`] those who are known by name, and [`messages`] say either in other words;
//! [`inbox`] is what was told a user in an application, [`topics`] who is told together, and [`gateways`] where users are
//! connected;
//! [`suppressions`] are people who are not written to; [`pauses`] are what waits until somebody resumes it;
//! [`providers`] carry all this; [`verifications`] ask whose an address is; [`commands`] have [`services`] do something;
//! [`dead_letters`] wait for an operator; [`files`] are what messages may carry; [`accounts`] say who may ask for all of this,
//! the [`journal`] knows who did what, and [`overview`] is the whole fleet at one look. What changes something takes an
//! `Actor`, refuses who may not, and is in the journal before it takes effect. An entrance reads a request, calls one
//! of these, and has its own words for what comes back.

mod accept;
pub mod accounts;
mod allowed;
pub mod asks;
mod calls;
mod cancel;
pub mod captures;
mod check;
mod checked;
pub mod commands;
pub mod contacts;
pub mod dead_letters;
pub mod deliveries;
pub mod endpoints;
mod explain;
pub mod faults;
pub mod files;
pub mod gateways;
pub mod inbox;
pub mod journal;
mod listed;
pub mod messages;
pub mod overview;
mod own;
pub mod pauses;
pub mod providers;
mod reader;
mod recipients;
pub mod schedules;
mod segments;
pub mod services;
pub mod stuck;
pub mod suppressions;
pub mod tokens;
pub mod topics;
pub mod verifications;

pub use accept::{Accepted, Status, Unconfirmed, accept, accept_all, is_known_with_another_body};
pub use allowed::{NotDone, note_denied};
pub use calls::Calls;
pub use cancel::{Cancellation, cancel};
pub use check::{Checker, Findings, Preview, check_plain};
pub use checked::{Checked, Refused, Rules, repeated_ids};
pub use explain::{explain, explain_letters, explain_shown};
pub use listed::NotListed;
pub use own::is_marked;
pub use recipients::{every_recipient, recipient_of};
pub use segments::segments;

/// The names of all channels by which deliveries go, also of those that publishers may not name.
pub fn every_channel_name() -> &'static [&'static str] {
    media::every_name()
}

/// The names of all channels that publishers may name, whether this process could send by them or not.
pub fn channel_names() -> &'static [&'static str] {
    media::known()
}

#[cfg(test)]
mod tests;
