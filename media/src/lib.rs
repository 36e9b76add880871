//! The media that notifications travel by, each with its rules: what a destination is, which words it takes, what to do
//! after an ambiguous attempt.
//!
//! A medium calls no provider and knows no network, so that whoever only has to check a notification links neither.

mod catalog;
mod line;
mod medium;
mod phone;
mod words;

pub mod email;
pub mod push;
pub mod sms;
pub mod whatsapp;

pub use catalog::{
    DestinationError, MEDIA, check_destination, default_ambiguity, faults, find, known, prefixes, unknown,
};
pub use line::check as check_line;
pub use medium::Medium;
pub use phone::check_number;
pub use words::{Fault, Part, Words};
