//! How many codes of the last day were entered, country by country: where hardly any is, somebody may be earning by them.

use maud::{Markup, html};
use store::Converted;

use super::words::Words;
use crate::pages::delivery::address::anchor;
use crate::pieces::figure::{percent, whole};
use crate::pieces::sparkline::share;
use crate::pieces::table::{Row, number, table, text};
use crate::words::Lang;

pub(super) fn of(converted: &[Converted], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.country),
        number(words.sent),
        number(words.entered),
        number(words.entered_share),
        // The bar says what the share before it says.
        text(words.share_as_bar),
        number(words.blocked),
    ];
    let rows: Vec<Row> = converted.iter().map(|one| row(one, lang)).collect();
    html! {
        h2 { (words.conversion) }
        p.soft { (words.conversion_how) }
        (table(lang, words.conversion, &columns, &rows))
    }
}

fn row(one: &Converted, lang: Lang) -> Row {
    let words = Words::of(lang);
    let country = one.dial_code.as_deref().unwrap_or(words.no_number);
    let (sent, entered) = (u64::from(one.conversion.sent), u64::from(one.conversion.approved));
    let told = percent(entered, sent, lang);
    let cells = vec![
        html! { (country) },
        html! { (whole(sent)) },
        html! { (whole(entered)) },
        html! { (told) },
        share(entered, sent, &(words.entered_of)(country, &told)),
        html! { (whole(u64::from(one.blocked))) },
    ];
    Row { id: anchor("country", one.dial_code.as_deref().unwrap_or_default()), cells }
}
