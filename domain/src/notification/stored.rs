//! The files that a body names and that are stored here: whoever keeps the body until its time keeps them as long.

use serde_json::Value;

use super::json::parse_object;
use crate::ObjectName;

/// The field of a body that names files.
const ATTACHMENTS: &str = "attachments";

/// The files that the body of a message names, its fallback's among them. A body that cannot be read names none.
pub fn files_named_in(body: &[u8]) -> Vec<ObjectName> {
    // Most bodies name none, and need not be read for that.
    if !body.windows(ATTACHMENTS.len()).any(|window| window == ATTACHMENTS.as_bytes()) {
        return Vec::new();
    }
    let Ok(body) = parse_object(body) else { return Vec::new() };
    let items = body.get("fallback").and_then(Value::as_array).into_iter().flatten();
    let lists = std::iter::once(body.get(ATTACHMENTS)).chain(items.map(|item| item.get(ATTACHMENTS)));
    let files = lists.flatten().filter_map(Value::as_array).flatten();
    files.filter_map(|file| ObjectName::parse(file.get("file")?.as_str()?)).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::FileKind;

    #[test]
    fn the_files_of_a_body_are_found_wherever_it_names_them() {
        let name = |number: u128| ObjectName::new(Uuid::from_u128(number), FileKind::Pdf);
        let body = format!(
            r#"{{"message":"x","attachments":[{{"file":"{}"}},{{"filename":"a","content":"AA=="}},{{"file":"x"}},7],
                "fallback":[{{"channel":"telegram","attachments":[{{"file":"{}"}}]}},{{"channel":"sms"}}]}}"#,
            name(1),
            name(2)
        );
        assert_eq!(files_named_in(body.as_bytes()), [name(1), name(2)]);
        assert_eq!(files_named_in(br#"{"message":"attachments"}"#), []);
        assert_eq!(files_named_in(br#"{"attachments":[{"file":"#), []);
        assert_eq!(files_named_in(b"{}"), []);
    }
}
