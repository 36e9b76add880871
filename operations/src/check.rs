//! The checker finds every field that is wrong at once, by the rules that the worker and the media themselves go by.
//!
//! The checker refuses only what is refused for certain. Which channels have credentials is the worker's knowledge: a
//! channel that is known is taken, whether this process could send by it or not.

mod fleet;
mod preview;
mod variables;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::{
    Asked, ChannelName, Draft, Expiry, FieldError, KnownProviders, MAX_SPAN, Target, Timestamp, Wording, pointer_step,
};
use media::{Fault, Part, Words};
use serde_json::Value;
use templates::{Links, TemplateError, Templates, no_template};

pub use self::preview::Preview;
use crate::calls::Calls;

/// Checks notifications before they are published. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Checker {
    templates: Arc<Templates>,
    calls: Calls,
    has_links: bool,
    providers: Arc<KnownProviders>,
}

/// What the checker found in a notification, which can be published if there are no errors.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    pub errors: Vec<FieldError>,
    /// What is taken and has not the effect that the publisher may think.
    pub warnings: Vec<FieldError>,
}

impl Checker {
    pub fn new(templates: Arc<Templates>) -> Self {
        Self { templates, calls: Calls::default(), has_links: true, providers: Arc::default() }
    }

    /// The same, which also refuses URLs that are never called.
    #[must_use]
    pub fn calling(self, calls: Calls) -> Self {
        Self { calls, ..self }
    }

    /// The same, which also refuses to have a message carried by a provider that is none of these, or by one that does not
    /// carry its channel.
    #[must_use]
    pub fn carried_by(self, providers: KnownProviders) -> Self {
        Self { providers: Arc::new(providers), ..self }
    }

    /// The same for an installation that has an address which people can open, or has none. One of which nothing is said has.
    #[must_use]
    pub fn linking(self, has_links: bool) -> Self {
        Self { has_links, ..self }
    }

    /// Whether people can open links of this installation.
    pub(crate) fn has_links(&self) -> bool {
        self.has_links
    }

    /// The templates that there are, for what is no notification.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The providers that may be named, for what is no notification.
    pub fn providers(&self) -> &KnownProviders {
        &self.providers
    }

    /// Which URLs are never called, for what is no notification.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Finds everything that is wrong with a draft and with every item of its fallback, whether the field could be read
    /// or not. For plain words this costs next to nothing. A template is rendered, within the limits of a thread that
    /// others wait for.
    pub fn check(&self, draft: &Draft, now: Timestamp) -> Findings {
        let mut findings = Findings { errors: draft.errors.clone(), warnings: Vec::new() };
        if draft.errors.is_empty() {
            // A draft with errors has named these itself.
            findings.errors.extend(draft.unknown.iter().filter_map(|field| field.refusal()));
        }
        fleet::refuse(draft, &mut findings.errors);
        findings.errors.extend(self.refusal_of_provider(draft));
        let foreign = draft.unknown.iter().filter(|field| field.refusal().is_none());
        findings.warnings.extend(foreign.map(|field| field.warning()));
        self.target(draft, "", &draft.target, &draft.target.wording, &mut findings.errors);
        for (at, item) in draft.fallback.iter().enumerate() {
            let wording = item.wording_after(&draft.target.wording);
            self.target(draft, &format!("/fallback/{at}"), item, &wording, &mut findings.errors);
        }
        findings.errors.extend(draft.send_at.and_then(|send_at| too_far_ahead(send_at, now)));
        findings.errors.sort_by_key(item_of);
        findings.warnings.extend(too_late(draft, now).or_else(|| draft.asked().passed(now)));
        if findings.errors.is_empty() {
            findings.warnings.extend(self.unheeded(draft.asked()));
        } else {
            self.slips(draft.asked(), &mut findings.errors);
        }
        findings
    }

    /// Refuses a provider that carries no message of this channel, whoever is configured.
    fn refusal_of_provider(&self, draft: &Draft) -> Option<FieldError> {
        let name = draft.provider.as_deref()?;
        let channel = draft.target.channel.as_ref().map(ChannelName::as_str);
        let channel = channel.filter(|channel| media::known().contains(channel));
        self.providers.refusal(name, channel).map(|why| field("", "/provider", why))
    }

