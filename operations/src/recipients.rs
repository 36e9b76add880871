//! By which hashes the ledger knows somebody of a channel, however their address was written.

use std::collections::BTreeSet;

use domain::{ChannelName, RecipientHash, RecipientHasher};

/// The hash under which a recipient is kept from now on.
pub fn recipient_of(channel: &ChannelName, destination: &str, recipients: &RecipientHasher) -> RecipientHash {
    recipients.hash(&media::compared(channel, destination))
}

/// Every hash under which the ledger may hold a recipient: of the form that is compared, and as it is written.
pub fn every_recipient(channel: &ChannelName, destination: &str, recipients: &RecipientHasher) -> Vec<RecipientHash> {
    let forms = BTreeSet::from([media::compared(channel, destination), destination.to_owned()]);
    forms.iter().flat_map(|form| recipients.every_hash(form)).collect()
}
