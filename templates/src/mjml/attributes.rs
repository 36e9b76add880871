//! Which attributes the elements of MJML have, by its documentation: the compiler leaves out any other without a word.
//!
//! Source: <https://documentation.mjml.io/#components>.

use domain::nearest_of_few;

use super::tag::end_of_tag;
use crate::names::hint;

const EVERYWHERE: &[&str] = &["css-class", "mj-class"];
const PADDING: &[&str] = &["padding", "padding-top", "padding-bottom", "padding-left", "padding-right"];
const BORDER: &[&str] = &["border", "border-top", "border-bottom", "border-left", "border-right", "border-radius"];
const FONT: &[&str] = &[
    "color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "letter-spacing",
    "line-height",
    "text-decoration",
    "text-transform",
];
const BEHIND: &[&str] = &["align", "container-background-color"];
const LINK: &[&str] = &["href", "name", "rel", "target", "title"];
const PICTURE: &[&str] = &["alt", "sizes", "src", "srcset", "title"];
const BOX: &[&str] = &["background-color", "direction", "vertical-align", "width", "align", "mobile-width"];
const INNER: &[&str] = &[
    "inner-background-color",
    "inner-border",
    "inner-border-top",
    "inner-border-bottom",
    "inner-border-left",
    "inner-border-right",
    "inner-border-radius",
    "inner-padding",
    "inner-padding-top",
    "inner-padding-bottom",
    "inner-padding-left",
    "inner-padding-right",
];
const BACKGROUND: &[&str] = &[
    "background-color",
    "background-height",
    "background-position",
    "background-position-x",
    "background-position-y",
    "background-repeat",
    "background-size",
    "background-url",
    "background-width",
];
const SECTION: &[&str] = &["direction", "full-width", "gap", "text-align", "text-padding"];
const ACCORDION: &[&str] = &[
    "background-color",
    "border",
    "icon-align",
    "icon-height",
    "icon-position",
    "icon-unwrapped-alt",
    "icon-unwrapped-url",
    "icon-width",
    "icon-wrapped-alt",
    "icon-wrapped-url",
];
const CAROUSEL: &[&str] = &[
    "border-radius",
    "icon-width",
    "left-icon",
    "right-icon",
    "tb-border",
    "tb-border-radius",
    "tb-hover-border-color",
    "tb-selected-border-color",
    "tb-width",
    "thumbnails",
    "thumbnails-src",
];
const NAVBAR: &[&str] = &[
    "base-url",
    "hamburger",
    "ico-align",
    "ico-close",
    "ico-color",
    "ico-font-family",
    "ico-font-size",
    "ico-line-height",
    "ico-open",
    "ico-padding",
    "ico-padding-top",
    "ico-padding-bottom",
    "ico-padding-left",
    "ico-padding-right",
    "ico-text-decoration",
    "ico-text-transform",
];
const SOCIAL: &[&str] = &[
    "align",
    "background-color",
    "border-radius",
    "icon-height",
    "icon-padding",
    "icon-position",
    "icon-size",
    "inner-padding",
    "mode",
    "table-layout",
    "text-padding",
    "vertical-align",
];
const TABLE: &[&str] = &["border", "cellpadding", "cellspacing", "role", "table-layout", "width"];

/// The elements, and the groups of attributes that each of them has.
const ELEMENTS: &[(&str, &[&[&str]])] = &[
    ("mjml", &[&["lang", "dir", "owa"]]),
    ("mj-body", &[&["background-color", "dir", "id", "lang", "title", "width"]]),
    ("mj-accordion", &[ACCORDION, BEHIND, FONT, PADDING]),
    ("mj-accordion-element", &[ACCORDION, FONT, PADDING]),
    ("mj-accordion-text", &[ACCORDION, FONT, PADDING]),
    ("mj-accordion-title", &[ACCORDION, FONT, PADDING]),
    (
        "mj-button",
        &[BEHIND, BORDER, FONT, INNER, LINK, PADDING, &["background-color", "height", "role", "text-align"], BOX],
    ),
    ("mj-carousel", &[CAROUSEL, BEHIND, PADDING]),
    ("mj-carousel-image", &[CAROUSEL, BORDER, LINK, PICTURE]),
    ("mj-column", &[BEHIND, BORDER, BOX, INNER, PADDING]),
    ("mj-divider", &[BEHIND, PADDING, &["border-color", "border-style", "border-width", "width"]]),
    ("mj-group", &[BOX]),
    ("mj-hero", &[BACKGROUND, BEHIND, BORDER, INNER, PADDING, &["height", "mode", "vertical-align", "width"]]),
    (
        "mj-image",
        &[
            BEHIND,
            BORDER,
            LINK,
            PADDING,
            PICTURE,
            &["fluid-on-mobile", "font-size", "height", "max-height", "usemap", "width"],
        ],
    ),
    ("mj-navbar", &[BEHIND, NAVBAR, PADDING]),
    ("mj-navbar-link", &[FONT, LINK, PADDING]),
    ("mj-raw", &[&["position"]]),
    ("mj-section", &[BACKGROUND, BORDER, PADDING, SECTION]),
    ("mj-social", &[BEHIND, FONT, PADDING, SOCIAL]),
    ("mj-social-element", &[FONT, LINK, PADDING, PICTURE, SOCIAL]),
    ("mj-spacer", &[BEHIND, BORDER, PADDING, &["height", "vertical-align", "width"]]),
    ("mj-table", &[BEHIND, FONT, PADDING, TABLE]),
    ("mj-text", &[BEHIND, FONT, PADDING, &["height", "vertical-align"]]),
    ("mj-wrapper", &[BACKGROUND, BORDER, PADDING, SECTION]),
];
/// Elements that set the attributes of others.
const OF_OTHERS: [&str; 2] = ["mj-all", "mj-class"];
/// What people write in place of an attribute.
const OTHER_NAMES: [(&str, &[&str]); 4] = [
    ("src", &["source", "url", "image"]),
    ("href", &["link", "url", "to"]),
    ("font-size", &["size"]),
    ("background-color", &["background", "bgcolor", "bg-color"]),
];