    fn target(&self, draft: &Draft, prefix: &str, target: &Target, wording: &Wording, errors: &mut Vec<FieldError>) {
        let Some(channel) = &target.channel else { return self.name_of_template(prefix, target, errors) };
        if !media::known().contains(&channel.as_str()) {
            errors.push(field(prefix, "/channel", format!("is an {}", media::unknown(channel))));
            return self.name_of_template(prefix, target, errors);
        }
        let wrong = |pointer: &str| !draft.errors.is_empty() && draft.is_wrong(&format!("{prefix}{pointer}"));
        if let Some(destination) = &target.destination
            && !wrong("/destination")
        {
            let refusal = self.refusal_of(channel, destination);
            errors.extend(refusal.map(|why| field(prefix, "/destination", why)));
        }
        errors.extend(media::misplaced(channel, &wording.mail).into_iter().map(|fault| of(prefix, fault)));
        self.files(channel, prefix, wording, errors);
        let own = &target.wording;
        let inherits = own.message.is_none() && own.template.is_none() || !target.brings_data || own.locale.is_none();
        if words_are_wrong(draft, prefix) || (inherits && words_are_wrong(draft, "")) {
            return self.name_of_template(prefix, target, errors);
        }
        match wording.template {
            None => plain(channel, prefix, wording, errors),
            Some(_) => self.template(channel, prefix, wording, errors),
        }
    }

    /// Why nothing can be sent to this destination.
    pub(crate) fn refusal_of(&self, channel: &ChannelName, destination: &str) -> Option<String> {
        if let Err(refused) = media::check_destination(channel, destination) {
            return Some(refused.to_string());
        }
        match channel.as_str() {
            name if name == media::webhook::MEDIUM.name => {
                self.calls.refusal(media::webhook::url(destination).ok()?.as_str())
            }
            name if name == media::webpush::MEDIUM.name => {
                let browser = media::webpush::Subscription::read(destination).ok()?;
                let why = self.calls.refusal(browser.endpoint.as_str())?;
                Some(format!("must be a push subscription whose endpoint is called: endpoint {why}"))
            }
            _ => None,
        }
    }

    /// Finds files of a mail that would never be fetched. What else is wrong with them, the medium says.
    fn files(&self, channel: &ChannelName, prefix: &str, wording: &Wording, errors: &mut Vec<FieldError>) {
        let files = wording.mail.get("attachments").and_then(Value::as_array);
        let files = files.filter(|_| channel.as_str() == media::email::MEDIUM.name).into_iter().flatten();
        for (at, file) in files.enumerate() {
            let url = file.get("url").and_then(Value::as_str).and_then(|url| media::webhook::url(url).ok());
            let refusal = url.and_then(|url| self.calls.refusal(url.as_str()));
            errors.extend(refusal.map(|why| field(prefix, &format!("/attachments/{at}/url"), why)));
        }
    }

    /// Finds what is taken and has not the effect that the publisher may think, by the rules that the worker goes by for
    /// what comes over AMQP.
    fn unheeded(&self, asked: Asked<'_>) -> Vec<FieldError> {
        asked.unheeded(media::sends_data, media::has_subject, |message| {
            let mut found = self.templates.unheeded(message, Links::All);
            found.extend(media::unheeded(message, |name| self.templates.any_takes(message, name)));
            found
        })
    }

    /// Finds names in data that are nearly those of a channel, beside errors: such a slip may be why something is missing.
    fn slips(&self, asked: Asked<'_>, errors: &mut Vec<FieldError>) {
        let found = asked.found(|message| media::unheeded(message, |name| self.templates.any_takes(message, name)));
        for slip in found {
            if errors.iter().all(|told| told.pointer != slip.pointer) {
                errors.push(slip);
            }
        }
    }

    /// Reports a name that no template has, for a target in which something else is wrong, so that nothing can be
    /// rendered.
    fn name_of_template(&self, prefix: &str, target: &Target, errors: &mut Vec<FieldError>) {
        let unknown = target.wording.template.as_deref().and_then(|name| self.templates.find(name).err());
        errors.extend(unknown.map(|unknown| of_template(prefix, &unknown, None)));
    }

    fn template(&self, channel: &ChannelName, prefix: &str, wording: &Wording, errors: &mut Vec<FieldError>) {
        // The worker judges a rendering that takes longer than others can wait here.
        match catch_unwind(AssertUnwindSafe(|| self.templates.rehearse(channel, wording))) {
            Ok(None) => {}
            Ok(Some(Ok(rendered))) => {
                let words = Words::of(&rendered, &wording.data, Some(&wording.mail));
                errors.extend(media::faults(channel, &words).into_iter().map(|fault| match fault.part {
                    Part::Message => {
                        field(prefix, "/template", format!("gives a message that cannot be sent: it {}", fault.why))
                    }
                    Part::Subject if wording.subject.is_none() => {
                        field(prefix, "/template", format!("gives a subject that cannot be sent: it {}", fault.why))
                    }
                    _ => of(prefix, fault),
                }));
            }
            Ok(Some(Err(refusals))) => {
                let told = |refusal| {
                    let written = variables::written_as(&self.templates, wording, refusal);
                    let lacking = variables::lacking(prefix, wording, refusal);
                    lacking.unwrap_or_else(|| of_template(prefix, refusal, written))
                };
                errors.extend(refusals.iter().map(told));
            }
            Err(_panic) => errors.push(field(prefix, "/template", "makes the renderer fail with this data")),
        }
    }
}

