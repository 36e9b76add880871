//! The list of deliveries, and the page of one.

use axum::http::StatusCode;
use domain::{Failure, Lane, Outcome, Reason, Tenant};
use store::{IndexedLetter, LetterEdit, Sort, Store};
use testkit::NOW;

use super::ended::{dead, ended};
use super::site::Site;

#[tokio::test]
async fn deliveries_are_found_by_what_became_of_them_in_both_languages() {
    let site = Site::start().await;
    dead(&site.store, "order-<7>").await;
    ended(&site.store, testkit::row("kept"), &Outcome::Captured, None).await;
    let page = site.get("/console/deliveries?state=dead&recipient=&code=21610", "session=viewer").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("href=\"/console/deliveries/order-%3C7%3E\""), "{}", page.text);
    assert!(page.text.contains("title=\"order-&lt;7&gt;\"") && page.text.contains("21610"), "{}", page.text);
    assert!(page.text.contains("***43") && !page.text.contains("/console/deliveries/kept"), "{}", page.text);
    let spanish = site.get("/console/deliveries", "session=viewer; chasqui_lang=es").await;
    assert!(
        spanish.text.contains("2 en esta página, primero las más nuevas, del inquilino default"),
        "{}",
        spanish.text
    );
    assert!(spanish.text.contains("muerta") && spanish.text.contains("capturada"), "{}", spanish.text);
}

#[tokio::test]
async fn a_long_code_takes_several_lines_and_its_error_is_in_a_title() {
    let site = Site::start().await;
    let failure =
        Failure::new("twilio", Some("INVALID_<PARAMETER>_VALUE_OF_A_TEMPLATE".to_owned()), "a <blocked> number");
    let refused = Outcome::Permanent { reason: Reason::Permanent, failure };
    ended(&site.store, testkit::row("long"), &refused, None).await;
    for path in ["/console/deliveries", "/console/deliveries/long"] {
        let page = site.get(path, "session=viewer").await;
        assert!(page.text.contains("INVALID_<wbr>&lt;PARAMETER&gt;_<wbr>VALUE_<wbr>OF_"), "{path}: {}", page.text);
    }
    let list = site.get("/console/deliveries", "session=viewer").await;
    assert!(list.text.contains("<span class=\"most\" title=\"a &lt;blocked&gt; number\">permanent"), "{}", list.text);
}

#[tokio::test]
async fn a_long_word_of_an_error_is_broken_where_its_line_ends() {
    let site = Site::start().await;
    let long = "<unbreakable>".repeat(3);
    let failure = Failure::new("twilio", None, format!("it said {long}"));
    let refused = Outcome::Permanent { reason: Reason::Permanent, failure };
    ended(&site.store, testkit::row("long"), &refused, None).await;
    let page = site.get("/console/deliveries/long", "session=viewer").await;
    let shown = long.replace('<', "&lt;").replace('>', "&gt;");
    assert!(page.text.contains(&format!("<span class=\"most\">it said {shown}</span></td>")), "{}", page.text);
}

#[tokio::test]
async fn what_waits_for_a_pause_says_so_and_what_no_row_has_takes_no_column() {
    let site = Site::start().await;
    let paused = Outcome::Paused { why: "the channel sms is paused: <words>".to_owned(), until: None };
    ended(&site.store, testkit::row("kept-back"), &paused, None).await;
    for (lang, word, template) in [("en", "paused", "Template"), ("es", "en pausa", "Plantilla")] {
        let page = site.get("/console/deliveries", &format!("session=viewer; chasqui_lang={lang}")).await;
        let told = format!("title=\"the channel sms is paused: &lt;words&gt;\">{word}</span>");
        assert!(page.text.contains(&told), "{told}: {}", page.text);
        assert!(!page.text.contains(&format!("<th scope=\"col\">{template}</th>")), "{}", page.text);
    }
}

#[tokio::test]
async fn pages_follow_one_another_with_the_same_filter() {
    let site = Site::start().await;
    for id in ["a", "b", "c"] {
        dead(&site.store, id).await;
    }
    let mut path = "/console/deliveries?state=dead&limit=1&id=".to_owned();
    let mut found = Vec::new();
    for _ in 0..3 {
        let page = site.get(&path, "session=viewer").await;
        let id = page.text.split("id=\"delivery-").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        found.push(id);
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
        assert!(path.starts_with("/console/deliveries?state=dead&limit=1&after="), "{path}");
    }
    found.sort_unstable();
    assert_eq!(found, ["a", "b", "c"]);
}

