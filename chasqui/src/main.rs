//! The one binary: `chasqui api | worker | scheduler | up | …`.

use std::process::ExitCode;

use chasqui::{exit, output};
use rustix::fs::Mode;
use tikv_jemallocator::Jemalloc;

/// The allocator. It takes a sixth less processor time for a delivery than glibc's: docs/decisions/0009.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    // Only the owner may read what this process makes: the ledger, the broker's folder, keys, everything below `var`.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let cli = match chasqui::cli::Cli::read() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(format_args!("the runtime does not start: {error}"));
            return exit::failed();
        }
    };
    let code = match runtime.block_on(chasqui::run(cli)) {
        Ok(code) => code,
        Err(error) => {
            output::complain(format_args!("{}", output::of_error(&error)));
            exit::code(&error)
        }
    };
    runtime.shutdown_background();
    if output::failed() {
        output::complain(format_args!("standard output could not be written"));
    }
    output::flush();
    if output::failed() { exit::failed() } else { code }
}
