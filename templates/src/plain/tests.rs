//! What of a mail's HTML is read as plain text.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(html: &str, expected: &str) {
    assert_eq!(plain_text(html), expected, "{html}");
}

#[test]
fn words_keep_their_lines_and_lose_their_marks() {
    check("", "");
    check("  Hi \n there  ", "Hi there");
    check("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree");
    check("a<br><br><br/>b", "a\n\nb");
    check("<div>a</div><div>b</div>", "a\nb");
    check("<h1>Title</h1>\n<p>Your <b>code</b> is <i>4711</i>.</p>", "Title\n\nYour code is 4711.");
    check("<ul><li>one</li><li>two <b>b</b></li></ul><p>end</p>", "- one\n- two b\n\nend");
    check(
        "<table><tr><td>2 x Tea</td><td>9.00</td></tr>\n<tr><td>Total</td><td>9.00</td></tr></table>",
        "2 x Tea 9.00\nTotal 9.00",
    );
    check("a<hr>b", "a\n\nb");
    check("<P CLASS=x>Hi</P>there", "Hi\n\nthere");
}

#[test]
fn what_nobody_sees_is_left_out() {
    check("<!doctype html><html><head><title>T</title><style>p > a { x }</style></head><body>Hi</body></html>", "Hi");
    check("a<!-- <p>no</p> -->b", "ab");
    check("a<script>if (1 < 2 && a<b) { x() }</SCRIPT>b", "ab");
    check("a<style>x", "a");
    check("<div style=\"display: NONE;\">pre <div>inner</div> header</div><p>Hi</p>", "Hi");
    check("<span hidden>x</span>y", "y");
    check("a<br hidden>b", "a\nb");
    check("co\u{ad}op\u{200b}&shy;eration &nbsp;&nbsp; x", "cooperation x");
    check("a<!-- never ends", "a");
    check("a<a href=\"x", "a");
}

#[test]
fn a_link_stands_behind_its_words_unless_they_say_it() {
    check("<p><a class='b' href=\"https://x.example/?a=1&amp;b=2\">Open</a></p>", "Open (https://x.example/?a=1&b=2)");
    for own in ["https://x.example/", "https://x.example", "x.example"] {
        check(&format!("<a href=\"https://x.example/\">{own}</a>"), own);
    }
    check("<a href='mailto:a@x.example'>a@x.example</a>", "a@x.example");
    check("<a href=\"https://x.example\"><img src=\"l.png\"></a>", "https://x.example");
    check("<a href=\"https://x.example\"><img alt=\"Shop &amp; more\"></a>", "Shop & more (https://x.example)");
    check("see <a href=https://x.example>this</a>, please", "see this (https://x.example), please");
    for none in ["javascript:alert(1)", "#top", "", "/a"] {
        check(&format!("<a href=\"{none}\">Go</a>"), "Go");
    }
    check("<ul><li><a href=\"https://x.example\">x.example</a></li></ul>", "- x.example");
    check("a</a>b", "ab");
}

#[test]
fn entities_are_characters_and_what_is_none_stays() {
    check(
        "&iexcl;Hola, Mar&iacute;a! 5 &lt; 6 &amp;&amp; &#x1F600; &#233; &quot;q&quot;",
        "¡Hola, María! 5 < 6 && 😀 é \"q\"",
    );
    check(
        "A&B &unknown; &; &#; &#0; &#xD800; &#99999999999; a & b",
        "A&B &unknown; &; &#; &#0; &#xD800; &#99999999999; a & b",
    );
    check("1 < 2 <3", "1 < 2 <3");
    check("&amp;lt;b&amp;gt;", "&lt;b&gt;");
}

proptest! {
    #[test]
    fn any_text_is_read_and_no_line_ends_in_white_space(html in "[a-c<>/!\\-='\"& \n;#é]{0,80}|(<(/?)(a|p|br|li|td|div|style)( href=\"https://a.b\"| hidden| style='display:none')?>|[a b\n&;é]){0,30}") {
        let text = plain_text(&html);
        prop_assert!(text.lines().all(|line| line.trim_end_matches([' ', '\t']) == line), "{html:?}: {text:?}");
        prop_assert!(!text.contains("\n\n\n") && !text.starts_with('\n') && !text.ends_with('\n'), "{html:?}: {text:?}");
    }
}
