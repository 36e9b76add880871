//! Measures the fleet against baselines in the same run, interleaved: read `case/mod.rs` for what is measured.

mod asking;
mod baseline;
mod bench;
mod calling;
mod case;
mod cpu;
mod deployment;
mod drain;
mod figures;
mod gateway;
mod http1;
mod machine;
mod memory;
mod message;
mod open_files;
mod options;
mod peers;
mod program;
mod report;
mod run;
mod services;
mod sink;
mod sockets;
mod sql;
mod table;
mod telegram;
mod waiting;

#[cfg(test)]
mod tests;

pub use figures::{Figure, Goal, Spread};
pub use options::{CASES, Options, PEERS, Size};
pub use program::program;
pub use report::{CaseReport, Report};
pub use run::run;
pub use services::Services;
