//! `chasqui verify`: asks whose an address is by a code that is sent there, tries what somebody has typed, and shows what was
//! sent and tried. No code is printed: the fleet has none to print.

mod shown;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{
    ChannelName, Checked, CounterHasher, Key, RecipientHasher, RequestIds, Secrets, Tenant, VerificationState,
    printable,
};
use operations::verifications::{self, Asked, NotVerified, Verifying, read_code};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use store::{Store, VerificationFilter};
use topology::Publisher;

use crate::clock::SystemClock;
use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::listing::Range;
use crate::named::Named;
use crate::operator::By;
use crate::output::{self, say};
use crate::words::{channel, one_of, tenant};
use crate::{columns, exit, logs, parts, secret_input, send, unconfigured};

/// What is said where there is none of an id.
const UNKNOWN: &str = "there is no such verification of this tenant: `chasqui verify list` shows them";

#[derive(Subcommand, Debug)]
pub enum VerifyCommand {
    /// Send a code to an address: exit code 1 where the guard sends none there
    Start(Box<Start>),
    /// Try the code that somebody has typed, which is read from standard input: exit code 1 where it is not right
    Confirm(Confirm),
    /// Send the same code once more: give the same of --to, --phone, --email and --telegram as it was started with
    Resend(Box<Resend>),
    /// Print one verification, without its code and its address: exit code 1 where there is none
    Show(Show),
    /// Print verifications, the newest first
    List(Box<List>),
}

#[derive(clap::Args, Debug)]
pub struct Start {
    /// sms, whatsapp, email or telegram; left out where several of --phone, --email and --telegram are to be tried
    #[arg(long, requires = "to")]
    channel: Option<String>,
    #[command(flatten)]
    to: To,
    /// What the code is for, as its reader is told it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    purpose: String,
    /// Who has asked you: their IP address
    #[arg(long, value_name = "IP")]
    client_ip: Option<String>,
    /// Their session with you, under any name
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    session: Option<String>,
    /// The language of the message, such as es
    #[arg(long)]
    locale: Option<String>,
    /// For whom it is done
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    #[command(flatten)]
    by: By,
}

// Where a code goes. A doc comment would be taken for that of a command.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = true)]
pub(crate) struct To {
    /// The number or the address
    #[arg(long, allow_hyphen_values = true, conflicts_with_all = ["phone", "email", "telegram"])]
    to: Option<String>,
    /// A number: by WhatsApp where somebody carries that here, and then by SMS
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// An address of mail
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A chat of Telegram
    #[arg(long, value_name = "CHAT", allow_hyphen_values = true)]
    telegram: Option<String>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct Which {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    by: By,
}

#[derive(clap::Args, Debug)]
pub struct Confirm {
    #[command(flatten)]
    which: Which,
    // A code that stands here all the same: it is taken to be refused, for clap would print what it does not know.
    #[arg(hide = true)]
    typed: Vec<OsString>,
}

#[derive(clap::Args, Debug)]
pub struct Resend {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    to: To,
    /// The language of the message, such as es
    #[arg(long)]
    locale: Option<String>,
}

#[derive(clap::Args, Debug)]
pub struct Show {
    #[command(flatten)]
    named: Named,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Whose verifications
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// pending, approved, expired, exhausted, cancelled or blocked
    #[arg(long, value_parser = state)]
    state: Option<VerificationState>,
    /// Only those by this channel, such as sms
    #[arg(long, value_parser = channel)]
    channel: Option<ChannelName>,
    /// Only those for this
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    purpose: Option<String>,
    #[command(flatten)]
    range: Range,
}

pub(crate) async fn run(sources: Sources, command: VerifyCommand) -> Result<ExitCode> {
    if let VerifyCommand::Confirm(what) = &command {
        what.has_no_code()?;
    }
    let only_reads = matches!(command, VerifyCommand::Show(_) | VerifyCommand::List(_));
    let role = if only_reads { Role::Ledger } else { Role::Send };
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), role)?;
    logs::start(&config)?;
    if !only_reads {
        parts::needs_secret(&config, "codes are derived from it")?;
    }
    let store = parts::existing_store(&config, parts::clock()).await?;
    match command {
        VerifyCommand::Start(what) => what.run(&config, &store).await,
        VerifyCommand::Confirm(what) => confirm(&config, &store, what).await,
        VerifyCommand::Resend(what) => what.run(&config, &store).await,
        VerifyCommand::Show(what) => show(&store, what).await,
        VerifyCommand::List(what) => list(&store, *what).await,
    }
}

