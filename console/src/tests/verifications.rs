//! Verifications: who was sent a code, how often it was tried, and how many were entered. There is no code.

use axum::http::StatusCode;
use domain::{BlockReason, ChannelName, RecipientHash, Verification, VerificationState};
use store::VerificationMade;
use testkit::{NOW, key};

use super::site::Site;

fn verification(id: &str, state: VerificationState) -> Verification {
    let is_blocked = state == VerificationState::Blocked;
    Verification {
        key: key(id),
        purpose: "log in to <shop>".into(),
        channel: ChannelName::parse("sms").unwrap(),
        recipient: RecipientHash::UNKNOWN,
        recipient_mask: "***43".into(),
        addresses: RecipientHash::UNKNOWN,
        prefix: None,
        client: None,
        session: None,
        dial_code: Some("+34".into()),
        locale: None,
        state,
        version: 1,
        salt: [7; 16],
        key_id: "k1".into(),
        checks: 2,
        sends: u32::from(!is_blocked),
        last_sent_at: (!is_blocked).then_some(NOW),
        approved_by: None,
        reasons: if is_blocked { vec![BlockReason::Country, BlockReason::Prefix] } else { Vec::new() },
        created_at: NOW,
        expires_at: NOW.plus(std::time::Duration::from_secs(600)),
        ended_at: (state != VerificationState::Pending).then_some(NOW),
    }
}

async fn with_some() -> Site {
    let site = Site::start().await;
    for (id, state) in [
        ("v-1", VerificationState::Pending),
        ("v-2", VerificationState::Approved),
        ("v-3", VerificationState::Expired),
        ("v-4", VerificationState::Blocked),
    ] {
        let begun = verification(id, state);
        let made = site.store.begin_verification(&begun, &[begun.recipient], NOW, |_| Vec::new()).await.unwrap();
        assert_eq!(made, VerificationMade::New(Box::new(begun)));
    }
    site
}

#[tokio::test]
async fn verifications_are_listed_with_why_they_were_blocked_in_both_languages() {
    let site = with_some().await;
    for (lang, words) in [
        ("en", ["pending", "blocked: country not served, too many to this range", "+34: 50.0"]),
        ("es", ["pendiente", "bloqueada: país sin servicio, demasiadas a este rango", "+34: se ingresó el 50,0"]),
    ] {
        let page = site.get("/console/verifications", &format!("session=viewer; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in words.into_iter().chain([
            "<span class=\"whole\">***43</span>",
            "title=\"v-1\">log in to &lt;shop&gt;</a>",
            "class=\"bar\"",
            "width=\"60.0\"",
        ]) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn the_page_of_one_says_how_it_stands_and_has_no_code() {
    let site = with_some().await;
    let left_out = Verification {
        channel: ChannelName::parse("email").unwrap(),
        reasons: vec![BlockReason::Country],
        ..verification("v-5", VerificationState::Approved)
    };
    site.store.begin_verification(&left_out, &[left_out.recipient], NOW, |_| Vec::new()).await.unwrap();
    for (path, lang, parts) in [
        ("v-1", "en", ["It waits for its code.", "Tries left", "hx-get=\"/console/verifications/v-1\""]),
        (
            "v-2",
            "en",
            ["The right code was entered", "log in to &lt;shop&gt;", "2 · <span class=\"soft\">right ones and"],
        ),
        ("v-4", "es", ["No se envió nada.", "bloqueada: país sin servicio", "***43"]),
        ("v-5", "en", ["sms left out: country not served", "+34", ">email<"]),
        ("v-5", "es", ["sin sms: país sin servicio", "Vale hasta", "Intentos"]),
    ] {
        let cookies = format!("session=viewer; chasqui_lang={lang}");
        let page = site.get(&format!("/console/verifications/{path}"), &cookies).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in parts {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert_eq!(page.text.contains("hx-get="), path == "v-1", "{}", page.text);
        let held = "<div class=\"actions held\"></div><dl class=\"facts\"";
        assert_eq!(page.text.contains(held), path != "v-1", "nothing below moves when it ends: {}", page.text);
    }
    assert!(site.get("/console/verifications", "session=viewer").await.text.contains("/console/verifications/v-5\""));
    let path = "/console/verifications/none";
    assert_eq!(site.get(path, "session=viewer").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/console/verifications/v-1", "session=nothing").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn verifications_are_found_by_what_they_are_and_a_filter_that_is_wrong_is_named() {
    let site = with_some().await;
    let search = async |query: &str| site.get(&format!("/console/verifications?{query}"), "session=viewer").await;
    for (query, found) in [
        ("state=blocked&channel=sms&purpose=log+in+to+%3Cshop%3E&from=&to=", 1),
        ("channel=email", 0),
        ("to=2026-03-01T00:00:00Z", 0),
        ("", 4),
    ] {
        let page = search(query).await;
        assert_eq!(page.text.matches("id=\"verification-").count(), found, "{query}: {}", page.text);
    }
    let wrong = search("state=blokced&channel=post&after=nowhere&x=y").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["did you mean blocked?", "<code>channel</code>", "<code>after</code>", "<code>x</code>"] {
        assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
    }
    assert_eq!(site.get("/console/verifications", "session=nothing").await.status, StatusCode::FORBIDDEN);
}
