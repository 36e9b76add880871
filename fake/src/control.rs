//! How whoever tests a fleet asks the fake for faults and for what has come: `/_fake/…` of the same listener.

use serde_json::{Value, json};

use crate::exchange::{Call, Reply, pairs};
use crate::fields::{Fields, did_you_mean};
use crate::message::{Inbound, Post, Said};
use crate::providers::{self, PROVIDERS};
use crate::world::World;

/// The answer to a request below `/_fake/`.
pub(crate) async fn answer(world: &World, call: &Call) -> Reply {
    let steps: Vec<&str> = call.path.split('/').skip(2).collect();
    let done = match (call.method.as_str(), steps.as_slice()) {
        ("GET", ["settings"]) => Ok(Reply::text(200, &providers::settings(&world.site))),
        ("GET", ["received"]) => received(world, call),
        ("DELETE", ["received"]) => {
            world.log().clear();
            world.callbacks.forget();
            Ok(Reply::empty(204))
        }
        ("GET", ["rules"]) => Ok(Reply::json(200, &json!({ "rules": world.rules().shown() }))),
        ("POST", ["rules"]) => world.rules().add(call.json()).map(|id| Reply::json(201, &json!({ "id": id }))),
        ("DELETE", ["rules"]) => {
            world.rules().remove(None);
            Ok(Reply::empty(204))
        }
        ("DELETE", ["rules", id]) => Ok(remove(world, id)),
        ("POST", ["inbound"]) => match inbound(world, call.json()) {
            Ok(post) => Ok(called(world, &post).await),
            Err(reply) => Err(reply),
        },
        ("POST", ["reports"]) => match report(world, call.json()) {
            Ok(post) => Ok(called(world, &post).await),
            Err(reply) => Err(reply),
        },
        _ => Err(missing("there are settings, received, rules, inbound and reports below /_fake/: see docs/fake.md")),
    };
    done.unwrap_or_else(|reply| reply)
}

fn missing(detail: &str) -> Reply {
    Reply::json(404, &json!({ "errors": [{ "field": "", "detail": detail }] }))
}

fn received(world: &World, call: &Call) -> Result<Reply, Reply> {
    let mut fields = Fields::of_query(pairs(call.query.as_bytes()));
    let provider = fields.word("provider", &providers::names());
    let to = fields.text("to");
    fields.end()?;
    let mut shown = world.log().shown(provider, to.as_deref());
    shown["callbacks"] = world.callbacks.shown();
    Ok(Reply::json(200, &shown))
}

fn remove(world: &World, id: &str) -> Reply {
    let is_removed = id.parse::<u64>().is_ok_and(|id| world.rules().remove(Some(id)));
    if is_removed { Reply::empty(204) } else { missing("there is no rule with this id") }
}

/// What a person writes, as the provider would tell the fleet of it.
fn inbound(world: &World, body: Value) -> Result<Post, Reply> {
    let receiving: Vec<&'static str> =
        PROVIDERS.iter().filter(|provider| provider.inbound.is_some()).map(|provider| provider.name).collect();
    let mut fields = Fields::of(body);
    let name = fields.needed("provider");
    let provider = fields.word("provider", &receiving);
    let from = fields.needed("from");
    let (to, button) = (fields.text("to"), fields.text("button"));
    let text = fields.text("text").unwrap_or_default();
    let change = fields.word("change", &["blocked", "unblocked"]);
    if change.is_some() && name != "telegram" {
        fields.wrong("change", "is told by telegram alone".to_owned());
    }
    fields.end()?;
    let inbound = Inbound { from, to, text, button, change };
    let written = provider.and_then(providers::named).and_then(|provider| provider.inbound);
    written.ok_or_else(|| missing(&format!("no {name}")))?(&world.site, &inbound)
}

/// What a provider says of a message that it has taken.
fn report(world: &World, body: Value) -> Result<Post, Reply> {
    let mut fields = Fields::of(body);
    let (id, said) = (fields.needed("id"), fields.needed("report"));
    let found = world.log().find(&id);
    let said = Said::read(&said);
    if found.is_none() && !id.is_empty() {
        fields.wrong("id", "is that of no message that has come");
    }
    if let Some((provider, _)) = &found {
        let known = providers::reported_by(provider);
        if !known.contains(&said.word.as_str()) {
            let meant = did_you_mean(&said.word, known);
            fields.wrong("report", format!("must be one of {}{meant}", known.join(", ")));
        }
    }
    fields.end()?;
    let post = found.and_then(|(name, message)| {
        let reports = providers::named(name)?.reports.as_ref()?;
        (reports.report)(&world.site, &message, &said)
    });
    post.ok_or_else(|| missing("the message says nowhere whom to report to"))
}

async fn called(world: &World, post: &Post) -> Reply {
    match world.callbacks.call(post).await {
        Ok(status) => Reply::json(200, &json!({ "status": status })),
        Err(why) => Reply::json(502, &json!({ "errors": [{ "field": "", "detail": why }] })),
    }
}
