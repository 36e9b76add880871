//! The pages of the console, each with the address by which it is asked for.

use anyhow::{Context as _, Result};

use super::browser::Browser;
use super::ledger::recipient;
use crate::sql;

/// A page, and what the report calls it: at most 15 characters, so that the table keeps its width.
pub(super) struct Page {
    pub(super) name: &'static str,
    pub(super) path: String,
}

const DELIVERIES: &str = "/console/deliveries";
const LETTERS: &str = "/console/dead-letters/letters";
const PLANS: &str = "/console/dead-letters/plans";

/// Those whose addresses are always the same.
const FIXED: [(&str, &str); 43] = [
    ("overview", "/console"),
    ("deliveries", DELIVERIES),
    ("by_channel", "/console/deliveries?channel=whatsapp"),
    ("by_provider", "/console/deliveries?provider=fcm"),
    ("by_template", "/console/deliveries?template=order-shipped"),
    ("by_state", "/console/deliveries?state=bounced"),
    ("by_reason", "/console/deliveries?reason=ambiguous"),
    ("by_code", "/console/deliveries?code=131026"),
    ("by_ambiguous", "/console/deliveries?ambiguous=true"),
    ("by_tenant", "/console/deliveries?tenant=default"),
    ("by_id", "/console/deliveries?id=order-0a"),
    // Of two conditions that each has many hits, few rows have both: a page looks as far as it may.
    ("by_two", "/console/deliveries?template=otp&code=131026"),
    ("by_id_and_state", "/console/deliveries?id=order-0&state=fell_back"),
    ("no_hit", "/console/deliveries?channel=sms&provider=smtp"),
    ("groups", "/console/dead-letters"),
    ("groups_by", "/console/dead-letters?life=acknowledged&channel=sms&provider=twilio"),
    ("letters", LETTERS),
    ("letters_by_code", "/console/dead-letters/letters?code=131026"),
    ("letters_by_two", "/console/dead-letters/letters?template=otp&code=131026"),
    ("letters_no_hit", "/console/dead-letters/letters?code=0"),
    ("jobs", "/console/dead-letters/jobs"),
    ("sandbox", "/console/sandbox"),
    ("sandbox_search", "/console/sandbox?q=nobody+has+this"),
    ("sandbox_faults", "/console/sandbox/faults"),
    ("inbox", "/console/inbox?user=nobody"),
    ("gateways", "/console/gateways"),
    ("files", "/console/files"),
    ("files_by_name", "/console/files?name=nobody+has+this"),
    ("templates", "/console/templates"),
    ("preview", "/console/templates/preview?template=welcome&channel=email"),
    ("preview_html", "/console/templates/html?template=welcome&channel=email"),
    ("schedules", "/console/schedules"),
    ("suppressions", "/console/suppressions"),
    ("suppressed", "/console/suppressions?channel=email&destination=nobody%40example.org"),
    ("lifts", "/console/suppressions?lifted=true"),
    ("providers", "/console/providers"),
    ("pauses", "/console/pauses"),
    ("users", "/console/users"),
    ("keys", "/console/keys"),
    ("account", "/console/account"),
    ("audit", "/console/audit"),
    ("audit_by_actor", "/console/audit?actor=nobody"),
    ("try_it", "/console/try-it"),
];

/// Those of one thing: a question whose answer is the address.
const OF_ONE: [(&str, &str); 9] = [
    (
        "by_time",
        "SELECT to_char(now() AT TIME ZONE 'UTC' - interval '15 days', \
         '\"/console/deliveries?to=\"YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
    ),
    (
        "delivery_sent",
        "SELECT '/console/deliveries/' || id FROM deliveries WHERE tenant = 'default' AND state = 'delivered' \
         ORDER BY created_at DESC LIMIT 1",
    ),
    (
        "delivery_dead",
        "SELECT '/console/deliveries/' || id FROM deliveries WHERE tenant = 'default' AND order_reason = 'exhausted' \
         ORDER BY created_at DESC LIMIT 1",
    ),
    ("group", "SELECT '/console/dead-letters/groups/' || fingerprint FROM letters ORDER BY letter LIMIT 1"),
    (
        "letters_of_one",
        "SELECT '/console/dead-letters/letters?group=' || fingerprint FROM letters ORDER BY letter LIMIT 1",
    ),
    ("letter", "SELECT '/console/dead-letters/letters/' || letter FROM letters ORDER BY letter LIMIT 1"),
    (
        "plan_form",
        "SELECT '/console/dead-letters/plans?action=replay&group=' || fingerprint FROM letters ORDER BY letter LIMIT 1",
    ),
    ("capture", "SELECT '/console/sandbox/' || MAX(capture_id) FROM captures"),
    ("user", "SELECT '/console/users/one?name=' || MIN(name) FROM users WHERE tenant = 'default'"),
];

/// The second pages of lists. A short list has one page, which stands for it.
const SECOND: [(&str, &str); 5] = [
    ("deliveries_next", DELIVERIES),
    ("by_state_next", "/console/deliveries?state=bounced"),
    ("letters_next", LETTERS),
    ("schedules_next", "/console/schedules"),
    ("audit_next", "/console/audit"),
];

/// All of them but the plans.
pub(super) async fn all(browser: &Browser, database: &str) -> Result<Vec<Page>> {
    let mut pages: Vec<Page> = FIXED.map(|(name, path)| Page { name, path: path.to_owned() }).into();
    let recipient = recipient().replace('+', "%2B");
    pages.push(Page { name: "by_recipient", path: format!("{DELIVERIES}?recipient={recipient}") });
    for (name, question) in OF_ONE {
        let path = sql::text(database, question).await.with_context(|| format!("the address of {name}"))?;
        pages.push(Page { name, path });
    }
    for (name, first) in SECOND {
        let (_, text) = browser.get(first).await?;
        pages.push(Page { name, path: next(&text).unwrap_or_else(|| first.to_owned()) });
    }
    Ok(pages)
}

/// Plans a replay of the letters of one group, and shows it.
pub(super) async fn plan_of_a_group(browser: &Browser, database: &str) -> Result<Page> {
    let group = sql::text(database, "SELECT fingerprint FROM letters ORDER BY letter LIMIT 1").await?;
    let form = [("action", "replay"), ("group", group.as_str()), ("why", "measured")];
    Ok(Page { name: "plan", path: browser.post(PLANS, &form).await? })
}

/// Plans a replay of all letters, and shows it.
pub(super) async fn plan_of_all(browser: &Browser) -> Result<Page> {
    let form = [("action", "replay"), ("all", "true"), ("why", "measured")];
    Ok(Page { name: "plan_of_all", path: browser.post(PLANS, &form).await? })
}

/// Where a page leads to the next.
fn next(page: &str) -> Option<String> {
    let (_, link) = page.split_once(r#"rel="next" href=""#)?;
    let (path, _) = link.split_once('"')?;
    Some(path.replace("&amp;", "&"))
}

#[test]
fn the_link_to_the_next_page_is_found() {
    let page = r#"<a href="/x">First</a><a rel="next" href="/x?a=b&amp;after=k1">Next</a>"#;
    assert_eq!(next(page).as_deref(), Some("/x?a=b&after=k1"));
    assert_eq!(next("<p>none</p>"), None);
}

#[test]
fn names_are_short_and_each_is_given_once() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, _) in FIXED.iter().chain(&OF_ONE).chain(&SECOND) {
        assert!(name.len() <= 15 && seen.insert(name), "{name}");
    }
}