#[tokio::test]
async fn every_part_of_a_filter_that_is_wrong_is_told_beside_the_form() {
    let site = Site::start().await;
    let query = "state=daed&from=soon&tenant=other&stat=x&recipient=%3Cana%3E";
    let page = site.get(&format!("/console/deliveries?{query}"), "session=viewer").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["<code>state</code> must be one of", "did you mean dead?", "<code>from</code>", "<code>tenant</code>"]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(page.text.contains("<code>stat</code>") && page.text.contains("value=\"&lt;ana&gt;\""), "{}", page.text);
    // What is typed into a form is escaped by the browser: whoever did it by hand would be refused again.
    let labelled = page.text.contains(": <code>from</code> must be a date and time");
    assert!(labelled && !page.text.contains("%2B"), "{}", page.text);
}

#[tokio::test]
async fn the_page_of_a_delivery_says_what_became_of_it_and_why() {
    let site = Site::start().await;
    dead(&site.store, "order-<7>").await;
    for (lang, parts) in [
        ("en", ["Attempts", "Why", "It failed for good at <time", "</span> permanent</span>"]),
        ("es", ["Intentos", "Por qué", "Falló definitivamente el <time", "</span> definitivo</span>"]),
    ] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        let page = site.get("/console/deliveries/order-%3C7%3E", &cookies).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains(" order-&lt;7&gt;</h1>"), "{}", page.text);
        for part in parts.into_iter().chain(["a &lt;blocked&gt; number", "twilio", "21610", "***43", "data-relative"]) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let letters = "/console/dead-letters?channel=sms&amp;reason=permanent&amp;code=21610";
        assert!(page.text.contains(letters), "{}", page.text);
        // It has ended, and nobody may cancel it.
        assert!(!page.text.contains("hx-trigger") && !page.text.contains("/cancel\""), "{}", page.text);
        assert!(!page.text.contains(" style=\"") && !page.text.contains("<blocked>"), "{}", page.text);
    }
}

#[tokio::test]
async fn what_nobody_knows_is_not_found_unless_it_was_accepted_a_moment_ago() {
    let site = Site::start().await;
    let unknown = site.get("/console/deliveries/nothing", "session=viewer").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.text.contains("no worker has taken it yet") && !unknown.text.contains("hx-trigger"));
    let accepted = site.get("/console/deliveries/nothing?accepted=true", "session=viewer").await;
    assert_eq!(accepted.status, StatusCode::OK);
    assert!(accepted.text.contains("hx-get=\"/console/deliveries/nothing?accepted=true\""), "{}", accepted.text);
    let wrong = site.get("/console/deliveries/nothing?acepted=true", "session=viewer").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_delivery_is_cancelled_after_one_more_question() {
    let site = Site::start().await;
    let path = "/console/deliveries/later/cancel";
    assert_eq!(site.get(path, "session=viewer").await.status, StatusCode::FORBIDDEN);
    let question = site.get(path, "session=operator").await;
    assert!(question.text.contains("Cancel the delivery later?"), "{}", question.text);
    let unasked = site.post(path, "session=operator", "").await;
    assert_eq!(unasked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.post(path, "session=viewer", "confirmed=1").await.status, StatusCode::FORBIDDEN);
    let done = site.post(path, "session=operator", "confirmed=1").await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/console/deliveries/later?cancel=awaited")
    );
    let page = site.get(done.header("location"), "session=operator").await;
    assert!(
        page.text.contains("If its message comes, it is dropped.") && page.text.contains("cancelled"),
        "{}",
        page.text
    );
}

/// A letter in the index.
async fn indexed(store: &Store, letter: &str, id: &str, channel: &str, reason: Reason) {
    let sample = IndexedLetter {
        letter: letter.into(),
        tenant: Tenant::default(),
        id: id.into(),
        epoch: 0,
        lane: Lane::Normal,
        channel: channel.into(),
        provider: String::new(),
        class: String::new(),
        code: String::new(),
        template: String::new(),
        reason: reason.as_str().into(),
        error: "<b>/channel</b> is missing".into(),
        fingerprint: "1-a".into(),
        attempts: 0,
        dead_at: NOW,
        expires_at: None,
        copies: 1,
    };
    store.index_letters(1, &[Sort { sample, words: "is missing".into() }], NOW).await.unwrap();
}

