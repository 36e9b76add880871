//! One look for everybody who looks. A task reads anew as long as somebody looks, and ends soon after the last has gone, so
//! that fifty readers cost what one does, and none costs nothing. Who comes meanwhile has only its own numbers read.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Clock, Tenant};
use store::Store;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use topology::{Broker, Depths, Names};

use super::broker::Queues;
use super::counted;
use super::read::FromLedger;
use crate::overview::{Known, Overview};

/// How often everything is read, where that is soon done.
const EVERY: Duration = Duration::from_secs(2);
/// Where it takes longer, the ledger is left alone for so many times as long: it works for those who look for a fiftieth of
/// the time at most.
const RESTS: u32 = 50;
/// The longest rest, however slow the ledger is.
const LONGEST_REST: Duration = Duration::from_secs(10);
/// Whoever has not asked for so long has gone.
const GONE_AFTER: Duration = Duration::from_secs(30);
/// How long the broker or the ledger may take for one look.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long somebody waits who is the first to look: for both at once, and for a round that was under way.
const FIRST: Duration = Duration::from_secs(8);
/// The most tenants of which numbers are kept. Of more, those go that were asked for longest ago.
const MAX_VIEWS: usize = 100;

/// What the fleet is looked at with. Clones share what was seen.
#[derive(Clone)]
pub struct Watching(Arc<Inner>);

struct Inner {
    store: Store,
    broker: Option<(Broker, Names)>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    newcomer: Notify,
}

#[derive(Default)]
struct State {
    /// By whose deliveries the ledger's numbers are of.
    views: HashMap<Option<Tenant>, View>,
    task: Option<JoinHandle<()>>,
}

struct View {
    asked: Instant,
    was_read: bool,
    told: watch::Sender<Arc<Overview>>,
}

/// What one side has answered, or why it has not.
type Answer<T> = Result<T, String>;

impl Watching {
    /// Without a broker, nothing is known of the queues.
    pub fn new(store: Store, broker: Option<(Broker, Names)>, clock: Arc<dyn Clock>) -> Self {
        let (state, newcomer) = (Mutex::default(), Notify::new());
        Self(Arc::new(Inner { store, broker, clock, state, newcomer }))
    }

    /// The fleet as it was seen within the last seconds, or, where the broker or the ledger does not answer, as far as it
    /// is known. Without a tenant, the ledger's numbers are of everybody. Must be called within a Tokio runtime.
    pub async fn look(&self, tenant: Option<Tenant>) -> Arc<Overview> {
        let (mut told, is_fresh) = self.0.ask(tenant);
        if !is_fresh {
            // What was known before is all there is where nobody answers in time.
            let _in_time = timeout(FIRST, told.changed()).await;
        }
        Arc::clone(&told.borrow())
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that somebody looks, and says whether what was seen last is of now.
    fn ask(self: &Arc<Self>, tenant: Option<Tenant>) -> (watch::Receiver<Arc<Overview>>, bool) {
        let now = Instant::now();
        let mut state = self.state();
        if !state.views.contains_key(&tenant) {
            make_room(&mut state.views);
        }
        let new = || View {
            asked: now,
            was_read: false,
            told: watch::Sender::new(Arc::new(Overview::unknown(tenant.clone(), self.clock.now()))),
        };
        let view = state.views.entry(tenant.clone()).or_insert_with(new);
        let is_fresh = view.was_read && now.duration_since(view.asked) < GONE_AFTER;
        view.was_read = is_fresh;
        view.asked = now;
        let told = view.told.subscribe();
        if state.task.as_ref().is_none_or(JoinHandle::is_finished) {
            state.task = Some(tokio::spawn(refresh(Arc::clone(self))));
        } else if !is_fresh {
            self.newcomer.notify_one();
        }
        (told, is_fresh)
    }

    /// Whose numbers are looked at. When nobody looks, the task has ended with this.
    fn wanted(&self) -> Vec<Option<Tenant>> {
        let mut state = self.state();
        let wanted = state.views.iter().filter(|(_, view)| view.asked.elapsed() < GONE_AFTER);
        let wanted: Vec<_> = wanted.map(|(tenant, _)| tenant.clone()).collect();
        if wanted.is_empty() {
            state.task = None;
        }
        wanted
    }

    /// Whose numbers somebody waits for.
    fn newcomers(&self) -> Vec<Option<Tenant>> {
        let state = self.state();
        state.views.iter().filter(|(_, view)| !view.was_read).map(|(tenant, _)| tenant.clone()).collect()
    }

    /// How long the ledger took.
    async fn read<'a>(&'a self, wanted: Vec<Option<Tenant>>, depths: &mut Option<Depths<'a>>) -> Duration {
        if wanted.is_empty() {
            return Duration::ZERO;
        }
        let ledgers = async {
            let begun = Instant::now();
            let answers = self.ledgers(wanted).await;
            (answers, begun.elapsed())
        };
        let (queues, (ledgers, took)) = tokio::join!(self.queues(depths), ledgers);
        for (tenant, ledger) in ledgers {
            self.tell(&tenant, &queues, ledger);
        }
        took
    }

