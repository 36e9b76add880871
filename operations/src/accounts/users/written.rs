//! Reads a user to add as it was written: everything that is wrong is named at once.

use domain::{Actor, FieldError, Scope, Tenant, nearest};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::super::grants::{is_user_name, scopes_in};
use super::super::passwords;
use super::{Asked, FIELDS, USUAL_SCOPES, beyond};
use crate::reader::Reader;

/// Who adds a user.
#[derive(Clone, Copy, Debug)]
pub enum AddedBy<'a> {
    Administrator(&'a Actor),
    /// The user itself, who is the first one.
    Itself,
}

impl Asked {
    /// Reads it; `unread` is what the entrance says of fields that it has not passed on.
    ///
    /// # Errors
    /// Every field that is wrong, and beside those what is beyond the administrator: where that alone is wrong, it is
    /// [`add`](super::add) that refuses it and has it noted.
    pub fn of(object: Map<String, Value>, by: AddedBy<'_>, unread: Vec<FieldError>) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::after(unread, object);
        let name = name(&mut reader);
        let password = password(&mut reader);
        let scopes = scopes(&mut reader, by);
        let tenant = tenant(&mut reader, by);
        reader.refuse_unknown(|name| nearest(name, FIELDS));
        match (name, password) {
            (Some(name), Some(password)) if reader.errors.is_empty() => Ok(Self { name, tenant, scopes, password }),
            _ => {
                if let AddedBy::Administrator(admin) = by {
                    let beyond = beyond(admin, &tenant, &scopes).into_iter().flatten();
                    reader.errors.extend(beyond.map(|beyond| beyond.error));
                }
                Err(reader.errors)
            }
        }
    }
}

fn name(reader: &mut Reader) -> Option<String> {
    let name = reader.required("username", "the name by which the user logs in")?;
    if !is_user_name(&name) {
        reader.refuse("username", "must be 1 to 64 letters, digits, or '.', '_', '@', '+', '-'");
    }
    Some(name)
}

fn password(reader: &mut Reader) -> Option<SecretString> {
    let password = reader.required("password", "the user's first password")?;
    if let Err(rule) = passwords::check(&password) {
        reader.refuse("password", rule);
    }
    Some(SecretString::from(password))
}

/// What the user may do. An empty text is refused: it might be meant for no scope at all.
fn scopes(reader: &mut Reader, by: AddedBy<'_>) -> Vec<Scope> {
    let (role, scope) = (reader.text("role"), reader.given("scope"));
    if let AddedBy::Itself = by {
        for (name, given) in [("role", role), ("scope", scope)] {
            if given.is_some() {
                reader.refuse(name, "must be left out: the first user gets every scope");
            }
        }
        return Scope::ALL.to_vec();
    }
    match scopes_in(role.as_deref(), scope.as_deref()) {
        Ok(scopes) => scopes.unwrap_or_else(|| USUAL_SCOPES.to_vec()),
        Err(errors) => {
            reader.errors.extend(errors);
            Vec::new()
        }
    }
}

fn tenant(reader: &mut Reader, by: AddedBy<'_>) -> Tenant {
    let own = match by {
        AddedBy::Administrator(admin) => return reader.tenant(&admin.tenant),
        AddedBy::Itself => Tenant::default(),
    };
    // Otherwise nobody could see what is published without a token.
    if reader.tenant(&own) != own {
        reader.refuse("tenant", "must be left out: the first user is of default, and registers those of others");
    }
    own
}
