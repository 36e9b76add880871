//! What Twilio's error codes mean for us, where they say more than the HTTP status: whose fault an error is, and
//! whether to come back.
//!
//! Source: the error and warning dictionary, <https://www.twilio.com/docs/api/errors>, one page for each code. Twilio
//! splits new codes from old ones; a code that is not listed is judged by its status.

use crate::http::Verdict;

/// The settings that a request went by: an operator is pointed to them.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) sender: &'static str,
    pub(super) credentials: &'static str,
}

/// "Internal server error": the message may have been accepted, and a retry may send it twice (docs/api/errors/20500).
pub(super) const INTERNAL_ERROR: u32 = 20_500;

/// Too many messages from one sender to one number: no other recipient is affected.
pub(super) const PAIR: u32 = 14_107;

const ACCOUNT_OR_URL: Verdict = Verdict::OurAccount("TWILIO_ACCOUNT_SID and TWILIO_BASE_URL");
const SUSPENDED: Verdict = Verdict::OurAccount(
    "the account in Twilio's console: it is suspended, closed or out of funds; add funds, or ask Twilio's support",
);
const DISABLED: Verdict =
    Verdict::OurAccount("the account in Twilio's console: it may not send messages; ask Twilio's support");
const TRIAL: Verdict =
    Verdict::Ours("the account in Twilio's console: a trial account sends to verified numbers only, from its own");
const REPORTS: Verdict = Verdict::Ours("PUBLIC_URL: Twilio cannot call it to report how messages go on");
const SERVICE: Verdict = Verdict::Ours(
    "TWILIO_MESSAGING_SERVICE_SID, or TWILIO_WHATSAPP_MESSAGING_SERVICE_SID, or a TWILIO_FROM_NUMBER that begins with \
     MG: the messaging service does not exist, has no senders, or not the one that is set beside it",
);
const REGION: Verdict = Verdict::Ours(
    "the messaging geographic permissions in Twilio's console: this country is not enabled for the account",
);
const REGISTRATION: Verdict =
    Verdict::Ours("the registration of the sender in Twilio's console: carriers take no messages from it yet");
const WHATSAPP: Verdict = Verdict::Ours("TWILIO_WHATSAPP_FROM and the WhatsApp sender in Twilio's console");
const SANDBOX: Verdict = Verdict::Ours(
    "TWILIO_WHATSAPP_FROM: it is the number of Twilio's sandbox, which sends only to those who have joined it",
);

/// What a code means; none when the status decides.
pub(super) fn verdict(code: u32, used: Used) -> Option<Verdict> {
    Some(match code {
        // Too many requests to Twilio, from this sender or to this number; full queues; daily limits.
        20_429 | PAIR | 21_611 | 30_001 | 30_022 | 30_023 | 30_027 | 63_017 | 63_018 | 63_038 => Verdict::SlowDown,
        // Credentials: missing, wrong, without the permission, or those for tests.
        20_003 | 20_006 | 20_008 | 70_051 => Verdict::OurAccount(used.credentials),
        // There is no such account, or nothing that takes messages at this URL.
        20_004 | 20_404 => ACCOUNT_OR_URL,
        10_001 | 20_005 | 20_403 | 30_002 | 90_010 => SUSPENDED,
        20_010 => DISABLED,
        // A trial account writes to some recipients and not to others.
        10_002 | 21_607 | 21_608 | 572_002 | 572_005 => TRIAL,
        // The sender: not a number, not ours, not able to send messages, or not to that country.
        14_102 | 14_108 | 21_212 | 21_401 | 21_601 | 21_603 | 21_606 | 21_612 | 21_659 | 21_660 | 21_661 => {
            Verdict::Ours(used.sender)
        }
        21_701 | 21_703 | 21_704 | 21_705 | 21_711 | 30_124 | 30_127 => SERVICE,
        21_408 => REGION,
        21_609 => REPORTS,
        30_032 | 30_034 => REGISTRATION,
        63_001 | 63_002 | 63_007 | 63_008 | 63_020 | 63_101 | 63_112 => WHATSAPP,
        63_015 => SANDBOX,
        // The recipient: no such number, opted out, no mobile phone, not on WhatsApp, has blocked the sender, is in an
        // experiment of WhatsApp's.
        21_211 | 21_610 | 21_614 | 21_635 | 63_003 | 63_014 | 63_024 | 63_032 => Verdict::Permanent,
        // The message: too long, empty, its media, its template, or none where WhatsApp takes nothing else.
        21_602 | 21_617 | 21_619 | 21_620 | 21_623 | 21_654 | 21_655 | 21_656 | 63_016 | 92_005 => Verdict::Permanent,
        _ => return None,
    })
}