/// The attributes of known elements that MJML does not have: where each stands, and what is wrong with it.
pub(super) fn unknown(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, name, tag) in tags(text) {
        let Some(known) = known(name) else { continue };
        let inside = start + 1 + name.len();
        for (at, attribute) in names(tag.get(name.len()..).unwrap_or_default()) {
            if !known.contains(&attribute) {
                let near = nearest_of_few(attribute, known.iter().copied()).or_else(|| called(attribute, &known));
                found.push((inside + at, format!("{attribute} is no attribute of {name}{}", hint(near))));
            }
        }
    }
    found
}

/// The tags that begin an element: where each stands, the name of its element, and all of it behind its `<`.
fn tags(text: &str) -> Vec<(usize, &str, &str)> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let rest = &text[start + 1..];
        if rest.starts_with("!--") {
            at = rest.find("-->").map_or(text.len(), |end| start + 1 + end + 3);
            continue;
        }
        at = start + 1;
        let name = &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len())];
        if !name.is_empty() {
            let tag = &rest[..end_of_tag(rest)];
            at += tag.len();
            tags.push((start, name, tag));
        }
    }
    tags
}

/// The attributes of an element. None for an element of which nothing is known here.
fn known(element: &str) -> Option<Vec<&'static str>> {
    if OF_OTHERS.contains(&element) {
        let all = ELEMENTS.iter().flat_map(|(_, groups)| groups.iter()).copied().flatten().copied();
        return Some(all.chain(EVERYWHERE.iter().copied()).chain(["name"]).collect());
    }
    let (_, groups) = ELEMENTS.iter().find(|(name, _)| *name == element)?;
    Some(groups.iter().copied().flatten().copied().chain(EVERYWHERE.iter().copied()).collect())
}

fn called(attribute: &str, known: &[&'static str]) -> Option<&'static str> {
    let mut others = OTHER_NAMES.iter().filter(|(meant, _)| known.contains(meant));
    others.find(|(_, names)| names.contains(&attribute)).map(|(meant, _)| *meant)
}

/// The names of the attributes in a tag behind the name of its element, each with its place.
fn names(tag: &str) -> Vec<(usize, &str)> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '=' | '/' | '>');
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(begin) = tag[at..].find(|c: char| !is_end(c)) {
        let start = at + begin;
        let end = tag[start..].find(is_end).map_or(tag.len(), |length| start + length);
        names.push((start, &tag[start..end]));
        at = end;
        let value = tag[end..].trim_start().strip_prefix('=').map(str::trim_start);
        if let Some(quote @ ('"' | '\'')) = value.and_then(|value| value.chars().next()) {
            let open = tag.len() - value.unwrap_or_default().len() + 1;
            at = tag[open..].find(quote).map_or(tag.len(), |length| open + length + 1);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_that_an_element_has_not_is_told_with_the_one_that_was_meant() {
        for (text, expected) in [
            ("<mj-button herf=\"x\">", Some((11, "herf is no attribute of mj-button; did you mean href?"))),
            ("<mj-image\n source='x' />", Some((11, "source is no attribute of mj-image; did you mean src?"))),
            ("<mj-text fontsize=\"9\">", Some((9, "fontsize is no attribute of mj-text; did you mean font-size?"))),
            ("<mjml lnag=\"es\">", Some((6, "lnag is no attribute of mjml; did you mean lang?"))),
            ("<mj-all algin=\"left\" />", Some((8, "algin is no attribute of mj-all; did you mean align?"))),
            ("<mj-text onclick=\"x\">", Some((9, "onclick is no attribute of mj-text"))),
            ("<mj-button href = \"{{ url | link }}?a > b herf='x'\" css-class='c'>", None),
            ("<mj-class name=\"big\" font-size=\"20px\" />", None),
            ("<!-- <mj-text herf=\"x\"> --><p herf=\"x\"></p></mj-text>", None),
            ("<mj-txet herf=\"x\">", None),
        ] {
            let found = unknown(text);
            let found: Vec<(usize, &str)> = found.iter().map(|(at, message)| (*at, message.as_str())).collect();
            assert_eq!(found, Vec::from_iter(expected), "{text}");
        }
    }
}
