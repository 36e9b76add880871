//! Shows what a template says with some data, before anybody publishes it: the words, and all that is wrong with them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{ChannelName, Defaults, Draft, FieldError, Rendered, Wording, parse_object};
use media::Segments;
use serde_json::{Map, Value};
use templates::TemplateError;

use super::{Checker, field, of_template, words_are_wrong};
use crate::segments::segments;

/// What would be sent, and what keeps it from being sent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Preview {
    /// None where the words cannot be made.
    pub rendered: Option<Rendered>,
    /// By the names of a notification's fields: among them each value of the data that is missing.
    pub errors: Vec<FieldError>,
    /// What is taken and has not the effect that somebody may think.
    pub warnings: Vec<FieldError>,
    /// In how many segments an SMS would be sent. None on every other channel.
    pub segments: Option<Segments>,
}

impl Checker {
    /// Renders a template for a channel as a worker would, in the locale or the default one. `data` is the text of a JSON
    /// object. It may take as long as a rendering may: not for a thread that others wait for.
    pub fn preview(&self, channel: &ChannelName, template: &str, locale: Option<&str>, data: &str) -> Preview {
        let data = match parse_object(data.as_bytes()) {
            Ok(data) => data,
            Err(error) => {
                let errors = error.fields.into_iter().map(of_the_data).collect();
                return Preview { errors, ..Preview::default() };
            }
        };
        let draft = Draft::of(fields(channel, template, locale, data), &Defaults { channel: None });
        let mut preview = Preview {
            errors: draft.errors.iter().filter(|error| error.pointer != "/destination").cloned().collect(),
            ..Preview::default()
        };
        if words_are_wrong(&draft, "") {
            self.name_of_template("", &draft.target, &mut preview.errors);
            return preview;
        }
        let wording = &draft.target.wording;
        self.template(channel, "", wording, &mut preview.errors);
        match self.rendered(channel, wording) {
            Some(Ok(rendered)) => {
                preview.segments = segments(channel, &rendered.text);
                preview.rendered = Some(rendered);
            }
            // Only what takes longer than a rehearsal has been told of by nobody yet.
            Some(Err(refusal)) if preview.errors.is_empty() => preview.errors.push(of_template("", &refusal, None)),
            Some(Err(_)) | None => {}
        }
        if preview.errors.is_empty() {
            preview.warnings = self.unheeded(draft.asked());
        } else {
            self.slips(draft.asked(), &mut preview.errors);
        }
        preview
    }

    /// None where the renderer fails in a way that it should not, which the rehearsal has told.
    fn rendered(&self, channel: &ChannelName, wording: &Wording) -> Option<Result<Rendered, TemplateError>> {
        let rendered = catch_unwind(AssertUnwindSafe(|| Box::new(self.templates.render(channel, wording)))).ok()?;
        Some(*rendered)
    }
}

/// A notification to nobody.
fn fields(channel: &ChannelName, template: &str, locale: Option<&str>, data: Map<String, Value>) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("channel".to_owned(), channel.as_str().into());
    fields.insert("template".to_owned(), template.into());
    fields.insert("locale".to_owned(), locale.into());
    fields.insert("data".to_owned(), Value::Object(data));
    fields
}

/// What is wrong with the text of the data, which its reader takes for a body.
fn of_the_data(error: FieldError) -> FieldError {
    let detail = error.detail.strip_prefix("the body ").unwrap_or(&error.detail);
    field("/data", &error.pointer, detail)
}
