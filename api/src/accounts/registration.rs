//! A registration as it was written: everything that is wrong with it, at once.

use domain::{Actor, FieldError, Scope, Tenant};
use operations::accounts::users::{Asked, USUAL_SCOPES};
use operations::accounts::{is_user_name, passwords};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use web::problem::{Problem, field};

use crate::accounts::refused;

/// The fields of a registration, whatever they hold.
#[derive(Deserialize)]
pub(super) struct Written {
    username: Option<Value>,
    password: Option<Value>,
    scope: Option<Value>,
    tenant: Option<Value>,
}

/// The user to add. `unread` are fields that were given besides. Without an
/// administrator it is the first user.
///
/// # Errors
/// 422 with every field that is wrong, 403 when nothing else is wrong than that it is another tenant's.
pub(super) fn check(written: Written, unread: Vec<FieldError>, admin: Option<&Actor>) -> Result<Asked, Problem> {
    let mut reader = Reader { errors: unread, beyond: Vec::new() };
    let name = reader.name(written.username);
    let password = reader.password(written.password);
    let scopes = reader.scopes(written.scope, admin);
    let tenant = reader.tenant(written.tenant, admin);
    let Reader { errors, beyond } = reader;
    if errors.is_empty() && !beyond.is_empty() {
        return Err(refused::beyond(beyond));
    }
    match (name, password) {
        (Some(name), Some(password)) if errors.is_empty() => {
            Ok(Asked { name, tenant, scopes, password: SecretString::from(password) })
        }
        _ => Err(Problem::invalid_fields([errors, beyond].concat())),
    }
}

/// Collects what is wrong.
struct Reader {
    errors: Vec<FieldError>,
    /// What the administrator may not do, although it could be done.
    beyond: Vec<FieldError>,
}

impl Reader {
    fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(field(format!("/{name}"), detail));
    }

    fn refuse_as_beyond(&mut self, name: &str) {
        self.beyond.push(field(format!("/{name}"), "needs a token with the scope tenants"));
    }

    fn text(&mut self, name: &str, value: Option<Value>) -> Option<String> {
        match value? {
            Value::String(text) => Some(text),
            _ => {
                self.refuse(name, "must be a string");
                None
            }
        }
    }

    /// A field that is there under a name of its own is not called missing as well.
    fn required(&mut self, name: &str, value: Option<Value>) -> Option<String> {
        let is_meant = |error: &FieldError| error.detail.ends_with(&format!("did you mean {name}?"));
        if value.is_none() && !self.errors.iter().any(is_meant) {
            self.refuse(name, "is missing");
        }
        self.text(name, value)
    }

    fn name(&mut self, value: Option<Value>) -> Option<String> {
        let name = self.required("username", value)?;
        if !is_user_name(&name) {
            self.refuse("username", "must be 1 to 64 letters, digits, or '.', '_', '@', '+', '-'");
        }
        Some(name)
    }

    fn password(&mut self, value: Option<Value>) -> Option<String> {
        let password = self.required("password", value)?;
        if let Err(rule) = passwords::check(&password) {
            self.refuse("password", rule);
        }
        Some(password)
    }

    fn scopes(&mut self, value: Option<Value>, admin: Option<&Actor>) -> Vec<Scope> {
        const WORDS: &str = "words out of notify, read, operate, admin, tenants, separated by spaces";
        let Some(admin) = admin else {
            if value.is_some() {
                self.refuse("scope", "must be left out: the first user gets every scope");
            }
            return Scope::ALL.to_vec();
        };
        let Some(value) = value else { return USUAL_SCOPES.to_vec() };
        let Some(text) = value.as_str() else {
            self.refuse("scope", format!("must be a string: {WORDS}"));
            return Vec::new();
        };
        let scopes: Option<Vec<Scope>> = text.split_whitespace().map(Scope::parse).collect();
        let Some(scopes) = scopes else {
            self.refuse("scope", format!("must be {WORDS}"));
            return Vec::new();
        };
        if scopes.is_empty() {
            self.refuse("scope", format!("is empty: leave it out for notify and read, or give {WORDS}"));
        }
        if scopes.contains(&Scope::Tenants) && !admin.may(Scope::Tenants) {
            self.refuse_as_beyond("scope");
        }
        scopes
    }

    fn tenant(&mut self, value: Option<Value>, admin: Option<&Actor>) -> Tenant {
        let own = admin.map(|admin| admin.tenant.clone()).unwrap_or_default();
        let Some(text) = self.text("tenant", value) else { return own };
        let Some(tenant) = Tenant::parse(&text) else {
            self.refuse("tenant", "must be 1 to 64 letters, digits, '_' or '-'");
            return own;
        };
        match admin {
            _ if tenant == own => {}
            // Otherwise nobody could see what is published without a token.
            None => {
                self.refuse("tenant", "must be left out: the first user is of default, and registers those of others")
            }
            Some(admin) if !admin.may(Scope::Tenants) => self.refuse_as_beyond("tenant"),
            Some(_) => {}
        }
        tenant
    }
}
