//! The checker: every field that is wrong at once, by the rules that the worker and the media themselves go by.
//!
//! It refuses only what is refused for certain. Which channels have credentials is the worker's knowledge: a channel
//! that is known is taken, whether it can be sent from this process or not.

mod variables;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use domain::{ChannelName, Draft, Expiry, FieldError, Target, Timestamp, Wording, pointer_step};
use media::{Fault, Part, Words};
use serde_json::{Map, Value};
use templates::{TemplateError, Templates};

/// How far behind a `send_at` may lie and be no mistake: clocks differ, and a request takes its time.
const GRACE: Duration = Duration::from_secs(60);
/// How far ahead a `send_at` may lie, as long as a `ttl_seconds` may be: what lies beyond is a slip in the year.
const TEN_YEARS: Duration = Duration::from_secs(3_660 * 86_400);

/// Looks at notifications before they are published. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Checker {
    templates: Arc<Templates>,
}

/// What was found. Without errors it can be published.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    pub errors: Vec<FieldError>,
    /// What is taken and has not the effect that its publisher may think.
    pub warnings: Vec<FieldError>,
}

impl Checker {
    pub fn new(templates: Arc<Templates>) -> Self {
        Self { templates }
    }

    /// Everything that is wrong with it and with every item of its fallback, read or not. For plain words it costs
    /// next to nothing; a template is rendered, within the limits of a thread that others wait for.
    pub fn check(&self, draft: &Draft, now: Timestamp) -> Findings {
        let mut findings = Findings { errors: draft.errors.clone(), warnings: Vec::new() };
        if draft.errors.is_empty() {
            // Otherwise the draft has named them itself.
            findings.errors.extend(draft.unknown.iter().filter_map(|field| field.refusal()));
        }
        let foreign = draft.unknown.iter().filter(|field| field.refusal().is_none());
        findings.warnings.extend(foreign.map(|field| field.warning()));
        self.target(draft, "", &draft.target, &draft.target.wording, &mut findings);
        for (at, item) in draft.fallback.iter().enumerate() {
            let wording = item.wording_after(&draft.target.wording);
            self.target(draft, &format!("/fallback/{at}"), item, &wording, &mut findings);
        }
        findings.errors.extend(draft.send_at.and_then(|send_at| too_far_ahead(send_at, now)));
        findings.warnings.extend(too_late(draft, now).or_else(|| passed(draft, now)));
        if findings.errors.is_empty() {
            findings.warnings.extend(without_effect(draft));
        }
        findings
    }

    fn target(&self, draft: &Draft, prefix: &str, target: &Target, wording: &Wording, findings: &mut Findings) {
        let errors = &mut findings.errors;
        let Some(channel) = &target.channel else { return self.name_of_template(prefix, target, errors) };
        if !media::known().contains(&channel.as_str()) {
            errors.push(field(prefix, "/channel", format!("is an {}", media::unknown(channel))));
            return self.name_of_template(prefix, target, errors);
        }
        let wrong = |pointer: &str| !draft.errors.is_empty() && draft.is_wrong(&format!("{prefix}{pointer}"));
        if let Some(destination) = &target.destination
            && !wrong("/destination")
            && let Err(refused) = media::check_destination(channel, destination)
        {
            errors.push(field(prefix, "/destination", refused.to_string()));
        }
        let own = &target.wording;
        let inherits = own.message.is_none() && own.template.is_none() || !target.brings_data || own.locale.is_none();
        if words_are_wrong(draft, prefix) || (inherits && words_are_wrong(draft, "")) {
            return self.name_of_template(prefix, target, errors);
        }
        let Some(template) = &wording.template else { return plain(channel, prefix, wording, errors) };
        self.template(channel, prefix, wording, errors);
        if errors.is_empty() {
            // What an item takes over stands where its parent has it.
            let place = if target.brings_data { prefix } else { "" };
            let mut left_out = self.links_left_out(channel, place, wording);
            left_out.retain(|warning| !findings.warnings.contains(warning));
            findings.warnings.append(&mut left_out);
        }
        if let Some(locale) = &own.locale
            && errors.is_empty()
            && !self.templates.speaks(template, channel, locale)
        {
            let why =
                format!("is none in which the template has words for {channel}: those of the default locale are sent");
            findings.warnings.push(field(prefix, "/locale", why));
        }
        if errors.is_empty() {
            let at = if target.brings_data { prefix } else { "" };
            let slips = variables::slips(&self.templates, template, at, &wording.data);
            // Several items may go out with the same template and data.
            let news: Vec<_> = slips.into_iter().filter(|slip| !findings.warnings.contains(slip)).collect();
            findings.warnings.extend(news);
        }
    }

    /// What can be said of a template that cannot be rendered, for what else is wrong.
    fn name_of_template(&self, prefix: &str, target: &Target, errors: &mut Vec<FieldError>) {
        let unknown = target.wording.template.as_deref().and_then(|name| self.templates.find(name).err());
        errors.extend(unknown.map(|unknown| of_template(prefix, &unknown, None)));
    }

    fn links_left_out(&self, channel: &ChannelName, prefix: &str, wording: &Wording) -> Vec<FieldError> {
        let why = "is left out of the mail: only http, https and mailto links are shown";
        let look = AssertUnwindSafe(|| self.templates.links_left_out(channel, wording));
        let names = catch_unwind(look).unwrap_or_default();
        names.into_iter().map(|name| field(prefix, &format!("/data/{}", pointer_step(name)), why)).collect()
    }

