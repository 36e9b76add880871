//! What the exchanges, queues and routing keys are named after, and what a broker refuses in such a name.

use topology::Names;

use super::Config;
use super::broker::NAMES as BROKER_NAMES;
use super::reader::Reader;

/// AMQP counts a name in one byte, and `.scheduled` goes behind a stem.
const MOST_BYTES: usize = 255 - ".scheduled".len();
/// RabbitMQ refuses to declare what begins so.
const RESERVED: &str = "amq.";
/// The user of the private node may use no other names (`rabbitmq/definitions.json`).
const PRIVATE: &str = "notifications.";

pub(super) fn read(reader: &mut Reader) -> Names {
    let names = Names {
        exchange: reader.required_text("AMQP_EXCHANGE"),
        queue: reader.required_text("AMQP_QUEUE"),
        routing_key: reader.required_text("AMQP_ROUTING_KEY"),
    };
    for (setting, name) in
        [("AMQP_EXCHANGE", &names.exchange), ("AMQP_QUEUE", &names.queue), ("AMQP_ROUTING_KEY", &names.routing_key)]
    {
        if name.len() > MOST_BYTES {
            reader.refuse(setting, format_args!("must have at most {MOST_BYTES} bytes"));
        } else if setting != "AMQP_ROUTING_KEY" && name.starts_with(RESERVED) {
            reader.refuse(setting, format_args!("must not begin with {RESERVED}, which RabbitMQ keeps for itself"));
        }
    }
    names
}

/// As the private node would refuse it, but before the node is started.
pub(super) fn check_private(reader: &mut Reader, config: &Config) {
    if config.broker.is_some() || !reader.given_of(&BROKER_NAMES).is_empty() {
        return;
    }
    for (setting, name) in [("AMQP_EXCHANGE", &config.names.exchange), ("AMQP_QUEUE", &config.names.queue)] {
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
        let pattern = format!("^{}", PRIVATE.replace('.', "\\."));
        for may in ["configure", "write", "read"] {
            assert_eq!(user[may], pattern.as_str(), "{may}");
        }
    }
}
