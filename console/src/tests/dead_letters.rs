//! The pages about dead letters, plans and jobs: what they show, whom they let do what, and that a plan comes first.

mod edits;
mod foreign;
mod jobs;
mod looked_at;
mod narrowed;

use std::collections::BTreeSet;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use domain::{DeadMark, Keyring, Lane, Reason, Tenant, letter_headers};
use store::{IndexedLetter, JournalFilter, OpenedLetter, Sort};
use testkit::{NOW, SECRET};
use topology::{Letter, Owner, PublisherProperties};

use super::site::{Answer, Site};
use crate::words::Lang;

const LETTER: &str = "000a";
const GROUP: &str = "1-a";
const BODY: &str = r#"{"id":"order-7","channel":"sms","destination":"+12025550143","message":"Hola Ana"}"#;

fn indexed(letter: &str) -> Sort {
    let sample = IndexedLetter {
        letter: letter.into(),
        tenant: Tenant::default(),
        id: format!("order-<{letter}>"),
        epoch: 0,
        lane: Lane::Normal,
        channel: "sms".into(),
        provider: "twilio".into(),
        class: "permanent".into(),
        code: "21211".into(),
        template: String::new(),
        reason: "permanent".into(),
        error: "<script>no such number</script>".into(),
        fingerprint: GROUP.into(),
        attempts: 1,
        dead_at: NOW,
        expires_at: None,
        copies: 1,
    };
    Sort { sample, words: "<b>no such number</b>".into() }
}

/// A console whose queue has so many letters.
async fn site_with(letters: u32) -> Site {
    let site = Site::start().await;
    let sorts: Vec<Sort> = (10..10 + letters).map(|number| indexed(&format!("{number:04x}"))).collect();
    site.store.index_letters(1, &sorts, NOW).await.unwrap();
    site
}

/// A letter that a scheduler has read for somebody.
async fn open(site: &Site) {
    open_with(site, BODY).await;
}

async fn open_with(site: &Site, body: &'static str) {
    assert!(site.store.open_letter(&Tenant::default(), LETTER, NOW).await.unwrap());
    let letter = Letter {
        reference: LETTER.into(),
        message_id: "order-7".into(),
        owner: Owner::Tenant(Tenant::default()),
        lane: Lane::Normal,
        headers: letter_headers(0, Lane::Normal, DeadMark::new(Reason::Permanent, "21211", 1, NOW)),
        body: Bytes::from_static(body.as_bytes()),
        publisher_properties: PublisherProperties::default(),
    };
    let sealer = Keyring::new(SECRET.as_bytes(), None).letters();
    let (kept, body) = (sealer.seal(&letter.kept(), LETTER), sealer.seal(&letter.body, LETTER));
    site.store.keep_opened_letters(&[(LETTER.into(), OpenedLetter { kept, body })]).await.unwrap();
}

/// Plans something as an operator, and returns the path of the plan.
async fn planned(site: &Site, form: &str) -> String {
    let made = site.post("/console/dead-letters/plans", "session=operator", form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    made.header("location").to_owned()
}

fn has(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(answer.text.contains(part), "{part}: {}", answer.text);
    }
}

#[tokio::test]
async fn dead_letters_are_told_in_both_languages_and_escaped() {
    let site = site_with(2).await;
    open(&site).await;
    for (path, en, es) in [
        ("/console/dead-letters", "Read now", "Leer ahora"),
        ("/console/dead-letters/letters", "Plan for the chosen", "Planear para las elegidas"),
        ("/console/dead-letters/groups/1-a", "I look after it", "Yo lo atiendo"),
        ("/console/dead-letters/letters/000a", "What became of it", "Qué pasó con ella"),
        ("/console/dead-letters/letters/000a/edit", "Show the difference", "Mostrar la diferencia"),
        ("/console/dead-letters/plans?action=drop&group=1-a", "Show the plan", "Ver el plan"),
        ("/console/dead-letters/jobs", "Nobody has planned anything", "Nadie planeó nada"),
    ] {
        for (lang, told) in [(Lang::En, en), (Lang::Es, es)] {
            let page = site.get(path, &format!("session=everything; chasqui_lang={}", lang.code())).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
            has(&page, &[told]);
            for word in ["<script>no", "<b>no", " style=\"", " onclick", "hx-on", "javascript:"] {
                assert!(!page.text.contains(word), "{word} in {path}: {}", page.text);
            }
        }
    }
}

