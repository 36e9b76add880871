//! What the settings must be for the node that `chasqui up` starts by itself.

use runtime::settings::Reader;
use topology::BrokerSettings;

use super::Config;

/// The prefix of all names that the user of the private node may use (`rabbitmq/definitions.json`).
const PRIVATE: &str = "notifications.";

/// Refuses names that the private node would refuse, before the node is started.
pub(super) fn check_names(reader: &mut Reader, config: &Config) {
    if config.topology.broker.is_some() || BrokerSettings::are_given(reader) {
        return;
    }
    let names = &config.topology.names;
    for (setting, name) in [("AMQP_EXCHANGE", &names.exchange), ("AMQP_QUEUE", &names.queue)] {
        if reader.are_right(&[setting]) && !name.starts_with(PRIVATE) {
            reader.refuse(
                setting,
                format_args!(
                    "must begin with {PRIVATE} where `chasqui up` starts a node of its own, whose user may use no other \
                     names: choose such a name, or give a broker (AMQP_URL)"
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_of_the_private_node_may_use_these_names() {
        let definitions: serde_json::Value =
            serde_json::from_str(include_str!("../../../rabbitmq/definitions.json")).unwrap();
        let permissions = definitions["permissions"].as_array().unwrap();
        let user = permissions.iter().find(|one| one["user"] == "notifications_user").unwrap();
        let names = PRIVATE.replace('.', "\\.");
        for may in ["configure", "read"] {
            assert_eq!(user[may], format!("^{names}"), "{may}");
        }
        // By the default exchange it answers publishers that have named a queue for that.
        assert_eq!(user["write"], format!("^({names}|amq\\.default$)"));
    }
}
