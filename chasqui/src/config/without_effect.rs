//! Settings that are right and have no effect, because of what else is set or is not.

use runtime::settings::Reader;

use super::{Config, Role};

/// The settings that only go with `SCHEDULER_DEMO_ENABLED`.
const DEMO: [&str; 6] = [
    "SCHEDULER_DEMO_CRON",
    "SCHEDULER_DEMO_TIMEZONE",
    "SCHEDULER_DEMO_CHANNEL",
    "SCHEDULER_DEMO_DESTINATION",
    "SCHEDULER_DEMO_SUBJECT",
    "SCHEDULER_DEMO_MESSAGE",
];

/// How many names are told at most of what is done without.
const MOST_TOLD: usize = 8;

/// Warns of them.
pub(super) fn warn(reader: &mut Reader, config: &Config, role: Role) {
    for name in reader.given_of(&["WHATSAPP_WEBHOOK_URL"]) {
        reader.warn(format!("{name} is set and is not used in this version"));
    }
    if role == Role::Up && config.metrics_listen.is_some_and(|listen| listen != config.api.listen) {
        reader.warn(
            "METRICS_LISTEN has no effect in `chasqui up`: metrics and health of all roles are at the address of the \
             API (API_LISTEN)",
        );
    }
    if reader.given_of(&["SECRET_KEY", "SECRET_KEY_FILE"]).len() == 2 {
        reader.warn("SECRET_KEY is set and goes before SECRET_KEY_FILE, which is not read");
    }
    let demo = reader.set_of(&DEMO);
    // Whoever has switched it off knows.
    if !demo.is_empty() && !reader.is_given("SCHEDULER_DEMO_ENABLED") {
        let verb = if demo.len() == 1 { "has" } else { "have" };
        reader.warn(format!("{} {verb} no effect without SCHEDULER_DEMO_ENABLED=true", demo.join(", ")));
    }
    if role.stays() {
        warn_of_redis(reader);
    }
}

/// The settings of Redis change nothing, whichever they are. They may be those of another program that has the same
/// environment.
fn warn_of_redis(reader: &mut Reader) {
    let names = reader.unneeded();
    if names.is_empty() {
        return;
    }
    let verb = if names.len() == 1 { "has" } else { "have" };
    let more = names.len().saturating_sub(MOST_TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    reader.warn(format!(
        "{}{more} {verb} no effect: Redis is not needed. Gateways hear RabbitMQ, and what a client has missed is in the ledger \
         (docs/realtime.md)",
        names[..names.len().min(MOST_TOLD)].join(", ")
    ));
}
