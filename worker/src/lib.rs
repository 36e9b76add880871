//! The worker: consume → claim → render → send → decide → record → settle.
//!
//! A notification goes down the files in this order: [`consume`] waits until [`slots`] has a free place for it, and
//! [`deliver`] is the pipeline. In the pipeline the crate [`intake`] says who the message is, [`delivery`] is this copy
//! of it, [`copies`] who gets none of a mail, [`called_off`] what is not sent any more, [`attached`] the files that go with it,
//! for which there is [`room`], [`attempt`] (which has [`reveal`] say what readers answer with, gets its words
//! from [`render`], and from [`health`] who is to carry it) tries to send, and [`intake::InHand`] carries out what follows and settles the message. [`report`]
//! counts and logs, [`latency`] says how long it took, and [`traced`] shows it in traces. [`give_up`] is for a message
//! that has ended ten workers, [`asked`] for one that wants people to be asked, [`paused`] what operators have paused, and [`faults`] what is to go wrong in the sandbox. [`Worker`] puts the parts together, [`shared`]
//! is what every delivery has, [`sharing`] tells the other workers how the providers are, and [`leasing`] has them keep
//! the limits of the whole fleet.

mod asked;
mod attached;
mod attempt;
mod called_off;
mod consume;
mod copies;
mod deliver;
mod delivery;
mod drain;
mod faults;
mod give_up;
mod gone;
mod health;
mod inbox;
mod latency;
mod leasing;
mod meters;
mod pause;
mod paused;
mod readiness;
mod render;
mod report;
mod reveal;
mod room;
mod settings;
mod shared;
mod sharing;
mod slots;
#[cfg(test)]
mod testing;
mod traced;
mod unheeded;
mod waiting;
mod worker;

pub use settings::{ApprovedFor, InvalidSettings, Settings};
pub use shared::Setup;
pub use worker::Worker;
