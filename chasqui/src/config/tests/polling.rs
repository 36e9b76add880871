//! Who is asked for what people write needs what it is asked with, in the process that asks.

use super::*;

const POLL: (&str, &str) = ("TELEGRAM_POLL", "true");

#[test]
fn whoever_asks_needs_the_token_and_nobody_else_does() {
    let told = problems(Role::Dialog, &[POLL]);
    assert_eq!(told, ["TELEGRAM_BOT_TOKEN is not set: BotFather gives it"]);
    let wrong = [POLL, ("TELEGRAM_BOT_TOKEN", "hidden"), ("TELEGRAM_BASE_URL", "nowhere")];
    for (role, sandbox) in [(Role::Dialog, "off"), (Role::Up, "all"), (Role::Up, "missing")] {
        let told = problems(role, &[&wrong[..], &[("SANDBOX", sandbox)]].concat());
        assert_eq!(told.len(), 2, "{role:?} {sandbox}: {told:#?}");
        let names: Vec<_> = told.iter().map(|told| told.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(names, ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BASE_URL"], "{role:?} {sandbox}");
        assert!(!told.concat().contains("hidden"), "{told:#?}");
    }
    let right = [POLL, ("TELEGRAM_BOT_TOKEN", "4711:AAbb_cc")];
    for role in [Role::Dialog, Role::Up, Role::Api, Role::Scheduler] {
        assert_eq!(read(role, &right).expect("accepted").warnings, [""; 0], "{role:?}");
    }
    read(Role::Scheduler, &[POLL]).expect("accepted");
}

#[test]
fn a_webhook_beside_asking_is_warned_of() {
    let both = [POLL, ("TELEGRAM_BOT_TOKEN", "4711:AAbb_cc"), ("TELEGRAM_WEBHOOK_SECRET", "a-secret")];
    let told = read(Role::Dialog, &both).expect("accepted").warnings;
    let words = "TELEGRAM_WEBHOOK_SECRET is set beside TELEGRAM_POLL=true: ";
    assert!(told.len() == 1 && told[0].starts_with(words), "{told:#?}");
}
