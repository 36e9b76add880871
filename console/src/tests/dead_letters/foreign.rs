//! Whatever publishers, providers and services have written, no page has a character of it that acts.

use domain::acts;
use testkit::NOW;

use super::{LETTER, has, indexed};
use crate::tests::site::Site;

#[tokio::test]
async fn no_character_of_a_letter_acts_on_whoever_reads_a_page() {
    let site = Site::start().await;
    let mut sort = indexed(LETTER);
    sort.sample.id = "a\u{1b}[31m\nb".into();
    sort.sample.code = "2\u{202e}1".into();
    sort.sample.template = "t\u{9b}".into();
    sort.sample.provider = "p\u{200b}".into();
    (sort.sample.error, sort.words) = ("e\u{7}".into(), "w\u{7}".into());
    site.store.index_letters(1, &[sort], NOW).await.unwrap();
    for path in [
        "/console/dead-letters",
        "/console/dead-letters/letters",
        "/console/dead-letters/groups/1-a",
        "/console/dead-letters/letters/000a",
        "/console/dead-letters/plans?action=drop&group=1-a",
    ] {
        let page = site.get(path, "session=everything").await;
        let found: Vec<char> = page.text.chars().filter(|c| acts(*c) && !matches!(c, '\n' | '\t')).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
        has(&page, &[r"2\u{202e}1"]);
    }
    let list = site.get("/console/dead-letters/letters", "session=viewer").await;
    has(&list, &[r">a\u{1b}[31m\nb</a>", r"e\u{7}"]);
}
