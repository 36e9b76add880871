//! What people type, and what is read of it.

use super::*;

/// The line as it was read, the reason why not, or that it is none of ours.
fn read(text: &str) -> String {
    match CommandLine::parse(text, "Chasqui_bot") {
        None => "none".into(),
        Some(Err(error)) => error.to_string(),
        Some(Ok(CommandLine { service, action, arguments })) => {
            let arguments = arguments.iter().map(|(name, value)| format!(" {name}=[{value}]"));
            format!("{service} {action}{}", arguments.collect::<String>())
        }
    }
}

#[test]
fn a_line_has_a_service_an_action_and_arguments() {
    for (text, expected) in [
        ("/cmd trading.strategy.pause strategy_id=btc-arb-01", "trading strategy.pause strategy_id=[btc-arb-01]"),
        ("  /cmd\n trading.stop  a=1\tb=2 \n", "trading stop a=[1] b=[2]"),
        ("/cmd trading.stop", "trading stop"),
        ("/cmd trading", "trading "),
        ("/Cmd trading.stop", "trading stop"),
        ("/cmd@chasqui_BOT trading.stop a=1", "trading stop a=[1]"),
        (r#"/cmd t.say text="a \"b\" \\ c" to='d "e" \f'"#, r#"t say text=[a "b" \ c] to=[d "e" \f]"#),
        ("/cmd t.say text=“a b” to=‘c d’ x=„e f“ y=”g”", "t say text=[a b] to=[c d] x=[e f] y=[g]"),
        (
            "/cmd t.say name=O'Brien url=https://a/?b=c empty= none=\"\"",
            "t say name=[O'Brien] url=[https://a/?b=c] empty=[] none=[]",
        ),
        ("/cmd t.say text=\"two\nlines\"", "t say text=[two\nlines]"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn a_tenant_may_stand_before_the_service() {
    for (text, expected, service) in
        [("/cmd acme/trading.stop a=b/c", Some("acme"), "trading"), ("/cmd trading.stop a=b/c", None, "trading")]
    {
        let (tenant, line) = CommandLine::parse(text, "bot").unwrap().unwrap().of_a_tenant();
        assert_eq!((tenant.as_deref(), line.service.as_str(), line.action.as_str()), (expected, service, "stop"));
        assert_eq!(line.arguments, [("a".to_owned(), "b/c".to_owned())]);
    }
}

#[test]
fn what_is_no_command_of_ours_is_left_alone() {
    for text in [
        "",
        "hello",
        "cmd trading.stop",
        "/cmñ trading.stop",
        "/cmdx trading.stop",
        "/cmd@other_bot trading.stop",
        "/cmd@ trading.stop",
        "/help",
    ] {
        assert_eq!(read(text), "none", "{text}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    for (text, expected) in [
        ("/cmd", "names no command: write /cmd service.action key=value"),
        ("/cmd a=1", "names no command: write /cmd service.action key=value"),
        ("/cmd .stop", "names no command: write /cmd service.action key=value"),
        ("/cmd acme/", "names no command: write /cmd service.action key=value"),
        ("/cmd acme/.stop", "names no command: write /cmd service.action key=value"),
        ("/cmd /trading.stop", "names no command: write /cmd service.action key=value"),
        (
            "/cmd t.stop now a=1 a=2 b!=3",
            "/now has no value: write name=value, and quotes around a value with spaces; /a is given twice; \
             /b! is no name of an argument",
        ),
        ("/cmd t.stop a=\"b", "/a has no closing quote"),
        ("/cmd t.stop a=\"b\"c", "/a goes on behind its closing quote"),
        (r#"/cmd t.stop a="\n""#, "/a has a backslash before something else than a quote or a backslash"),
        ("/cmd t.stop +12025550143=1", "/*** is no name of an argument"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    assert_eq!(read(&format!("/cmd t.stop a={}", "b".repeat(20_000))), "is too long");
    let many: String = (0..60).map(|n| format!(" a{n}=1")).collect();
    assert_eq!(read(&format!("/cmd t.stop{many}")), "has more than 50 arguments");
}
