//! The pages of files: what a tenant has stored, how much of its quota that is, and how a file is deleted.

use axum::http::StatusCode;
use domain::{ObjectName, Scan, StoredFile, Tenant, Timestamp};
use store::{FileBegun, FileQuota, JournalFilter};
use testkit::{NOW, told};

use super::site::{Site, refused_of_another_filter};

const PATH: &str = "/console/files";
const OPERATOR: &str = "session=operator";
const VIEWER: &str = "session=viewer";
const QUOTA: FileQuota = FileQuota { files: 100, bytes: 1 << 30 };

fn object(number: u32) -> ObjectName {
    ObjectName::parse(&format!("{number:032x}.pdf")).unwrap()
}

fn file(number: u32, name: &str) -> StoredFile {
    StoredFile {
        tenant: Tenant::default(),
        object: object(number),
        name: name.to_owned(),
        bytes: 5 << 20,
        digest: [0xab; 32],
        scan: Scan::NotScanned,
        by: "<ada>".into(),
        created_at: Timestamp::from_seconds(number.into()),
        expires_at: None,
    }
}

async fn begun(site: &Site, file: &StoredFile) {
    assert_eq!(site.store.begin_file(file, QUOTA).await.unwrap(), FileBegun::Begun);
}

async fn stored(site: &Site, file: &StoredFile) {
    begun(site, file).await;
    assert!(site.store.finish_file(&file.object, &told()).await.unwrap());
}

/// A site with a file that is stored, one whose time is over, one that is being stored, and one of another tenant.
async fn with_some() -> Site {
    let site = Site::start().await;
    stored(&site, &file(1, "<informe>.pdf")).await;
    stored(&site, &StoredFile { expires_at: Some(NOW), scan: Scan::Clean, ..file(2, "old.pdf") }).await;
    begun(&site, &file(3, "new.pdf")).await;
    stored(&site, &StoredFile { tenant: Tenant::parse("acme").unwrap(), ..file(4, "foreign.pdf") }).await;
    site
}

fn page_of(number: u32) -> String {
    format!("{PATH}/{}", object(number))
}

