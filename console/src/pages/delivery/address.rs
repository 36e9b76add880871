//! Where the page of a delivery is, and how its id is shown.

use std::fmt::Write as _;

use domain::printable;
use maud::{Markup, html};

use crate::pieces::facts::cut;
use crate::section::Section;

/// An id of so many hexadecimal digits, as a UUID is, is not shown whole.
const DIGITS: usize = 32;
/// What is shown of one: those that were made in the same second differ at their ends.
const HEAD: usize = 8;
const TAIL: usize = 6;
/// How much of a name stands in a title, in characters.
const TITLE_CHARS: usize = 40;

/// The path of the page of a delivery.
pub(crate) fn of(id: &str) -> String {
    format!("{}/{}", Section::Deliveries.path(), escaped(id))
}

/// A step of a path (RFC 3986, section 3.3): everything but unreserved characters is escaped.
pub(crate) fn escaped(id: &str) -> String {
    id.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
        path
    })
}

/// Leads to the page of a delivery, under what is [shown](short) of its id.
pub(crate) fn link(id: &str) -> Markup {
    html! { a.mono.id href=(of(id)) title=(printable(id)) { (short(id)) } }
}

/// The id of a row of a table.
pub(crate) fn row_id(id: &str) -> String {
    anchor("delivery", id)
}

/// An id of an element, of what it is and which one: letters, digits and hyphens.
pub(crate) fn anchor(of: &str, id: &str) -> String {
    id.bytes().fold(format!("{of}-"), |mut name, byte| {
        if byte.is_ascii_alphanumeric() {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "-{byte:02x}");
        }
        name
    })
}

/// The title of the page of one thing: what it is, and which one, so that those that are open beside each other differ.
pub(crate) fn titled(what: &str, id: &str) -> String {
    format!("{what} {}", cut(&short(id), TITLE_CHARS))
}

/// What is shown of an id, in one line. A name that somebody has given says something to its end, and is shown whole.
pub(crate) fn short(id: &str) -> String {
    let is_made_of_digits = id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let digits = id.bytes().filter(|byte| *byte != b'-').count();
    match (id.get(..HEAD), id.get(id.len().saturating_sub(TAIL)..)) {
        (Some(head), Some(tail)) if is_made_of_digits && digits >= DIGITS => format!("{head}…{tail}"),
        _ => printable(id).into_owned(),
    }
}

#[test]
fn an_id_is_one_step_of_a_path_whatever_is_in_it() {
    assert_eq!(of("a/b c?ñ"), "/console/deliveries/a%2Fb%20c%3F%C3%B1");
    assert_eq!(row_id("a/b"), "delivery-a-2fb");
    let told = link("order-<7>").into_string();
    assert!(told.contains(">order-&lt;7&gt;</a>") && told.contains("title=\"order-&lt;7&gt;\""), "{told}");
    let told = link("a\u{1b}[31m\nb").into_string();
    let shown = r"a\u{1b}[31m\nb";
    assert!(told.contains(&format!("title=\"{shown}\">{shown}</a>")) && told.contains("/a%1B%5B31m%0Ab\""), "{told}");
}

#[test]
fn a_title_says_which_one_it_is_and_stays_short() {
    assert_eq!(titled("Delivery", "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10"), "Delivery 01933f5e…1b8a10");
    assert_eq!(titled("Delivery", &"ñ".repeat(41)), format!("Delivery {}…", "ñ".repeat(40)));
}

#[test]
fn only_an_id_that_is_made_of_digits_is_cut() {
    assert_eq!(short("01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10"), "01933f5e…1b8a10");
    assert_eq!(short("01933F5E7C1A7CC39A520C2F4D1B8A10"), "01933F5E…1B8A10");
    for whole in ["order-4782-receipt", "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a1", "-", "ñandú", &"receipt-".repeat(9)] {
        assert_eq!(short(whole), whole);
    }
}
