//! Fields of a login or registration that are not read: each is refused by its name, with the one that was meant.

use domain::{FieldError, nearest, pointer_step};
use web::body::Kind;
use web::problem::field;

/// What is told when the fields cannot be read at all.
pub(super) const EXPECTED: &str = "Send username and password as two strings, in JSON or as an HTML form; POST /register \
                                   also takes scope and tenant, and nothing else.";

const OF_A_LOGIN: [&str; 2] = ["username", "password"];
const OF_A_REGISTRATION: [&str; 4] = ["username", "password", "scope", "tenant"];
/// What clients of OAuth 2 send with a password (RFC 6749, section 4.3.2), and others expect of a login.
const NOT_OF_A_LOGIN: [(&str, &str); 5] = [
    ("grant_type", "must be password, or be left out"),
    ("scope", "is not read: a token allows what its user may do; leave it out"),
    ("client_id", "is not read: leave it out"),
    ("client_secret", "is not read: leave it out"),
    ("tenant", "is not read: a token is of its user's tenant; leave it out"),
];
/// Other names for the fields.
const SYNONYMS: [(&str, &[&str]); 3] = [
    ("username", &["user", "login", "name", "email", "usr", "userid", "user_id", "account"]),
    ("password", &["pass", "passwd", "pwd", "passphrase", "secret"]),
    ("scope", &["role", "permission", "right"]),
];

/// Of `POST /login`.
pub(super) fn in_a_login(name: &str, value: &str, kind: Kind) -> Option<FieldError> {
    let is_read = match name {
        "grant_type" => matches!(value, "" | "password"),
        // A form sends its empty fields too.
        "scope" | "client_id" | "client_secret" => value.is_empty(),
        name => OF_A_LOGIN.contains(&name),
    };
    if is_read {
        return None;
    }
    let others = NOT_OF_A_LOGIN.iter().map(|(name, _)| *name);
    let told = meant(name, &OF_A_LOGIN).map(did_you_mean).or_else(|| {
        let near = nearest(name, others)?;
        let why = NOT_OF_A_LOGIN.iter().find(|(name, _)| *name == near).map(|(_, why)| *why)?;
        Some(if near == name { why.to_owned() } else { format!("is not known; {near} {why}") })
    });
    Some(refused(name, told, kind, &OF_A_LOGIN))
}

/// Of `POST /register`.
pub(super) fn in_a_registration(name: &str, _: &str, kind: Kind) -> Option<FieldError> {
    let told = || meant(name, &OF_A_REGISTRATION).map(did_you_mean);
    (!OF_A_REGISTRATION.contains(&name)).then(|| refused(name, told(), kind, &OF_A_REGISTRATION))
}

/// Of `PUT /users/{name}/password`.
pub(super) fn in_a_new_password(name: &str, _: &str, kind: Kind) -> Option<FieldError> {
    const READ: [&str; 1] = ["password"];
    let told = || meant(name, &READ).map(did_you_mean);
    (!READ.contains(&name)).then(|| refused(name, told(), kind, &READ))
}

/// Of `POST /password`.
pub(super) fn in_passwords(name: &str, _: &str, kind: Kind) -> Option<FieldError> {
    const READ: [&str; 2] = ["old_password", "new_password"];
    let told = || meant(name, &READ).map(did_you_mean);
    (!READ.contains(&name)).then(|| refused(name, told(), kind, &READ))
}

fn meant(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let otherwise = || SYNONYMS.iter().find(|(_, names)| nearest(name, names.iter().copied()).is_some());
    let synonym = || otherwise().map(|(field, _)| *field).filter(|field| known.contains(field));
    nearest(name, known.iter().copied()).or_else(synonym)
}

fn did_you_mean(field: &str) -> String {
    format!("is not known: did you mean {field}?")
}

/// In a form, what follows an `&` in a password that is not escaped looks like a field: such a name is not repeated.
fn refused(name: &str, told: Option<String>, kind: Kind, known: &[&str]) -> FieldError {
    match told {
        Some(told) => field(format!("/{}", pointer_step(name)), told),
        None if kind == Kind::Form => {
            let all = known.join(", ");
            field("", format!("there is a field that is not known; the fields are {all}; write & in a value as %26"))
        }
        None => {
            let all = known.join(", ");
            field(format!("/{}", pointer_step(name)), format!("is not known: the fields are {all}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_that_is_not_read_is_told_with_the_one_that_was_meant() {
        let login = |name, value| in_a_login(name, value, Kind::Json).map(|error| error.to_string());
        for (name, value, said) in [
            ("user", "ada", "/user is not known: did you mean username?"),
            ("Username", "ada", "/Username is not known: did you mean username?"),
            ("pasword", "s3cr3t", "/pasword is not known: did you mean password?"),
            ("scope", "notify", "/scope is not read: a token allows what its user may do; leave it out"),
            (
                "scop",
                "notify",
                "/scop is not known; scope is not read: a token allows what its user may do; leave it out",
            ),
            ("grant_typ", "x", "/grant_typ is not known; grant_type must be password, or be left out"),
            ("grant_type", "client_credentials", "/grant_type must be password, or be left out"),
            ("colour", "red", "/colour is not known: the fields are username, password"),
        ] {
            assert_eq!(login(name, value).as_deref(), Some(said));
        }
        for (name, value) in [("username", "ada"), ("password", "x"), ("grant_type", "password"), ("scope", "")] {
            assert_eq!(login(name, value), None, "{name}");
        }
        let registration = |name| in_a_registration(name, "x", Kind::Json).map(|error| error.to_string());
        for (name, said) in [
            ("scopee", "/scopee is not known: did you mean scope?"),
            ("roles", "/roles is not known: did you mean scope?"),
            ("tenent", "/tenent is not known: did you mean tenant?"),
        ] {
            assert_eq!(registration(name).as_deref(), Some(said));
        }
        assert_eq!(registration("scope"), None);
    }

    #[test]
    fn the_rest_of_a_password_in_a_form_is_not_repeated() {
        let error = in_a_login("s3cr3t", "x", Kind::Form).unwrap().to_string();
        assert!(!error.contains("s3cr3t") && error.contains("%26"), "{error}");
    }
}
