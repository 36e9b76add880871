//! That the queue is read for whoever opens a list of it, and not for who has just done so.

use std::time::Duration;

use testkit::NOW;
use uuid::Uuid;

use super::{has, site_with};
use crate::tests::site::Site;

/// A scheduler reads the queue to its end, and is not away yet: whoever looks by then does not have it read again.
pub(super) async fn read(site: &Site) {
    let owner = Uuid::new_v4();
    assert!(site.store.lead_letters(owner, Duration::from_secs(3_600)).await.unwrap());
    let pass = site.store.begin_letter_pass(owner).await.unwrap().unwrap();
    site.store.end_letter_pass(owner, pass, NOW).await.unwrap();
}

#[tokio::test]
async fn whoever_opens_a_list_has_the_queue_read_and_is_told_so_until_it_is() {
    for (path, told, cookies) in [
        ("/console/dead-letters", "being read", "session=viewer"),
        ("/console/dead-letters/letters", "se está leyendo", "session=viewer; chasqui_lang=es"),
    ] {
        let site = site_with(1).await;
        assert!(!site.store.reading().await.unwrap().is_asked_for);
        let page = site.get(path, cookies).await;
        has(&page, &[told, "hx-trigger=\"every 2s\"", &format!("<noscript><a href=\"{path}\">")]);
        assert!(site.store.reading().await.unwrap().is_asked_for, "{path}");
        read(&site).await;
        let page = site.get(path, cookies).await;
        assert!(!page.text.contains(told) && !page.text.contains("hx-trigger"), "{path}: {}", page.text);
        assert!(!site.store.reading().await.unwrap().is_asked_for, "{path}");
    }
}
