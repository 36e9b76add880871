//! The page of a job: how far it is, what it waits for, and that nothing on it moves under a hand.

use store::Item;
use testkit::NOW;

use super::{has, indexed, planned, site_with};
use crate::tests::site::{Answer, Site};

#[tokio::test]
async fn a_job_that_is_done_says_how_many_of_its_letters_are_dead_again() {
    let site = site_with(2).await;
    let plan = planned(&site, "action=replay&letter=000a&letter=000b&why=mended&canary=0").await;
    site.post(&format!("{plan}/start"), "session=operator", "confirmed=2").await;
    let job = plan.replace("/plans/", "/jobs/");
    let id = job.rsplit('/').next().unwrap();
    let items = ["000a", "000b"].map(|letter| Item { letter: letter.into(), job: id.into() });
    site.store.take_letters(&items, NOW).await.unwrap();
    site.store.finish_letters(&items, NOW).await.unwrap();
    site.store.end_letter_jobs(NOW).await.unwrap();
    let mut again = indexed("00ff");
    (again.sample.id, again.sample.epoch) = ("order-<000a>".into(), 1);
    (again.sample.fingerprint, again.sample.code) = ("1-b".into(), "30003".into());
    site.store.index_letters(1, &[again], NOW).await.unwrap();
    let page = site.get(&job, "session=viewer").await;
    has(&page, &["done", "Of what was sent, 1 of 2 is dead again. They are in: <a", "hx-trigger=\"every 10s\""]);
    for (group, code) in [("1-a", "21211"), ("1-b", "30003")] {
        let link = format!(
            "href=\"/console/dead-letters/groups/{group}\" title=\"{group}\">sms · twilio · permanent · {code}<"
        );
        assert_eq!(page.text.matches(&link).count(), 1, "{link}: {}", page.text);
    }
    let page = site.get(&job, "session=viewer; chasqui_lang=es").await;
    has(&page, &["De lo que se envió, 1 de 2 murió otra vez."]);
}

/// A job whose first letter is moved, with the path of its page.
async fn job_with_a_canary(site: &Site) -> String {
    let plan = planned(site, "action=replay&letter=000a&letter=000b&letter=000c&why=mended&canary=1").await;
    site.post(&format!("{plan}/start"), "session=operator", "confirmed=3").await;
    let job = plan.replace("/plans/", "/jobs/");
    let item = [Item { letter: "000a".into(), job: job.rsplit('/').next().unwrap().into() }];
    site.store.take_letters(&item, NOW).await.unwrap();
    site.store.finish_letters(&item, NOW).await.unwrap();
    job
}

#[tokio::test]
async fn a_job_that_waits_for_its_first_letters_promises_no_time() {
    let site = site_with(3).await;
    let job = job_with_a_canary(&site).await;
    for (cookies, waits, left) in [
        ("session=operator", "1 of 3</span> · waits for the first to end<", "at this rate"),
        ("session=operator; chasqui_lang=es", "1 de 3</span> · espera a que termine la primera<", "a este ritmo"),
    ] {
        let page = site.get(&job, cookies).await;
        has(&page, &[waits]);
        assert!(!page.text.contains(left), "{}", page.text);
    }
    site.store.pass_letter_canary(job.rsplit('/').next().unwrap()).await.unwrap();
    let page = site.get(&job, "session=operator").await;
    has(&page, &["1 of 3</span> · 1 s left at this rate<"]);
    assert!(!page.text.contains("waits for"), "{}", page.text);
}

#[tokio::test]
async fn why_a_job_is_paused_is_told_in_the_language_of_the_page() {
    let site = site_with(3).await;
    let job = job_with_a_canary(&site).await;
    let mut again = indexed("00ff");
    (again.sample.id, again.sample.epoch) = ("order-<000a>".into(), 1);
    site.store.index_letters(1, &[again], NOW).await.unwrap();
    let note = "1 of the first 1 failed again, 0 did not";
    site.store.pause_letter_job(job.rsplit('/').next().unwrap(), note).await.unwrap();
    for (cookies, told) in [
        ("session=operator", "Of the letters that it sent first (1), 1 failed again, 0 did not, 0 have not ended."),
        (
            "session=operator; chasqui_lang=es",
            "De las cartas que envió primero (1), 1 fallaron otra vez, 0 no, 0 no han terminado.",
        ),
    ] {
        let page = site.get(&job, cookies).await;
        has(&page, &[&format!("<p class=\"banner\">{told}</p>"), "id=\"job-resume\""]);
        assert!(!page.text.contains(note), "{}", page.text);
    }
}

#[tokio::test]
async fn what_is_pressed_on_the_page_of_a_job_stands_above_all_that_moves() {
    let site = site_with(3).await;
    let job = job_with_a_canary(&site).await;
    let running = site.get(&job, "session=operator").await;
    let places =
        ["id=\"job-state\"", "id=\"job-cancel\"", "id=\"job-note\"", "<progress", "<dl class=\"figures\"", "<table"];
    let found = places.map(|place| running.text.find(place).unwrap_or_else(|| panic!("{place}: {}", running.text)));
    assert!(found.is_sorted(), "{found:?}");
    let shape = |page: &Answer| {
        let figures = page.text.split("<dl class=\"figures\">").nth(1).unwrap().split("</dl>").next().unwrap();
        let rooms = ["id=\"job-changes\"", "id=\"job-note\"", "id=\"job-since\""].map(|room| page.text.contains(room));
        (figures.matches("<dt>").count(), rooms)
    };
    assert_eq!(shape(&running), (7, [true; 3]), "{}", running.text);
    site.store.pass_letter_canary(job.rsplit('/').next().unwrap()).await.unwrap();
    site.post(&format!("{job}/cancel"), "session=operator", "").await;
    let over = site.get(&job, "session=operator").await;
    assert!(!over.text.contains("job-cancel"), "{}", over.text);
    assert_eq!(shape(&over), shape(&running), "nothing comes or goes: {}", over.text);
}
