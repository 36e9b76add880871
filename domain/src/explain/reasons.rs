//! What each reason means, and what to do about it.

use crate::{COMMAND_IS_OVER, Reason, SuppressedFor, Tenant};

/// What has happened, and then what to do.
pub(super) const fn of_a_letter(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::DecodeError => {
            ("its body could not be read", "Correct the publisher, and publish a corrected message.")
        }
        Reason::Unsupported => (
            "its version is newer than this fleet, or its channel is unknown",
            "Upgrade and move it back, or publish it with another channel.",
        ),
        Reason::ChannelNotConfigured => {
            ("its channel is not enabled here", "Set the channel's credentials, then move it back.")
        }
        Reason::Permanent => {
            ("it was refused for good", "Correct the destination or the content, and publish it anew.")
        }
        Reason::Exhausted => ("every attempt of its budget failed", "Move it back once the provider works."),
        Reason::Ambiguous => {
            ("it may have gone out, and the policy says hold", "Look with the provider; move it back to send it again.")
        }
        Reason::ThrottledTooLong => (
            "no provider took it for as long as that may last",
            "Raise the rate with the provider, or see its status page, then move it back.",
        ),
        Reason::Template => (
            "its template is unknown, has no words for the channel, or misses a variable",
            "Correct the template or the data.",
        ),
        Reason::AttachmentUnavailable => (
            "a file that it names is not there, not its tenant's, or too large with the others",
            "Store the file, and publish it anew with the name that it has then.",
        ),
        Reason::IdConflict => ("its id is known with another body", "Publish the new content under an id of its own."),
        Reason::RedeliveredTooOften => (
            "it was delivered again and again without an end, because workers die while they hold it",
            "Find out why in their logs, then move it back.",
        ),
        Reason::InternalError => ("of a fault of ours", "See the error and the log, then move it back."),
    }
}

/// What is to be done about a letter of this reason. Empty where its error says so itself.
pub(super) fn what_to_do(reason: Reason, error: &str) -> &'static str {
    if says_so_itself(error) { "" } else { of_a_letter(reason).1 }
}

/// Whether what is to be done stands in the error of a letter, and is something else than for others of its reason.
pub(super) fn says_so_itself(error: &str) -> bool {
    error.contains(COMMAND_IS_OVER)
}

/// What a command of `chasqui` needs to be about this tenant.
pub(super) fn of_tenant(tenant: &Tenant) -> String {
    if *tenant == Tenant::default() { String::new() } else { format!(" --tenant {}", tenant.as_str()) }
}

/// Why somebody is on the suppression list.
pub(super) const fn of_the_list(reason: SuppressedFor) -> &'static str {
    match reason {
        SuppressedFor::Complaint => "the recipient has called a message spam",
        SuppressedFor::HardBounce => "the address does not exist",
        SuppressedFor::SoftBounce => "the address refuses again and again",
        SuppressedFor::Unsubscribe => "the recipient wants no more of the list",
        SuppressedFor::Stop => "the recipient has answered STOP, or blocked our bot",
        SuppressedFor::Gone => "the device, the installation, the browser or the chat is no longer there",
        SuppressedFor::Provider => "the recipient is on the provider's own list, which must be cleared as well",
        SuppressedFor::Manual => "an operator said so",
    }
}
