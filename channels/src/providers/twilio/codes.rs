//! What Twilio's error codes mean for us, where they say more than the HTTP status: whose fault an error is, and
//! whether to come back.
//!
//! Source: the error and warning dictionary, <https://www.twilio.com/docs/api/errors>, one page for each code. Twilio
//! splits new codes from old ones; a code that is not listed is judged by its status.

use crate::http::Verdict;

/// "Internal server error": the message may have been accepted, and a retry may send it twice (docs/api/errors/20500).
pub(super) const INTERNAL_ERROR: u32 = 20_500;

const ACCOUNT: Verdict = Verdict::Ours("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN");
const ACCOUNT_OR_URL: Verdict = Verdict::Ours("TWILIO_ACCOUNT_SID and TWILIO_BASE_URL");
const SUSPENDED: Verdict = Verdict::Ours("the account in Twilio's console: it is suspended, closed or out of funds");
const TRIAL: Verdict =
    Verdict::Ours("the account in Twilio's console: a trial account sends to verified numbers only, from its own");
const SERVICE: Verdict = Verdict::Ours("TWILIO_FROM_NUMBER: the messaging service does not exist or has no senders");
const REGION: Verdict = Verdict::Ours(
    "the messaging geographic permissions in Twilio's console: this country is not enabled for the account",
);
const REGISTRATION: Verdict =
    Verdict::Ours("the registration of the sender in Twilio's console: carriers take no messages from it yet");
const WHATSAPP: Verdict = Verdict::Ours("TWILIO_WHATSAPP_FROM and the WhatsApp sender in Twilio's console");
const SANDBOX: Verdict = Verdict::Ours(
    "TWILIO_WHATSAPP_FROM: it is the number of Twilio's sandbox, which sends only to those who have joined it",
);

/// What a code means; none when the status decides. `sender` is the setting that the message's sender comes from.
pub(super) fn verdict(code: u32, sender: &'static str) -> Option<Verdict> {
    Some(match code {
        // Too many requests to Twilio, from this sender or to this number; full queues; daily limits.
        20_429 | 14_107 | 21_611 | 30_001 | 30_022 | 30_023 | 30_027 | 63_017 | 63_018 | 63_038 => Verdict::SlowDown,
        // Credentials: missing, wrong, without the permission, or those for tests.
        20_003 | 20_004 | 20_006 | 20_008 | 70_051 => ACCOUNT,
        20_404 => ACCOUNT_OR_URL,
        10_001 | 20_005 | 20_010 | 20_403 | 30_002 | 90_010 => SUSPENDED,
        10_002 | 21_607 | 21_608 | 572_002 | 572_005 => TRIAL,
        // The sender: not a number, not ours, not able to send messages, or not to that country.
        14_102 | 14_108 | 21_212 | 21_401 | 21_601 | 21_603 | 21_606 | 21_612 | 21_659 | 21_660 | 21_661 => {
            Verdict::Ours(sender)
        }
        21_701 | 21_703 | 21_704 | 21_705 | 21_711 | 30_124 | 30_127 => SERVICE,
        21_408 => REGION,
        30_032 | 30_034 => REGISTRATION,
        63_001 | 63_002 | 63_007 | 63_008 | 63_020 | 63_101 | 63_112 => WHATSAPP,
        63_015 => SANDBOX,
        // The recipient: no such number, opted out, no mobile phone, not on WhatsApp; or the message itself.
        21_211 | 21_610 | 21_614 | 21_617 | 63_003 | 63_016 | 63_024 => Verdict::Permanent,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that mean our own fault, with what the operator is pointed to.
    #[test]
    fn what_is_wrong_on_our_side_points_to_a_setting_and_never_to_the_recipient() {
        for (codes, look_at) in [
            (&[20_003, 20_006, 20_008][..], "TWILIO_AUTH_TOKEN"),
            (&[20_404], "TWILIO_BASE_URL"),
            (&[10_001, 20_005, 20_403], "out of funds"),
            (&[21_608, 572_005], "trial account"),
            (&[21_212, 21_603, 21_606, 21_612, 21_659, 21_660, 21_661], "TWILIO_FROM_NUMBER"),
            (&[21_701, 21_703, 21_704, 21_705], "messaging service"),
            (&[21_408], "geographic permissions"),
            (&[63_002, 63_007, 63_112], "TWILIO_WHATSAPP_FROM"),
            (&[63_015], "sandbox"),
        ] {
            for code in codes {
                let Some(Verdict::Ours(text)) = verdict(*code, "TWILIO_FROM_NUMBER") else { panic!("{code}") };
                assert!(text.contains(look_at), "{code}: {text}");
            }
        }
    }

    #[test]
    fn limits_come_back_and_recipients_do_not() {
        for code in [20_429, 14_107, 21_611, 30_001, 63_018] {
            assert_eq!(verdict(code, "x"), Some(Verdict::SlowDown), "{code}");
        }
        for code in [21_211, 21_610, 21_614, 63_016] {
            assert_eq!(verdict(code, "x"), Some(Verdict::Permanent), "{code}");
        }
        for code in [INTERNAL_ERROR, 20_001, 20_503, 0, u32::MAX] {
            assert_eq!(verdict(code, "x"), None, "{code}: the status decides");
        }
    }
}
