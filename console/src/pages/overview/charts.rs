//! The last hour, minute by minute.

use maud::{Markup, html};
use operations::overview::{Minute, Overview};

use super::words::Words;
use crate::pieces::figure::whole;
use crate::pieces::sparkline::{bars, line};

/// What was accepted, sent, tried again and given up in each minute.
pub(super) fn charts(overview: &Overview, words: &Words) -> Markup {
    let history = &overview.history;
    html! {
        dl.figures.charts {
            (chart(history, words.accepted, words, |minute| minute.accepted, false))
            (chart(history, words.sent, words, |minute| minute.sent, false))
            (chart(history, words.retried, words, |minute| minute.retried, true))
            (chart(history, words.died, words, |minute| minute.dead, true))
        }
    }
}

fn chart(history: &[Minute], label: &str, words: &Words, of: fn(&Minute) -> u64, is_rare: bool) -> Markup {
    let total = history.iter().map(of).sum::<u64>();
    // A minute has fewer than u32 can say; one that had more would be drawn as high as that.
    let values: Vec<f64> =
        history.iter().map(|minute| f64::from(u32::try_from(of(minute)).unwrap_or(u32::MAX))).collect();
    let told = (words.in_an_hour)(label, &whole(total));
    html! {
        div {
            dt { (label) }
            dd { (whole(total)) }
            dd.chart { @if is_rare { (bars(&values, &told)) } @else { (line(&values, &told)) } }
        }
    }
}
