//! What each role of the fleet needs: the API, the worker, the scheduler, the dialog, the gateway, or all of them.

use runtime::settings::Reader;
use topology::BrokerSettings;

use super::keys::{SECRET_KEY_BYTES, refuse_published_key, refuse_shared_key};
use super::{Config, private_node};

/// Which part of the fleet a process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Api,
    Worker,
    Scheduler,
    Dialog,
    Gateway,
    /// All roles in one process, on embedded defaults.
    Up,
    /// A command that needs the broker only.
    Broker,
    /// A command that publishes.
    Publish,
    /// A command that needs the ledger only.
    Ledger,
    /// A command that says when schedules fire, and needs the ledger only.
    Schedules,
    /// A command that publishes and reads what became of it.
    Send,
    /// A command that checks notifications, and needs neither.
    Lint,
    /// A command that needs neither.
    Probe,
}

impl Role {
    /// The name of the role in the broker's list of connections.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Scheduler => "scheduler",
            Self::Dialog => "dialog",
            Self::Gateway => "gateway",
            Self::Up => "up",
            Self::Broker | Self::Publish | Self::Ledger | Self::Schedules | Self::Send | Self::Lint | Self::Probe => {
                "command"
            }
        }
    }

    /// Whether it is a process that stays, and not a command.
    pub(super) fn stays(self) -> bool {
        self.name() != "command"
    }

    pub(super) fn sends(self) -> bool {
        matches!(self, Self::Worker | Self::Up)
    }

    /// Whether the role checks or renders notifications.
    pub(super) fn renders(self) -> bool {
        matches!(self, Self::Api | Self::Worker | Self::Up | Self::Publish | Self::Send | Self::Lint)
    }

    /// Whether the role computes when schedules fire.
    pub(crate) fn knows_zones(self) -> bool {
        matches!(self, Self::Api | Self::Scheduler | Self::Schedules | Self::Up)
    }

    /// Whether the role has a part in what services are told to do, or in what they report.
    pub(super) fn knows_services(self) -> bool {
        matches!(self, Self::Api | Self::Worker | Self::Dialog | Self::Up)
    }

    /// The hint at `chasqui up` for an operator without a broker or a ledger. For a role the hint does not say to run
    /// it, because a fleet may run already.
    fn has_up(self) -> &'static str {
        match self {
            Self::Broker | Self::Publish | Self::Ledger | Self::Schedules | Self::Send => {
                "or run `chasqui up` in this directory, which has one that this command finds"
            }
            Self::Api
            | Self::Worker
            | Self::Scheduler
            | Self::Dialog
            | Self::Gateway
            | Self::Up
            | Self::Lint
            | Self::Probe => "`chasqui up` is all roles in one process, with one of its own",
        }
    }

    pub(super) fn check(self, reader: &mut Reader, config: &Config) {
        let is_of_a_fleet = matches!(self, Self::Api | Self::Worker | Self::Scheduler | Self::Dialog | Self::Gateway);
        let needs_broker = is_of_a_fleet || matches!(self, Self::Broker | Self::Publish | Self::Send);
        // A value that was given and is wrong was reported already.
        if needs_broker && config.topology.broker.is_none() && !BrokerSettings::are_given(reader) {
            let what = "no broker is given: set AMQP_URL, or RABBITMQ_HOST and its companions";
            reader.problem(format!("{what}; {}", self.has_up()));
        }
        let needs_ledger = is_of_a_fleet || matches!(self, Self::Ledger | Self::Schedules | Self::Send);
        if needs_ledger && config.ledger.url.is_none() && !store::Settings::are_given(reader) {
            let what = "no ledger is given: set DATABASE_URL to postgresql://… or sqlite:path";
            reader.problem(format!("{what}; {}", self.has_up()));
        }
        let names_key = !reader.given_of(&["SECRET_KEY", "SECRET_KEY_FILE"]).is_empty();
        if is_of_a_fleet && config.secret_key.is_none() && !names_key {
            reader.problem(format!(
                "SECRET_KEY is missing: give at least {SECRET_KEY_BYTES} random bytes, such as the output of `openssl rand -hex 32`, the same for every role"
            ));
        }
        refuse_published_key(reader, config);
        refuse_shared_key(reader, config);
        config.api.check_tokens(reader, config.secret_key.as_ref(), config.previous_secret_key.as_ref());
        if matches!(self, Self::Gateway | Self::Up) {
            config.gateway.check_tokens(reader, config.api.public_key.as_deref());
        }
        if self == Self::Up {
            private_node::check_names(reader, config);
        }
        let demo = config.scheduler.demo.as_ref().map(|demo| &demo.channel);
        let named = [("DEFAULT_CHANNEL", config.defaults.channel.as_ref()), ("SCHEDULER_DEMO_CHANNEL", demo)];
        // Where messages are sent, what is wrong with a provider was told with the rest.
        let is_told = self.sends() && config.channels.sandbox != channels::SandboxMode::All;
        if matches!(self, Self::Dialog | Self::Up) && !is_told {
            config.channels.check_polling(reader);
        }
        config.channels.check_left_out(reader, self.sends(), &named);
        if self.sends() && reader.are_right(&["THROTTLE_MAX_AGE_SECONDS"]) {
            config.channels.check_limits(reader, config.worker.throttle_max_age);
        }
        if self.sends()
            && reader.are_right(&["PROVIDER_TIMEOUT_SECONDS", "WORKER_LEASE_SECONDS"])
            && let Err(error) = config.worker.check()
        {
            reader.problem(error.to_string());
        }
    }
}