    fn template(&self, channel: &ChannelName, prefix: &str, wording: &Wording, errors: &mut Vec<FieldError>) {
        // A rendering that takes longer than others can wait here is the worker's to judge.
        match catch_unwind(AssertUnwindSafe(|| self.templates.rehearse(channel, wording))) {
            Ok(None) => {}
            Ok(Some(Ok(rendered))) => {
                let words = Words::of(&rendered, &wording.data);
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

/// Whether something of the words could not be read, so that nothing can be said of them.
fn words_are_wrong(draft: &Draft, prefix: &str) -> bool {
    const WORDS: [&str; 5] = ["subject", "message", "template", "locale", "data"];
    !draft.errors.is_empty() && WORDS.iter().any(|name| draft.is_wrong(&format!("{prefix}/{name}")))
}

/// What is wrong with one message without a template, by the names of a notification's fields.
pub fn check_plain(channel: &ChannelName, destination: &str, subject: Option<&str>, message: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Err(refused) = media::check_destination(channel, destination) {
        errors.push(field("", "/destination", refused.to_string()));
    }
    let data = Default::default();
    let words = Words { subject, text: message, data: &data };
    errors.extend(media::faults(channel, &words).into_iter().map(|fault| of("", fault)));
    errors
}

fn plain(channel: &ChannelName, prefix: &str, wording: &Wording, errors: &mut Vec<FieldError>) {
    let Some(text) = wording.message.as_deref() else { return };
    let words = Words { subject: wording.subject.as_deref(), text, data: &wording.data };
    errors.extend(media::faults(channel, &words).into_iter().map(|fault| of(prefix, fault)));
}

fn of(prefix: &str, fault: Fault) -> FieldError {
    field(prefix, &fault.part.pointer(), fault.why)
}

/// An answer repeats no value, and of the data only the name `written` that is nearly the one that is missing.
fn of_template(prefix: &str, refusal: &TemplateError, written: Option<&str>) -> FieldError {
    match refusal {
        TemplateError::Unknown { nearest, known, .. } => {
            let hint = nearest.as_ref().map(|name| format!(": did you mean {name}?")).unwrap_or_default();
            field(prefix, "/template", format!("is no template of this fleet; known are {known}{hint}"))
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
        TemplateError::TooLarge { .. } | TemplateError::TooMuchWork { .. } => {
            field(prefix, "/data", "is more than the template can render: send less")
        }
        TemplateError::Empty => field(prefix, "/message", "is missing: give a message or a template"),
    }
}

/// It is taken all the same, so that a repeated request gets the answer of the first.
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
    (send_at.since(now) > TEN_YEARS).then(|| field("", "/send_at", "must be at most ten years ahead"))
}

/// A clock may differ by as much as a schedule's may.
fn passed(draft: &Draft, now: Timestamp) -> Option<FieldError> {
    let passed = draft.send_at.is_some_and(|send_at| now.since(send_at) > GRACE);
    passed.then(|| field("", "/send_at", "lies in the past: it is sent at once"))
}

/// Fields that are read and change nothing beside the others.
fn without_effect(draft: &Draft) -> Vec<FieldError> {
    let mut warnings = Vec::new();
    let mut look = |prefix: &str, own: &Wording, speaks: bool, sends_data: bool| {
        if own.template.is_some() && own.message.as_ref().is_some_and(|message| !message.is_empty()) {
            warnings.push(field(prefix, "/message", "is not sent: the words are those of template"));
        }
        if own.locale.is_some() && !speaks {
            warnings.push(field(prefix, "/locale", "has no effect without a template"));
        }
        if !own.data.is_empty() && !speaks && !sends_data {
            let why = "has no effect without a template: what is only your own belongs into metadata";
            warnings.push(field(prefix, "/data", why));
        }
    };
    let whole = &draft.target.wording;
    let speaks = whole.template.is_some() || draft.fallback.iter().any(|item| item.wording.template.is_some());
    let inherits_data = |item: &Target| !item.brings_data && sends_data(item, &whole.data);
    look("", whole, speaks, sends_data(&draft.target, &whole.data) || draft.fallback.iter().any(inherits_data));
    for (at, item) in draft.fallback.iter().enumerate() {
        let inherits = item.wording.message.is_none() && whole.template.is_some();
        let speaks = item.wording.template.is_some() || inherits;
        look(&format!("/fallback/{at}"), &item.wording, speaks, sends_data(item, &item.wording.data));
    }
    warnings.extend(subjects_not_sent(draft));
    if draft.max_lateness_seconds.is_some() && draft.send_at.is_none() {
        warnings.push(field("", "/max_lateness_seconds", "has no effect without send_at"));
    }
    warnings
}

/// Subjects of channels whose messages have none. That of the notification may be meant for an item of its fallback.
fn subjects_not_sent(draft: &Draft) -> Vec<FieldError> {
    let has_none = |target: &Target| target.channel.as_ref().and_then(media::has_subject) == Some(false);
    let told = |prefix: &str, target: &Target| {
        let given = target.wording.subject.as_ref().is_some_and(|subject| !subject.is_empty());
        let channel = target.channel.as_ref().filter(|_| given && has_none(target))?;
        Some(field(prefix, "/subject", format!("is not sent: {channel} has no subject")))
    };
    let whole = told("", &draft.target).filter(|_| draft.fallback.iter().all(has_none));
    let items = draft.fallback.iter().enumerate();
    whole.into_iter().chain(items.filter_map(|(at, item)| told(&format!("/fallback/{at}"), item))).collect()
}

/// Whether the medium of a target sends any of these data itself, beside the words.
fn sends_data(target: &Target, data: &Map<String, Value>) -> bool {
    target.channel.as_ref().is_some_and(|channel| media::sends_data(channel, data))
}

fn field(prefix: &str, pointer: &str, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: format!("{prefix}{pointer}"), detail: detail.into() }
}
