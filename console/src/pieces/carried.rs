//! By which channel something goes, and who carries it there or on which lane.

use maud::{Markup, html};

/// The dot stays with the channel: no line begins with it.
pub(crate) fn by(channel: &str, beside: Option<&str>) -> Markup {
    html! {
        @match beside.filter(|beside| !beside.is_empty()) {
            Some(beside) => { span.whole { (channel) " ·" } " " (beside) }
            None => { (channel) }
        }
    }
}

#[test]
fn no_line_begins_with_the_dot_between_a_channel_and_its_provider() {
    assert_eq!(by("sms", Some("<b>")).into_string(), "<span class=\"whole\">sms ·</span> &lt;b&gt;");
    assert_eq!((by("sms", None).into_string(), by("sms", Some("")).into_string()), ("sms".into(), "sms".into()));
}
