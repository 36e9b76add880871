//! What a form of a page sends: pairs of a name and a text, read within bounds.

use std::fmt;

use axum::extract::Request;
use serde_json::{Map, Value};
use url::form_urlencoded;
use web::body::read_bytes;
use web::problem::Problem;

/// The fields of a form as the browser sent them.
#[derive(Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

/// The names alone: a text may be a password.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Fields {
    /// # Errors
    /// 408 and 413, for a form that takes too long or is too long.
    pub(crate) async fn read(request: Request, limit: usize) -> Result<Self, Problem> {
        Ok(Self::parse(&read_bytes(request, limit).await?))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The text of a field without the space around it. None where it is missing or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text of a field as it was sent: a password may have spaces at its ends.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The fields of these names as a program would send them. A password is taken as it was typed.
    pub(crate) fn object(&self, names: &[&str]) -> Map<String, Value> {
        let value = |name: &str| if name.ends_with("password") { self.raw(name) } else { self.text(name) };
        names.iter().filter_map(|name| Some(((*name).to_owned(), Value::from(value(name)?)))).collect()
    }

    /// The names of all fields, as often as they are there.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Every text of a field that may be there more than once, as boxes that are ticked are.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

#[test]
fn fields_are_read_as_a_browser_writes_them() {
    let fields = Fields::parse(b"name=+ana+&password=+a%26b+&id=1&id=2&empty=");
    assert_eq!((fields.text("name"), fields.raw("password")), (Some("ana"), Some(" a&b ")));
    assert_eq!(fields.all("id").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!((fields.text("empty"), fields.text("missing")), (None, None));
    let object = Value::Object(fields.object(&["name", "password", "empty", "missing"]));
    assert_eq!(object, serde_json::json!({"name": "ana", "password": " a&b "}));
}
