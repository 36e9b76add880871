//! Clocks that jump under running processes, and jobs that are all due at once.

use std::time::Duration;

use anyhow::Result;

use super::{AWAY, Fault, Needs, Scope, fault};
use crate::chaos::world::World;

/// The time after which the jobs of a race are due: after the last of them was handed in.
const DUE_TOGETHER: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    /// The hours to add to the clocks of one worker, one scheduler and the API, and to those of the others.
    Jump(i64, i64),
    Race,
}

impl Action {
    pub(super) fn needs(self) -> Needs {
        match self {
            Self::Race => Needs { due_together: Some(DUE_TOGETHER), ..Needs::default() },
            Self::Jump(..) => Needs { clocks_are_wrong: true, ..Needs::default() },
        }
    }

    pub(super) async fn inject(self, world: &World) -> Result<()> {
        let Self::Jump(one, other) = self else { return Ok(()) };
        for replica in [&world.workers[0], &world.schedulers[0], &world.clients.api] {
            replica.shift_clock(one)?;
        }
        for replica in [&world.workers[1], &world.schedulers[1]] {
            replica.shift_clock(other)?;
        }
        tokio::time::sleep(AWAY).await;
        for replica in world.replicas() {
            replica.shift_clock(0)?;
        }
        Ok(())
    }
}

pub(super) fn faults() -> Vec<Fault> {
    let time = |scope, name, action, description| fault(scope, name, super::Action::Time(action), description);
    vec![
        time(Scope::Full, "clocks jump ahead", Action::Jump(2, 2), "two hours ahead for 5 s, everywhere"),
        time(Scope::Full, "clocks jump back", Action::Jump(-2, -2), "two hours back for 5 s, everywhere"),
        time(Scope::Full, "clocks disagree", Action::Jump(2, -2), "half of the fleet two hours ahead, half two back"),
        time(Scope::Both, "schedulers race", Action::Race, "two schedulers, and every job due at the same moment"),
    ]
}
