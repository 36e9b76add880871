//! What a user may be called, and what an actor may let others do.

use domain::{Actor, FieldError, Role, Scope, Tenant, Timestamp, nearest};
use store::Store;

use super::Undone;
use crate::allowed::{must, note_denied};
use crate::checked::field;
use crate::reader::no_such;

const MAX_NAME_BYTES: usize = 64;

/// What a user may be called: names stand in lines, headers and paths.
pub fn is_user_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed)
}

/// The scopes that somebody asks for by a role or by words. None where neither is given.
///
/// # Errors
/// Every field that is wrong.
pub fn scopes_in(role: Option<&str>, scope: Option<&str>) -> Result<Option<Vec<Scope>>, Vec<FieldError>> {
    match (role, scope) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            let detail =
                "must not be given together with scope, which says the same in single words: leave one of them out";
            Err(vec![field("/role", detail)])
        }
        (Some(role), None) => match Role::parse(role) {
            Some(role) => Ok(Some(role.scopes().to_vec())),
            None => Err(vec![field("/role", no_such(role, &Role::ALL.map(Role::as_str)))]),
        },
        (None, Some(words)) => in_words(words).map(Some),
    }
}

fn in_words(words: &str) -> Result<Vec<Scope>, Vec<FieldError>> {
    const WORDS: &str = "words out of notify, read, operate, admin, tenants, inbox, separated by spaces";
    let mut scopes = Vec::new();
    for word in words.split_whitespace() {
        let Some(scope) = Scope::parse(word) else {
            let meant = nearest(word, Scope::ALL.map(Scope::as_str)).map(|near| format!(": did you mean {near}?"));
            return Err(vec![field("/scope", format!("must be {WORDS}{}", meant.unwrap_or_default()))]);
        };
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return Err(vec![field("/scope", format!("is empty: give {WORDS}"))]);
    }
    Ok(scopes)
}

/// The scopes that the ledger has, as far as this version knows them.
pub(super) fn known_scopes(words: &[String]) -> Vec<Scope> {
    words.iter().filter_map(|word| Scope::parse(word)).collect()
}

pub(super) fn words_of(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().map(|scope| scope.as_str().to_owned()).collect()
}

/// What is beyond an actor, and the scopes that it lacks for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Beyond {
    pub(super) error: FieldError,
    pub(super) needed: Vec<Scope>,
}

/// Whose users and keys an actor may manage: those of its own tenant, or of all where none is returned. `asked` says what
/// for, in words that are kept of a refusal.
///
/// # Errors
/// [`Undone::Denied`] without the scope, [`Undone::Ledger`].
pub(super) async fn reach<'a>(
    store: &Store,
    actor: &'a Actor,
    asked: &str,
    now: Timestamp,
) -> Result<Option<&'a Tenant>, Undone> {
    must(store, actor, &[Scope::Admin], asked, now).await?;
    Ok(if actor.may(Scope::Tenants) { None } else { Some(&actor.tenant) })
}

/// # Errors
/// [`Undone::Beyond`], which is noted, where anything is beyond the actor.
pub(super) async fn within(
    store: &Store,
    actor: &Actor,
    beyond: impl IntoIterator<Item = Option<Beyond>>,
    asked: &str,
    now: Timestamp,
) -> Result<(), Undone> {
    let (mut errors, mut needed) = (Vec::new(), Vec::new());
    for beyond in beyond.into_iter().flatten() {
        errors.push(beyond.error);
        needed.extend(beyond.needed);
    }
    if errors.is_empty() {
        return Ok(());
    }
    note_denied(store, actor, &needed, asked, now).await?;
    Err(Undone::Beyond(errors))
}

/// What is beyond an actor who makes something for a tenant.
pub(super) fn beyond_tenant(actor: &Actor, tenant: &Tenant) -> Option<Beyond> {
    let is_own = actor.tenant == *tenant || actor.may(Scope::Tenants);
    (!is_own).then(|| Beyond { error: field("/tenant", "needs the scope tenants"), needed: vec![Scope::Tenants] })
}

/// What is beyond an actor who says what a user may do. Whoever manages users gives them every scope that a role has;
/// `tenants` only who has it.
pub(super) fn beyond_user_scopes(actor: &Actor, scopes: &[Scope]) -> Option<Beyond> {
    let usual = Role::Admin.scopes();
    let missing = *scopes.iter().find(|scope| !usual.contains(scope) && !actor.may(**scope))?;
    Some(Beyond { error: field("/scope", format!("needs the scope {missing}")), needed: vec![missing] })
}

/// What is beyond an actor who makes a key: it may never do more than who has made it.
pub(super) fn beyond_key_scopes(actor: &Actor, scopes: &[Scope]) -> Option<Beyond> {
    let needed: Vec<Scope> = scopes.iter().copied().filter(|&scope| !actor.may(scope)).collect();
    let words: Vec<&str> = needed.iter().map(|scope| scope.as_str()).collect();
    let error = field("/scope", format!("nobody gives what it lacks: {}", words.join(", ")));
    (!needed.is_empty()).then_some(Beyond { error, needed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: Option<&str>, scope: Option<&str>) -> String {
        scopes_in(role, scope).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_role_is_a_word_for_scopes() {
        assert_eq!(scopes_in(None, None), Ok(None));
        assert_eq!(scopes_in(Some("viewer"), None), Ok(Some(vec![Scope::Read])));
        assert_eq!(scopes_in(None, Some(" read  notify read ")), Ok(Some(vec![Scope::Read, Scope::Notify])));
    }

    #[test]
    fn a_word_that_is_none_is_told_with_the_nearest_one() {
        assert!(said(Some("admn"), None).ends_with("did you mean admin?"));
        assert!(said(None, Some("raed")).ends_with("did you mean read?"));
        assert!(said(None, Some(" ")).contains("/scope is empty"));
        assert!(said(Some("admin"), Some("read")).contains("/role must not be given together with scope"));
    }

    #[test]
    fn nobody_gives_what_it_lacks() {
        let admin = Actor { name: "ada".into(), tenant: Tenant::default(), scopes: vec![Scope::Admin, Scope::Read] };
        assert_eq!(beyond_user_scopes(&admin, Role::Admin.scopes()), None, "as by registering somebody");
        assert!(beyond_user_scopes(&admin, &[Scope::Tenants]).is_some());
        assert_eq!(beyond_key_scopes(&admin, &[Scope::Read]), None);
        assert!(
            beyond_key_scopes(&admin, &[Scope::Read, Scope::Operate]).unwrap().error.detail.ends_with("lacks: operate")
        );
    }
}
