//! Questions to people: the list, the page of one, and how one is taken back.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{Ask, AskChoice, AskKind, ChannelName, GivenAnswer, RecipientHash};
use store::{AskCopy, AskOpened, JournalFilter};
use testkit::{NOW, key};

use super::site::Site;

const OPERATOR: &str = "session=operator";

fn choice(id: &str, label: &str, refuses: bool) -> AskChoice {
    AskChoice { id: id.into(), label: label.into(), refuses }
}

pub(super) fn ask(id: &str) -> Ask {
    Ask {
        key: key(id),
        kind: AskKind::Confirm,
        question: "Deploy <b>?".into(),
        choices: vec![choice("yes", "Sí", false), choice("no", "No", true)],
        audience: vec!["ana".into(), "ben".into(), "<eve>".into()],
        names: Default::default(),
        quorum: 2,
        four_eyes: false,
        may_change: false,
        requested_by: Some("<shop>".into()),
        correlation_id: Some("order-7".into()),
        reply_to: None,
        content: domain::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: [7; 16],
        key_id: "k1".into(),
        attempts: 0,
        sends: 0,
        created_at: NOW,
        expires_at: NOW.plus(std::time::Duration::from_secs(3_600)),
        end: None,
    }
}

fn copy(place: u16, channel: &str, destination: &str) -> AskCopy {
    AskCopy {
        delivery: format!("copy-{place}-{channel}"),
        place,
        step: 0,
        rung: 0,
        channel: ChannelName::parse(channel).unwrap(),
        destination: Some(destination.into()),
        recipient: RecipientHash::UNKNOWN,
        locale: None,
        due_at: NOW,
    }
}

pub(super) async fn answer(site: &Site, id: &str, approver: &str, choice: &str) {
    let given = GivenAnswer {
        id: format!("press-of-{approver}"),
        approver: approver.into(),
        choice: choice.into(),
        via: "telegram".into(),
        at: NOW,
        evidence: r#"{"event":"<7>"}"#.into(),
    };
    site.store.answer_ask(&key(id), &given).await.unwrap().unwrap();
}

/// An open question that one of three has answered.
async fn with_one() -> Site {
    let site = Site::start().await;
    let later = AskCopy { rung: 1, due_at: NOW.plus(Duration::from_secs(120)), ..copy(0, "email", "ana@example.com") };
    let copies = [copy(0, "telegram", "4711"), later, copy(1, "email", "ben@example.com")];
    assert_eq!(site.store.open_ask(&ask("q-1"), &copies, None).await.unwrap(), AskOpened::New);
    answer(&site, "q-1", "ana", "yes").await;
    site
}

