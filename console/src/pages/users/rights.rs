//! What somebody may do, as people read it: by the name of a role where there is one for just that.

use domain::Role;
use maud::{Markup, html};

/// The role whose scopes are just these.
pub(super) fn role_of(scopes: &[String]) -> Option<Role> {
    let has = |word: &str| scopes.iter().any(|scope| scope == word);
    Role::ALL
        .into_iter()
        .find(|role| role.scopes().len() == scopes.len() && role.scopes().iter().all(|scope| has(scope.as_str())))
}

pub(super) fn rights(scopes: &[String]) -> Markup {
    let words = scopes.join(" ");
    html! {
        @match role_of(scopes) {
            Some(role) => { span title=(words) { (role.as_str()) } }
            None => { (words) }
        }
    }
}

#[test]
fn a_role_is_told_by_its_name_and_other_scopes_by_their_words() {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(role_of(&words("operate read notify")), Some(Role::Operator));
    assert_eq!(role_of(&words("notify read")), None);
    assert_eq!(rights(&words("notify <read>")).into_string(), "notify &lt;read&gt;");
}
