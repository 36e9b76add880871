//! What is to become of dead letters, as options: each action lists its own, and becomes the same plan.

use serde_json::{Map, Value, json};

use super::wanted::Filter;

// A plan of any action, with the options of all of them. Here and below a doc comment would be taken for that of a command.
#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) which: Which,
    /// Of a restore: the job whose letters are put back
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    #[command(flatten)]
    redirected: Redirected,
    #[command(flatten)]
    sending: Sending,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct ReplayPlan {
    #[command(flatten)]
    pub(super) which: Which,
    #[command(flatten)]
    sending: Sending,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct DropPlan {
    #[command(flatten)]
    pub(super) which: Which,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct RestorePlan {
    /// Only these letters: their names
    #[arg(long = "letter", value_name = "NAME")]
    letters: Vec<String>,
    /// Only those that this job took out
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// Every letter that was taken out
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct RedirectPlan {
    #[command(flatten)]
    pub(super) which: Which,
    #[command(flatten)]
    redirected: Redirected,
    #[command(flatten)]
    sending: Sending,
    #[command(flatten)]
    common: Common,
}

// Which letters of the queue are meant.
#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct Which {
    #[command(flatten)]
    filter: Filter,
    /// Every letter
    #[arg(long)]
    all: bool,
}

// What only a plan has by which something is sent.
#[derive(clap::Args, Debug, Default)]
#[group(skip)]
struct Sending {
    /// After how many letters to wait for their end, and to pause when most of them fail again; 0 for none
    #[arg(long)]
    canary: Option<u32>,
    /// Leave out those that were moved as often already
    #[arg(long, value_name = "TIMES")]
    max_moves: Option<u32>,
    /// Take those too that would only wait: something is paused, or their provider takes no messages now
    #[arg(long)]
    even_waiting: bool,
}

// Only of a redirect.
#[derive(clap::Args, Debug, Default)]
#[group(skip)]
struct Redirected {
    /// The channel by which letters are redirected, sms or whatsapp
    #[arg(long, value_name = "CHANNEL")]
    to: Option<String>,
    /// The provider that alone is to carry redirected letters, each by its own channel
    #[arg(long, value_name = "PROVIDER")]
    to_provider: Option<String>,
}

// What every plan has.
#[derive(clap::Args, Debug)]
#[group(skip)]
struct Common {
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    why: String,
    /// Letters in a second, 1 to 1000
    #[arg(long)]
    rate: Option<u32>,
    /// Start it at once
    #[arg(long)]
    yes: bool,
}

impl Which {
    pub(super) const fn has_recipient(&self) -> bool {
        self.filter.has_recipient()
    }
}

impl From<ReplayPlan> for Plan {
    fn from(ReplayPlan { which, sending, common }: ReplayPlan) -> Self {
        Self { which, job: None, redirected: Redirected::default(), sending, common }
    }
}

impl From<DropPlan> for Plan {
    fn from(DropPlan { which, common }: DropPlan) -> Self {
        Self { which, job: None, redirected: Redirected::default(), sending: Sending::default(), common }
    }
}

impl From<RestorePlan> for Plan {
    fn from(RestorePlan { letters, job, all, common }: RestorePlan) -> Self {
        let which = Which { filter: Filter::of_letters(letters), all };
        Self { which, job, redirected: Redirected::default(), sending: Sending::default(), common }
    }
}

impl From<RedirectPlan> for Plan {
    fn from(RedirectPlan { which, redirected, sending, common }: RedirectPlan) -> Self {
        Self { which, job: None, redirected, sending, common }
    }
}

impl Plan {
    /// It is to be started at once.
    pub(super) const fn starts(&self) -> bool {
        self.common.yes
    }

    /// The fields of a plan, as whoever asks over HTTP writes them.
    pub(super) fn fields(self, action: &str) -> Map<String, Value> {
        let Self { which: Which { filter, all }, job, redirected, sending, common } = self;
        let Redirected { to, to_provider } = redirected;
        let Sending { canary, max_moves, even_waiting } = sending;
        let Common { why, rate, yes: _ } = common;
        let mut fields = filter.fields();
        fields.insert("action".to_owned(), json!(action));
        fields.insert("why".to_owned(), json!(why));
        for (name, flag) in [("all", all), ("even_waiting", even_waiting)] {
            if flag {
                fields.insert(name.to_owned(), json!(true));
            }
        }
        for (name, text) in [("job", job), ("to", to), ("to_provider", to_provider)] {
            if let Some(text) = text {
                fields.insert(name.to_owned(), json!(text));
            }
        }
        for (name, number) in [("rate", rate), ("canary", canary), ("max_moves", max_moves)] {
            if let Some(number) = number {
                fields.insert(name.to_owned(), json!(number));
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::dead::{Dead, DeadCommand};

    #[derive(clap::Parser, Debug)]
    struct Line {
        #[command(flatten)]
        dead: Dead,
    }

    #[test]
    fn each_action_lists_its_own_options_and_none_of_others() {
        const FILTER: [&str; 8] =
            ["--group", "--letter", "--channel", "--provider", "--reason", "--code", "--template", "--lane"];
        const SENDING: [&str; 3] = ["--canary", "--max-moves", "--even-waiting"];
        let of_all =
            [&FILTER[..], &SENDING, &["--all", "--job", "--to", "--to-provider", "--rate", "--why", "--yes"]].concat();
        let narrower = ["--group", "--channel", "--provider", "--reason", "--code", "--template", "--lane"];
        for (action, missing) in [
            ("plan", vec![]),
            ("replay", vec!["--job", "--to", "--to-provider"]),
            ("drop", [&SENDING[..], &["--job", "--to", "--to-provider"]].concat()),
            ("restore", [&narrower[..], &SENDING, &["--to", "--to-provider"]].concat()),
            ("redirect", vec!["--job"]),
        ] {
            let help = Line::try_parse_from(["dead", action, "--help"]).unwrap_err().to_string();
            let listed: Vec<&str> = help.lines().filter_map(|line| line.split_whitespace().next()).collect();
            let absent: Vec<&str> = of_all.iter().copied().filter(|option| !listed.contains(option)).collect();
            let expected: Vec<&str> = of_all.iter().copied().filter(|option| missing.contains(option)).collect();
            assert_eq!(absent, expected, "{action}: {help}");
        }
    }

    #[test]
    fn what_an_action_was_given_is_in_its_plan() {
        let line = "dead restore --letter ab --letter cd --job j-1 --rate 5 --why slip --yes";
        let DeadCommand::Restore(plan) = Line::try_parse_from(line.split(' ')).unwrap().dead.command else { panic!() };
        let plan = Plan::from(*plan);
        assert!(plan.starts());
        let expected = json!({"action": "restore", "letters": ["ab", "cd"], "job": "j-1", "rate": 5, "why": "slip"});
        assert_eq!(Value::Object(plan.fields("restore")), expected);

        let line = "dead redirect --channel sms --to whatsapp --canary 2 --even-waiting --why down";
        let DeadCommand::Redirect(plan) = Line::try_parse_from(line.split(' ')).unwrap().dead.command else { panic!() };
        let plan = Plan::from(*plan);
        assert!(!plan.starts());
        let expected = json!({
            "action": "redirect", "channel": "sms", "to": "whatsapp", "canary": 2, "even_waiting": true, "why": "down",
        });
        assert_eq!(Value::Object(plan.fields("redirect")), expected);

        let line = "dead redirect --all --to-provider sendgrid --why down";
        let DeadCommand::Redirect(plan) = Line::try_parse_from(line.split(' ')).unwrap().dead.command else { panic!() };
        let expected = json!({"action": "redirect", "all": true, "to_provider": "sendgrid", "why": "down"});
        assert_eq!(Value::Object(Plan::from(*plan).fields("redirect")), expected);
    }
}