#[tokio::test]
async fn questions_are_listed_with_how_many_have_answered_in_both_languages() {
    let site = with_one().await;
    for (lang, words) in [("en", ["1 of 3", "open"]), ("es", ["1 de 3", "abierta"])] {
        let page = site.get("/console/asks", &format!("session=viewer; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in words.into_iter().chain(["href=\"/console/asks/q-1\"", "Deploy &lt;b&gt;?", "&lt;shop&gt;"]) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn questions_are_found_by_their_state_kind_and_time_and_a_filter_that_is_wrong_is_named() {
    let site = with_one().await;
    let search = async |query: &str| site.get(&format!("/console/asks?{query}"), "session=viewer").await;
    for (query, found) in [
        ("state=open&kind=confirm&correlation_id=order-7&from=&to=", true),
        ("state=answered", false),
        ("kind=command", false),
        ("correlation_id=order-8", false),
        ("to=2026-03-01T00:00:00Z", false),
    ] {
        let page = search(query).await;
        assert_eq!(page.text.contains("/console/asks/q-1"), found, "{query}: {}", page.text);
    }
    let wrong = search("state=opne&from=soon&stat=x&after=nowhere").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["did you mean open?", "<code>from</code>", "<code>stat</code>", "<code>after</code>", "value=\"soon\""]
    {
        assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
    }
}

#[tokio::test]
async fn a_list_without_anything_advises_to_change_its_filter_only_where_there_is_one() {
    let site = Site::start().await;
    for (path, filter, none, nothing_fits) in [
        ("asks", "state=open", ["There are no questions.", "No hay preguntas."], "No question fits all of this."),
        ("commands", "state=failed", ["There are no commands.", "No hay comandos."], "No command fits all of this."),
        (
            "verifications",
            "state=pending",
            ["There are no verifications.", "No hay verificaciones."],
            "No verification fits all of this.",
        ),
        ("dead-letters/letters", "channel=sms", ["There are no letters.", "No hay cartas."], "No letter fits."),
    ] {
        for (lang, none) in ["en", "es"].into_iter().zip(none) {
            // A form sends the fields that nobody has filled in as well.
            let empty = format!("/console/{path}?{}=&from=", filter.split('=').next().unwrap());
            let page = site.get(&empty, &format!("session=viewer; chasqui_lang={lang}")).await;
            assert!(page.text.contains(none), "{none}: {}", page.text);
        }
        let narrowed = site.get(&format!("/console/{path}?{filter}"), "session=viewer").await;
        assert!(narrowed.text.contains(nothing_fits) && !narrowed.text.contains(none[0]), "{}", narrowed.text);
    }
}

#[tokio::test]
async fn of_a_question_that_nobody_has_answered_it_is_said_so_also_behind_its_end() {
    let site = Site::start().await;
    site.store.open_ask(&ask("q-4"), &[], None).await.unwrap();
    assert_eq!(site.store.expire_asks(ask("q-4").expires_at).await.unwrap(), 1);
    for (lang, told) in [("en", ">Nobody has answered.<"), ("es", ">Nadie respondió.<")] {
        let page = site.get("/console/asks/q-4", &format!("session=viewer; chasqui_lang={lang}")).await;
        assert!(page.text.contains(told), "{}", page.text);
    }
}

#[tokio::test]
async fn pages_of_questions_follow_one_another() {
    let site = Site::start().await;
    for n in 0..51 {
        site.store.open_ask(&ask(&format!("q-{n:02}")), &[], None).await.unwrap();
    }
    let first = site.get("/console/asks?state=open", "session=viewer").await;
    let next = first.text.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let next = next.replace("&amp;", "&");
    assert!(next.starts_with("/console/asks?state=open&after="), "{next}");
    let second = site.get(&next, "session=viewer").await;
    assert!(second.text.contains("/console/asks/q-00") && !first.text.contains("/console/asks/q-00"));
    let other = site.get(&next.replace("state=open", "kind=confirm"), "session=viewer").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
    assert!(other.text.contains("a list of something else"), "{}", other.text);
}

#[tokio::test]
async fn the_page_of_a_question_says_who_is_asked_by_what_and_what_they_have_said_and_no_destination() {
    let site = with_one().await;
    for (lang, words) in [
        ("en", ["ana has chosen Yes, by telegram.", "No message leads to:", ">at once<", ">2 min later<"]),
        ("es", ["ana eligió Sí, por telegram.", "Ningún mensaje llega a:", ">enseguida<", ">2 min después<"]),
    ] {
        let page = site.get("/console/asks/q-1", &format!("session=viewer; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in words.into_iter().chain([
            "Deploy &lt;b&gt;?",
            "href=\"/console/deliveries/copy-1-email\"",
            "***@<wbr>example.<wbr>com",
            "&lt;eve&gt;",
            "&lt;7&gt;</code>",
            "hx-get=\"/console/asks/q-1\"",
        ]) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(!page.text.contains("ben@example.com") && !page.text.contains("4711"), "{}", page.text);
        assert!(!page.text.contains("/cancel"), "a viewer takes nothing back: {}", page.text);
    }
    assert_eq!(site.get("/console/asks/none", "session=viewer").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_answer_that_ends_it_and_one_that_comes_late_are_told() {
    let site = with_one().await;
    answer(&site, "q-1", "ben", "yes").await;
    answer(&site, "q-1", "<eve>", "no").await;
    let page = site.get("/console/asks/q-1", OPERATOR).await;
    for part in
        ["Yes: decided by the answer of ben.", "&lt;eve&gt; has chosen No, by telegram: too late.", " late</span>"]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("hx-get=\"/console/asks") && !page.text.contains("/cancel"), "{}", page.text);
}

#[tokio::test]
async fn what_goes_when_a_question_ends_leaves_its_room_and_what_grows_stands_below_it() {
    let site = with_one().await;
    let open = site.get("/console/asks/q-1", OPERATOR).await;
    let (_, held) = open.text.split_once("<div class=\"actions held\">").expect("a line that keeps its room");
    let place = |part: &str| held.find(part).unwrap_or_else(|| panic!("{part}: {held}"));
    let places = ["It is open", "/q-1/cancel\"", "<dl class=\"facts\"", "id=\"message-0\"", "id=\"answer-0\""];
    assert!(places.map(place).is_sorted(), "{held}");
    answer(&site, "q-1", "ben", "yes").await;
    let ended = site.get("/console/asks/q-1", OPERATOR).await;
    assert!(ended.text.contains("<div class=\"actions held\"></div><dl class=\"facts\""), "{}", ended.text);
    let lines = |page: &str| page.split_once("</dl>").expect("facts").0.matches("<dt>").count();
    let [open, ended] = [open, ended].map(|page| lines(page.text.split_once("<dl class=\"facts\"").expect("facts").1));
    assert_eq!(open, ended);
}

#[tokio::test]
async fn people_have_their_names_and_choices_of_our_own_the_language_of_the_page() {
    let site = Site::start().await;
    let names = [("ana".to_owned(), "Ana <A>".to_owned()), ("<shop>".to_owned(), "The shop".to_owned())].into();
    let asked = Ask { names, quorum: 1, ..ask("q-3") };
    site.store.open_ask(&asked, &[copy(0, "telegram", "4711")], None).await.unwrap();
    answer(&site, "q-3", "ana", "yes").await;
    for (lang, told, listed, evidence) in [
        ("en", "Yes: decided by the answer of Ana &lt;A&gt;.", "answered</span>: Yes", "its event:</span>"),
        ("es", "Sí: lo decidió la respuesta de Ana &lt;A&gt;.", "respondida</span>: Sí", "su evento:</span>"),
    ] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        let page = site.get("/console/asks/q-3", &cookies).await;
        for part in [told, evidence, "Ana &lt;A&gt; <code class=\"soft\">ana</code>", "The shop <code class=\"soft\">"]
        {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let list = site.get("/console/asks", &cookies).await;
        for part in [listed, "<span title=\"&lt;shop&gt;\">The shop</span>"] {
            assert!(list.text.contains(part), "{part}: {}", list.text);
        }
    }
}

#[tokio::test]
async fn whoever_has_only_stars_for_a_name_is_called_by_their_id_and_a_decision_stands_apart() {
    let site = Site::start().await;
    let asked = Ask { names: [("ana".to_owned(), "***".to_owned())].into(), quorum: 1, ..ask("q-5") };
    let asked = Ask { audience: vec!["ana".into()], ..asked };
    site.store.open_ask(&asked, &[], None).await.unwrap();
    answer(&site, "q-5", "ana", "no").await;
    for (lang, told, decided) in [
        ("en", "No: decided by the answer of ana.", "decided</span> · <span class=\"soft\">a refusal</span>"),
        ("es", "No: lo decidió la respuesta de ana.", "decidida</span> · <span class=\"soft\">una negativa</span>"),
    ] {
        let page = site.get("/console/asks/q-5", &format!("session=viewer; chasqui_lang={lang}")).await;
        for part in [told, decided] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(!page.text.contains("***"), "{}", page.text);
    }
}

#[tokio::test]
async fn of_one_that_has_ended_the_list_tells_what_was_decided_and_no_time_to_come() {
    let site = with_one().await;
    answer(&site, "q-1", "ben", "yes").await;
    for (lang, told, to_come) in
        [("en", "answered</span>: Yes", ">in 60 min<"), ("es", "respondida</span>: Sí", ">en 60 min<")]
    {
        for path in ["/console/asks", "/console/asks/q-1"] {
            let page = site.get(path, &format!("session=viewer; chasqui_lang={lang}")).await;
            assert!(!page.text.contains(to_come), "{path}: {}", page.text);
            assert_eq!(page.text.contains(told), path == "/console/asks", "{path}: {}", page.text);
        }
    }
    site.store.open_ask(&ask("q-2"), &[], None).await.unwrap();
    let open = site.get("/console/asks", OPERATOR).await;
    assert!(open.text.contains(">in 60 min<"), "{}", open.text);
}

#[tokio::test]
async fn only_a_name_or_an_id_that_is_longer_than_any_word_is_broken_within_it() {
    let site = Site::start().await;
    let (named, long) = ("cumplimiento".to_owned(), "x".repeat(25));
    let names = [("ana".to_owned(), named.clone()), ("ben".to_owned(), long.clone())].into();
    let asked = Ask { audience: vec!["ana".into(), "ben".into(), long.clone()], names, ..ask("q-4") };
    let copies = [copy(0, "telegram", "4711"), copy(1, "telegram", "4712"), copy(2, "telegram", "4713")];
    site.store.open_ask(&asked, &copies, None).await.unwrap();
    answer(&site, "q-4", "ana", "yes").await;
    let page = site.get("/console/asks/q-4", "session=viewer").await;
    for (shown, times) in [
        (format!("\">{named} <code class=\"soft\">ana</code></td>"), 2),
        (format!("<span class=\"most\">{long} <code class=\"soft\">ben</code></span></td>"), 1),
        (format!("<span class=\"most\">{long}</span></td>"), 1),
    ] {
        assert_eq!(page.text.matches(&shown).count(), times, "{shown}: {}", page.text);
    }
}

#[tokio::test]
async fn an_address_that_is_kept_no_more_is_said_to_be_so() {
    let site = with_one().await;
    site.store.forget_destinations(&key("q-1")).await.unwrap();
    let open = site.get("/console/asks/q-1", OPERATOR).await;
    assert!(!open.text.contains("not kept once it has ended"), "{}", open.text);
    answer(&site, "q-1", "ben", "yes").await;
    let ended = site.get("/console/asks/q-1", OPERATOR).await;
    assert!(ended.text.contains("not kept once it has ended"), "{}", ended.text);
}

#[tokio::test]
async fn a_question_is_taken_back_with_a_reason_that_is_kept() {
    let site = with_one().await;
    let path = "/console/asks/q-1/cancel";
    let page = site.get(path, OPERATOR).await;
    assert!(page.text.contains("Deploy &lt;b&gt;?") && page.text.contains("name=\"reason\""), "{}", page.text);
    assert_eq!(site.post(path, OPERATOR, "confirmed=1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = site.post(path, OPERATOR, "confirmed=1&reason=no+longer+%3Cneeded%3E").await;
    assert_eq!(answer.header("location"), "/console/asks/q-1?cancel=done", "{}", answer.text);
    let page = site.get(answer.header("location"), OPERATOR).await;
    assert!(page.text.contains("It is taken back") && page.text.contains("&lt;operator&gt;"), "{}", page.text);
    let filter = JournalFilter {
        tenant: None,
        actor: None,
        kind: Some("ask.cancelled".into()),
        subject: Some("q-1".into()),
        since: None,
        until: None,
        after: None,
        limit: 10,
    };
    let told = site.store.journal_page(&filter).await.unwrap().entries;
    assert!(told[0].row.data.contains("no longer <needed>"), "{:?}", told[0]);
    let again = site.post(path, OPERATOR, "confirmed=1&reason=again").await;
    assert_eq!(again.header("location"), "/console/asks/q-1?cancel=too-late");
}

#[tokio::test]
async fn who_may_not_sees_and_changes_nothing() {
    let site = with_one().await;
    let path = "/console/asks/q-1/cancel";
    for page in ["/console/asks", "/console/asks/q-1", path] {
        let answer = site.get(page, "session=nothing").await;
        assert!(answer.status == StatusCode::FORBIDDEN && !answer.text.contains("Deploy"), "{}", answer.text);
    }
    for form in ["confirmed=1&reason=x", ""] {
        let answer = site.post(path, "session=viewer", form).await;
        assert!(answer.status == StatusCode::FORBIDDEN && !answer.text.contains("Deploy"), "{}", answer.text);
    }
    assert!(site.store.ask(&key("q-1")).await.unwrap().unwrap().end.is_none());
}
