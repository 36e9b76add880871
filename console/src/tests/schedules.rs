//! The page of schedules: when each runs by the clocks of its zone, and what can be done with it.

use axum::http::StatusCode;
use domain::{ChannelName, Key, Tenant, Timestamp, content_of, run_id};
use store::{Job, JobFilter, JobKind, JobSummary, JournalFilter};
use testkit::{NOW, at};

use super::site::Site;

const OPERATOR: &str = "session=operator";

fn key(id: &str) -> Key {
    Key { tenant: Tenant::default(), id: id.to_owned() }
}

/// A site with a schedule of this id that sends an SMS at nine in Berlin.
async fn with_daily(id: &str) -> Site {
    let site = Site::start().await;
    let body = br#"{"channel":"sms","destination":"+12025550143","message":"Hola"}"#;
    let (cron, zone) = ("0 9 * * *".to_owned(), "Europe/Berlin".to_owned());
    let kind = JobKind::Cron { cron, zone, name: Some("<b>morning</b>".to_owned()) };
    let to = (ChannelName::parse("sms").unwrap(), "+12025550143");
    let summary = JobSummary::new(key(id), kind, to, content_of(body), at("2026-03-02T08:00:00Z"), NOW);
    site.store.put_job(Job { summary, body: body.to_vec(), carried: Vec::new() }).await.unwrap();
    site
}

#[tokio::test]
async fn runs_are_told_by_the_clocks_of_the_zone_in_both_languages() {
    let site = with_daily("daily <1>").await;
    for (lang, word, last) in [("en", "Run now", "Last due run"), ("es", "Ejecutar ahora", "Última a su hora")] {
        let page = site.get("/console/schedules", &format!("{OPERATOR}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let following = "<div class=\"one-line\"><span class=\"whole\">2026-03-03</span> ";
        assert!(page.text.contains(following) && page.text.contains(&format!(">{last}</th>")), "{}", page.text);
        for words in [word, "2026-03-02 09:00:00 +01", "2026-03-03 09:00:00 +01", "Europe/Berlin", "***43"] {
            assert!(page.words().contains(words), "{words}: {}", page.text);
        }
        assert!(page.text.contains("&lt;b&gt;morning") && page.text.contains("daily &lt;1&gt;"), "{}", page.text);
        assert!(page.text.contains("id=\"schedule-daily-20-3c1-3e\""), "{}", page.text);
    }
    let viewer = site.get("/console/schedules", "session=viewer").await;
    assert!(viewer.words().contains("Europe/Berlin") && !viewer.text.contains("Run now"), "{}", viewer.text);
    assert!(site.get("/console/schedules?after=zzz", OPERATOR).await.text.contains("Nothing is scheduled."));
    let wrong = site.get("/console/schedules?afer=x", OPERATOR).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("did you mean after?"));
}

#[tokio::test]
async fn what_is_sent_once_leads_to_its_delivery_and_is_told_in_utc() {
    let site = Site::start().await;
    let body = br#"{"channel":"sms","destination":"+12025550143","message":"Hola"}"#;
    let to = (ChannelName::parse("sms").unwrap(), "+12025550143");
    let due = at("2026-03-02T08:00:00Z");
    let summary = JobSummary::new(key("later"), JobKind::OneShot, to, content_of(body), due, NOW);
    site.store.put_job(Job { summary, body: body.to_vec(), carried: Vec::new() }).await.unwrap();
    let page = site.get("/console/schedules", OPERATOR).await;
    assert!(page.words().contains("2026-03-02 08:00:00 UTC"), "{}", page.text);
    assert!(page.text.contains("href=\"/console/deliveries/later\""), "{}", page.text);
    assert!(page.text.contains("</a>\u{a0}· ") && !page.text.contains("</a> · "), "{}", page.text);
}

#[tokio::test]
async fn a_schedule_is_deleted_when_somebody_has_confirmed_it() {
    let site = with_daily("daily").await;
    let path = "/console/schedules/delete";
    let page = site.get(&format!("{path}?id=daily"), OPERATOR).await;
    assert!(page.status == StatusCode::OK && page.text.contains("&lt;b&gt;morning"), "{}", page.text);
    let refused = site.post(path, OPERATOR, "id=daily").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = site.post(path, OPERATOR, "id=daily&confirmed=1").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/schedules"));
    let left = site.store.jobs(JobFilter::default()).await.unwrap();
    assert!(left.jobs.is_empty());
    assert_eq!(site.get(&format!("{path}?id=daily"), OPERATOR).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_run_that_the_broker_has_not_confirmed_has_the_id_of_its_form_and_is_in_the_journal() {
    let site = with_daily("daily").await;
    let path = "/console/schedules/run";
    let page = site.get(&format!("{path}?id=daily"), OPERATOR).await;
    let (_, rest) = page.text.split_once("name=\"asked\" value=\"").unwrap();
    let asked: i64 = rest.split('"').next().unwrap().parse().unwrap();
    let answer = site.post(path, OPERATOR, &format!("id=daily&confirmed=1&asked={asked}")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    let id = run_id(&key("daily"), Timestamp::from_micros(asked));
    assert!(answer.text.contains(&id), "{}", answer.text);
    let told = site.store.journal_page(&JournalFilter { limit: 10, ..JournalFilter::default() }).await.unwrap();
    assert!(told.entries.iter().any(|one| one.row.kind == "schedule.run"), "{told:?}");
}

#[tokio::test]
async fn who_may_not_sees_and_changes_nothing() {
    let site = with_daily("daily").await;
    assert_eq!(site.get("/console/schedules", "session=nothing").await.status, StatusCode::FORBIDDEN);
    for act in ["run", "delete", "pause", "resume"] {
        let path = format!("/console/schedules/{act}");
        let asked = site.get(&format!("{path}?id=daily"), "session=viewer").await;
        assert_eq!(asked.status, StatusCode::FORBIDDEN, "{act}");
        for body in ["id=daily&confirmed=1&asked=1&reason=x", "id=daily&asked=1"] {
            for session in ["session=viewer", "session=nothing"] {
                let answer = site.post(&path, session, body).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{act} {body} {session}");
                assert!(!answer.text.contains("morning") && !answer.text.contains("***43"), "{}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn a_schedule_is_paused_with_a_reason_and_resumed() {
    let site = with_daily("daily").await;
    let (pause, resume) = ("/console/schedules/pause", "/console/schedules/resume");
    let page = site.get(&format!("{pause}?id=daily"), &format!("{OPERATOR}; chasqui_lang=es")).await;
    assert!(page.status == StatusCode::OK && page.text.contains("no se envía después"), "{}", page.text);
    let without = site.post(pause, OPERATOR, "id=daily&confirmed=1").await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = site.post(pause, OPERATOR, "id=daily&confirmed=1&reason=%3Cwrong%3E").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/schedules"));
    let list = site.get("/console/schedules", OPERATOR).await;
    for words in ["paused", "&lt;wrong&gt;", "&lt;operator&gt;", "/console/schedules/resume?id=daily"] {
        assert!(list.text.contains(words), "{words}: {}", list.text);
    }
    assert!(!list.words().contains("2026-03-02 09:00:00"), "it has no next run: {}", list.text);
    let answer = site.post(resume, OPERATOR, "id=daily&confirmed=1").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let list = site.get("/console/schedules", OPERATOR).await;
    assert!(list.words().contains("2026-03-02 09:00:00 +01"), "{}", list.text);
}
