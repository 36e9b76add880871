//! What every process needs and no rule of `domain` may know: whether a role is ready, panics that are contained, how
//! settings and files are read, how often a warning is logged, the spans of traces, and the steps at which a test ends
//! a process. This crate knows no notification.

mod failpoint;
mod files;
mod log_limiter;
mod outage;
mod panics;
mod readiness;
pub mod settings;
mod tables;
pub mod traces;

pub use failpoint::{clock_shift_micros, failpoint, failpoint_on};
pub use files::{MAX_CERTIFICATES_BYTES, MAX_SECRET_BYTES, MAX_SETTINGS_BYTES, read_file, read_text_file};
pub use log_limiter::LogLimiter;
pub use outage::Outage;
pub use panics::{Panicked, catch_panic};
pub use readiness::Readiness;
pub use tables::{read_tables, tables_of};