    async fn queues<'a>(&'a self, depths: &mut Option<Depths<'a>>) -> Answer<Queues> {
        let Some((broker, names)) = &self.broker else { return Err("no broker is given".into()) };
        let reading = async {
            let open = match depths.take() {
                Some(open) => Ok(open),
                None => Depths::open(broker).await,
            };
            let mut open = open.map_err(|error| error.to_string())?;
            let queues = Queues::read(&mut open, names).await.map_err(|error| error.to_string())?;
            // Only a connection over which everything was answered is used again.
            *depths = Some(open);
            Ok::<_, String>(queues)
        };
        timeout(PATIENCE, reading).await.unwrap_or_else(|_| Err(no_answer("the broker")))
    }

    /// Where the ledger does not answer for one, nobody else waits for it in the same round.
    async fn ledgers(&self, wanted: Vec<Option<Tenant>>) -> Vec<(Option<Tenant>, Answer<FromLedger>)> {
        let mut away: Option<String> = None;
        let mut answers = Vec::with_capacity(wanted.len());
        for tenant in wanted {
            let answer = match &away {
                Some(problem) => Err(problem.clone()),
                None => self.ledger(tenant.as_ref()).await,
            };
            away = answer.as_ref().err().cloned();
            answers.push((tenant, answer));
        }
        answers
    }

    async fn ledger(&self, tenant: Option<&Tenant>) -> Answer<FromLedger> {
        let reading = FromLedger::read(&self.store, tenant, self.clock.now());
        match timeout(PATIENCE, reading).await {
            Ok(read) => read.map_err(|error| error.to_string()),
            Err(_) => Err(no_answer("the ledger")),
        }
    }

    fn tell(&self, tenant: &Option<Tenant>, queues: &Answer<Queues>, ledger: Answer<FromLedger>) {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(view) = state.views.get_mut(tenant) else { return };
        let mut seen = Overview::clone(&view.told.borrow());
        seen.at = now;
        match queues {
            Ok(queues) => {
                seen.broker = Known { at: Some(now), problem: None };
                queues.put_into(&mut seen);
            }
            Err(problem) => seen.broker.problem = Some(problem.clone()),
        }
        match ledger {
            Ok(read) => {
                seen.ledger = Known { at: Some(now), problem: None };
                counted::put_into(&mut seen, &read.lately, read.first_minute, read.at);
                read.put_into(&mut seen);
            }
            Err(problem) => seen.ledger.problem = Some(problem),
        }
        view.was_read = true;
        view.told.send_replace(Arc::new(seen));
    }
}