/// What verifying stands on, made from the settings.
struct Parts {
    secrets: Secrets,
    recipients: RecipientHasher,
    counters: CounterHasher,
    request_ids: RequestIds,
    has_whatsapp: bool,
}

impl Parts {
    fn of(config: &Config) -> Self {
        // What is wrong with the settings of a provider the workers say, which need it.
        let carriers = parts::carriers(&config.channels).unwrap_or_default();
        Self {
            secrets: parts::secrets(config),
            recipients: parts::hasher(config),
            counters: parts::counters(config),
            request_ids: parts::request_ids(config),
            has_whatsapp: carriers.iter().any(|carrier| carrier.medium == "whatsapp"),
        }
    }

    fn verifying<'a>(&'a self, config: &'a Config, store: &'a Store, publisher: &'a Publisher) -> Verifying<'a> {
        Verifying {
            store,
            publisher,
            secrets: &self.secrets,
            recipients: &self.recipients,
            counters: &self.counters,
            request_ids: &self.request_ids,
            defaults: &config.defaults,
            limits: &config.api.verify,
            telling: config.topology.events,
            has_whatsapp: self.has_whatsapp,
            clock: &SystemClock,
        }
    }
}

impl Start {
    async fn run(self, config: &Config, store: &Store) -> Result<ExitCode> {
        let actor = self.by.actor(self.tenant.clone());
        let made = Parts::of(config);
        let asked = Asked::read(&self.body().to_string(), made.has_whatsapp);
        let asked = asked.map_err(|refused| Usage::of(&refused.errors(), self.to.option()))?;
        let (publisher, _ends_the_publisher) = send::connect(config).await?;
        match made.verifying(config, store, &publisher).start(&actor, &asked, None).await {
            Ok(started) => {
                output::accepted(&started.key.id);
                say!("  {}", printable(&shown::line_of(&started)));
                Ok(ExitCode::SUCCESS)
            }
            Err(why) => not_verified(why, self.to.option()),
        }
    }

    /// The request, as a client of the API would write it.
    fn body(&self) -> Value {
        let channel = self.channel.as_deref().or((!self.to.is_one()).then_some("auto"));
        let given = [
            ("channel", channel),
            ("purpose", Some(self.purpose.as_str())),
            ("client_ip", self.client_ip.as_deref()),
            ("session", self.session.as_deref()),
            ("locale", self.locale.as_deref()),
        ];
        let mut body = given_of(given);
        body.insert("to".to_owned(), self.to.value());
        Value::Object(body)
    }
}

impl Confirm {
    /// # Errors
    /// Where a code stands in the command line, which everybody on this machine could see. It is not repeated.
    fn has_no_code(&self) -> Result<(), Usage> {
        if self.typed.is_empty() {
            return Ok(());
        }
        let why = "leave out what stands behind the id: the code is read from standard input, and from no argument";
        Err(Usage(why.into()))
    }
}

impl Resend {
    async fn run(self, config: &Config, store: &Store) -> Result<ExitCode> {
        let Self { which: Which { named, by }, to, locale } = self;
        let Key { tenant, id } = named.key();
        let mut body = given_of([("locale", locale.as_deref())]);
        body.insert("to".to_owned(), to.value());
        let (actor, made) = (by.actor(tenant), Parts::of(config));
        let (publisher, _ends_the_publisher) = send::connect(config).await?;
        let verifying = made.verifying(config, store, &publisher);
        match verifying.resend(&actor, id, &Value::Object(body).to_string()).await {
            Ok(sent) => {
                say!("{}", printable(&format!("sent again: {}  {}", sent.key.id, shown::line_of(&sent))));
                Ok(ExitCode::SUCCESS)
            }
            Err(why) => not_verified(why, to.option()),
        }
    }
}

impl To {
    /// Whether there is one address, by whichever channel; else there are those of a ladder.
    fn is_one(&self) -> bool {
        self.to.is_some()
    }

    /// How the option is told that a field came from.
    fn option(&self) -> fn(&str) -> String {
        if self.is_one() { option_of } else { option_of_a_ladder }
    }

    fn value(&self) -> Value {
        let ladder = [
            ("phone", self.phone.as_deref()),
            ("email", self.email.as_deref()),
            ("telegram_chat_id", self.telegram.as_deref()),
        ];
        self.to.as_deref().map_or_else(|| Value::Object(given_of(ladder)), Value::from)
    }
}