#[tokio::test]
async fn what_somebody_may_not_do_is_refused_and_noted() {
    let site = site_with(1).await;
    open(&site).await;
    for path in [
        "/console/dead-letters/read",
        "/console/dead-letters/plans",
        "/console/dead-letters/groups/1-a/acknowledge",
        "/console/dead-letters/letters/000a/open",
        "/console/dead-letters/letters/000a/edit",
        "/console/dead-letters/plans/p/start",
        "/console/dead-letters/jobs/j/cancel",
        "/console/dead-letters/jobs/j/resume",
    ] {
        let answer = site.post(path, "session=viewer", "action=replay&all=true&why=x").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.text);
    }
    let denied = JournalFilter { kind: Some("denied".to_owned()), limit: 100, ..JournalFilter::default() };
    let noted = site.store.journal_page(&denied).await.unwrap().entries;
    let noted: BTreeSet<&str> = noted.iter().map(|entry| entry.row.subject.as_str()).collect();
    let asked = [
        "acknowledge dead letters",
        "change a job of dead letters",
        "look into a dead letter",
        "open a dead letter",
        "plan for dead letters",
        "read dead letters",
        "start a plan for dead letters",
    ];
    assert_eq!(noted, BTreeSet::from(asked));
    let edit = site.get("/console/dead-letters/letters/000a/edit", "session=operator").await;
    assert_eq!(edit.status, StatusCode::FORBIDDEN);
    let form = site.get("/console/dead-letters/plans?all=true", "session=viewer").await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    let list = site.get("/console/dead-letters/letters", "session=viewer").await;
    assert!(!list.text.contains("type=\"checkbox\"") && !list.text.contains("read-now"), "{}", list.text);
}

#[tokio::test]
async fn whoever_looks_after_a_group_is_named_with_a_note() {
    let site = site_with(1).await;
    let path = "/console/dead-letters/groups/1-a/acknowledge";
    let bad = site.post(path, "session=operator", "note=a%0Ab").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&bad, &["must be one line"]);
    let noted = site.post(path, "session=operator", "note=called+%3Ctwilio%3E").await;
    assert_eq!((noted.status, noted.header("location")), (StatusCode::SEE_OTHER, "/console/dead-letters/groups/1-a"));
    let page = site.get("/console/dead-letters", "session=viewer").await;
    has(&page, &["looked after", "called &lt;twilio&gt;"]);
    let none = site.post("/console/dead-letters/groups/1-z/acknowledge", "session=operator", "").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_sample_of_a_group_is_a_link_as_long_as_it_is_in_the_queue() {
    let site = site_with(1).await;
    let before = site.get("/console/dead-letters", "session=viewer").await;
    has(&before, &["href=\"/console/dead-letters/letters/000a\""]);
    site.store.forget_letters(&[LETTER.to_owned()]).await.unwrap();
    for (lang, told) in [(Lang::En, "not in the queue any more"), (Lang::Es, "ya no está en la cola")] {
        let after = site.get("/console/dead-letters", &format!("session=viewer; chasqui_lang={}", lang.code())).await;
        has(&after, &["/console/dead-letters/groups/1-a", told]);
        assert!(!after.text.contains("/letters/000a\""), "{}", after.text);
    }
}

#[tokio::test]
async fn what_letters_may_have_is_offered_beside_their_filters() {
    let site = site_with(1).await;
    for (path, fields) in [
        ("/console/dead-letters", &["channel", "provider"][..]),
        ("/console/dead-letters/letters", &["channel", "provider", "reason", "template"][..]),
    ] {
        let page = site.get(path, "session=viewer").await;
        for field in fields {
            has(&page, &[&format!("<datalist id=\"filter-{field}-known\"><option")]);
        }
    }
}

#[tokio::test]
async fn a_page_comes_again_while_the_queue_is_read() {
    let site = site_with(1).await;
    looked_at::read(&site).await;
    let before = site.get("/console/dead-letters", "session=operator").await;
    assert!(!before.text.contains("hx-trigger"), "{}", before.text);
    let form = "next=%2Fconsole%2Fdead-letters%3Flife%3Dopen";
    let asked = site.post("/console/dead-letters/read", "session=operator", form).await;
    assert_eq!(asked.header("location"), "/console/dead-letters?life=open");
    let after = site.get(asked.header("location"), "session=operator").await;
    has(&after, &["being read", "hx-trigger=\"every 2s\"", "hx-get=\"/console/dead-letters?life=open\""]);
}

