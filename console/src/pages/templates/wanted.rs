//! Which template is to be shown, for which channel and with which data, as the address says: the page and its frame are
//! asked for in the same way.

use domain::ChannelName;
use operations::{Checker, Preview};
use serde_json::Value;

use crate::asked::Asked;

/// The most bytes of data in an address: the request for the frame repeats it.
pub(super) const MAX_DATA_BYTES: usize = 8 * 1024;

const NAMES: [&str; 4] = ["template", "channel", "locale", "data"];

/// What the address asks for.
pub(super) struct Wanted {
    pub(super) template: String,
    pub(super) channel: &'static str,
    /// None for the default one.
    pub(super) locale: Option<String>,
    /// The text of a JSON object.
    pub(super) data: String,
    pub(super) problems: Vec<(String, String)>,
}

impl Wanted {
    /// Where no data is given, it is the template's own sample; where no channel is, the first for which there are
    /// words. None where there is no such template.
    pub(super) fn read(query: Option<&str>, checker: &Checker) -> Option<Self> {
        let mut asked = Asked::of(query);
        let name = asked.text("template")?;
        let described = checker.templates().describe().into_iter().find(|one| one.template == name)?;
        let channel = asked.one_of("channel", operations::channel_names());
        let locale = asked.text("locale");
        let data = asked.text("data");
        if data.as_ref().is_some_and(|data| data.len() > MAX_DATA_BYTES) {
            asked.refuse("data", format!("must have at most {MAX_DATA_BYTES} bytes here; chasqui send takes more"));
        }
        asked.finish(&NAMES);
        let sample = || serde_json::to_string_pretty(&Value::Object(described.sample.clone())).unwrap_or_default();
        let has_words =
            |name: &str| described.locales.iter().any(|(_, channels)| channels.iter().any(|own| own == name));
        let first = operations::channel_names().iter().copied().find(|&name| has_words(name));
        Some(Self {
            channel: channel.or(first).or_else(|| operations::channel_names().first().copied())?,
            locale,
            data: data.unwrap_or_else(sample),
            problems: asked.problems,
            template: described.template,
        })
    }

    pub(super) fn pairs(&self) -> [(&'static str, &str); 4] {
        let locale = self.locale.as_deref().unwrap_or_default();
        [
            ("template", self.template.as_str()),
            ("channel", self.channel),
            ("locale", locale),
            ("data", self.data.as_str()),
        ]
    }

    /// What is sent by this. A rendering may take its time, so that it is made where nobody waits for the thread.
    pub(super) async fn preview(&self, checker: &Checker) -> Option<Preview> {
        let channel = ChannelName::parse(self.channel).ok()?;
        let (checker, template) = (checker.clone(), self.template.clone());
        let (locale, data) = (self.locale.clone(), self.data.clone());
        let making = move || checker.preview(&channel, &template, locale.as_deref(), &data);
        tokio::task::spawn_blocking(making).await.ok()
    }
}
