//! What the error codes of Meta's Cloud API mean for us, where they say more than the HTTP status: whose fault an error
//! is, and whether to come back.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>. A code that is not listed is
//! judged by its status.

use std::time::Duration;

use crate::http::Verdict;

const TOKEN: Verdict = Verdict::OurAccount(
    "WHATSAPP_CLOUD_ACCESS_TOKEN: it is wrong, has expired, or its user may not send for WHATSAPP_CLOUD_PHONE_NUMBER_ID",
);
const SENDER: Verdict = Verdict::OurAccount(
    "WHATSAPP_CLOUD_PHONE_NUMBER_ID: there is no such number, it is not registered, or not that of \
     WHATSAPP_CLOUD_ACCESS_TOKEN",
);
const LOCKED: Verdict = Verdict::OurAccount(
    "the account in Meta's WhatsApp Manager: it is locked, restricted or disabled; Meta's Business Support says why, and \
     takes appeals",
);
const PAYMENT: Verdict = Verdict::OurAccount(
    "the payment of the account in Meta's WhatsApp Manager: a method of payment is missing or refused, or its limit is \
     reached",
);
const COUNTRY: Verdict =
    Verdict::Ours("the account in Meta's WhatsApp Manager: Meta does not let it write to people in this country");
const TEST_NUMBER: Verdict = Verdict::Ours(
    "WHATSAPP_CLOUD_PHONE_NUMBER_ID: it is a number for tests, which sends only to those who are on its list",
);

/// "Object does not exist, or cannot be loaded due to missing permissions", of code 100.
const NO_SUCH_OBJECT: u64 = 33;

/// "Too many messages sent from this phone number to the same phone number": one in 6 seconds is allowed
/// (<https://developers.facebook.com/docs/whatsapp/cloud-api/overview#pair-rate-limits>).
pub(super) const PAIR: u64 = 131_056;
const PAIR_WAIT: Duration = Duration::from_secs(6);

/// What a code means; none when the status decides.
pub(super) fn verdict(code: u64, subcode: Option<u64>) -> Option<Verdict> {
    Some(match code {
        // Too many calls, messages, messages to this recipient, or messages that people have blocked or reported.
        4 | 613 | 80_007 | 130_429 | 131_048 | PAIR | 131_064 => Verdict::SlowDown,
        // Meta is not well, or under maintenance.
        1 | 2 | 131_000 | 131_016 | 131_057 | 133_004 | 135_000 => Verdict::Outage,
        0 | 3 | 10 | 190 | 200..=299 | 131_005 => TOKEN,
        33 | 131_037 | 131_045 | 133_006 | 133_010 => SENDER,
        100 if subcode == Some(NO_SUCH_OBJECT) => SENDER,
        368 | 131_031 => LOCKED,
        131_042 => PAYMENT,
        // Other countries are written to as before.
        130_497 => COUNTRY,
        131_030 => TEST_NUMBER,
        _ => return refusal(code).map(Verdict::Refused).or_else(|| is_permanent(code).then_some(Verdict::Permanent)),
    })
}

/// What is refused for good, with what whoever published the message must know.
fn refusal(code: u64) -> Option<&'static str> {
    Some(match code {
        131_026 => "WhatsApp cannot deliver to this recipient: not on WhatsApp, or with an app that is too old",
        131_047 => {
            "WhatsApp takes free words only within 24 hours of the recipient's last message: send an approved template, \
             as data.whatsapp_template"
        }
        131_049 => "WhatsApp keeps marketing from this recipient for now: not again within 24 hours",
        131_050 => "the recipient has stopped marketing from this sender: send no more of it",
        131_053 => "data.media_urls has a URL that WhatsApp cannot read",
        131_062 => "WhatsApp sends such a message to a phone number alone, and not to the id of a person",
        130_472 => "WhatsApp keeps messages of this kind from this recipient, for an experiment of its own",
        132_000 | 132_012 | 132_018 => "what data.whatsapp_template has for the places of the template does not fit it",
        132_001 => "data.whatsapp_template is no template of this account in that language",
        132_005 => "data.whatsapp_template has a text that is too long for its place",
        132_007 | 132_015 | 132_016 => {
            "WhatsApp has rejected, paused or disabled the template of data.whatsapp_template"
        }
        _ => return None,
    })
}

/// The recipient is the sender; a message, a parameter or a type that WhatsApp does not take.
fn is_permanent(code: u64) -> bool {
    matches!(code, 131_008 | 131_009 | 131_021 | 131_051 | 132_008 | 132_068 | 132_069)
}

/// How long the limit of a code lasts, where an answer names no time.
pub(super) fn wait(code: u64) -> Option<Duration> {
    (code == PAIR).then_some(PAIR_WAIT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tests::page;

    fn kind(code: u64, subcode: Option<u64>) -> &'static str {
        match verdict(code, subcode) {
            Some(Verdict::SlowDown) => "slow down",
            Some(Verdict::Outage) => "outage",
            Some(Verdict::Ours(_)) => "ours",
            Some(Verdict::OurAccount(_)) => "account",
            Some(Verdict::Permanent | Verdict::Refused(_)) => "permanent",
            None => "status",
        }
    }

    #[test]
    fn every_code_that_is_known_has_the_verdict_of_its_class() {
        for (codes, expected) in [
            (&[4, 613, 80_007, 130_429, 131_048, 131_056, 131_064][..], "slow down"),
            (&[1, 2, 131_000, 131_016, 131_057, 133_004, 135_000], "outage"),
            (
                &[0, 3, 10, 33, 190, 200, 299, 368, 131_005, 131_031, 131_037, 131_042, 131_045, 133_006, 133_010],
                "account",
            ),
            (&[130_497, 131_030], "ours"),
            (&[131_008, 131_009, 131_021, 131_026, 131_047, 131_049, 131_050, 131_051, 131_053, 131_062], "permanent"),
            (&[130_472, 132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_018], "permanent"),
            (&[100, 300, 5, 131_999, u64::MAX], "status"),
        ] {
            for code in codes {
                assert_eq!(kind(*code, None), expected, "{code}");
            }
        }
        assert_eq!((kind(100, Some(33)), kind(100, Some(2_494_010))), ("account", "status"));
    }

    #[test]
    fn the_page_of_the_fake_lists_every_code() {
        let known = (0..1_000_000).filter(|code| verdict(*code, None).is_some());
        let known: BTreeSet<String> = known.map(|code| code.to_string()).collect();
        assert_eq!(page::codes_of("whatsapp_cloud"), known);
    }

    #[test]
    fn what_is_wrong_on_our_side_points_to_a_setting_or_to_the_account() {
        for (code, look_at) in [
            (190, "WHATSAPP_CLOUD_ACCESS_TOKEN"),
            (10, "may not send"),
            (133_010, "WHATSAPP_CLOUD_PHONE_NUMBER_ID"),
            (131_030, "tests"),
            (131_042, "method of payment"),
            (131_031, "appeals"),
            (368, "Business Support"),
            (130_497, "this country"),
        ] {
            let Some(Verdict::Ours(text) | Verdict::OurAccount(text)) = verdict(code, None) else { panic!("{code}") };
            assert!(text.contains(look_at), "{code}: {text}");
        }
    }

    #[test]
    fn only_the_pair_of_two_numbers_has_a_wait_of_its_own() {
        assert_eq!([131_056, 130_429, 4].map(wait), [Some(Duration::from_secs(6)), None, None]);
    }
}
