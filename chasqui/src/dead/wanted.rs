//! Which dead letters are meant, as options.

use anyhow::Result;
use domain::{FieldError, Lane, RecipientHasher, Tenant, Timestamp};
use operations::deliveries::hashes_of;
use operations::deliveries::written::{ID, RECIPIENT, Rule};
use serde_json::{Map, Value, json};
use store::LetterFilter;

use crate::deliveries::provider;
use crate::exit::Usage;
use crate::listing::in_order;
use crate::words::{one_of, when};

#[derive(clap::Args, Debug, Default)]
pub(super) struct Filter {
    /// Only letters of this group: its fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    group: Option<String>,
    /// Only these letters: their names
    #[arg(long = "letter", value_name = "NAME")]
    letters: Vec<String>,
    /// Only those of the delivery of this id
    #[arg(long, value_parser = id, allow_hyphen_values = true)]
    id: Option<String>,
    /// Only those that died at this time or later: RFC 3339 with an offset
    #[arg(long, value_name = "WHEN", value_parser = when)]
    from: Option<Timestamp>,
    /// Only those that died before this time
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<Timestamp>,
    /// Only those to this recipient, in any spelling that reaches the same: of deliveries that the ledger knows
    #[arg(long, value_parser = recipient, allow_hyphen_values = true)]
    recipient: Option<String>,
    #[arg(long)]
    channel: Option<String>,
    #[arg(long, value_parser = provider)]
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

    pub(super) fn of(self, tenant: &Tenant, recipients: &RecipientHasher) -> Result<LetterFilter> {
        let Self { group, letters, id, from, until, recipient, channel, provider, reason, code, template, lane } = self;
        in_order(from, until, "--from")?;
        let recipient = recipient.map(|written| hashes_of(&written, recipients)).unwrap_or_default();
        let parsed = lane.as_deref().map(|text| {
            let known = Lane::ALL.map(Lane::as_str);
            Lane::parse(text).ok_or_else(|| Usage(format!("--lane: {}", one_of(text, &known))))
        });
        let (tenant, lane) = (tenant.clone(), parsed.transpose()?);
        Ok(LetterFilter {
            tenant,
            letters,
            group,
            id,
            from,
            until,
            recipient,
            channel,
            provider,
            reason,
            code,
            template,
            lane,
        })
    }

    /// Whether it asks for a recipient, whom the ledger knows by a hash alone.
    pub(super) const fn has_recipient(&self) -> bool {
        self.recipient.is_some()
    }

    /// These letters by their names.
    pub(super) fn of_letters(letters: Vec<String>) -> Self {
        Self { letters, ..Self::default() }
    }