/// What to do about a code, where Twilio's own words do not say it in the terms of a notification. Each stands on the
/// page of its code, such as <https://www.twilio.com/docs/api/errors/21610>; 63024 and 63032 in
/// <https://www.twilio.com/docs/whatsapp/api/error-code-mapping>.
pub(super) fn advice(code: u32) -> Option<&'static str> {
    Some(match code {
        21_211 => "the destination is no phone number that exists",
        21_610 => "the recipient has unsubscribed from this sender: send nothing more until they answer START",
        21_614 | 21_635 => "the recipient's number takes no SMS, as that of a landline",
        21_620 => "data.media_urls has a URL that Twilio cannot read",
        21_655 => "data.content_sid is no template of this account: it was deleted, or belongs to another",
        21_656 => "data.content_variables do not fit the template",
        63_014 => "the recipient has blocked this sender: send nothing more until they write",
        63_016 => {
            "WhatsApp takes free words only within 24 hours of the recipient's last message: send an approved \
             template, as data.content_sid with data.content_variables"
        }
        63_024 => "the recipient is not on WhatsApp",
        63_032 => "WhatsApp keeps messages of this kind from this recipient, for an experiment of its own",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tests::page;

    const USED: Used = Used { sender: "TWILIO_FROM_NUMBER", credentials: "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" };

    /// The codes that mean our own fault, with what the operator is pointed to.
    #[test]
    fn what_is_wrong_on_our_side_points_to_a_setting_and_never_to_the_recipient() {
        for (codes, look_at) in [
            (&[20_003, 20_006, 20_008][..], "TWILIO_AUTH_TOKEN"),
            (&[20_004, 20_404], "TWILIO_BASE_URL"),
            (&[10_001, 20_005, 20_403, 30_002, 90_010], "add funds"),
            (&[20_010], "ask Twilio's support"),
            (&[21_608, 572_005], "trial account"),
            (&[21_212, 21_603, 21_606, 21_612, 21_659, 21_660, 21_661], "TWILIO_FROM_NUMBER"),
            (&[21_701, 21_703, 21_704, 21_705], "messaging service"),
            (&[21_711], "TWILIO_MESSAGING_SERVICE_SID"),
            (&[21_408], "geographic permissions"),
            (&[21_609], "PUBLIC_URL"),
            (&[63_002, 63_007, 63_112], "TWILIO_WHATSAPP_FROM"),
            (&[63_015], "sandbox"),
        ] {
            for code in codes {
                let Some(Verdict::Ours(text) | Verdict::OurAccount(text)) = verdict(*code, USED) else {
                    panic!("{code}")
                };
                assert!(text.contains(look_at), "{code}: {text}");
            }
        }
    }

    #[test]
    fn the_page_of_the_fake_lists_every_code() {
        let known = (0..1_000_000).filter(|code| *code == INTERNAL_ERROR || verdict(*code, USED).is_some());
        let known: BTreeSet<String> = known.map(|code| code.to_string()).collect();
        assert_eq!(page::codes_of("twilio"), known);
    }

    #[test]
    fn limits_come_back_and_recipients_do_not() {
        for code in [20_429, 14_107, 21_611, 30_001, 63_018] {
            assert_eq!(verdict(code, USED), Some(Verdict::SlowDown), "{code}");
        }
        for code in [21_211, 21_610, 21_614, 63_016] {
            assert_eq!(verdict(code, USED), Some(Verdict::Permanent), "{code}");
        }
        for code in [INTERNAL_ERROR, 20_001, 20_503, 0, u32::MAX] {
            assert_eq!(verdict(code, USED), None, "{code}: the status decides");
        }
    }

    #[test]
    fn what_is_wrong_with_a_message_or_its_recipient_is_not_tried_again() {
        for code in
            [21_602, 21_617, 21_619, 21_620, 21_623, 21_635, 21_654, 21_655, 21_656, 63_003, 63_014, 63_024, 63_032]
        {
            assert_eq!(verdict(code, USED), Some(Verdict::Permanent), "{code}");
        }
    }

    #[test]
    fn refused_credentials_point_to_those_that_were_used() {
        let key = Used { credentials: "TWILIO_API_KEY_SID", ..USED };
        for code in [20_003, 20_006, 20_008, 70_051] {
            assert_eq!(verdict(code, key), Some(Verdict::OurAccount("TWILIO_API_KEY_SID")), "{code}");
        }
    }

    #[test]
    fn an_account_that_sends_nothing_shuts_out_every_message_and_a_sender_or_a_country_does_not() {
        let is_account = |code| matches!(verdict(code, USED), Some(Verdict::OurAccount(_)));
        let of_account: [u32; 12] =
            [10_001, 20_003, 20_004, 20_005, 20_006, 20_008, 20_010, 20_403, 20_404, 30_002, 70_051, 90_010];
        let found: Vec<u32> = (0..1_000_000).filter(|code| is_account(*code)).collect();
        assert_eq!(found, of_account);
        for code in [10_002, 21_212, 21_408, 21_608, 30_034, 63_007, 63_112, 572_005] {
            assert!(matches!(verdict(code, USED), Some(Verdict::Ours(_))), "{code}");
        }
    }

    #[test]
    fn advice_is_given_of_what_is_final_and_says_what_a_publisher_can_do() {
        for (code, words) in [
            (21_610, "unsubscribed"),
            (21_614, "takes no SMS"),
            (21_655, "data.content_sid"),
            (21_656, "data.content_variables"),
            (63_016, "data.content_sid"),
            (63_024, "not on WhatsApp"),
        ] {
            assert!(advice(code).is_some_and(|advice| advice.contains(words)), "{code}");
        }
        for code in (0..100_000).filter(|code| advice(*code).is_some()) {
            assert_eq!(verdict(code, USED), Some(Verdict::Permanent), "{code}");
        }
    }
}
