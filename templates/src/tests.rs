//! What the renderer promises, on templates written here and on the shipped ones.

mod contrast;
mod fuzz;
mod hostile;
mod load;
mod render;
mod scan;
mod shipped;
mod styles;
mod typos;

use domain::{ChannelName, Rendered, Wording};
use serde_json::{Map, Value, json};

use crate::files::{File, Files};
use crate::{Limits, LoadError, Options, TemplateError, Templates};

/// Templates of these files only, with the default options.
pub(crate) fn load(files: &[(&str, &str)]) -> Result<Templates, LoadError> {
    load_with(files, Limits::default())
}

fn load_with(files: &[(&str, &str)], limits: Limits) -> Result<Templates, LoadError> {
    let options = Options { limits, ..Options::new("en") };
    Templates::from_files(&as_files(files), options, Vec::new())
}

fn as_files(files: &[(&str, &str)]) -> Files {
    let file = |(path, text): &(&str, &str)| {
        ((*path).to_owned(), File { origin: (*path).to_owned(), text: (*text).to_owned(), shipped: false, mjml: None })
    };
    files.iter().map(file).collect()
}

/// The text of a template `t` with this sample, rendered with this data.
fn render_text(text: &str, sample: Value, data: Value) -> Result<String, TemplateError> {
    let templates = load(&[("t/en/sms.txt", text), ("t/sample.json", &sample.to_string())]).unwrap();
    render(&templates, "sms", "t", None, data).map(|rendered| rendered.text)
}

fn render(
    templates: &Templates,
    channel: &str,
    template: &str,
    locale: Option<&str>,
    data: Value,
) -> Result<Rendered, TemplateError> {
    templates.render(&name(channel), &wording(template, locale, data))
}

pub(crate) fn wording(template: &str, locale: Option<&str>, data: Value) -> Wording {
    let data = match data {
        Value::Object(data) => data,
        Value::Null => Map::new(),
        other => panic!("data is an object, not {other}"),
    };
    let (template, locale) = (Some(template.to_owned()), locale.map(str::to_owned));
    Wording { subject: None, message: None, template, locale, data, mail: Map::new() }
}

pub(crate) fn name(channel: &str) -> ChannelName {
    ChannelName::parse(channel).unwrap()
}

fn hello() -> Value {
    json!({ "name": "Ana" })
}
