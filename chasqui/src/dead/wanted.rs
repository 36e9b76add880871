//! Which dead letters are meant, as options.

use anyhow::Result;
use domain::{FieldError, Lane, Tenant};
use serde_json::{Map, Value, json};
use store::LetterFilter;

use crate::exit::Usage;
use crate::words::one_of;

#[derive(clap::Args, Debug, Default)]
pub(super) struct Filter {
    /// Only letters of this group: its fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    group: Option<String>,
    /// Only these letters: their names
    #[arg(long = "letter", value_name = "NAME")]
    letters: Vec<String>,
    #[arg(long)]
    channel: Option<String>,
    #[arg(long)]
    provider: Option<String>,
    /// Why they were dead-lettered, such as exhausted
    #[arg(long)]
    reason: Option<String>,
    /// The provider's code of the last attempt
    #[arg(long)]
    code: Option<String>,
    #[arg(long)]
    template: Option<String>,
    /// urgent, normal or bulk
    #[arg(long)]
    lane: Option<String>,
}

/// All rows whose letters are not there.
#[derive(clap::Args, Debug)]
pub(super) struct CloseMissing {
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    why: String,
    /// Start it at once
    #[arg(long)]
    pub(super) yes: bool,
}

impl CloseMissing {
    pub(super) fn fields(self) -> Map<String, Value> {
        let fields = [("action", json!("close")), ("all", json!(true)), ("why", json!(self.why))];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl Filter {
    /// One letter by its name.
    pub(super) fn of_one(tenant: &Tenant, letter: &str) -> LetterFilter {
        // No letter has a name with a NUL, which Postgres could not compare.
        let letters = vec![letter.replace('\0', "")];
        LetterFilter { tenant: tenant.clone(), letters, ..LetterFilter::default() }
    }

    pub(super) fn of(self, tenant: &Tenant) -> Result<LetterFilter> {
        let Self { group, letters, channel, provider, reason, code, template, lane } = self;
        let parsed = lane.as_deref().map(|text| {
            let known = Lane::ALL.map(Lane::as_str);
            Lane::parse(text).ok_or_else(|| Usage(format!("--lane: {}", one_of(text, &known))))
        });
        let (tenant, lane) = (tenant.clone(), parsed.transpose()?);
        Ok(LetterFilter { tenant, letters, group, channel, provider, reason, code, template, lane })
    }

    /// These letters by their names.
    pub(super) fn of_letters(letters: Vec<String>) -> Self {
        Self { letters, ..Self::default() }
    }

    /// The fields of a plan, as whoever asks over HTTP writes them.
    pub(super) fn fields(self) -> Map<String, Value> {
        let Self { group, letters, channel, provider, reason, code, template, lane } = self;
        let texts = [
            ("group", group),
            ("channel", channel),
            ("provider", provider),
            ("reason", reason),
            ("code", code),
            ("template", template),
            ("lane", lane),
        ];
        let mut fields: Map<String, Value> =
            texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?)))).collect();
        if !letters.is_empty() {
            fields.insert("letters".to_owned(), json!(letters));
        }
        fields
    }
}

/// What is wrong, by the options that were given.
pub(super) fn refused(errors: &[FieldError]) -> anyhow::Error {
    let errors: Vec<FieldError> = errors.iter().cloned().map(by_options).collect();
    let option = |field: &str| match field {
        "action" => "the action".to_owned(),
        field if field.starts_with("letters") => "--letter".to_owned(),
        field => format!("--{}", field.replace('_', "-")),
    };
    Usage::of(&errors, option).into()
}

/// What is missing is told by the options that say it: whoever asks over HTTP is told of its fields.
fn by_options(error: FieldError) -> FieldError {
    const WHICH: &str = "is missing: it stands for every letter; say which by --group, --letter, --channel, --provider, \
                         --reason, --code, --template or --lane, and of a restore by --letter or --job";
    match error {
        FieldError { pointer, detail } if pointer == "/all" && detail.starts_with("is missing") => {
            FieldError { pointer, detail: WHICH.to_owned() }
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use operations::dead_letters::Asked;

    use super::*;

    #[test]
    fn a_redirect_names_a_provider_that_there_is() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            plan: Plan,
        }
        let asked = |name: &str| {
            let line = Line::try_parse_from(["redirect", "--all", "--why", "it is down", "--to-provider", name]);
            Asked::of(line.expect("options").plan.fields("redirect"), &channels::known_providers())
        };
        assert!(asked("sendgrid").is_ok());
        let told = refused(&asked("sengrid").expect_err("there is none")).to_string();
        assert!(told.starts_with("--to-provider is an unknown provider; known are"), "{told}");
        assert!(told.ends_with("did you mean sendgrid?"), "{told}");
    }

    #[test]
    fn a_plan_of_nothing_is_refused_in_words_of_the_command_line() {
        let fields = [("action", json!("replay")), ("why", json!("it is mended"))];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let told =
            refused(&Asked::of(fields, &channels::known_providers()).expect_err("it names no letters")).to_string();
        assert!(told.starts_with("--all is missing") && told.contains("--group") && !told.contains('"'), "{told}");
    }
}
