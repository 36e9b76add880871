//! Renders the words of one delivery: at once where that is quick, as it nearly always is, and on the blocking pool
//! where it may use much processor time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::{Notification, Rendered};
use templates::{TemplateError, Templates};

/// The largest body, in bytes, whose template is rendered at once: each step over more data may take long.
pub(crate) const SMALL_BODY: usize = 16 * 1024;

const PANICKED: &str = "the template made the renderer panic";

/// # Errors
/// Why there are no words, now or ever.
pub(crate) async fn render(
    templates: &Arc<Templates>,
    notification: &Arc<Notification>,
    body_bytes: usize,
) -> Result<Rendered, String> {
    if notification.wording.template.is_none() || body_bytes <= SMALL_BODY {
        let quickly = AssertUnwindSafe(|| templates.render_quickly(&notification.channel, &notification.wording));
        match catch_unwind(quickly) {
            Ok(Some(rendered)) => return rendered.map_err(|error| whole(templates, notification, &error)),
            Ok(None) => {}
            Err(_panic) => return Err(PANICKED.into()),
        }
    }
    let (templates, notification) = (Arc::clone(templates), Arc::clone(notification));
    let rendering = move || {
        let rendered = templates.render(&notification.channel, &notification.wording);
        rendered.map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(rendering).await.unwrap_or_else(|_panic| Err(PANICKED.into()))
}

/// The text of an error, which names every variable that is missing, not only the first.
fn whole(templates: &Templates, notification: &Notification, error: &TemplateError) -> String {
    if matches!(error, TemplateError::Missing { .. }) {
        let rehearse = AssertUnwindSafe(|| templates.rehearse(&notification.channel, &notification.wording));
        if let Ok(Some(Err(all))) = catch_unwind(rehearse) {
            return all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        }
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use domain::Defaults;
    use serde_json::json;

    use super::*;

    async fn text(numbers: usize, body_bytes: usize) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("count/en")).unwrap();
        std::fs::write(folder.path().join("count/sample.json"), r#"{"numbers": [1]}"#).unwrap();
        let template = "{% for number in numbers %}{{ number }}{% endfor %}";
        std::fs::write(folder.path().join("count/en/sms.txt"), template).unwrap();
        let templates = Templates::with_directory(Some(folder.path()), templates::Options::new("en")).unwrap();
        let body = json!({
            "channel": "sms", "destination": "+12025550143", "template": "count", "data": {"numbers": vec![7; numbers]},
        });
        let notification = Notification::decode(body.to_string().as_bytes(), &Defaults { channel: None }).unwrap();
        render(&Arc::new(templates), &Arc::new(notification), body_bytes).await.map(|rendered| rendered.text)
    }

    #[tokio::test]
    async fn every_variable_that_is_missing_is_named() {
        let body = json!({"channel": "sms", "destination": "+12025550143", "template": "otp", "data": {"code": 1}});
        let notification = Notification::decode(body.to_string().as_bytes(), &Defaults { channel: None }).unwrap();
        let templates = Arc::new(Templates::embedded("en").unwrap());
        let refused = render(&templates, &Arc::new(notification), 100).await.unwrap_err();
        assert!(refused.contains("`product`") && refused.contains("`minutes`"), "{refused}");
    }

    #[tokio::test]
    async fn words_are_the_same_at_once_or_on_the_pool() {
        assert_eq!(text(3, 100).await.unwrap(), "777", "at once");
        assert_eq!(text(3, SMALL_BODY + 1).await.unwrap(), "777", "because of the body");
        assert_eq!(text(2_000, 100).await.unwrap(), "7".repeat(2_000), "because it takes long");
        assert!(text(200_000, 100).await.unwrap_err().contains("count"), "nor does it end on the pool");
    }
}