    /// The fields of a plan, as whoever asks over HTTP writes them.
    pub(super) fn fields(self) -> Map<String, Value> {
        let Self { group, letters, id, from, until, recipient, channel, provider, reason, code, template, lane } = self;
        let texts = [
            ("group", group),
            ("id", id),
            ("from", from.map(|at| at.to_string())),
            ("until", until.map(|at| at.to_string())),
            ("recipient", recipient),
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
    const WHICH: &str = "is missing: it stands for every letter; say which by --group, --letter, --id, --from, --until, \
                         --recipient, --channel, --provider, --reason, --code, --template or --lane, and of a restore \
                         by --letter or --job";
    match error {
        FieldError { pointer, detail } if pointer == "/all" && detail.starts_with("is missing") => {
            FieldError { pointer, detail: WHICH.to_owned() }
        }
        error => error,
    }
}

fn id(text: &str) -> Result<String, String> {
    ruled(text, ID)
}

fn recipient(text: &str) -> Result<String, String> {
    ruled(text, RECIPIENT)
}

fn ruled<T: 'static>(text: &str, rule: Rule<T>) -> Result<T, String> {
    (rule.read)(text).ok_or_else(|| format!("it {}", rule.must))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use operations::dead_letters::Asked;

    use super::*;
    use crate::dead::plans::Plan;

    #[derive(clap::Parser)]
    struct Planning {
        #[command(flatten)]
        plan: Plan,
    }

    #[derive(clap::Parser)]
    struct Filtering {
        #[command(flatten)]
        filter: Filter,
    }

    fn planning(words: &[&str]) -> Result<Plan, clap::Error> {
        let words = ["plan", "--why", "an outage"].iter().chain(words);
        Planning::try_parse_from(words).map(|planning| planning.plan)
    }

    fn filtering(words: &[&str]) -> Result<LetterFilter, anyhow::Error> {
        let filtering = Filtering::try_parse_from(["list"].iter().chain(words))?;
        filtering.filter.of(&Tenant::default(), &hasher())
    }

    fn asked(fields: Map<String, Value>) -> Result<Asked, Vec<FieldError>> {
        Asked::of(fields, &channels::known_providers(), &hasher())
    }

    fn hasher() -> RecipientHasher {
        RecipientHasher::new(b"a secret")
    }

    #[test]
    fn a_time_a_delivery_and_a_recipient_are_asked_for_as_over_http() {
        let words = ["--from", "2026-03-01T02:00:00Z", "--until", "2026-03-01T04:00:00+01:00", "--id", "order-7"];
        let words = [&words[..], &["--recipient", "+12025550143"]].concat();
        let plan = planning(&[&words[..], &["--to", "whatsapp"]].concat()).unwrap();
        assert!(plan.which.has_recipient());
        let fields = plan.fields("redirect");
        for (name, value) in [
            ("from", "2026-03-01T02:00:00Z"),
            ("until", "2026-03-01T03:00:00Z"),
            ("id", "order-7"),
            ("recipient", "+12025550143"),
            ("to", "whatsapp"),
        ] {
            assert_eq!(fields[name], value);
        }
        let asked = asked(fields.clone());
        assert!(asked.is_ok(), "{asked:?}");
        let filter = filtering(&words).unwrap();
        let times = [filter.from, filter.until].map(|at| at.unwrap().to_string());
        assert_eq!(times, ["2026-03-01T02:00:00Z", "2026-03-01T03:00:00Z"]);
        assert!(filter.recipient.contains(&hasher().hash("+12025550143")) && filter.id.as_deref() == Some("order-7"));
    }

    #[test]
    fn a_time_that_ends_before_it_begins_is_refused() {
        let words = ["--from", "2026-03-01T02:00:00Z", "--until", "2026-03-01T02:00:00Z"];
        let plan = planning(&words).unwrap();
        let told = refused(&asked(plan.fields("drop")).unwrap_err()).to_string();
        assert!(told.starts_with("--until must be later than"), "{told}");
        assert!(filtering(&words).is_err());
        assert!(planning(&["--from", "02:00"]).is_err() && planning(&["--id", ""]).is_err());
    }

    #[test]
    fn a_provider_that_there_is_not_is_refused_and_what_only_letters_have_is_none_of_ours_to_know() {
        let told = planning(&["--provider", "twillio"]).expect_err("there is none").to_string();
        assert!(told.contains("did you mean twilio?"), "{told}");
        for (option, word) in [("--provider", "twilio"), ("--channel", "smss"), ("--reason", "broker")] {
            assert!(planning(&[option, word]).is_ok(), "{option} {word}");
        }
    }

    #[test]
    fn a_redirect_names_a_provider_that_there_is() {
        let to = |name: &str| {
            let plan = planning(&["--all", "--to-provider", name]).expect("options");
            asked(plan.fields("redirect"))
        };
        assert!(to("sendgrid").is_ok());
        let told = refused(&to("sengrid").expect_err("there is none")).to_string();
        assert!(told.starts_with("--to-provider is an unknown provider; known are"), "{told}");
        assert!(told.ends_with("did you mean sendgrid?"), "{told}");
    }

    #[test]
    fn a_plan_of_nothing_is_refused_in_words_of_the_command_line() {
        let fields = [("action", json!("replay")), ("why", json!("it is mended"))];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let told = refused(&asked(fields).expect_err("it names no letters")).to_string();
        assert!(told.starts_with("--all is missing") && told.contains("--group") && !told.contains('"'), "{told}");
    }
}
