//! A delivery that names its provider is carried by that one alone, or ends at once where nobody of that name carries its
//! channel here.

use domain::Reason;

use super::*;
use crate::testing::parts_preferring_another_to;

fn mail_by(provider: &str) -> String {
    format!(
        r#"{{"channel":"email","destination":"ana@example.com","subject":"Hola","message":"Hola","provider":"{provider}"}}"#
    )
}

#[tokio::test]
async fn the_provider_that_is_named_carries_it_though_another_is_preferred() {
    let mut mailbox = Mailbox::open().await;
    let parts = parts_preferring_another_to(mailbox.address).await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &mail_by("SMTP"))).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.provider.as_deref(), row.passed_over), (State::Sent, Some("smtp"), None));
    assert_eq!(mailbox.recipients(), [["ana@example.com"]]);
}

#[tokio::test]
async fn no_other_carries_it_where_the_one_that_is_named_does_not() {
    let mut mailbox = Mailbox::open().await;
    let mut parts = parts_preferring_another_to(mailbox.address).await;
    let mut copy = Copy::published(Some("d-1"), &mail_by("sendgrid"));
    for attempt in 1..=2 {
        assert_eq!(parts.consume(copy).await, Settlement::Ack);
        let row = parts.row("d-1").await.expect("a row");
        assert_eq!((row.state, row.attempt, row.provider.as_deref()), (State::Waiting, attempt, Some("sendgrid")));
        copy = Copy::of(parts.published().pop().expect("a retry"));
    }
    assert_eq!(mailbox.recipients().len(), 0);
}

#[tokio::test]
async fn a_name_by_which_nobody_carries_the_channel_here_ends_it_and_the_right_ones_are_told() {
    let mut parts = parts().await;
    for (id, provider, reason, told) in [
        ("d-1", "smpt", Reason::Unsupported, "/provider is an unknown provider; known are "),
        ("d-2", "twilio", Reason::Unsupported, "/provider does not carry email; known for it are smtp, sendgrid"),
        ("d-3", "sendgrid", Reason::ChannelNotConfigured, "/provider sendgrid does not carry email here: smtp may"),
    ] {
        parts.consume(Copy::published(Some(id), &mail_by(provider))).await;
        assert_eq!(parts.row(id).await.expect("a row").state, State::Dead);
        let letters = parts.published();
        let dead = letters[0].headers.dead.as_ref().expect("a letter");
        assert_eq!((letters.len(), dead.reason.as_str()), (1, reason.as_str()), "{}", dead.error);
        assert!(dead.error.contains(told), "{}", dead.error);
    }
}

#[tokio::test]
async fn the_sandbox_captures_it_for_whoever_is_named() {
    let parts = parts().await;
    let body = r#"{"channel":"sms","destination":"+12025550143","message":"Hola","provider":"twilio"}"#;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), body)).await, Settlement::Ack);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Captured);
}
