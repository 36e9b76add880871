//! The one page on which a key is shown.

use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use operations::accounts::keys::Made;

use super::words::Words;
use crate::layout::Shell;
use crate::pages::users::rights::rights;
use crate::pieces::time::absolute;
use crate::section::Section;

pub(super) async fn page(shell: &Shell<'_>, made: &Made) -> Response {
    let words = Words::of(shell.lang());
    let key = &made.key;
    let content = html! {
        p.banner { strong { (words.copy_now) } (words.shown_once) }
        section aria-label=(words.new_key) { pre tabindex="0" { (made.shown()) } }
        dl.facts {
            dt { (words.name) }
            dd { (key.name) }
            dt { (words.tenant) }
            dd { (key.tenant.as_str()) }
            dt { (words.may) }
            dd { (rights(&key.scopes)) }
            dt { (words.expires) }
            dd { @match key.expires_at { Some(at) => { (absolute(at)) } None => { (words.until_revoked) } } }
        }
        p { (words.how_to_send) " " code { "Authorization: Bearer chq_…" } }
        p { a href=(Section::Keys.path()) { (words.back_to_keys) } }
    };
    shell.answer(StatusCode::CREATED, words.new_key, &content).await
}
