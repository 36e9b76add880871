//! Asks: opened with the messages that ask, answered, and ended with whatever follows from that.
//!
//! `audience` finds who is asked, `plan` says which messages go where and when, `message` writes them, `opening` does all of
//! it, `answering` takes an answer and tells what it does, `progress` has what was sent tell how far it is, `calling_off` stops
//! what waits, and `ended` does so at the end and edits what was sent.

mod answering;
mod audience;
mod calling_off;
mod ended;
mod message;
mod opening;
mod plan;
mod progress;

pub(crate) use answering::{answer, tell_verdict};
pub(crate) use ended::{end, ended, request_end};
pub(crate) use opening::{Opening, open};
pub(crate) use progress::progress;

#[cfg(test)]
mod tests;
