//! A registration as it was written: everything that is wrong with it, at once.

use axum::http::StatusCode;
use domain::{Actor, FieldError, Scope, Tenant};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use store::NewUser;
use web::problem::{Problem, field};

const MIN_PASSWORD_CHARS: usize = 8;
const MAX_PASSWORD_BYTES: usize = 128;
const MAX_NAME_BYTES: usize = 64;
/// What a user gets who was given no scopes.
const USUAL_SCOPES: [Scope; 2] = [Scope::Notify, Scope::Read];

/// The fields of a registration, whatever they hold.
#[derive(Deserialize)]
pub(super) struct Written {
    username: Option<Value>,
    password: Option<Value>,
    scope: Option<Value>,
    tenant: Option<Value>,
}

/// The user without the hash, and the password to hash. `unread` are fields that were given besides. Without an
/// administrator it is the first user.
///
/// # Errors
/// 422 with every field that is wrong, 403 when nothing else is wrong than that it is another tenant's.
pub(super) fn check(
    written: Written,
    unread: Vec<FieldError>,
    admin: Option<&Actor>,
) -> Result<(NewUser, SecretString), Problem> {
    let mut reader = Reader { errors: unread, beyond: Vec::new() };
    let name = reader.name(written.username);
    let password = reader.password(written.password);
    let scopes = reader.scopes(written.scope, admin);
    let tenant = reader.tenant(written.tenant, admin);
    let Reader { errors, beyond } = reader;
    if errors.is_empty() && !beyond.is_empty() {
        return Err(beyond_own_tenant(beyond));
    }
    match (name, password) {
        (Some(name), Some(password)) if errors.is_empty() => {
            let scopes = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
            let nothing = SecretString::from(String::new());
            Ok((NewUser { name, tenant, password_hash: nothing, scopes }, SecretString::from(password)))
        }
        _ => Err(Problem::invalid_fields([errors, beyond].concat())),
    }
}

/// What a user may be called.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed)
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
        if !is_name(&name) {
            self.refuse("username", "must be 1 to 64 letters, digits, or '.', '_', '@', '+', '-'");
        }
        Some(name)
    }

    fn password(&mut self, value: Option<Value>) -> Option<String> {
        let password = self.required("password", value)?;
        if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
            let rule =
                format!("must have at least {MIN_PASSWORD_CHARS} characters and at most {MAX_PASSWORD_BYTES} bytes");
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

fn beyond_own_tenant(fields: Vec<FieldError>) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-tenant",
        "The tenant is another's",
        "An administrator registers users of its own tenant. Users of other tenants, and users who may do so, are \
         registered with the scope tenants, which the first user has.",
    )
    .with_fields(fields)
}
