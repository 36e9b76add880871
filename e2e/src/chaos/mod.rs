//! Faults on purpose, against the real binaries: nothing that was accepted may be lost, and nothing may be
//! sent twice in silence. Proved by an audit at the end.
//!
//! One fleet runs through all faults of a ledger, so that leases and retries of one overlap with the next.
//! [`world`] is the fleet and all that it runs on, [`load`] what publishers do meanwhile, [`operators`] who moves dead letters
//! and who leaves, [`company`] who is asked and has things done by one of the [`counterparts`] ([`talk`]) and who has an inbox
//! ([`inboxes`]), [`faults`] what is broken, [`audit`] gathers what became of every notification, [`reconcile`] says which
//! promises that breaks, and [`report`] is what a run says.

mod amqp;
mod audit;
mod company;
mod counterparts;
mod dice;
mod disk;
mod faults;
mod idle;
mod inboxes;
mod load;
mod operators;
mod people;
pub mod reconcile;
mod replica;
mod report;
mod talk;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

pub use report::{Counts, Report};

use audit::{Audit, all_jobs, all_rows};
use company::{Company, Finds, Judged};
use dice::Dice;
use faults::{Fault, Needs};
use load::{Clients, Journal, Load};
use operators::{Book, Leaver, Operators};
use reconcile::Entry;
use reconcile::talk::Saying;
use replica::{ABORTED, KILLED};
use world::{DEAD_LETTERS, Kind, World, hasher};

/// The channel whose lost answers are sent again; those of the other one are held.
const RESENDS: &str = "whatsapp";
/// How long everything may take to come to rest: longer than a lease, the retries, and the broker's own, one after the other
/// with the longest pause of a breaker.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long clients may take to show what SQL has: longer than the time over which gateways tell them to ask anew, and than the
/// lease of a gateway that has died.
const SHOWN_WITHIN: Duration = Duration::from_secs(60);
/// What the API logs of a refusal that it could not note in the journal.
const UNNOTED: &str = "a refusal could not be noted in the journal";
/// When a user is disabled, from the beginning of a load on: about when the fault is injected.
const LEAVES_AFTER: Duration = Duration::from_secs(1);

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Draws faults until this time is over; without it, every fault comes once.
    pub limit: Option<Duration>,
    /// Only the faults with this in their name.
    pub only: Option<String>,
    /// The selection for every test run.
    pub short: bool,
    /// This process has mounts of its own, which end with it.
    pub own_mounts: bool,
    /// Where the report and the output of the processes go; emptied first.
    pub folder: PathBuf,
}

impl Plan {
    /// Notifications for one fault, and the time over which they are handed in.
    fn load(&self) -> (u64, Duration) {
        if self.short { (80, Duration::from_millis(2500)) } else { (200, Duration::from_secs(4)) }
    }
}

/// Runs the plan, prints its progress and its table, and writes the report.
///
/// # Errors
/// When the run itself could not go on; broken promises are in the report.
pub async fn run(plan: &Plan) -> Result<Report> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let _ = std::fs::remove_dir_all(&plan.folder);
    std::fs::create_dir_all(&plan.folder).with_context(|| format!("cannot make {}", plan.folder.display()))?;
    let begun = Instant::now();
    let mut report = Report { seed: plan.seed, ..Report::default() };
    let mut dice = Dice::new(plan.seed);
    for kind in [Kind::Postgres, Kind::Sqlite, Kind::Cluster] {
        let chosen = choose(plan, kind, &mut dice);
        if chosen.is_empty() {
            continue;
        }
        let share = |limit: Duration| match kind {
            Kind::Postgres => limit * 5 / 8,
            Kind::Sqlite => limit * 7 / 8,
            Kind::Cluster => limit,
        };
        let until = plan.limit.map(|limit| begun + share(limit));
        let ran = Run { plan, kind, until, dice: &mut dice, report: &mut report, recipients: 0, company: None }
            .go(chosen)
            .await;
        if let Err(error) = ran {
            report.troubles.push(format!("the run over {} ended early: {error:#}", kind.as_str()));
        }
    }
    if report.faults.is_empty() && report.troubles.is_empty() && report.skipped.is_empty() {
        bail!("no fault has {:?} in its name", plan.only);
    }
    report.seconds = begun.elapsed().as_secs();
    report.write(&plan.folder.join("report.json"))?;
    println!("\n{}", report.text());
    Ok(report)
}

