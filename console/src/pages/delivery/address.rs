//! Where the page of a delivery is, and how its id is shown.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::section::Section;

/// An id of so many characters is shown whole.
const WHOLE: usize = 16;
/// What is shown of a longer one: those that were made in the same second differ at their ends.
const HEAD: usize = 8;
const TAIL: usize = 6;

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

/// Leads to the page of a delivery, under a short form of its id.
pub(crate) fn link(id: &str) -> Markup {
    html! { a.mono href=(of(id)) title=(id) { (short(id)) } }
}

/// The id of a row of a table: letters, digits and hyphens.
pub(crate) fn row_id(id: &str) -> String {
    id.bytes().fold("delivery-".to_owned(), |mut name, byte| {
        if byte.is_ascii_alphanumeric() {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "-{byte:02x}");
        }
        name
    })
}

fn short(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    if chars.len() <= WHOLE {
        return id.to_owned();
    }
    let head = chars.iter().take(HEAD);
    head.chain(&['…']).chain(chars.iter().skip(chars.len() - TAIL)).collect()
}

#[test]
fn an_id_is_one_step_of_a_path_whatever_is_in_it() {
    assert_eq!(of("a/b c?ñ"), "/console/deliveries/a%2Fb%20c%3F%C3%B1");
    assert_eq!(row_id("a/b"), "delivery-a-2fb");
    let told = link("01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10<").into_string();
    assert!(told.contains(">01933f5e…b8a10&lt;</a>") && told.contains("8a10&lt;\""), "{told}");
    assert_eq!(short("order-7"), "order-7");
}
