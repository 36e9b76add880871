//! How a delivery came, and which words were asked for.

use super::{Sentence, Topic};
use crate::{Priority, Row};

pub(super) fn of(row: &Row) -> Vec<Sentence> {
    let origin = &row.origin;
    let Some(lane) = origin.lane else {
        let text = "By which lane it came, and by which template, is not recorded: no worker had seen it when it was \
                    cancelled, or the ledger was older then.";
        return vec![Topic::Lane.says(Some(row.created_at), text)];
    };
    let priority = origin.priority.as_str();
    let came = if origin.priority.lane() == lane {
        match origin.priority {
            Priority::Normal => format!("It came by the lane {lane}, because no other priority was asked for."),
            _ => format!("It came by the lane {lane}, because its priority is `{priority}`."),
        }
    } else {
        format!(
            "It came by the lane {lane}, because it was published to that lane's queue: its priority `{priority}` chooses \
             a lane over HTTP only."
        )
    };
    let words = match (&origin.template, &origin.locale) {
        (None, _) => "Its words are its own: no template was asked for.".to_owned(),
        (Some(template), None) => format!("Its words are the template `{template}` in the default locale."),
        (Some(template), Some(locale)) => {
            format!("Its words are the template `{template}` in `{locale}`, or in the nearest locale that it has.")
        }
    };
    vec![Topic::Lane.says(Some(row.created_at), came), Topic::Words.says(None, words)]
}
