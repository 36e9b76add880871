//! Refuses what the fleet alone writes into a body: what the reader of a message answers with.

use domain::{Draft, FieldError, Target};

use super::field;

const FIELD: &str = "/interactive";

const WHY: &str = "is written by the fleet alone, for one recipient: leave it out, and ask with a question or a verification \
                   of your own";

/// One error for each place where it stands, in place of what else is wrong with it there.
pub(super) fn refuse(draft: &Draft, errors: &mut Vec<FieldError>) {
    let items = draft.fallback.iter().enumerate().map(|(at, item)| (format!("/fallback/{at}"), item));
    for (prefix, target) in std::iter::once((String::new(), &draft.target)).chain(items) {
        let place = format!("{prefix}{FIELD}");
        if is_given(draft, &place, target) {
            let within = format!("{place}/");
            errors.retain(|error| error.pointer != place && !error.pointer.starts_with(&within));
            errors.push(field(&prefix, FIELD, WHY));
        }
    }
}

fn is_given(draft: &Draft, place: &str, target: &Target) -> bool {
    target.interactive.is_some() || (!draft.errors.is_empty() && draft.is_wrong(place))
}
