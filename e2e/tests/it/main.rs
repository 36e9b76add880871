//! The whole fleet over a real broker and real databases.

mod ambiguity;
mod api;
#[cfg(feature = "failpoints")]
mod asks;
mod browser;
mod callbacks;
#[cfg(feature = "failpoints")]
mod chaos;
mod commands;
mod contracts;
mod dead_letters;
mod delivery;
mod escalation;
mod events;
mod examples;
mod faked;
#[cfg(target_os = "linux")]
mod files;
mod inbox;
mod lanes;
mod monitoring;
mod outage;
mod pauses;
mod poison;
mod polled;
mod postgres;
mod privacy;
mod processes;
mod providers;
mod rabbitmq4;
mod realtime;
mod reconcile;
mod reports;
mod retry;
mod schedule;
mod search;
mod settings;
mod slack;
mod smtp;
mod tenants;
mod tidy;
mod topology;
mod traces;
mod uncallable;
mod verifications;
mod webhooks;
mod workbench;
