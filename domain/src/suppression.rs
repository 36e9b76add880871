//! Who is not written to any more: why, how much of it is stopped, and until when.

use std::fmt;

use crate::identity::suppression_id;
use crate::{ChannelName, Lane, RecipientHash, RecipientHasher, Tenant, Timestamp};

/// Why a recipient is on the suppression list. A recipient may be there for several reasons, each with an entry of its
/// own: lifting one leaves the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SuppressedFor {
    /// The recipient has called a message spam.
    Complaint,
    /// The address does not exist, as its mail server or the provider says.
    HardBounce,
    /// The address has refused again and again for a reason that may pass.
    SoftBounce,
    /// The recipient wants no more of what is not about their own account.
    Unsubscribe,
    /// The recipient has answered STOP or its like, or blocked our bot.
    Stop,
    /// The device, the installation, the browser or the chat is no longer there.
    Gone,
    /// The recipient is on the provider's own list, and must be taken off that list as well.
    Provider,
    /// An operator said so.
    Manual,
}

/// How much is stopped, the narrowest first: a wider scope stops everything that a narrower one stops. The lane says what
/// a delivery is: publishers choose it by `priority`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SuppressionScope {
    /// What is sent on the lane bulk, and every mail of a list.
    Marketing,
    /// Everything but the lane urgent, which is for what must arrive, such as codes and security alerts.
    AllButUrgent,
    /// Everything.
    All,
}

/// One entry of the suppression list.
#[derive(Clone, PartialEq, Debug)]
pub struct Suppression {
    /// The entry's own id.
    pub id: String,
    pub tenant: Tenant,
    pub channel: ChannelName,
    /// The keyed hash of the destination in the form in which its medium compares destinations.
    pub recipient: RecipientHash,
    pub recipient_mask: String,
    pub reason: SuppressedFor,
    pub scope: SuppressionScope,
    pub since: Timestamp,
    /// After this time the entry stops nothing. None until somebody lifts it.
    pub until: Option<Timestamp>,
    /// Who has put the recipient on the list.
    pub by: String,
    /// Whatever they had to say about it.
    pub note: Option<String>,
}

/// Under which names the recipient of a delivery may be on the list, and what the delivery is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listed {
    pub recipient: RecipientHash,
    /// The same under the secret before this one.
    pub recipient_before: Option<RecipientHash>,
    /// The narrowest scope that stops the delivery.
    pub narrowest: SuppressionScope,
}

impl Suppression {
    /// The id of the entry of this recipient for this reason.
    pub fn id_of(tenant: &Tenant, channel: &ChannelName, recipient: RecipientHash, reason: SuppressedFor) -> String {
        suppression_id(tenant, channel.as_str(), reason.as_str(), recipient.as_bytes())
    }
}

impl Listed {
    /// `compared` is the destination in the form in which its medium compares destinations. A mail of a list is marketing
    /// on any lane: whoever has left the list gets no more of it.
    pub fn of(hasher: &RecipientHasher, compared: &str, lane: Lane, is_of_a_list: bool) -> Self {
        let narrowest = if is_of_a_list { SuppressionScope::Marketing } else { SuppressionScope::narrowest_of(lane) };
        Self { recipient: hasher.hash(compared), recipient_before: hasher.hash_before(compared), narrowest }
    }
}

impl SuppressedFor {
    pub const ALL: [Self; 8] = [
        Self::Complaint,
        Self::HardBounce,
        Self::SoftBounce,
        Self::Unsubscribe,
        Self::Stop,
        Self::Gone,
        Self::Provider,
        Self::Manual,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complaint => "complaint",
            Self::HardBounce => "hard_bounce",
            Self::SoftBounce => "soft_bounce",
            Self::Unsubscribe => "unsubscribe",
            Self::Stop => "stop",
            Self::Gone => "gone",
            Self::Provider => "provider",
            Self::Manual => "manual",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// What is stopped unless somebody says otherwise.
    pub const fn usual_scope(self) -> SuppressionScope {
        match self {
            Self::Complaint => SuppressionScope::AllButUrgent,
            Self::Unsubscribe => SuppressionScope::Marketing,
            Self::HardBounce | Self::SoftBounce | Self::Stop | Self::Gone | Self::Provider | Self::Manual => {
                SuppressionScope::All
            }
        }
    }

    /// Whether a delivery may go on by its fallback: where the address is of no use, another one may be. Where a person
    /// does not want it, nobody evades that by another channel.
    pub(crate) const fn allows_fallback(self) -> bool {
        matches!(self, Self::HardBounce | Self::SoftBounce | Self::Gone)
    }
}

impl fmt::Display for SuppressedFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl SuppressionScope {
    pub const ALL: [Self; 3] = [Self::Marketing, Self::AllButUrgent, Self::All];

    /// The narrowest scope that stops a delivery on this lane.
    pub const fn narrowest_of(lane: Lane) -> Self {
        match lane {
            Lane::Bulk => Self::Marketing,
            Lane::Normal => Self::AllButUrgent,
            Lane::Urgent => Self::All,
        }
    }

    /// How wide it is, as the ledger stores and compares it.
    pub const fn breadth(self) -> i64 {
        match self {
            Self::Marketing => 1,
            Self::AllButUrgent => 2,
            Self::All => 3,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::AllButUrgent => "all_but_urgent",
            Self::Marketing => "marketing",
        }
    }
}

impl fmt::Display for SuppressionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_as_it_is_written() {
        for reason in SuppressedFor::ALL {
            assert_eq!(SuppressedFor::parse(reason.as_str()), Some(reason));
        }
        assert_eq!((SuppressedFor::parse("Complaint"), SuppressedFor::parse("")), (None, None));
    }

    #[test]
    fn a_wider_scope_stops_all_that_a_narrower_one_stops() {
        use SuppressionScope::{All, AllButUrgent, Marketing};
        for (scope, stopped) in
            [(Marketing, &[Lane::Bulk][..]), (AllButUrgent, &[Lane::Normal, Lane::Bulk]), (All, &Lane::ALL)]
        {
            let stops = |lane: &Lane| scope.breadth() >= SuppressionScope::narrowest_of(*lane).breadth();
            let found: Vec<Lane> = Lane::ALL.into_iter().filter(stops).collect();
            assert_eq!(found, stopped, "{scope}");
        }
    }

    #[test]
    fn what_a_person_does_not_want_goes_to_no_other_channel() {
        use SuppressedFor::{Complaint, Manual, Provider, Stop, Unsubscribe};
        for reason in [Complaint, Unsubscribe, Stop, Provider, Manual] {
            assert!(!reason.allows_fallback(), "{reason}");
        }
    }
}