#[tokio::test]
async fn a_plan_is_shown_before_it_is_started_and_its_job_after_it() {
    let site = site_with(2).await;
    let plan = planned(&site, "action=replay&letter=000a&letter=000b&why=it+is+%3Cmended%3E&rate=2&canary=0").await;
    let page = site.get(&plan, "session=operator").await;
    has(&page, &["Replay 2 letters?", "it is &lt;mended&gt;", "None is left out.", "by &lt;operator&gt;"]);
    has(&page, &["<button class=\"main\" type=\"submit\">Start<", "/cancel\" formnovalidate>Discard the plan<"]);
    let miscounted = site.post(&format!("{plan}/start"), "session=operator", "confirmed=3").await;
    assert_eq!(miscounted.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&miscounted, &["Nothing was done: 2 was expected."]);
    let started = site.post(&format!("{plan}/start"), "session=operator", "confirmed=2").await;
    let job = plan.replace("/plans/", "/jobs/");
    assert_eq!((started.status, started.header("location")), (StatusCode::SEE_OTHER, job.as_str()));
    let moved = site.get(&plan, "session=operator").await;
    assert_eq!(moved.header("location"), job);
    let polled = Request::get(&plan).header("cookie", "session=operator").header("hx-request", "true");
    let polled = site.send(polled.body(Body::empty()).unwrap()).await;
    let led = (polled.status, polled.header("hx-redirect"), polled.header("location"));
    assert_eq!(led, (StatusCode::NO_CONTENT, job.as_str(), ""));
    let page = site.get(&job, "session=operator").await;
    has(
        &page,
        &["<progress", "max=\"2\" value=\"0\"", "0 of 2", "hx-trigger=\"every 2s\"", "running", "left at this rate"],
    );
    let live = site.get(&format!("{job}/live"), "session=operator").await;
    assert!(live.text.starts_with("<div id=\"live\">"), "{}", live.text);
    let cancelled = site.post(&format!("{job}/cancel"), "session=operator", "").await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER);
    let page = site.get(&job, "session=viewer").await;
    assert!(page.text.contains("cancelled") && !page.text.contains("hx-trigger"), "{}", page.text);
    has(&page, &["<dt>not begun</dt>", "It begins nothing more: what was not begun stays as it is."]);
    assert!(!page.text.contains("to be done"), "{}", page.text);
    let again = site.post(&format!("{job}/resume"), "session=operator", "").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn whoever_comes_second_is_told_who_is_at_it_and_what_is_left_out() {
    let site = site_with(1).await;
    let first = planned(&site, "action=replay&group=1-a&why=mended").await;
    site.post(&format!("{first}/start"), "session=operator", "confirmed=1").await;
    let form = "action=drop&group=1-a&why=old";
    let made = site.post("/console/dead-letters/plans", "session=admin", form).await;
    let page = site.get(made.header("location"), "session=admin").await;
    has(
        &page,
        &["Others are working on these letters:", "&lt;operator&gt;", "another job has it", "no letter to begin"],
    );
    assert!(page.text.contains("Discard the plan") && !page.text.contains("/start\""), "{}", page.text);
    let failures = made.header("location").replace("/plans/", "/jobs/") + "/failures?format=csv";
    let file = site.get(&failures, "session=viewer").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"failures.csv\"");
    assert!(file.text.contains("in_another_job"), "{}", file.text);
}

#[tokio::test]
async fn a_plan_is_asked_for_and_about_in_the_language_of_its_page() {
    let site = site_with(1).await;
    let spanish = "session=operator; chasqui_lang=es";
    let form = site.get("/console/dead-letters/plans?action=replay&group=1-a&code=21211", spanish).await;
    has(&form, &["sms · twilio · permanent · 21211</a>, 1 carta<", "código: <code>21211</code>"]);
    assert!(!form.text.contains("id=\"plan-to\""), "only a redirect has a channel: {}", form.text);
    let form = site.get("/console/dead-letters/plans?action=redirect&group=1-a", spanish).await;
    has(&form, &["id=\"plan-to\"", "Por qué canal se redirigen"]);
    for (path, told) in [
        ("/console/dead-letters/plans?action=drop&all=true", "<p>all dead letters</p>"),
        ("/console/dead-letters/plans?action=drop", "none is chosen"),
        ("/console/dead-letters/plans?action=drop&group=1-z", "group: <code>1-z</code>"),
    ] {
        has(&site.get(path, "session=operator").await, &[told]);
    }
    let chosen_here = site.post("/console/dead-letters/plans", "session=operator", "action=redirect&all=true").await;
    assert_eq!(chosen_here.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&chosen_here, &["id=\"plan-to\"", "aria-invalid=\"true\"", "the channel by which the letters are sent"]);
    for (cookies, told) in [(spanish, "1 carta elegida"), ("session=operator", "1 chosen letter")] {
        let one = site.get("/console/dead-letters/plans?action=replay&letter=000a", cookies).await;
        assert!(one.text.contains(&format!("<p>{told}</p>")), "{}", one.text);
    }
    let plan = planned(&site, "action=replay&group=1-a&why=mended&canary=1").await;
    has(&site.get(&plan, spanish).await, &["¿Reenviar 1 carta?"]);
    has(&site.get(&plan, "session=operator").await, &["Replay 1 letter?"]);
    site.post(&format!("{plan}/start"), "session=operator", "confirmed=1").await;
    let job = site.get(&plan.replace("/plans/", "/jobs/"), spanish).await;
    has(&job, &["<span class=\"whole\">0 de 1</span>", "tras 1 carta espera a que termine<", "más a este ritmo"]);
}

