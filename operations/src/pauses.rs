//! Pauses: stops a channel, a provider, a template or a tenant for a while, lets it go on, and shows what is stopped.
//! Whoever may act for one tenant only pauses things for that tenant, and resumes nothing that somebody has paused who acts for
//! all.

mod written;

use domain::{Actor, Clock, Denied, Entry, FieldError, Pause, PauseKind, Scope, Tenant, Timestamp};
use store::{PauseMade, Store, StoreError};
use templates::{TemplateError, Templates, no_template};

use crate::allowed::{NotDone, must, note_denied};
use crate::checked::field;

/// The fields of a pause, as its client writes them.
pub const FIELDS: [&str; 5] = ["kind", "name", "tenant", "why", "until"];

/// What stands for everybody's deliveries where a tenant is named.
pub const EVERYBODY: &str = "*";

/// What to pause, as [`Asked::read`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub kind: PauseKind,
    pub name: String,
    /// Whose deliveries are to wait; None for everybody's.
    pub tenant: Option<Tenant>,
    pub why: String,
    pub until: Option<Timestamp>,
}

/// Whose deliveries a caller may stop, and let go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    Everybody,
    Only(Tenant),
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Paused(Pause),
    /// The deliveries are those of others than the caller may stop.
    Foreign(FieldError),
    /// There are [`store::MAX_PAUSES`] already.
    TooMany,
}

impl Reach {
    /// Those of the actor's own tenant, unless it may act for all.
    pub fn of(actor: &Actor) -> Self {
        if actor.may(Scope::Tenants) { Self::Everybody } else { Self::Only(actor.tenant.clone()) }
    }

    /// The tenant, where it is only one.
    fn tenant(&self) -> Option<&Tenant> {
        match self {
            Self::Everybody => None,
            Self::Only(tenant) => Some(tenant),
        }
    }

    fn has(&self, tenant: Option<&Tenant>) -> bool {
        self.tenant().is_none_or(|own| Some(own) == tenant)
    }
}

/// Pauses it, or renews the pause of the same thing. A worker heeds it within seconds; what it has in hand by then still
/// goes out.
///
/// # Errors
/// [`NotDone`], also for what the platform has paused for the caller's tenant; while the ledger is not available repeat it.
pub async fn pause(store: &Store, actor: &Actor, asked: Asked, clock: &dyn Clock) -> Result<Outcome, NotDone> {
    must(store, actor, &[Scope::Operate], "pause", clock.now()).await?;
    if !Reach::of(actor).has(asked.tenant.as_ref()) {
        note_denied(store, actor, &[Scope::Tenants], "pause for others", clock.now()).await?;
        let name = if asked.kind == PauseKind::Tenant { "/name" } else { "/tenant" };
        return Ok(Outcome::Foreign(field(name, "must be the caller's own tenant")));
    }
    let Asked { kind, name, tenant, why, until } = asked;
    let (id, since) = (Pause::id_of(kind, &name, tenant.as_ref()), clock.now());
    let by_platform = is_of_platform(store, actor, &id, tenant.as_ref(), since).await?;
    let pause = Pause { id, kind, name, tenant, why, by: actor.name.clone(), by_platform, since, until };
    match store.pause(&pause, since, &told(actor, &pause)).await? {
        PauseMade::Made(pause) => Ok(Outcome::Paused(pause)),
        PauseMade::TooMany => Ok(Outcome::TooMany),
        PauseMade::OfPlatform => {
            note_denied(store, actor, &[Scope::Tenants], "pause for others", since).await?;
            Err(NotDone::Denied(Denied { needed: Scope::Tenants }))
        }
    }
}

/// Whether only somebody who acts for all tenants may end what the actor pauses. In the own tenant one acts as anybody of it;
/// but what the platform has paused there before stays its pause.
async fn is_of_platform(
    store: &Store,
    actor: &Actor,
    id: &str,
    tenant: Option<&Tenant>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !actor.may(Scope::Tenants) || tenant != Some(&actor.tenant) {
        return Ok(actor.may(Scope::Tenants));
    }
    let is_it = |pause: &Pause| pause.id == id && pause.by_platform && pause.is_in_force(now);
    Ok(store.pauses().await?.iter().any(is_it))
}

/// Whether an actor may end a pause that it sees.
pub fn may_resume(actor: &Actor, pause: &Pause) -> bool {
    let is_own = !pause.by_platform && Reach::of(actor).has(pause.tenant.as_ref());
    actor.may(Scope::Operate) && (is_own || actor.may(Scope::Tenants))
}

/// Lets it go on, and returns the pause as it was. None where nothing that the caller can see is paused under this id.
///
/// # Errors
/// [`NotDone`], also for a pause for everybody or by the platform, which the caller sees and may not end; while the ledger is
/// not available repeat it.
pub async fn resume(store: &Store, actor: &Actor, id: &str, clock: &dyn Clock) -> Result<Option<Pause>, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "resume", now).await?;
    let (reach, told) = (Reach::of(actor), Entry::of(actor, "pause.resumed", id, now));
    let resumed = store.resume(id, reach.tenant(), &told).await?;
    // Those of other tenants do not exist for it.
    let is_it = |pause: &Pause| pause.id == id && !may_resume(actor, pause);
    if resumed.is_none() && list(store, &reach, now).await?.iter().any(is_it) {
        must(store, actor, &[Scope::Tenants], "resume for others", now).await?;
    }
    Ok(resumed)
}

/// A pause of one tenant is told to that tenant, whoever has asked for it.
fn told(actor: &Actor, pause: &Pause) -> Entry {
    let tenant = pause.tenant.clone().unwrap_or_else(|| actor.tenant.clone());
    let told = Entry { tenant, ..Entry::of(actor, "pause.begun", pause.id.clone(), pause.since) };
    let told = told.with("kind", pause.kind.as_str()).with("name", pause.name.as_str());
    told.with("why", pause.why.as_str()).with("until", pause.until.map(|at| at.to_string()))
}

/// What is paused now, as far as it stops deliveries that the caller may stop; the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &Store, reach: &Reach, now: Timestamp) -> Result<Vec<Pause>, StoreError> {
    let mut pauses = store.pauses().await?;
    pauses.retain(|pause| pause.is_in_force(now) && (pause.tenant.is_none() || reach.has(pause.tenant.as_ref())));
    Ok(pauses)
}

/// What is taken and may be a slip: a template that there is not, a tenant of which nobody has heard, and which is not the
/// caller's `own`. Both may come later.
/// Where the templates are not known, or the ledger does not answer, that is said of nothing.
pub async fn doubts(store: &Store, asked: &Asked, own: &Tenant, templates: Option<&Templates>) -> Vec<FieldError> {
    let mut doubts = Vec::new();
    if asked.kind == PauseKind::Template
        && let Some(templates) = templates
        && let Err(TemplateError::Unknown { known, nearest, .. }) = templates.find(&asked.name)
    {
        let unknown = no_template(&known, nearest.as_deref());
        doubts.push(field("/name", format!("is paused all the same, and {unknown}")));
    }
    let is_new = match &asked.tenant {
        Some(tenant) if tenant != own => !store.knows_tenant(tenant).await.unwrap_or(true),
        _ => false,
    };
    if is_new {
        let name = if asked.kind == PauseKind::Tenant { "/name" } else { "/tenant" };
        doubts.push(field(name, "is paused all the same, and is of no user and of none of the last 10,000 deliveries"));
    }
    doubts
}
