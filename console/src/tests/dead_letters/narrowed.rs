//! Which letters a list shows, and that a plan is made of just these.

use domain::{Outcome, RecipientHasher, Row, Tenant};
use testkit::SECRET;

use super::{has, planned, site_with};
use crate::tests::ended::ended;

#[tokio::test]
async fn a_list_is_narrowed_by_a_time_a_delivery_and_a_recipient_and_a_plan_takes_the_same() {
    let site = site_with(2).await;
    let recipient_hash = RecipientHasher::new(SECRET.as_bytes()).hash("+12025550143");
    let row = Row { recipient_hash, ..testkit::row("order-<000a>") };
    ended(&site.store, row, &Outcome::Captured, None).await;
    let first = "href=\"/console/dead-letters/letters/000a\"";
    let second = "href=\"/console/dead-letters/letters/000b\"";
    for (query, has_first, has_second) in [
        ("recipient=%2B12025550143&id=&from=&until=", true, false),
        ("recipient=+12025550143", true, false),
        ("recipient=%2B14155550100", false, false),
        ("id=order-%3C000b%3E", false, true),
        ("from=2026-03-01T12:00:00Z&until=2026-03-01T12:00:01Z", true, true),
        ("until=2026-03-01T12:00:00Z", false, false),
    ] {
        let page = site.get(&format!("/console/dead-letters/letters?{query}"), "session=operator").await;
        let found = (page.text.contains(first), page.text.contains(second));
        assert_eq!(found, (has_first, has_second), "{query}: {}", page.text);
    }
    let query = "from=2026-03-01T12:00:00Z&recipient=%2B12025550143";
    let page = site.get(&format!("/console/dead-letters/letters?{query}"), "session=operator").await;
    let all = page.text.split("<a href=\"/console/dead-letters/plans?").nth(1).and_then(|rest| rest.split('"').next());
    let all = all.expect("a way to all that fit").replace("&amp;", "&");
    let form = site.get(&format!("/console/dead-letters/plans?{all}"), "session=operator; chasqui_lang=es").await;
    has(&form, &["murió desde", "destinatario: <code>+12025550143</code>", "name=\"recipient\""]);
    let plan = planned(&site, &format!("action=drop&{all}&why=an+outage")).await;
    let page = site.get(&plan, "session=operator").await;
    has(&page, &["Drop 1 letter?"]);
    let id = plan.rsplit('/').next().unwrap();
    let wanted = site.store.letter_job(&Tenant::default(), id).await.unwrap().unwrap().wanted;
    assert!(!wanted.contains("2025550143") && wanted.contains("recipient_hash"), "{wanted}");
    let bad = "/console/dead-letters/letters?from=02:00&until=x&id=a%0Ab&recipent=ana";
    has(&site.get(bad, "session=viewer").await, &["RFC 3339", "value=\"02:00\"", "1 to 255 bytes", "recipent"]);
}

#[tokio::test]
async fn a_cursor_of_another_filter_of_letters_is_refused() {
    let site = site_with(101).await;
    let first = site.get("/console/dead-letters/letters?channel=sms", "session=viewer").await;
    let next = first.text.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
    let next = next.expect("a next page").replace("&amp;", "&");
    let second = site.get(&next, "session=viewer").await;
    assert!(!second.text.contains("nothing was searched"), "{}", second.text);
    let (_, after) = next.split_once("after=").expect("where it begins");
    let other =
        site.get(&format!("/console/dead-letters/letters?reason=permanent&after={after}"), "session=viewer").await;
    has(&other, &["nothing was searched", "<code>after</code>", "a list of something else"]);
}
