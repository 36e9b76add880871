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
    for (setting, name) in each(&names) {
        if let Some(why) = acting(name) {
            reader.refuse(setting, why);
        } else if name.len() > MOST_BYTES {
            reader.refuse(setting, format_args!("must have at most {MOST_BYTES} bytes"));
        } else if setting != "AMQP_ROUTING_KEY" && name.starts_with(RESERVED) {
            reader.refuse(setting, format_args!("must not begin with {RESERVED}, which RabbitMQ keeps for itself"));
        }
    }
    warn_of_some(reader, &names);
    names
}

/// Warns when some of the three names are the defaults and others are not. Queues of another name on the exchanges of a
/// fleet get a copy of all its messages, and nobody reads them.
fn warn_of_some(reader: &mut Reader, names: &Names) {
    let settings = each(names);
    if !reader.are_right(&settings.map(|(setting, _)| setting)) {
        return;
    }
    let (usual, others): (Vec<_>, Vec<_>) =
        settings.into_iter().partition(|(setting, name)| **name == reader.default_of(setting));
    if usual.is_empty() || others.is_empty() {
        return;
    }
    let told = |some: &[(&'static str, &String)]| {
        let listed: Vec<&str> = some.iter().map(|(setting, _)| *setting).collect();
        format!("{} {}", listed.join(", "), if some.len() == 1 { "is" } else { "are" })
    };
    reader.warn(format!(
        "{} not the default, and {}: these names usually change together, because queues of another name on the same \
         exchanges get a copy of every message, and nobody reads it",
        told(&others),
        told(&usual)
    ));
}

/// The names with their settings.
fn each(names: &Names) -> [(&'static str, &String); 3] {
    [("AMQP_EXCHANGE", &names.exchange), ("AMQP_QUEUE", &names.queue), ("AMQP_ROUTING_KEY", &names.routing_key)]
}

/// What is wrong with a name in which a character acts: it stands in logs and on terminals, where such a character
/// cannot be seen. The character alone is told, and nothing else of the name.
pub(super) fn acting(name: &str) -> Option<String> {
    let c = name.chars().find(|c| domain::acts(*c))?;
    Some(format!("must not contain {}", domain::unseen(c)))
}
