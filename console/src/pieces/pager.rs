//! Leads from one page of a list to the next. Pages are found by the key of their last row, and never by their number:
//! a list that grows meanwhile neither skips nor repeats a row.

use maud::{Markup, html};
use url::form_urlencoded;

use crate::words::Lang;

/// The name of the parameter that says behind which row a page begins.
const AFTER: &str = "after";

/// A page of a list that is read as a whole.
pub(crate) struct Part<'a, T> {
    pub(crate) rows: &'a [T],
    pub(crate) is_first: bool,
    /// The key of the last row where more rows follow.
    pub(crate) next: Option<&'a str>,
}

/// The rows behind the one that has the key `after`, or the first ones where there is none; at most so many.
pub(crate) fn part<'a, T>(
    all: &'a [T],
    after: Option<&str>,
    most: usize,
    key: impl Fn(&'a T) -> &'a str,
) -> Part<'a, T> {
    let before = after.and_then(|after| all.iter().position(|row| key(row) == after));
    let rest = all.get(before.map_or(0, |at| at + 1)..).unwrap_or_default();
    let rows = &rest[..rest.len().min(most)];
    Part { rows, is_first: before.is_none(), next: rows.last().filter(|_| rest.len() > most).map(key) }
}

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

#[test]
fn a_page_begins_behind_the_key_that_is_asked_for_and_leads_on_where_more_follows() {
    let all = ["a", "b", "c"];
    let of = |after| {
        let Part { rows, is_first, next } = part(&all, after, 2, |row| *row);
        (rows.to_vec(), is_first, next)
    };
    assert_eq!(of(None), (vec!["a", "b"], true, Some("b")));
    assert_eq!(of(Some("b")), (vec!["c"], false, None));
    assert_eq!(of(Some("a")), (vec!["b", "c"], false, None));
    assert_eq!(of(Some("gone")), (vec!["a", "b"], true, Some("b")), "what is gone begins anew");
}
