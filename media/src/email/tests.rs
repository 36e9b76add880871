//! What an address may look like.

use super::*;

#[test]
fn one_plain_address_is_accepted() {
    let quoted = [
        ("a..b@docomo.example.jp", "\"a..b\"@docomo.example.jp"),
        ("ab.@docomo.example.jp", "\"ab.\"@docomo.example.jp"),
        (".ab@docomo.example.jp", "\".ab\"@docomo.example.jp"),
    ];
    for (given, wire) in quoted {
        assert_eq!(parse(given).map(|address| address.to_string()), Ok(wire.to_owned()));
    }
    for good in [
        "ana@example.org",
        "a.b+c@mail.example.org",
        "100%real@example.com",
        "{x}!#$&*/=?^`|~@example.com",
        "o'brien@example.org",
        "ana@xn--mnchen-3ya.de",
    ] {
        assert_eq!(parse(good).map(|address| address.to_string()), Ok(good.to_owned()));
    }
    for carrier in ["a..b", "ab.", ".ab", "a...b."] {
        let written = format!("{carrier}@carrier.example.jp");
        let sent = format!("\"{carrier}\"@carrier.example.jp");
        assert_eq!(parse(&written).map(|address| address.to_string()), Ok(sent));
    }
    assert_eq!(parse("ana@München.de").map(|address| address.to_string()), Ok("ana@xn--mnchen-3ya.de".into()));
    assert_eq!(parse("ana@example.org.").map(|address| address.to_string()), Ok("ana@example.org".into()));
}

#[test]
fn everything_else_is_refused_with_a_text_that_says_what_to_write() {
    let cases = [
        ("", "must not be empty"),
        ("ana", "must be an email address such as"),
        ("@example.org", "must have a name before the @, such as"),
        ("ana@", "must have a domain after the @, such as"),
        ("ana@localhost", "must end in a full domain name"),
        ("ana@mail.localhost", "must end in a full domain name"),
        ("a@[127.0.0.1]", "must end in a domain name, not in an IP address"),
        ("a@127.0.0.1", "must end in a domain name, not in an IP address"),
        ("a@0x7f.1", "must end in a domain name, not in an IP address"),
        ("a@[IPv6:::1]", "must end in a domain name, not in an IP address"),
        ("Ana <ana@example.org>", "must be a bare address"),
        ("a na@example.org", "must be a bare address"),
        ("a@ex%61mple.org", "must have no % after the @"),
        ("\"a\"@example.org", "must be a bare address"),
        ("a@example.org,b@example.org", "must be one address: send one item per recipient"),
        ("a@example.org;b@example.org", "must be one address: send one item per recipient"),
        ("a@b@example.org", "must be one address"),
        ("ana@example,org", "must be one address: has it a comma where a dot was meant?"),
        ("ana@mail.example,org", "must be one address: has it a comma where a dot was meant?"),
        ("ana@example.org\r\nBcc: z@example.org", "must not contain the control character U+000D"),
        ("ana\0@example.org", "must not contain the control character U+0000"),
        ("\u{202e}ana@example.org", "must not contain the invisible character U+202E"),
        ("peña@example.org", "must have only ASCII characters before the @"),
        ("a\\b@example.org", "must be an email address such as"),
        ("(a)@example.org", "must be an email address such as"),
        ("(..)@example.org", "must be an email address such as"),
        ("a..\\b@example.org", "must be an email address such as"),
    ];
    for (bad, expected) in cases {
        let why = parse(bad).expect_err(bad);
        assert!(why.starts_with(expected), "{bad:?}: {why}");
    }
    assert!(parse(&format!("{}@example.org", "a".repeat(65))).is_err());
    assert!(parse(&format!("a@{}.org", "a.".repeat(130))).is_err());
}
