//! The stems of exchanges, queues and routing keys, and what a broker refuses in such a name.

use runtime::settings::Reader;

use crate::Names;

/// The most bytes of a stem: AMQP counts a name in one byte, and `.scheduled` is appended to a stem.
const MOST_BYTES: usize = 255 - ".scheduled".len();
/// RabbitMQ refuses to declare names that begin with this.
const RESERVED: &str = "amq.";

pub(super) fn read(reader: &mut Reader) -> Names {
    let names = Names {
        exchange: reader.required_text("AMQP_EXCHANGE"),
        queue: reader.required_text("AMQP_QUEUE"),
        routing_key: reader.required_text("AMQP_ROUTING_KEY"),
    };
    for (setting, name) in
        [("AMQP_EXCHANGE", &names.exchange), ("AMQP_QUEUE", &names.queue), ("AMQP_ROUTING_KEY", &names.routing_key)]
    {
        if let Some(why) = acting(name) {
            reader.refuse(setting, why);
        } else if name.len() > MOST_BYTES {
            reader.refuse(setting, format_args!("must have at most {MOST_BYTES} bytes"));
        } else if setting != "AMQP_ROUTING_KEY" && name.starts_with(RESERVED) {
            reader.refuse(setting, format_args!("must not begin with {RESERVED}, which RabbitMQ keeps for itself"));
        }
    }
    names
}

/// What is wrong with a name in which a character acts: it stands in logs and on terminals, where such a character
/// cannot be seen. The character alone is told, and nothing else of the name.
pub(super) fn acting(name: &str) -> Option<String> {
    let c = name.chars().find(|c| domain::acts(*c))?;
    Some(format!("must not contain {}", domain::unseen(c)))
}
