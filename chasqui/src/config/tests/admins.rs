//! Who administrates by Telegram, and what the bot is called: nobody is let in by a slip.

use super::*;

#[test]
fn administrators_are_numbers_of_accounts_each_once_and_nobody_by_default() {
    for (text, expected) in [("", ""), ("4711", "4711"), (" 4711, 4712 ,4711,", "4711 4712"), (",,", "")] {
        let config = read(Role::Dialog, &[("ADMINS_TELEGRAM_IDS", text)]).expect("right");
        assert_eq!(config.dialog.admins.join(" "), expected, "{text:?}");
    }
}

#[test]
fn what_is_no_number_of_an_account_is_refused() {
    for wrong in ["ana", "@ana", "-1004711", "0", "04711", "4711;4712", "4711 4712", "+4711", "99999999999999999999"] {
        let problems = problems(Role::Dialog, &[("ADMINS_TELEGRAM_IDS", wrong)]);
        assert_eq!(problems.len(), 1, "{wrong}: {problems:?}");
        assert!(
            problems[0].starts_with("ADMINS_TELEGRAM_IDS must be numbers") && !problems[0].contains(wrong),
            "{wrong}"
        );
    }
    let many = (1..=51).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(problems(Role::Dialog, &[("ADMINS_TELEGRAM_IDS", &many)]), ["ADMINS_TELEGRAM_IDS must be at most 50"]);
}

#[test]
fn a_bot_has_the_name_that_it_was_given_with_or_without_its_mark() {
    for name in ["acme_bot", "@acme_bot"] {
        let config = read(Role::Dialog, &[("TELEGRAM_BOT_NAME", name)]).expect("right");
        assert_eq!(config.dialog.bot_name.as_deref(), Some("acme_bot"));
    }
    assert_eq!(read(Role::Dialog, &[]).expect("right").dialog.bot_name, None);
    for wrong in ["bot", "acme bot", "t.me/acme_bot", "acme-bot"] {
        let problems = problems(Role::Dialog, &[("TELEGRAM_BOT_NAME", wrong)]);
        assert_eq!(problems.len(), 1, "{wrong}: {problems:?}");
        assert!(problems[0].starts_with("TELEGRAM_BOT_NAME must be the name"), "{problems:?}");
    }
}
