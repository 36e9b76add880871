//! Leads from one page of a list to the next. Pages are found by the key of their last row, and never by their number:
//! a list that grows meanwhile neither skips nor repeats a row.

use maud::{Markup, html};
use url::form_urlencoded;

use crate::words::Lang;

/// The name of the parameter that says behind which row a page begins.
const AFTER: &str = "after";

/// `action` is the path of the list, `asked` its filter, `is_first` whether this is its first page, and `next` the key
/// of the last row where more rows follow.
pub(crate) fn pager(lang: Lang, action: &str, asked: &[(&str, &str)], is_first: bool, next: Option<&str>) -> Markup {
    let words = &lang.words().lists;
    html! {
        @if !is_first || next.is_some() {
            nav.pager aria-label=(words.pages) {
                @if !is_first { a href=(address(action, asked, None)) { (words.first_page) } }
                @if let Some(next) = next { a rel="next" href=(address(action, asked, Some(next))) { (words.next_page) } }
            }
        }
    }
}

/// The address of a list with this filter; parameters without a value are left out.
pub(crate) fn address(action: &str, asked: &[(&str, &str)], after: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked.iter().filter(|(name, value)| *name != AFTER && !value.is_empty()));
    if let Some(after) = after {
        query.append_pair(AFTER, after);
    }
    let query = query.finish();
    if query.is_empty() { action.to_owned() } else { format!("{action}?{query}") }
}

#[test]
fn the_next_page_is_asked_for_with_the_same_filter() {
    let asked = [("recipient", "ana+1@example.com"), ("state", ""), ("after", "old")];
    assert_eq!(address("/x", &asked, Some("k1")), "/x?recipient=ana%2B1%40example.com&after=k1");
    assert_eq!(address("/x", &[("state", "")], None), "/x");
    let page = pager(Lang::En, "/x", &asked, true, None).into_string();
    assert_eq!(page, "");
}