#[tokio::test]
async fn files_are_shown_with_their_quota_in_both_languages_and_nothing_as_markup() {
    let site = with_some().await;
    for (lang, parts) in [
        ("en", ["3 of 1\u{202f}000 (0.3", "15\u{202f}MiB of 100\u{202f}MiB (15.0", "not scanned", "expired"]),
        ("es", ["3 de 1\u{202f}000 (0,3", "15\u{202f}MiB de 100\u{202f}MiB (15,0", "sin analizar", "vencido"]),
    ] {
        let page = site.get(PATH, &format!("{VIEWER}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in parts {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(page.text.contains("&lt;informe&gt;.pdf") && page.text.contains("&lt;ada&gt;"), "{}", page.text);
        assert!(!page.text.contains("<informe>") && !page.text.contains("foreign"), "{}", page.text);
        let order = [3, 2, 1].map(|number| page.text.find(&format!("id=\"file-{number:032x}-2epdf\"")).unwrap());
        assert!(order.is_sorted(), "the newest first: {order:?}");
    }
    let empty = Site::start().await.get(PATH, VIEWER).await;
    assert!(empty.text.contains("No file is stored. POST /v1/files/upload"), "{}", empty.text);
}

#[tokio::test]
async fn files_are_found_by_state_scan_and_name_and_a_filter_that_is_wrong_is_named() {
    let site = with_some().await;
    for (query, found) in [
        ("state=stored&name=&scan=", 1),
        ("state=expired", 1),
        ("state=storing", 1),
        ("scan=clean", 1),
        ("name=INFORME", 1),
        ("name=.pdf", 3),
        ("name=nothing", 0),
    ] {
        let page = site.get(&format!("{PATH}?{query}"), VIEWER).await;
        assert_eq!(page.text.matches("id=\"file-").count(), found, "{query}: {}", page.text);
    }
    let wrong = site.get(&format!("{PATH}?state=stord&scan=x&after=nowhere&nme=x"), VIEWER).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["did you mean stored?", "<code>scan</code>", "<code>after</code>", "did you mean name?"] {
        assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
    }
}

#[tokio::test]
async fn a_long_word_leaves_the_end_of_a_files_row_in_sight() {
    let (site, long) = (Site::start().await, "x".repeat(54));
    stored(&site, &StoredFile { by: long.clone(), ..file(1, &format!("{long}.pdf")) }).await;
    let page = site.get(PATH, VIEWER).await;
    let name = format!("<td data-label=\"Name\"><span class=\"most\"><a href=\"{}\"", page_of(1));
    let by = format!("<td data-label=\"Uploaded by\"><span class=\"most\">{long}</span></td>");
    assert!(page.text.contains(&name) && page.text.contains(&by), "{}", page.text);
}

#[tokio::test]
async fn files_follow_one_another_page_by_page() {
    let site = Site::start().await;
    for number in 1..=51 {
        begun(&site, &file(number, "report.pdf")).await;
    }
    let first = site.get(&format!("{PATH}?name=report"), VIEWER).await;
    assert_eq!(first.text.matches("id=\"file-").count(), 50, "{}", first.text);
    let (_, rest) = first.text.split_once("rel=\"next\" href=\"").expect("a next page");
    let path = rest.split('"').next().unwrap().replace("&amp;", "&");
    assert!(path.starts_with("/console/files?name=report&after="), "{path}");
    let second = site.get(&path, VIEWER).await;
    assert_eq!(second.text.matches("id=\"file-").count(), 1, "{}", second.text);
    assert!(second.text.contains(object(1).as_str()) && !second.text.contains("rel=\"next\""), "{}", second.text);
    refused_of_another_filter(&site.get(&path.replace("name=report", "state=storing"), VIEWER).await);
}

#[tokio::test]
async fn a_file_has_a_page_with_what_is_known_of_it() {
    let site = with_some().await;
    for (lang, parts) in [
        ("en", ["It is downloaded and sent.", "when somebody deletes it", "Which messages name it is not kept"]),
        ("es", ["Se descarga y se envía.", "cuando alguien lo elimine", "Qué mensajes lo nombran no se guarda"]),
    ] {
        let page = site.get(&page_of(1), &format!("{OPERATOR}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in parts {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        for part in ["&lt;informe&gt;.pdf", "application/pdf", &"ab".repeat(32), &format!("{}/delete", page_of(1))] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
    }
    let viewer = site.get(&page_of(1), VIEWER).await;
    assert!(viewer.status == StatusCode::OK && !viewer.text.contains("/delete\""), "{}", viewer.text);
    let storing = site.get(&page_of(3), OPERATOR).await;
    assert!(storing.status == StatusCode::OK && !storing.text.contains("/delete\""), "{}", storing.text);
    for path in [page_of(4), page_of(9), format!("{PATH}/other.pdf"), format!("{PATH}/..%2F..%2Fetc")] {
        assert_eq!(site.get(&path, OPERATOR).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(site.get(&page_of(1), "session=nothing").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_file_is_deleted_when_somebody_has_confirmed_it_and_that_is_in_the_journal() {
    let site = with_some().await;
    let path = format!("{}/delete", page_of(1));
    let page = site.get(&path, &format!("{OPERATOR}; chasqui_lang=es")).await;
    assert!(page.status == StatusCode::OK && page.text.contains("¿Eliminar &lt;informe&gt;.pdf?"), "{}", page.text);
    assert_eq!(site.post(&path, OPERATOR, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = site.post(&path, OPERATOR, "confirmed=1").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, PATH), "{}", answer.text);
    assert!(!site.get(PATH, OPERATOR).await.text.contains("informe"));
    let filter = JournalFilter { kind: Some("file.deleted".into()), limit: 10, ..JournalFilter::default() };
    let told = site.store.journal_page(&filter).await.unwrap().entries;
    let told: Vec<_> = told.iter().map(|entry| (entry.row.actor.as_str(), entry.row.subject.as_str())).collect();
    assert_eq!(told, [("<operator>", object(1).as_str())]);
    assert_eq!(site.post(&path, OPERATOR, "confirmed=1").await.status, StatusCode::NOT_FOUND);
    let foreign = format!("{}/delete", page_of(4));
    assert_eq!(site.get(&foreign, OPERATOR).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post(&foreign, OPERATOR, "confirmed=1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_may_not_deletes_nothing_and_is_not_shown_what_it_is() {
    let site = with_some().await;
    let path = format!("{}/delete", page_of(1));
    for session in [VIEWER, "session=nothing"] {
        assert_eq!(site.get(&path, session).await.status, StatusCode::FORBIDDEN, "{session}");
        for form in ["confirmed=1", ""] {
            let answer = site.post(&path, session, form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{session} {form}");
            assert!(!answer.text.contains("informe"), "{}", answer.text);
        }
    }
    assert_eq!(site.get(PATH, "session=nothing").await.status, StatusCode::FORBIDDEN);
    assert!(site.get(PATH, OPERATOR).await.text.contains("informe"), "it is there");
}