/// What was given, as fields.
fn given_of<const N: usize>(given: [(&str, Option<&str>); N]) -> Map<String, Value> {
    given.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))).collect()
}

async fn confirm(config: &Config, store: &Store, what: Confirm) -> Result<ExitCode> {
    let Which { named, by } = what.which;
    let Key { tenant, id } = named.key();
    let typed = secret_input::code()?;
    let code = read_code(&json!({"code": typed.expose_secret().trim()}).to_string());
    let code = code.map_err(|refused| Usage::of(&refused.errors(), |_| "the code".to_owned()))?;
    let made = Parts::of(config);
    let (publisher, _ends_the_publisher) = send::connect(config).await?;
    let verifying = made.verifying(config, store, &publisher);
    match verifying.confirm(&by.actor(tenant), id, &code, None).await {
        Ok(checked) => {
            say!("{}", shown::became(checked));
            Ok(exit::answer(matches!(checked, Checked::Approved | Checked::AlreadyApproved)))
        }
        Err(why) => not_verified(why, option_of),
    }
}

async fn show(store: &Store, what: Show) -> Result<ExitCode> {
    let Show { named, json } = what;
    let Key { tenant, id } = named.key();
    let found = verifications::show(store, &tenant, &id).await.context("the ledger could not be read")?;
    let Some(verification) = found else { return Ok(exit::no(UNKNOWN)) };
    let now = parts::clock().now();
    match json {
        true => output::json(&shown::json_of(&verification, now)),
        false => shown::lines(&verification, now).iter().for_each(|line| say!("{}", printable(line))),
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &Store, what: List) -> Result<ExitCode> {
    let List { tenant, state, channel, purpose, range } = what;
    let (since, until) = range.times()?;
    let mut filter = VerificationFilter { tenant, state, channel, purpose, since, until, after: None, limit: 0 };
    let (mut wanted, mut rows) = (range.wanted(), columns::List::new(range.json));
    let now = parts::clock().now();
    loop {
        filter.limit = wanted.of_a_page();
        let page = verifications::list(store, filter.clone()).await.context("the ledger could not be read")?;
        page.verifications.iter().for_each(|one| rows.add(|| shown::json_of(one, now), || shown::row_of(one, now)));
        filter.after = wanted.behind(page.verifications.len(), page.next);
        if filter.after.is_none() {
            break;
        }
    }
    rows.end(shown::HEADING, "no verification fits");
    Ok(ExitCode::SUCCESS)
}

/// What is said where nothing was sent or tried: a no, or why it could not be done.
fn not_verified(why: NotVerified, option: fn(&str) -> String) -> Result<ExitCode> {
    let said = match why {
        NotVerified::NotDone(why) => return Err(why).context("nothing is done"),
        NotVerified::Refused(refused) => return Err(Usage::of(&refused.errors(), option).into()),
        NotVerified::UnknownKey => return Err(Usage(shown::UNKNOWN_KEY.to_owned()).into()),
        NotVerified::Unconfirmed { id, error } => {
            return Err(error).with_context(|| format!("the broker did not take the message of {}", printable(&id)));
        }
        NotVerified::Unknown => UNKNOWN.to_owned(),
        NotVerified::Another { id } => format!("another verification has begun as {id}"),
        NotVerified::Blocked(blocked) => {
            format!("nothing is sent there: {}; the guard goes by the settings VERIFY_*", shown::reasons(&blocked))
        }
        NotVerified::Ended(state) => format!("it has ended: {}", state.as_str()),
        NotVerified::TooSoon(wait) => format!("it was sent a moment ago: try again in {} s", wait.as_secs().max(1)),
        NotVerified::TooOften => "it was sent as often as it may be".to_owned(),
    };
    Ok(exit::no(&said))
}

/// The option that a field came from.
fn option_of(field: &str) -> String {
    match field {
        "to/phone" => "--phone".to_owned(),
        "to/email" => "--email".to_owned(),
        "to/telegram_chat_id" => "--telegram".to_owned(),
        field => format!("--{}", field.replace('_', "-")),
    }
}

/// The same where there is no `--to`.
fn option_of_a_ladder(field: &str) -> String {
    match field {
        "to" => "--phone, --email and --telegram".to_owned(),
        field => option_of(field),
    }
}

fn state(text: &str) -> Result<VerificationState, String> {
    VerificationState::parse(text).ok_or_else(|| one_of(text, &VerificationState::ALL.map(VerificationState::as_str)))
}

#[cfg(test)]
mod tests;
