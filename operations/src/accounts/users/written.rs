//! Reads a user to add as it was written: everything that is wrong is named at once.

use domain::{FieldError, Tenant, nearest};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::super::grants::{is_user_name, scopes_in};
use super::super::passwords;
use super::{Asked, FIELDS, USUAL_SCOPES};
use crate::reader::Reader;

impl Asked {
    /// Reads it for somebody whose tenant is `own`, which stands where none is named.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn of(object: Map<String, Value>, own: &Tenant) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of(object);
        let name = name(&mut reader);
        let password = password(&mut reader);
        let (role, scope) = (reader.text("role"), reader.text("scope"));
        let scopes = scopes_in(role.as_deref(), scope.as_deref());
        let scopes = scopes.map_err(|errors| reader.errors.extend(errors)).ok().flatten();
        let tenant = reader.tenant(own);
        reader.refuse_unknown(|name| nearest(name, FIELDS));
        match (name, password) {
            (Some(name), Some(password)) if reader.errors.is_empty() => {
                Ok(Self { name, tenant, scopes: scopes.unwrap_or_else(|| USUAL_SCOPES.to_vec()), password })
            }
            _ => Err(reader.errors),
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
