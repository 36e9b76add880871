//! Links of a mail lead to the web or to a mailbox; any other link that data brings (`javascript:`, `data:`) is left
//! out.

use domain::is_unsafe_in_a_line;
use tera::{Kwargs, State, Tera, Value};

/// The marks that a layout puts around its button.
const ACTION: (&str, &str) = ("<!--action-->", "<!--/action-->");

pub(crate) fn register(tera: &mut Tera) {
    tera.register_filter("link", link);
}

/// The link without white space around it, or an empty text when it is no link.
fn link(value: &Value, _: Kwargs, _: &State) -> String {
    let text = value.as_str().unwrap_or_default().trim();
    if is_link(text) { text.to_owned() } else { String::new() }
}

/// Whether a text is an absolute URL of http or https with a host, or a mailbox. Every text that a browser would read as
/// another scheme begins differently. A browser escapes a space in a path, but opens no host with one, and a character
/// that turns the text disguises where a link leads.
pub(crate) fn is_link(text: &str) -> bool {
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let Some(scheme) = ["https://", "http://", "mailto:"].into_iter().find(|scheme| begins(scheme)) else {
        return false;
    };
    let rest = &text[scheme.len()..];
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let leads_on = !host.is_empty() || (scheme == "mailto:" && rest.starts_with('?'));
    leads_on && !host.contains(char::is_whitespace) && !rest.contains(is_unsafe_in_a_line)
}

/// Removes the marks from HTML. What stands between two of them is removed too, unless its first `href` is a link.
pub(crate) fn without_dead_buttons(html: String) -> String {
    if !html.contains(ACTION.0) {
        return html;
    }
    let mut kept = String::with_capacity(html.len());
    let mut rest = html.as_str();
    while let Some((before, after)) = rest.split_once(ACTION.0) {
        let Some((button, after)) = after.split_once(ACTION.1) else { break };
        kept.push_str(before);
        if leads_somewhere(button) {
            kept.push_str(button.trim());
        }
        rest = after;
    }
    kept + rest
}

fn leads_somewhere(button: &str) -> bool {
    let Some((_, rest)) = button.split_once("href=\"") else { return !button.contains("href") };
    rest.split_once('"').is_some_and(|(href, _)| is_link(href.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_web_or_to_a_mailbox() {
        for good in [
            "https://x.example",
            "HTTP://x.example/a?b=1&c",
            "https://x.example/a b",
            "https://x.example?q=a b",
            "https://ñandú.example/é",
            "mailto:ana@x.example",
            "mailto:ana@x.example?subject=a b",
            "mailto:?subject=a",
        ] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\tscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//x.example",
            "/start",
            "x.example/start",
            "https:x.example",
            "https://",
            "https:///x",
            "https:// x.example",
            "http://x.example\r\n",
            "http://a b",
            "http://a b/c",
            "http://a\u{a0}b?c",
            "https://?a",
            "https://#a",
            "https://x.example/\u{202e}gpj.exe",
            "https://\u{2066}x.example",
            "https://x.example/\u{2028}a",
            "mailto:ana b@x.example",
            "mailto:",
            "é",
        ] {
            assert!(!is_link(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_button_stays_only_with_a_link() {
        let html = |href: &str| format!("a<!--action-->\n<p><a href=\"{href}\">Go</a></p>\n<!--/action-->b");
        let kept = "a<p><a href=\"https://x.example?a=1&amp;b=2\">Go</a></p>b";
        assert_eq!(without_dead_buttons(html("https://x.example?a=1&amp;b=2")), kept);
        for dead in ["", " ", "javascript:alert(1)", "data:x"] {
            assert_eq!(without_dead_buttons(html(dead)), "ab", "{dead}");
        }
        assert_eq!(without_dead_buttons("a<!--action--> <!--/action-->b".into()), "ab");
        assert_eq!(without_dead_buttons("a<!--action-->words<!--/action-->b".into()), "awordsb");
        assert_eq!(without_dead_buttons("a<!--action--><a href=x>y</a><!--/action-->b".into()), "ab");
        assert_eq!(without_dead_buttons(html("") + &html("https://x.example")).matches("<a ").count(), 1);
        assert_eq!(without_dead_buttons("a<!--action-->b".into()), "a<!--action-->b");
    }
}
