//! The page of gateways: how each is, which rooms are large, and who is connected.

use std::time::Duration;

use axum::http::StatusCode;
use domain::Tenant;
use store::{GatewayFigures, GatewayRoom};

use super::site::{Site, refused_of_another_filter};

const PATH: &str = "/console/gateways";
const VIEWER: &str = "session=viewer";
const HOUR: Duration = Duration::from_secs(3600);

/// A site with a gateway to which these are connected, by so many sockets each.
async fn with_people(people: &[(&str, u32)]) -> Site {
    let (site, node) = (Site::start().await, testkit::row("a").token);
    let (own, acme) = (Tenant::default(), Tenant::parse("acme").unwrap());
    let figures =
        GatewayFigures { sockets: 1_234, people: 7, rooms: 9, max_sockets: 2_000, max_per_user: 10, max_rooms: 50 };
    let rooms = [(&own, "topic:<solicitud>", 5), (&acme, "topic:foreign", 6)]
        .map(|(tenant, room, sockets)| GatewayRoom { tenant: tenant.clone(), room: room.to_owned(), sockets });
    site.store.hold_gateway(node, HOUR).await.unwrap();
    site.store.note_gateway(node, figures, &rooms, false).await.unwrap();
    for (user, sockets) in people {
        site.store.note_present(&own, user, node, *sockets).await.unwrap();
    }
    site.store.note_present(&acme, "foreigner", node, 1).await.unwrap();
    site
}

#[tokio::test]
async fn gateways_rooms_and_people_are_shown_in_both_languages_and_only_those_of_the_tenant() {
    let site = with_people(&[("<ana>", 3), ("ben", 1)]).await;
    for (lang, parts) in [
        ("en", ["serves", "1\u{202f}234 of 2\u{202f}000", "2 people of default connected", "Largest rooms"]),
        ("es", ["atiende", "1\u{202f}234 de 2\u{202f}000", "2 personas conectadas de default", "Salas más grandes"]),
    ] {
        let page = site.get(PATH, &format!("{VIEWER}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in parts {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let of_most = "data-label=\"Sockets\" class=\"number several\">1\u{202f}234 ";
        assert!(page.text.contains(of_most), "two figures in one: {}", page.text);
        assert!(page.text.contains("&lt;solicitud&gt;") && page.text.contains("&lt;ana&gt;"), "{}", page.text);
        assert!(page.text.contains("href=\"/console/inbox?user=%3Cana%3E\""), "{}", page.text);
        assert!(!page.text.contains("<ana>") && !page.text.contains("foreign"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_gateway_that_leaves_says_so_and_one_without_a_lease_is_not_there() {
    let site = with_people(&[("ana", 1)]).await;
    let node = testkit::row("a").token;
    site.store.note_gateway(node, GatewayFigures::default(), &[], true).await.unwrap();
    let page = site.get(PATH, VIEWER).await;
    assert!(page.text.contains("leaving") && page.text.contains("Nobody is in one."), "{}", page.text);
    site.store.hold_gateway(node, Duration::ZERO).await.unwrap();
    let page = site.get(PATH, VIEWER).await;
    for part in ["No gateway runs.", "Nobody is connected."] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("id=\"user-ana\""), "{}", page.text);
}

#[tokio::test]
async fn people_are_found_by_the_beginning_of_their_ids_page_by_page() {
    let names: Vec<String> = (0..51).map(|number| format!("u-{number:02}")).collect();
    let people: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).chain([("ana", 1)]).collect();
    let site = with_people(&people).await;
    let first = site.get("/console/gateways?user=u-", VIEWER).await;
    assert_eq!(first.text.matches("id=\"user-u-2d").count(), 50, "{}", first.text);
    assert!(!first.text.contains("id=\"user-ana\""), "{}", first.text);
    let (_, rest) = first.text.split_once("rel=\"next\" href=\"").expect("a next page");
    let path = rest.split('"').next().unwrap().replace("&amp;", "&");
    assert!(path.starts_with("/console/gateways?user=u-&after="), "{path}");
    let second = site.get(&path, VIEWER).await;
    assert_eq!(second.text.matches("id=\"user-").count(), 1, "{}", second.text);
    assert!(second.text.contains("id=\"user-u-2d50\"") && !second.text.contains("id=\"gateway-"), "{}", second.text);
    refused_of_another_filter(&site.get(&path.replace("user=u-", "user=a"), VIEWER).await);
    let none = site.get("/console/gateways?user=zoe", VIEWER).await;
    assert!(none.text.contains("Nobody whose id begins so is connected."), "{}", none.text);
    let wrong = site.get("/console/gateways?usr=u", VIEWER).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("did you mean user?"));
    assert_eq!(site.get(PATH, "session=nothing").await.status, StatusCode::FORBIDDEN);
}
