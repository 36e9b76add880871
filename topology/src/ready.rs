//! What a role does with the topology at its start and at every reconnect.

use crate::{Broker, Management, Names, Plan, TopologyError, declare, verify};

/// `AMQP_TOPOLOGY`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Create what is missing, refuse what differs.
    #[default]
    Declare,
    /// Compare only.
    Verify,
    /// Neither.
    Off,
}

impl Mode {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "declare" => Some(Self::Declare),
            "verify" => Some(Self::Verify),
            "off" => Some(Self::Off),
            _ => None,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Verify => "verify",
            Self::Off => "off",
        }
    }
}

/// The broker together with what must be there: what a publisher and a consumer need to know.
#[derive(Clone, Debug)]
pub struct Topology {
    pub broker: Broker,
    pub names: Names,
    pub plan: Plan,
    pub mode: Mode,
    pub management: Option<Management>,
}

impl Topology {
    /// See [`ready`].
    ///
    /// # Errors
    /// See [`ready`].
    pub async fn ready(&self) -> Result<(), TopologyError> {
        ready(&self.broker, &self.plan, self.mode, self.management.as_ref()).await
    }
}

/// Declares, compares or does nothing, as `mode` says.
///
/// # Errors
/// [`TopologyError::Different`] in verify mode, with one line for each difference; see [`declare`] and [`verify`]
/// for the others.
pub async fn ready(
    broker: &Broker,
    plan: &Plan,
    mode: Mode,
    management: Option<&Management>,
) -> Result<(), TopologyError> {
    match mode {
        Mode::Declare => declare(broker, plan).await.map(drop),
        Mode::Verify => {
            let verified = verify(broker, plan, management).await?;
            if verified.is_as_planned() {
                return Ok(());
            }
            Err(TopologyError::Different(format!("{}: not as planned\n{verified}", broker.address())))
        }
        Mode::Off => Ok(()),
    }
}
