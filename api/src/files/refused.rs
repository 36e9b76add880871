//! What is answered where a file is not taken, and not given.

use axum::http::StatusCode;
use operations::NotDone;
use operations::files::{NotKept, NotRead};
use store::FileUsage;
use web::problem::Problem;

use crate::done::done;
use crate::unavailable::ledger_read;

/// Seconds after which a request that met an absent storage or scanner may be repeated.
const RETRY_AFTER_SECONDS: u64 = 5;

/// The tenant has none of this name, or its time is over.
pub(super) fn unknown() -> Problem {
    Problem::not_found("unknown-file", "There is no such file", "GET /v1/files lists those there are.")
}

/// The file is not fit to be kept. `fault` says why as a word that programs branch on.
pub(super) fn unfit(fault: &'static str, detail: String) -> Problem {
    let title = "The file is not taken";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "file-refused", title, detail).with("fault", fault)
}

/// The storage, the scanner or the disk has not done its part. Why is in our log: it names what is ours.
pub(super) fn away(why: &str) -> Problem {
    tracing::warn!(why, "a file could not be kept or given out");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "files-unavailable",
        "Files cannot be kept or given out now",
        "Nothing was stored. Send the same request again.",
    )
    .with_retry_after(RETRY_AFTER_SECONDS)
}

pub(super) fn not_kept(why: NotKept) -> Problem {
    match why {
        NotKept::NotDone(why) => not_done(why),
        NotKept::Unfit(why) => unfit(why.fault.as_str(), format!("It was refused: {why}. Nothing was stored.")),
        NotKept::Infected => {
            unfit("infected", "It was refused: the scanner has found something in it. Nothing was stored.".into())
        }
        NotKept::OverQuota(FileUsage { files, bytes }) => Problem::new(
            StatusCode::CONFLICT,
            "over-quota",
            "The tenant has as much as it may",
            format!("It has {files} files of {bytes} bytes: delete those that nobody needs. Nothing was stored."),
        ),
        NotKept::Away(why) => away(&why),
    }
}

pub(super) fn not_read(why: NotRead) -> Problem {
    match why {
        NotRead::Ledger(error) => ledger_read::<()>(Err(error)).err().unwrap_or_else(unknown),
        NotRead::Away(why) => away(&why.to_string()),
    }
}

fn not_done(why: NotDone) -> Problem {
    done::<()>(Err(why)).err().unwrap_or_else(unknown)
}
