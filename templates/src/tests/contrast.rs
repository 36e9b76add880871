//! Whether people can read the shipped mails: the contrast of every text with its background, in both themes, computed
//! from the colours in the HTML as WCAG 2.2 says (1.4.3: at least 4.5 to 1).

use std::collections::BTreeMap;

use serde_json::Value;

use super::render;
use crate::Templates;

const ENOUGH: f64 = 4.5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Theme {
    Light,
    Dark,
}

/// What an element and those within it look like.
#[derive(Clone, Debug)]
struct Look {
    background: String,
    color: String,
    hidden: bool,
}

struct Element {
    tag: String,
    classes: Vec<String>,
    look: Look,
}

/// The rules of the dark theme: `(selector, property)` to colour.
type Rules = BTreeMap<(String, String), String>;

#[test]
fn every_text_of_the_shipped_mails_stands_out_from_its_background_in_both_themes() {
    let templates = Templates::embedded("en").unwrap();
    for template in templates.describe() {
        for (locale, _) in template.locales.iter().filter(|(_, channels)| channels.iter().any(|name| name == "email")) {
            let sample = Value::Object(template.sample.clone());
            let html = render(&templates, "email", &template.template, Some(locale), sample).unwrap().html.unwrap();
            for theme in [Theme::Light, Theme::Dark] {
                let texts = texts(&html, theme);
                assert!(texts.len() >= 3, "{}/{locale}: {texts:?}", template.template);
                for (text, look) in texts {
                    let contrast = contrast(&look.color, &look.background);
                    let what = format!("{}/{locale} {theme:?}: {text:?} {look:?}", template.template);
                    assert!(contrast >= ENOUGH, "{what} has {contrast:.2} to 1");
                }
            }
        }
    }
}

#[test]
fn the_measure_is_that_of_the_standard() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 0.001);
    assert!((contrast("#777777", "#ffffff") - 4.478).abs() < 0.001);
    assert!((contrast("#2563eb", "#22252c") - 2.97).abs() < 0.01);
}

#[test]
fn a_text_that_is_hard_to_read_is_found() {
    let html = r#"<html><head><style>@media (prefers-color-scheme: dark) { .card { background: #22252c !important; }
        .card p { color: #e8e9ec !important; } }</style></head><body style="background:#ffffff;color:#000000;">
        <div class="card"><p>fine <a style="color:#2563eb;">hard in the dark</a></p></div></body></html>"#;
    let worst = |theme| texts(html, theme).into_iter().map(|(_, look)| contrast(&look.color, &look.background));
    assert!(worst(Theme::Light).all(|contrast| contrast >= ENOUGH));
    assert!(worst(Theme::Dark).any(|contrast| contrast < ENOUGH));
}

/// Every text that is shown, with its look.
fn texts(html: &str, theme: Theme) -> Vec<(String, Look)> {
    let rules = if theme == Theme::Dark { dark_rules(html) } else { Rules::new() };
    let first = Look { background: "#ffffff".into(), color: "#000000".into(), hidden: false };
    let mut stack = vec![Element { tag: String::new(), classes: Vec::new(), look: first }];
    let mut texts = Vec::new();
    let (_, mut rest) = html.split_once("</head>").unwrap();
    while let Some((text, after)) = rest.split_once('<') {
        let look = stack.last().unwrap().look.clone();
        if !text.trim().is_empty() && !look.hidden {
            texts.push((text.trim().to_owned(), look));
        }
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(closed) = tag.strip_prefix('/') {
            if stack.last().unwrap().tag == closed {
                stack.pop();
            }
            continue;
        }
        let element = element(tag, &stack, &rules);
        if !matches!(element.tag.as_str(), "br" | "hr" | "img" | "meta") {
            stack.push(element);
        }
    }
    texts
}

fn element(tag: &str, stack: &[Element], rules: &Rules) -> Element {
    let name = tag.split_whitespace().next().unwrap().to_owned();
    let attribute = |name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let classes: Vec<String> = attribute("class").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let style = attribute("style").unwrap_or_default();
    let inline = |property: &str| {
        let of = |declaration: &str| {
            declaration.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        };
        style.split(';').filter_map(of).find(|(name, _)| name == property).map(|(_, value)| value)
    };
    // A rule of the dark theme is important, so it wins over the element's own style.
    let ruled = |property: &str| {
        let applies = |selector: &str| {
            let (within, last) =
                selector.rsplit_once(' ').map_or((None, selector), |(within, last)| (Some(within), last));
            let is = |element: (&str, &[String]), part: &str| match part.strip_prefix('.') {
                Some(class) => element.1.iter().any(|of| of == class),
                None => element.0 == part,
            };
            let inside = within.is_none_or(|within| stack.iter().any(|outer| is((&outer.tag, &outer.classes), within)));
            inside && is((&name, &classes), last)
        };
        let of_property = rules.iter().filter(|((_, of), _)| of == property);
        let mut found: Vec<_> = of_property.filter(|((selector, _), _)| applies(selector)).collect();
        // A selector with more classes is more specific.
        found.sort_by_key(|((selector, _), _)| selector.matches('.').count());
        found.last().map(|(_, color)| (*color).clone())
    };
    let outer = &stack.last().unwrap().look;
    let look = Look {
        background: ruled("background").or(inline("background")).unwrap_or(outer.background.clone()),
        color: ruled("color").or(inline("color")).unwrap_or(outer.color.clone()),
        hidden: outer.hidden || inline("display").is_some_and(|display| display == "none"),
    };
    Element { tag: name, classes, look }
}

fn dark_rules(html: &str) -> Rules {
    let (_, style) = html.split_once("prefers-color-scheme: dark) {").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let mut rules = Rules::new();
    for rule in style.split('}') {
        let Some((selectors, declarations)) = rule.split_once('{') else { continue };
        for (property, value) in declarations.split(';').filter_map(|declaration| declaration.split_once(':')) {
            let (color, _) = value.split_once("!important").expect("a rule that inline styles would not win over");
            for selector in selectors.split(',') {
                rules.insert((selector.trim().to_owned(), property.trim().to_owned()), color.trim().to_owned());
            }
        }
    }
    assert!(!rules.is_empty());
    rules
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(color: &str) -> f64 {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6).unwrap_or_else(|| panic!("{color}"));
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}