#[tokio::test]
async fn a_plan_says_what_has_come_since_and_an_old_one_cannot_be_started() {
    let site = site_with(1).await;
    let plan = planned(&site, "action=replay&group=1-a&why=mended").await;
    site.store.index_letters(1, &[indexed("00ff")], NOW).await.unwrap();
    let page = site.get(&plan, "session=operator").await;
    has(
        &page,
        &["+1 since: it fits, and is not in it.", "Make the plan again", "/console/dead-letters/plans?action=replay"],
    );
    site.clock.advance(std::time::Duration::from_secs(3601));
    let page = site.get(&plan, "session=operator").await;
    has(&page, &["older than an hour"]);
    assert!(!page.text.contains("/start\""), "{}", page.text);
}

#[tokio::test]
async fn more_than_a_hundred_letters_are_started_by_their_number() {
    let site = site_with(101).await;
    let plan = planned(&site, "action=replay&all=true&why=mended").await;
    has(&site.get(&plan, "session=operator").await, &["Type 101 to go on"]);
    let first = site.get("/console/dead-letters/letters", "session=operator").await;
    has(&first, &["rel=\"next\"", "letters?after="]);
}

#[tokio::test]
async fn letters_are_redirected_to_a_provider_that_is_chosen_by_its_name() {
    let site = site_with(1).await;
    let form = site.get("/console/dead-letters/plans?action=redirect&all=true", "session=operator").await;
    has(&form, &["name=\"to\"", "name=\"to_provider\"", "<option value=\"smtp\"", "<option value=\"twilio\""]);
    let plan = planned(&site, "action=redirect&all=true&to=&to_provider=twilio&why=mended").await;
    for (cookies, told) in [
        ("session=operator", "By which provider alone"),
        ("session=operator; chasqui_lang=es", "Por qué único proveedor"),
    ] {
        has(&site.get(&plan, cookies).await, &[told, "<dd>twilio</dd>"]);
    }
    has(&site.get("/console/dead-letters/jobs", "session=operator").await, &["→ twilio"]);
    let wrong = "action=redirect&all=true&to_provider=twillio&why=mended";
    let refused = site.post("/console/dead-letters/plans", "session=operator", wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&refused, &["/to_provider", "did you mean twilio?"]);
}

#[tokio::test]
async fn every_bad_field_of_a_plan_and_of_a_filter_is_named() {
    let site = site_with(1).await;
    let form = "action=replai&letter=xyz&rate=fast&why=&odd=1";
    let refused = site.post("/console/dead-letters/plans", "session=operator", form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&refused, &["/action", "did you mean replay?", "/letters/0", "/rate", "/odd", "aria-invalid=\"true\""]);
    let unknown = site.get("/console/dead-letters/plans?chanel=sms", "session=operator").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&unknown, &["/chanel"]);
    for path in ["/console/dead-letters?life=dead", "/console/dead-letters/letters?lane=slow&chanel=sms"] {
        has(&site.get(path, "session=viewer").await, &["nothing was searched", "role=\"alert\""]);
    }
}

#[tokio::test]
async fn a_plan_of_many_letters_tells_since_when_it_is_known() {
    let site = site_with(2_001).await;
    let path = planned(&site, "action=replay&all=true&why=it+is+mended").await;
    for (lang, told) in [(Lang::En, "As of "), (Lang::Es, "Leído a las ")] {
        let page = site.get(&path, &format!("session=operator; chasqui_lang={}", lang.code())).await;
        has(&page, &["id=\"outlook\"", "id=\"known-at\"", told, "2\u{202f}001"]);
    }
}
