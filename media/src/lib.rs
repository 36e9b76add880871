//! The media that notifications are sent by, each with its rules: what a destination is, which words are accepted, and
//! what to do after an ambiguous attempt.
//!
//! A medium calls no provider and uses no network, so that a program which only checks notifications links neither.

mod attached;
mod buttons;
mod catalog;
mod content;
mod fields;
mod host;
mod line;
mod medium;
mod phone;
mod segments;
mod words;

pub mod email;
pub mod inapp;
pub mod push;
pub mod service;
pub mod slack;
pub mod sms;
pub mod telegram;
pub mod webhook;
pub mod webpush;
pub mod whatsapp;

pub use attached::media_urls;
pub use buttons::{Button, Press, rows as button_rows};
pub use catalog::{
    DestinationError, MEDIA, carriage, check_destination, compared, copies_of, default_ambiguity, every_name, faults,
    find, has_subject, is_of_the_fleet, known, list_of, misplaced, prefixes, put_buttons, sends_data, shown, unheeded,
    unknown,
};
pub use content::Content;
pub use line::check as check_line;
pub use medium::{Carriage, Kind, Medium};
pub use phone::check_number;
pub use segments::Segments;
pub use words::{Fault, Part, Words};
