//! With which letters a job has not done what was asked for, and why.

use std::process::ExitCode;

use anyhow::Result;
use operations::dead_letters::{self, FailureFormat};

use super::{Desk, in_words};
use crate::exit;
use crate::output::{self, say};

impl Desk {
    /// Prints the failures of a job, page by page.
    pub(super) async fn failures(&self, job: &str, csv: bool) -> Result<ExitCode> {
        let format = if csv { FailureFormat::Csv } else { FailureFormat::NdJson };
        let mut after = String::new();
        loop {
            let page = in_words(dead_letters::failures(&self.store, &self.tenant, job, &after).await)?;
            let Some(page) = page else {
                output::complain(format_args!("there is no plan or job of this id: `chasqui dead jobs` lists them"));
                return Ok(exit::answer(false));
            };
            if after.is_empty() && csv {
                say!("{}", format.head().trim_end());
            }
            for failed in &page {
                let line = format.line(failed);
                match format {
                    FailureFormat::NdJson => say!("{}", output::inert_json(line.trim_end())),
                    FailureFormat::Csv => say!("{}", domain::printable(line.trim_end())),
                }
            }
            match page.last() {
                Some(last) if !output::is_unread() => after.clone_from(&last.letter),
                _ => return Ok(ExitCode::SUCCESS),
            }
        }
    }
}
