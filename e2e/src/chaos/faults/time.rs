//! Clocks that jump under running processes, and jobs that are all due at once.

use std::time::Duration;

use anyhow::Result;

use super::{AWAY, Fault, Needs, Scope, fault};
use crate::chaos::scene::Scene;

/// When the jobs of a race are due: after the last of them was handed in.
const DUE_TOGETHER: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Act {
    /// Hours to add to the clocks of one worker, one scheduler and the API, and to those of the others.
    Jump(i64, i64),
    Race,
}

impl Act {
    pub(super) fn needs(self) -> Needs {
        match self {
            Self::Race => Needs { due_together: Some(DUE_TOGETHER), ..Needs::default() },
            Self::Jump(..) => Needs::default(),
        }
    }

    pub(super) async fn strike(self, scene: &Scene) -> Result<()> {
        let Self::Jump(one, other) = self else { return Ok(()) };
        for station in [&scene.workers[0], &scene.schedulers[0], &scene.hands.api] {
            station.shift_clock(one)?;
        }
        for station in [&scene.workers[1], &scene.schedulers[1]] {
            station.shift_clock(other)?;
        }
        tokio::time::sleep(AWAY).await;
        for station in scene.stations() {
            station.shift_clock(0)?;
        }
        Ok(())
    }
}

pub(super) fn faults() -> Vec<Fault> {
    let time = |scope, name, act, says| fault(scope, name, super::Act::Time(act), says);
    vec![
        time(Scope::Full, "clocks jump ahead", Act::Jump(2, 2), "two hours ahead for 5 s, everywhere"),
        time(Scope::Full, "clocks jump back", Act::Jump(-2, -2), "two hours back for 5 s, everywhere"),
        time(Scope::Full, "clocks disagree", Act::Jump(2, -2), "half of the fleet two hours ahead, half two back"),
        time(Scope::Both, "schedulers race", Act::Race, "two schedulers, and every job due at the same moment"),
    ]
}