/// Whether a field of the words could not be read, so that nothing can be said of the words.
fn words_are_wrong(draft: &Draft, prefix: &str) -> bool {
    const WORDS: [&str; 5] = ["subject", "message", "template", "locale", "data"];
    !draft.errors.is_empty() && WORDS.iter().any(|name| draft.is_wrong(&format!("{prefix}/{name}")))
}

/// Finds what is wrong with one message without a template, by the names of a notification's fields.
pub fn check_plain(channel: &ChannelName, destination: &str, subject: Option<&str>, message: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Err(refused) = media::check_destination(channel, destination) {
        errors.push(field("", "/destination", refused.to_string()));
    }
    let data = Default::default();
    let words = Words { subject, text: message, data: &data, mail: None };
    errors.extend(media::faults(channel, &words).into_iter().map(|fault| of("", fault)));
    errors
}

fn plain(channel: &ChannelName, prefix: &str, wording: &Wording, errors: &mut Vec<FieldError>) {
    let Some(text) = wording.message.as_deref() else { return };
    let subject = wording.subject.as_deref();
    let words = Words { subject, text, data: &wording.data, mail: Some(&wording.mail) };
    errors.extend(media::faults(channel, &words).into_iter().map(|fault| of(prefix, fault)));
}

fn of(prefix: &str, fault: Fault) -> FieldError {
    field(prefix, &fault.part.pointer(), fault.why)
}

/// Which item of the fallback an error is about, from 1; 0 for the notification itself. What could not be read was found
/// before what cannot be sent, and people read item by item.
fn item_of(error: &FieldError) -> usize {
    let item = error.pointer.strip_prefix("/fallback/").and_then(|rest| rest.split('/').next());
    item.and_then(|item| item.parse::<usize>().ok()).map_or(0, |item| item.saturating_add(1))
}

/// Tells a refusal of the renderer as an error of a field. The error repeats no value, and of the data only `written`,
/// the name that is nearly the one that is missing.
fn of_template(prefix: &str, refusal: &TemplateError, written: Option<&str>) -> FieldError {
    match refusal {
        TemplateError::Unknown { nearest, known, .. } => {
            field(prefix, "/template", no_template(known, nearest.as_deref()))
        }
        TemplateError::NoChannel { channel, available, .. } => {
            let why =
                format!("has no words for {channel} in this locale or the default one; it has some for {available}");
            field(prefix, "/template", why)
        }
        TemplateError::Missing { variable, .. } => {
            let steps: String = variable.split('.').map(|name| format!("/{}", pointer_step(name))).collect();
            let hint = written.map(|name| format!("; is it what you wrote as {name}?")).unwrap_or_default();
            field(prefix, &format!("/data{steps}"), format!("is missing: the template needs it{hint}"))
        }
        TemplateError::Failed { expression, why, .. } => {
            field(prefix, "/data", format!("does not fit `{expression}` of the template: {why}"))
        }
        TemplateError::Styles { why, .. } => field(prefix, "/template", format!("cannot be sent as HTML: {why}")),
        TemplateError::TooLarge { .. } | TemplateError::TooMuchWork { .. } => {
            field(prefix, "/data", "is more than the template can render: send less")
        }
        TemplateError::Empty => field(prefix, "/message", "is missing: give a message or a template"),
    }
}

/// Finds the field by which a notification is too late. The notification is taken all the same, so that a repeated
/// request gets the answer of the first.
pub(crate) fn too_late(draft: &Draft, now: Timestamp) -> Option<FieldError> {
    let passed = |at: &Timestamp| *at <= now;
    let past = "has passed: it will not be sent";
    match draft.expiry {
        Expiry::At(at) if passed(&at) => Some(field("", "/expires_at", past)),
        Expiry::At(at) if draft.send_at.is_some_and(|send_at| send_at >= at) => {
            Some(field("", "/expires_at", "is not after send_at: it will not be sent"))
        }
        _ => {
            let latest = draft.expires_at(now).filter(passed)?;
            let at = if draft.max_lateness_seconds.is_some() { "/max_lateness_seconds" } else { "/ttl_seconds" };
            (latest <= now).then(|| field("", at, "has passed since send_at: it will not be sent"))
        }
    }
}

pub(crate) fn too_far_ahead(send_at: Timestamp, now: Timestamp) -> Option<FieldError> {
    (send_at.since(now) > MAX_SPAN).then(|| field("", "/send_at", "must be at most ten years ahead"))
}

fn field(prefix: &str, pointer: &str, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: format!("{prefix}{pointer}"), detail: detail.into() }
}