/// How long to wait after a reading for which the ledger took so long.
fn rest_after(took: Duration) -> Duration {
    took.saturating_mul(RESTS).clamp(EVERY, LONGEST_REST)
}

fn make_room(views: &mut HashMap<Option<Tenant>, View>) {
    if views.len() < MAX_VIEWS {
        return;
    }
    let oldest = views.iter().min_by_key(|(_, view)| view.asked).map(|(tenant, _)| tenant.clone());
    if let Some(oldest) = oldest {
        views.remove(&oldest);
    }
}

fn no_answer(who: &str) -> String {
    format!("{who} does not answer within {} s", PATIENCE.as_secs())
}

async fn refresh(inner: Arc<Inner>) {
    let mut depths = None;
    loop {
        let wanted = inner.wanted();
        if wanted.is_empty() {
            break;
        }
        let took = inner.read(wanted, &mut depths).await;
        let mut pause = pin!(sleep(rest_after(took)));
        loop {
            tokio::select! {
                () = &mut pause => break,
                () = inner.newcomer.notified() => {
                    inner.read(inner.newcomers(), &mut depths).await;
                }
            }
        }
    }
    if let Some(depths) = depths {
        depths.close().await;
    }
}

#[cfg(test)]
mod tests {
    use domain::Outcome;

    use super::*;
    use crate::tests::fixtures::{NOW, Still, attempted, key, ledger};

    #[test]
    fn a_slow_ledger_is_read_so_rarely_that_it_rests_for_most_of_the_time() {
        for (took, rests) in [(0, 2_000), (40, 2_000), (85, 4_250), (200, 10_000), (3_000, 10_000)] {
            assert_eq!(rest_after(Duration::from_millis(took)), Duration::from_millis(rests));
        }
    }

    #[tokio::test]
    async fn who_does_not_answer_is_shown_as_it_was_known_last() {
        let ledger = ledger().await;
        attempted(&ledger.store, &key("captured"), false, &Outcome::Captured).await;
        let watching = Watching::new(ledger.store.clone(), None, Arc::new(Still(NOW)));
        let before = watching.look(None).await;
        let inner = &watching.0;
        inner.tell(&None, &Ok(Queues::default()), Err("gone".into()));
        inner.tell(&None, &Err("gone too".into()), Err("gone".into()));
        let (told, is_fresh) = inner.ask(None);
        let seen = told.borrow().clone();
        assert!(is_fresh);
        assert_eq!(seen.channels, before.channels);
        assert_eq!(seen.ledger, Known { at: Some(NOW), problem: Some("gone".into()) });
        assert_eq!(seen.broker, Known { at: Some(NOW), problem: Some("gone too".into()) });
    }

    #[tokio::test]
    async fn who_comes_meanwhile_has_only_its_own_numbers_read() {
        let ledger = ledger().await;
        let watching = Watching::new(ledger.store.clone(), None, Arc::new(Still(NOW)));
        watching.look(None).await;
        let (newcomer, inner) = (Tenant::parse("acme"), &watching.0);
        assert_eq!(inner.newcomers(), []);
        drop(inner.ask(newcomer.clone()));
        assert_eq!(inner.newcomers(), std::slice::from_ref(&newcomer));
        watching.look(newcomer).await;
        assert_eq!(inner.newcomers(), []);
    }

    #[tokio::test]
    async fn of_too_many_tenants_the_one_goes_that_was_asked_for_longest_ago() {
        let ledger = ledger().await;
        let watching = Watching::new(ledger.store.clone(), None, Arc::new(Still(NOW)));
        let tenant = |n: usize| Tenant::parse(&format!("tenant-{n}"));
        (0..=MAX_VIEWS).for_each(|n| drop(watching.0.ask(tenant(n))));
        let state = watching.0.state();
        assert_eq!(state.views.len(), MAX_VIEWS);
        assert!(!state.views.contains_key(&tenant(0)) && state.views.contains_key(&tenant(MAX_VIEWS)));
    }
}