fn choose(plan: &Plan, kind: Kind, dice: &mut Dice) -> Vec<Fault> {
    let named = |fault: &Fault| plan.only.as_ref().is_none_or(|only| fault.name.contains(only.as_str()));
    let mut chosen: Vec<_> =
        faults::all().into_iter().filter(|fault| fault.is_in(plan.short, kind) && named(fault)).collect();
    dice.shuffle(&mut chosen);
    chosen
}

/// The faults of one ledger.
struct Run<'a> {
    plan: &'a Plan,
    kind: Kind,
    until: Option<Instant>,
    dice: &'a mut Dice,
    report: &'a mut Report,
    /// Numbers that were given to recipients.
    recipients: u64,
    /// Who lives with the fleet meanwhile: with Postgres and one node.
    company: Option<Company>,
}

impl Run<'_> {
    async fn go(mut self, chosen: Vec<Fault>) -> Result<()> {
        println!("chaos: raising a fleet over a private broker and {}", self.kind.as_str());
        let logs = self.plan.folder.join(self.kind.as_str().to_lowercase());
        std::fs::create_dir_all(&logs)?;
        let mut world = World::start(self.kind, self.plan.own_mounts, &logs, Dice::new(self.plan.seed)).await?;
        let (chosen, impossible): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|fault| fault.is_possible(&world));
        for fault in impossible {
            self.report
                .skipped
                .push(format!("{}: needs root and mounts of its own (`make chaos` as root)", fault.name));
        }
        self.company = (self.kind == Kind::Postgres).then(|| Company::new(&world)).transpose()?;
        let (journal, book) = (Journal::default(), Book::default());
        let mut injected = Vec::new();
        let mut drawn = chosen.iter();
        loop {
            let fault = match (drawn.next(), self.until) {
                (Some(fault), None) => fault,
                (None, None) => break,
                (_, Some(until)) if Instant::now() >= until && !injected.is_empty() => break,
                (Some(fault), Some(_)) => fault,
                (None, Some(_)) => &chosen[usize::try_from(self.dice.below(chosen.len() as u64))?],
            };
            self.inject(&mut world, fault, injected.len(), &journal, &book).await?;
            injected.push(fault.name);
        }
        self.audit(world, &injected, &journal, &book).await
    }

    async fn inject(
        &mut self,
        world: &mut World,
        fault: &Fault,
        number: usize,
        journal: &Journal,
        book: &Book,
    ) -> Result<()> {
        let begun = Instant::now();
        println!("chaos: {}: {}", fault.name, fault.description);
        let Needs { idle, due_together, clocks_are_wrong, someone_leaves, load } = fault.needs();
        // What is asked, or waits for its reader, while a clock is ahead would stand for hours.
        if (idle || clocks_are_wrong)
            && let Some(company) = &mut self.company
        {
            company.settle().await;
        }
        if idle && !world.until_idle(&journal.entries(), PATIENCE).await {
            // The fault would lose what is still on its way.
            self.report.troubles.push(format!("{}: the fleet did not come to rest before it", fault.name));
            return Ok(());
        }
        if let Err(error) = fault.prepare(world).await {
            self.report.troubles.push(format!("{}: {error:#}", fault.name));
            return Ok(());
        }
        let (count, over) = load.unwrap_or_else(|| self.plan.load());
        let first = 1 + self.recipients + if self.kind == Kind::Sqlite { 5_000_000 } else { 0 };
        self.recipients += count.next_multiple_of(1_000);
        let seed = self.plan.seed;
        let load = Load { fault: number, first, count, over, seed, due_together, escalates: !clocks_are_wrong };
        let operators = Operators {
            clients: Arc::clone(&world.clients),
            book: book.clone(),
            fault: number,
            seed: !(seed ^ first),
            clocks_are_right: !clocks_are_wrong,
        };
        let leaver = if someone_leaves { self.let_in(world, fault, number, book).await } else { None };
        let loading = under_load(load, Arc::clone(&world.clients), journal.clone(), operators);
        let before = journal.entries().len();
        let injected = if idle {
            let injected = fault.inject(world).await;
            self.begin_company(number, over, !clocks_are_wrong);
            loading.await;
            injected
        } else {
            let leaving = leaver.map(|leaver| tokio::spawn(leaver.leave(LEAVES_AFTER)));
            let loading = tokio::spawn(loading);
            self.begin_company(number, over, !clocks_are_wrong);
            tokio::time::sleep(self.plan.load().1 / 3).await;
            let injected = fault.inject(world).await;
            loading.await?;
            if let Some(leaving) = leaving {
                leaving.await?;
            }
            injected
        };
        if let Err(error) = injected {
            self.report.troubles.push(format!("{}: {error:#}", fault.name));
        }
        let notes = world.notes.drain(..).map(|note| format!("{}: {note}", fault.name));
        self.report.notes.extend(notes);
        let ready = world.until_ready().await;
        if let Err(error) = ready {
            self.report.troubles.push(format!("after {}: {error:#}", fault.name));
        }
        let published = journal.entries().len() - before;
        let received = world.provider.received().len();
        println!(
            "chaos: {}: {published} published, {received} requests at the provider so far, {:.1} s",
            fault.name,
            begun.elapsed().as_secs_f32()
        );
        Ok(())
    }

    /// Has people asked, things done and inboxes filled over this time, where that may be.
    fn begin_company(&mut self, fault: usize, over: Duration, may_begin: bool) {
        if let Some(company) = self.company.as_mut().filter(|_| may_begin) {
            company.begin(fault, over);
        }
    }

    /// Somebody who will be disabled.
    async fn let_in(&mut self, world: &World, fault: &Fault, number: usize, book: &Book) -> Option<Leaver> {
        let arriving = Leaver::arrive(Arc::clone(&world.clients), book.clone(), format!("leaver-{number}"));
        match arriving.await {
            Ok(leaver) => Some(leaver),
            Err(error) => {
                self.report.troubles.push(format!("{}: {error:#}", fault.name));
                None
            }
        }
    }

    /// Waits until everything is at rest, and audits it.
    async fn audit(&mut self, world: World, injected: &[&str], journal: &Journal, book: &Book) -> Result<()> {
        println!("chaos: waiting until everything is at rest");
        self.until_company_is_quiet(&world).await;
        let entries = [journal.entries(), book.edits()].concat();
        let in_inboxes = self.company.as_ref().map(Company::handed_in).unwrap_or_default();
        let awaited = [entries.clone(), in_inboxes].concat();
        self.rest(&world, &awaited).await;
        self.close_the_books(&world, book).await;
        self.rest(&world, &awaited).await;
        let mut letters = world.clients.amqp.take_all(DEAD_LETTERS).await.context("reading the dead-letter queue")?;
        let (mut told, said) = world.clients.amqp.take_events().await.context("reading the subscriber's queue")?;
        self.report.notes.push(format!("{}: {}", self.kind.as_str(), reconcile::repeats(&told)));
        let (mut rows, jobs) = (all_rows(&world.store).await?, all_jobs(&world.store).await?);
        let finds = Finds { rows: &mut rows, told: &mut told, letters: &mut letters };
        let entries = [entries, self.judge_company(&world, finds, said).await?].concat();
        let mut audit = Audit::new(&entries, &hasher(), rows, &jobs, letters, world.provider.received());
        audit.hear(told);
        audit.handle(operators::handled(&world, book).await.context("reading what became of the dead letters")?);
        for (number, name) in injected.iter().enumerate() {
            let judged: Vec<_> = entries
                .iter()
                .filter(|entry| entry.fault == number)
                .map(|entry| {
                    let found = audit.found(entry);
                    let verdict = reconcile::judge(entry, &found);
                    (entry, found, verdict)
                })
                .collect();
            let name = match self.kind {
                Kind::Postgres => (*name).to_owned(),
                Kind::Sqlite => format!("{name} (SQLite)"),
                Kind::Cluster => format!("{name} (three nodes)"),
            };
            self.report.judged(&name, &judged);
        }
        let letters: usize = entries.iter().map(|entry| reconcile::extra_letters(&audit.found(entry))).sum();
        let note = format!("{}: {letters} dead letters beyond the first of their delivery", self.kind.as_str());
        self.report.notes.push(note);
        self.report.troubles.extend(audit.unmatched);
        self.check_processes(&world).await;
        // It has a hand on the API, which ends with the world.
        self.company = None;
        world.stop().await
    }

    /// Waits until nobody has anything more to say or to read, and every question and command has ended.
    async fn until_company_is_quiet(&mut self, world: &World) {
        let Some(company) = &mut self.company else { return };
        if !company.until_quiet(&world.store, PATIENCE).await {
            let text = format!("{}: some ask or command has not ended", self.kind.as_str());
            self.report.troubles.push(text);
        }
    }

    /// Judges what became of questions, presses, commands and inboxes; what is still to be judged as the load is.
    async fn judge_company(&mut self, world: &World, finds: Finds<'_>, said: Vec<Saying>) -> Result<Vec<Entry>> {
        let Some(company) = &self.company else { return Ok(Vec::new()) };
        let Judged { entries, broken, notes } = company.judge(world, finds, said, SHOWN_WITHIN).await?;
        let kind = self.kind.as_str();
        self.report.troubles.extend(broken.into_iter().map(|broken| format!("{kind}: {broken}")));
        self.report.notes.extend(notes.into_iter().map(|note| format!("{kind}: {note}")));
        Ok(entries)
    }

    /// Waits until nothing is on its way.
    async fn rest(&mut self, world: &World, entries: &[Entry]) {
        if !world.until_idle(entries, PATIENCE).await {
            self.report.troubles.push(format!("{}: not at rest after {} s", self.kind.as_str(), PATIENCE.as_secs()));
        }
    }

    /// Ends what operators have begun, and judges what they were answered by what the journal says.
    async fn close_the_books(&mut self, world: &World, book: &Book) {
        let kind = self.kind.as_str();
        if let Err(error) = operators::close(world, book).await {
            self.report.troubles.push(format!("{kind}: {error:#}"));
        }
        match operators::left_in_the_archive(world).await {
            Ok(0) => {}
            Ok(left) => self.report.troubles.push(format!("{kind}: {left} letters could not be restored")),
            Err(error) => self.report.troubles.push(format!("{kind}: reading the archive: {error:#}")),
        }
        match operators::until_sealed(world).await {
            Ok(told) => {
                let unnoted = world.clients.api.output().matches(UNNOTED).count();
                let broken = reconcile::journal::judge(&book.actions(), &book.refusals(), &told, unnoted);
                self.report.troubles.extend(broken.into_iter().map(|broken| format!("{kind}: {broken}")));
                let note = format!("{kind}: {} entries of the journal, {unnoted} refusals in the log", told.len());
                self.report.notes.push(note);
            }
            Err(error) => self.report.troubles.push(format!("{kind}: {error:#}")),
        }
        match operators::outline(world).await {
            Ok(outline) => self.report.notes.push(format!("{kind}: {outline}")),
            Err(error) => self.report.troubles.push(format!("{kind}: {error:#}")),
        }
        self.report.troubles.extend(book.wrong().into_iter().map(|wrong| format!("{kind}: {wrong}")));
    }

    /// A process may end only by a fault, and never panics.
    async fn check_processes(&mut self, world: &World) {
        for replica in world.all_replicas() {
            let unasked: Vec<i32> =
                replica.exit_codes().await.into_iter().filter(|code| ![0, ABORTED, KILLED].contains(code)).collect();
            if !unasked.is_empty() {
                self.report.troubles.push(format!("{} ended with {unasked:?}", replica.name));
            }
            let output = replica.output();
            for line in output.lines().filter(|line| line.contains("panicked at")) {
                self.report.troubles.push(format!("{}: {line}", replica.name));
            }
        }
    }
}

/// Publishes all of a load, while operators work.
async fn under_load(load: Load, clients: Arc<Clients>, journal: Journal, operators: Operators) {
    tokio::select! {
        () = load.run(clients, journal) => {}
        never = operators.work() => match never {},
    }
}
