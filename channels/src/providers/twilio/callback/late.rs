//! What the error codes mean with which Twilio reports that a message failed after it was accepted.
//!
//! Source: the error and warning dictionary, <https://www.twilio.com/docs/api/errors>, one page for each code.

use super::super::codes::{self, Used};
use crate::http::Verdict;

/// The settings to look at where a code is about them: a report does not say what its message was sent with.
const USED: Used = Used {
    sender: "TWILIO_FROM_NUMBER, TWILIO_WHATSAPP_FROM and the messaging services",
    credentials: "TWILIO_ACCOUNT_SID and its credentials",
};

/// What a late failure means for the delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Late {
    pub(super) retriable: bool,
    /// Something is wrong on our side.
    pub(super) alarm: bool,
}

/// A code that nobody knows is not tried again: each try is paid for, and the carrier has had the message.
pub(super) fn late(code: Option<u32>) -> Late {
    let Some(code) = code else { return Late { retriable: false, alarm: false } };
    let retriable = matches!(
        code,
        // The phone is off or out of reach; a reason that the carrier does not tell; a part of the message was lost;
        // the carrier's network is full, or did not answer in time.
        30_003 | 30_008 | 30_009 | 30_017 | 30_410
    );
    let alarm = matches!(
        code,
        // The price that is allowed is too low; the destination's carrier, or the campaign, asks for a registration.
        30_010 | 30_018 | 30_033 | 30_035
    );
    match codes::verdict(code, USED) {
        Some(Verdict::Ours(_) | Verdict::OurAccount(_)) => Late { retriable: true, alarm: true },
        Some(Verdict::SlowDown | Verdict::Outage) => Late { retriable: true, alarm: false },
        Some(Verdict::Permanent | Verdict::Refused(_)) => Late { retriable: false, alarm: false },
        None => Late { retriable: retriable || alarm, alarm },
    }
}

/// What to do about a code, in the terms of a notification.
pub(super) fn advice(code: u32) -> Option<&'static str> {
    Some(match code {
        30_003 => "the phone is off, out of reach, or a landline",
        30_004 => "the recipient's number has blocked messages",
        30_005 => "there is no such number any more",
        30_006 => "the number is a landline, or its carrier takes no SMS",
        30_007 => "the carrier has filtered the message: do not send the same words again",
        30_008 => "the carrier gives no reason",
        30_036 | 30_024 => "it was not delivered before it expired",
        _ => return codes::advice(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_failure_is_tried_again_where_another_try_may_help() {
        for (codes, retriable, alarm) in [
            (&[30_003, 30_008, 30_009, 30_017, 30_410, 30_001, 63_018, 20_429][..], true, false),
            (&[30_002, 30_010, 30_018, 30_034, 21_408, 63_007], true, true),
            (
                &[30_004, 30_005, 30_006, 30_007, 30_011, 30_019, 30_036, 30_450, 21_211, 21_610, 63_016, 63_024],
                false,
                false,
            ),
            (&[0, 99_999, u32::MAX], false, false),
        ] {
            for code in codes {
                assert_eq!(late(Some(*code)), Late { retriable, alarm }, "{code}");
            }
        }
        assert_eq!(late(None), Late { retriable: false, alarm: false });
    }

    #[test]
    fn advice_says_what_a_publisher_can_do() {
        for (code, words) in [(30_005, "no such number"), (30_007, "same words"), (21_610, "START")] {
            assert!(advice(code).is_some_and(|advice| advice.contains(words)), "{code}");
        }
        assert_eq!(advice(30_999), None);
    }
}
