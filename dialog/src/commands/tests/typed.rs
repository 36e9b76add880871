//! What people are told who type what cannot be done as they have typed it.

use super::*;

#[tokio::test]
async fn people_are_told_what_they_may_and_what_is_wrong() {
    let mut parts = parts_with(services()).await;
    for (text, expected) in [
        ("/help", "You may ask for:\n/cmd trading.look\n/cmd trading.stop id=text (is confirmed)"),
        ("/cmd tradin.stop", "Not done: there is no service tradin; do you mean trading? There is trading."),
        ("/cmd vault.open", "Not done: you may not have vault.open done."),
        ("/cmd", "Write /cmd service.action name=value; /help says what there is."),
    ] {
        parts.says("telegram", words(&format!("m-{text}"), ADMIN, text)).await;
        let published = parts.published();
        let told = by(&published, "telegram");
        assert_eq!((told.len(), &told[0]["message"]), (1, &json!(expected)), "{text}");
    }
}

#[tokio::test]
async fn somebody_of_several_tenants_says_for_which_where_more_than_one_would_do() {
    let mut parts = parts_with(services()).await;
    let dan = parts.knows("dan", &[], &[("telegram", "8")]).await;
    let of_acme = store::Contact { key: testkit::key_of("acme", "dan"), ..dan };
    parts.shared.intake.store.put_contact(&of_acme, &testkit::told()).await.unwrap();
    for (text, expected) in [
        ("/cmd shared.look", "Not done: it may be for default, acme: write /cmd default/shared.look."),
        ("/cmd nowhere/shared.look", "Not done: you are not of nowhere; you are of default, acme."),
        (
            "/cmd acmee/shared.look",
            "Not done: you are not of acmee; you are of default, acme; do you mean acme/shared.look?",
        ),
        ("/cmd shared/look", "Not done: you are not of shared; you are of default, acme; do you mean shared.look?"),
        ("/cmd acme/trading.look", "Not done: there is no service trading; there is shared."),
        ("/cmd acme/", "Write /cmd service.action name=value; /help says what there is."),
        ("/help", "You may ask for:\n/cmd default/shared.look\n/cmd acme/shared.look"),
        ("/cmd acme/shared.look", "shared.look is on its way."),
    ] {
        parts.says("telegram", words(&format!("m-{text}"), "8", text)).await;
        let published = parts.published();
        assert_eq!(by(&published, "telegram")[0]["message"], json!(expected), "{text}");
        let dispatched = by(&published, "service");
        assert_eq!(dispatched.len(), usize::from(text == "/cmd acme/shared.look"), "{text}");
        assert!(dispatched.iter().all(|body| body["tenant"] == "acme"), "{dispatched:?}");
    }
}

#[tokio::test]
async fn a_slip_of_a_command_is_answered_with_what_there_is() {
    const THERE_IS: &str = "You may ask for:\n/cmd trading.look\n/cmd trading.stop id=text (is confirmed)";
    let mut parts = parts_with(services()).await;
    for (text, before, heard) in [
        ("/cmdd trading.look", "Not done: there is no command /cmdd; do you mean /cmd?\n", ""),
        ("/hlep", "Not done: there is no command /hlep; do you mean /help?\n", ""),
        ("/hel@acme_bot", "Not done: there is no command /hel; do you mean /help?\n", ""),
        ("/weather", "Not done: there is no command /weather.\n", "telegram.inbound"),
        ("/start", "", ""),
        ("Ayuda", "", ""),
    ] {
        parts.says("telegram", words(&format!("m-{text}"), ADMIN, text)).await;
        let published = parts.published();
        let told = by(&published, "telegram");
        assert_eq!((told.len(), &told[0]["message"]), (1, &json!(format!("{before}{THERE_IS}"))), "{text}");
        assert_eq!(names(&published), heard, "{text}");
    }
    for (who, text) in [
        ("9", "/hlep"),
        ("9", "/start"),
        (ADMIN, "/hlep@other_bot"),
        (ADMIN, "help me"),
        (ADMIN, "/etc/hosts"),
        (ADMIN, "/start promotion"),
    ] {
        parts.says("telegram", words(&format!("n-{text}"), who, text)).await;
        let published = parts.published();
        assert_eq!((names(&published).as_str(), published.deliveries.len()), ("telegram.inbound", 0), "{text}");
    }
}
