//! Who keeps inboxes and tells of them dies: gateways at every step with their clients, the API with what was read, and
//! schedulers with the members of a topic.

use super::processes::Action;
use super::{Fault, Scope, fault};

/// For each fault: in which runs it is, its name, what it does, and what the table says of it.
const FAULTS: &[(Scope, &str, Action, &str)] = &[
    (
        Scope::Short,
        "gateway at event_in_hand",
        Action::Gateway("gateway.event_in_hand:3"),
        "dies with an event of an inbox, before any client is told",
    ),
    (
        Scope::Full,
        "gateway at item_read",
        Action::Gateway("gateway.item_read:3"),
        "dies with the item of an event read, before any client is told",
    ),
    (
        Scope::Full,
        "gateway at missed_read",
        Action::Gateway("gateway.missed_read:8"),
        "dies with what a client has missed, before it is told",
    ),
    (
        Scope::Full,
        "gateway at resync_due",
        Action::GatewayThatMisses("gateway.resync_due:1"),
        "dies after a loss of the broker, before a client is told to ask anew",
    ),
    (
        Scope::Full,
        "gateway at seen_in_hand",
        Action::Gateway("gateway.seen_in_hand:1"),
        "dies with what a client has shown, before it is noted",
    ),
    (
        Scope::Full,
        "gateway at inbox_changed",
        Action::Gateway("inbox.changed_before_told:1"),
        "dies with what a client has shown committed, before anybody is told",
    ),
    (
        Scope::Full,
        "gateway at seen_noted",
        Action::Gateway("gateway.seen_noted:1"),
        "dies with what a client has shown noted and told, before the acknowledgement",
    ),
    (
        Scope::Full,
        "gateway at lease_held",
        Action::Gateway("gateway.lease_held:2"),
        "dies with its lease renewed and its clients noted",
    ),
    (
        Scope::Full,
        "gateway at present_noted",
        Action::Gateway("gateway.present_noted:5"),
        "dies while it notes who is connected",
    ),
    (
        Scope::Full,
        "gateway at farewell_told",
        Action::GatewayThatStops("gateway.farewell_told:1"),
        "dies with its farewell told, before it lets anybody go",
    ),
    (
        Scope::Full,
        "api at inbox_changed",
        Action::Api("inbox.changed_before_told:1"),
        "dies with an item read in the inbox, before anybody is told",
    ),
    (
        Scope::Full,
        "api at inbox answered",
        Action::Api("api.inbox_changed_before_response:1"),
        "dies before it can answer that an item is read",
    ),
    (
        Scope::Short,
        "scheduler at member_told",
        Action::Scheduler("scheduler.member_told:7"),
        "dies with some members of a topic told",
    ),
    (
        Scope::Full,
        "scheduler at page_told",
        Action::Scheduler("scheduler.page_told:1"),
        "dies with a page of a topic told, before that is noted",
    ),
    (
        Scope::Full,
        "scheduler at page_noted",
        Action::Scheduler("scheduler.page_noted:1"),
        "dies with a page of a topic noted, before the next",
    ),
    (
        Scope::Full,
        "scheduler at fan_out_ended",
        Action::Scheduler("scheduler.fan_out_ended:1"),
        "dies with a topic told, before the acknowledgement",
    ),
    (Scope::Short, "gateways killed", Action::KillGateways, "kill -9 of all to whom clients are connected"),
    (Scope::Full, "gateway stopped", Action::StopGateway, "SIGTERM with its clients connected: it says so and exits 0"),
    (
        Scope::Full,
        "gateway frozen",
        Action::FreezeGateway,
        "stands still for longer than its clients wait, and goes on",
    ),
];

pub(super) fn faults() -> Vec<Fault> {
    FAULTS
        .iter()
        .map(|(scope, name, action, description)| fault(*scope, name, super::Action::Process(*action), description))
        .collect()
}
