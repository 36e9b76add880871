//! The dialog: tells endpoints what has happened. Of each event that a tenant's endpoint wants it makes one delivery on
//! the channel `webhook`, which the workers send like any other.
//!
//! [`consume`] takes the events one by one, and [`event`] reads them; [`callback`] writes the notification of one event
//! for one endpoint; [`endpoints`] knows who wants what, and disables whoever wants no more; [`binding`] has the queue
//! bound while there is anybody. [`Dialog`] puts the parts together, and [`shared`] is what every event has. Any number
//! of dialogs may run at once: the ids of what they publish are the same.

mod binding;
mod callback;
mod consume;
mod dialog;
mod endpoints;
mod event;
mod readiness;
mod shared;

pub use dialog::Dialog;