#[tokio::test]
async fn what_has_no_row_has_a_page_that_tells_of_its_letter() {
    let site = Site::start().await;
    indexed(&site.store, "000a", "torn", "", Reason::DecodeError).await;
    for (lang, parts) in [
        ("en", ["No delivery of this id is known: its letter", "Dead letters of this id", "The dead letter"]),
        ("es", ["No se conoce ninguna entrega con este id: su carta", "Cartas muertas de este id", "La carta muerta"]),
    ] {
        let page = site.get("/console/deliveries/torn", &format!("session=viewer; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let shown = ["href=\"/console/dead-letters/letters/000a\"", "&lt;b&gt;/channel", "<code>decode_error</code>"];
        for part in parts.into_iter().chain(shown) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(!page.text.contains("hx-trigger=\"every") && !page.text.contains("<b>/channel"), "{}", page.text);
    }
    let accepted = site.get("/console/deliveries/torn?accepted=true", "session=viewer").await;
    assert!(
        accepted.text.contains("no worker has taken it yet") && accepted.text.contains("000a"),
        "{}",
        accepted.text
    );
    let letter = site.get("/console/dead-letters/letters/000a", "session=viewer").await;
    assert!(letter.text.contains("Nothing was ever sent for the letter"), "{}", letter.text);
    for (lang, topic) in [("en", "Attempts"), ("es", "Intentos")] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        let letter = site.get("/console/dead-letters/letters/000a", &cookies).await;
        let told = format!("<span class=\"soft\">{topic}: </span><span lang=\"en\">Nothing was ever sent");
        assert!(letter.text.contains(&told), "{told}: {}", letter.text);
    }
}

#[tokio::test]
async fn the_page_of_a_delivery_leads_to_the_letter_of_another_body() {
    let site = Site::start().await;
    ended(&site.store, testkit::row("kept"), &Outcome::Captured, None).await;
    indexed(&site.store, "000b", "kept", "sms", Reason::IdConflict).await;
    let page = site.get("/console/deliveries/kept", "session=viewer").await;
    for part in ["another body was published under this id", "href=\"/console/dead-letters/letters/000b\""] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}

#[tokio::test]
async fn the_page_of_what_is_dead_leads_to_what_was_sent_in_its_place() {
    let site = Site::start().await;
    dead(&site.store, "order-7").await;
    indexed(&site.store, "000c", "order-7", "sms", Reason::Permanent).await;
    let edit = LetterEdit { id: "mended".into(), letter: "000c".into(), difference: "[]".into(), why: "a slip".into() };
    site.store.reserve_letter_edit(&Tenant::default(), &edit, &testkit::told_by("ada", NOW)).await.unwrap();
    site.store.confirm_letter_edit(&Tenant::default(), &edit, NOW).await.unwrap();
    for (lang, parts) in [
        ("en", ["was sent in its place at <time", "The one that was sent in its place"]),
        ("es", ["en su lugar se envió", "La que se envió en su lugar"]),
    ] {
        let page = site.get("/console/deliveries/order-7", &format!("session=viewer; chasqui_lang={lang}")).await;
        for part in parts.into_iter().chain(["href=\"/console/deliveries/mended\"", "it would be sent twice"]) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(!page.text.contains("publish it anew"), "{}", page.text);
    }
}

#[tokio::test]
async fn an_id_that_is_not_found_leads_to_what_is_sent_later() {
    let site = Site::start().await;
    for (lang, words, schedules) in [
        ("en", "What is to be sent later is not among the deliveries", "Schedules"),
        ("es", "Lo que se enviará más tarde no está entre las entregas", "Programación"),
    ] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        let page = site.get("/console/deliveries?id=soon-", &cookies).await;
        let link = format!("<a href=\"/console/schedules\">{schedules}</a></p>");
        assert!(page.text.contains(words) && page.text.contains(&link), "{}", page.text);
        let other = site.get("/console/deliveries?channel=sms", &cookies).await;
        assert!(!other.text.contains(words), "{}", other.text);
    }
    let refused = site.get("/console/deliveries?state=scheduled", "session=viewer").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("the page Schedules of the console"), "{}", refused.text);
}
