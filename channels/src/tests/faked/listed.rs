//! Each code that `docs/fake.md` lists is taken by our client of its provider as the page says.

use super::*;
use crate::tests::page;
use crate::tests::tools::taken;

#[tokio::test]
async fn a_code_is_taken_as_the_page_says() {
    let standing = Standing::start(None).await;
    for page::Row { provider, status, codes, outcome } in page::rows() {
        let carried = CARRIED.iter().find(|(known, ..)| *known == provider);
        let &(provider, channel, destination) = carried.unwrap_or_else(|| panic!("{provider} carries nothing"));
        let destination = standing.destination(destination);
        let channel = channel_to(&destination, channel, &standing.settings(provider));
        for code in codes {
            let rule = json!({ "provider": provider, "status": status, "code": code });
            let (added, told) = standing.ask("POST", "rules", rule).await;
            assert_eq!(added, 201, "{told}");
            let found = Delivery::new("n-1", &destination).send_by(&channel).await;
            assert_eq!(taken(&found), outcome, "{provider} {status} {code}: {found:?}");
            assert_eq!(standing.ask("DELETE", "rules", Value::Null).await.0, 204);
        }
    }
}
