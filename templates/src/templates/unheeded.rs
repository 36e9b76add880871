//! What a message has that its template does not heed: the message goes out all the same, and not as its publisher may
//! think.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{
    ChannelName, FieldError, MAX_COMPARED_NAMES, Worded, Wording, is_plain_name, nearest_of_few, pointer_step,
};
use serde_json::Value;

use super::{QUICK, Templates};
use crate::budget::Limits;
use crate::catalog::variants;
use crate::links;

/// Which links of the data are looked at. To say whether a mail leaves one out, its template is rendered again, within
/// the limits of [`Templates::render_quickly`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Links {
    All,
    /// An empty link may be meant: only a rendering tells.
    NotEmpty,
    None,
}

impl Templates {
    /// Finds links that a mail leaves out, a locale without words, and names in the data that are nearly a variable.
    /// Nothing is found where there is no template, or none of this name.
    pub fn unheeded(&self, message: &Worded<'_>, links: Links) -> Vec<FieldError> {
        let template = message.wording.template.as_deref();
        let Some(template) = template.filter(|name| self.catalog.templates.contains_key(*name)) else {
            return Vec::new();
        };
        let mut warnings = Vec::new();
        for name in self.links_left_out(message, links) {
            let why =
                "makes no link in the HTML of the mail: only http, https and mailto do; plain text shows it as it is";
            warnings.push(message.of_data(&format!("/data/{}", pointer_step(name)), why));
        }
        if let Some(locale) = message.own_locale
            && !self.speaks(template, message.channel, locale)
        {
            let channel = message.channel;
            let why =
                format!("is none in which the template has words for {channel}: those of the default locale are sent");
            warnings.push(message.of_field("/locale", why));
        }
        warnings.extend(self.slips(template, message));
        warnings
    }

    /// Whether any template of the notification that a message belongs to takes this name.
    pub fn any_takes(&self, message: &Worded<'_>, name: &str) -> bool {
        message.templates().any(|template| self.takes(template, name))
    }

    /// Finds names in the data that the template does not use and that are nearly one which is not given: without an
    /// optional value the message goes out all the same.
    fn slips(&self, template: &str, message: &Worded<'_>) -> Vec<FieldError> {
        let data = &message.wording.data;
        let is_given = |name: &str| data.get(name).is_some_and(|value| !value.is_null());
        let names = data.keys().take(MAX_COMPARED_NAMES).map(String::as_str);
        let unused = names.filter(|name| !self.takes(template, name) && is_plain_name(name));
        let slips = unused.filter_map(|name| {
            let meant = nearest_of_few(name, self.variables(template).filter(|variable| !is_given(variable)))?;
            let why = format!("is not used by the template: did you mean {meant}?");
            Some(message.of_data(&format!("/data/{name}"), why))
        });
        slips.collect()
    }

    /// The names of the template's sample, sorted; some may be optional.
    fn variables(&self, template: &str) -> impl Iterator<Item = &str> {
        let template = self.catalog.templates.get(template);
        template.into_iter().flat_map(|template| template.sample.keys()).map(String::as_str)
    }

    /// Whether the template has words for this channel in this locale, or in one that it is a variant of. Words in the
    /// default locale do not count.
    fn speaks(&self, template: &str, channel: &ChannelName, locale: &str) -> bool {
        let own = variants(locale);
        self.catalog.templates.get(template).is_some_and(|template| template.words(channel.as_str(), own).is_some())
    }

    /// A rendering that fails finds nothing: what sends the message tells of that.
    fn links_left_out(&self, message: &Worded<'_>, links: Links) -> Vec<&str> {
        if links == Links::None {
            return Vec::new();
        }
        let limits = self.options.limits.and(QUICK);
        let look = AssertUnwindSafe(|| self.links_left_out_within(limits, message.channel, &message.wording, links));
        catch_unwind(look).unwrap_or_default()
    }

    /// The names of the data whose value is left out of the HTML of the mail because it is no link by http, https or
    /// mailto. The template's sample says where a link belongs. An empty text is meant where the template can do without.
    pub(crate) fn links_left_out_within(
        &self,
        limits: Limits,
        channel: &ChannelName,
        wording: &Wording,
        looked_at: Links,
    ) -> Vec<&str> {
        let template = wording.template.as_ref().and_then(|name| self.catalog.templates.get(name));
        let sample = template.into_iter().flat_map(|template| &template.sample);
        let is_link = |value: &Value| value.as_str().is_some_and(|text| links::is_link(text.trim()));
        let is_looked_at = |value: &Value| looked_at == Links::All || value.as_str() != Some("");
        let given = |name: &str| wording.data.get(name).filter(|value| !value.is_null() && is_looked_at(value));
        let doubtful = sample.filter(|(name, link)| is_link(link) && given(name).is_some_and(|value| !is_link(value)));
        let left_out = doubtful.filter(|(name, link)| {
            let links_with = |value: Option<&Value>| {
                let mut other = wording.clone();
                match value {
                    Some(value) => drop(other.data.insert((*name).clone(), value.clone())),
                    None => drop(other.data.remove(*name)),
                }
                self.links_of(limits, channel, &other)
            };
            let own = links_with(given(name));
            let wants_none = given(name).and_then(Value::as_str) == Some("") && links_with(None) == own;
            own.is_some() && !wants_none && own < links_with(Some(*link))
        });
        left_out.map(|(name, _)| name.as_str()).collect()
    }

    /// How many links the HTML has. None when there is no HTML.
    fn links_of(&self, limits: Limits, channel: &ChannelName, wording: &Wording) -> Option<usize> {
        let html = self.render_within(limits, channel, wording).ok()?.html?;
        Some(html.matches("href=").count())
    }
}
