//! The whole fleet over a real broker and real databases.

mod ambiguity;
mod api;
mod dead_letters;
mod delivery;
mod lanes;
mod outage;
mod poison;
mod retry;
mod schedule;
mod settings;
mod tidy;
mod topology;
