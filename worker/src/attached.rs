//! The files that are stored here and go with a message: looked up before each attempt, and then read into memory, or linked
//! to where a provider fetches them.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use channels::CarriedFile;
use domain::{ChannelName, Failure, ObjectName, Outcome, Reason, Row, StoredFile, Timestamp};
use media::Carriage;
use serde_json::{Map, Value, json};
use store::StepError;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::room::ROOM_MIB;
use crate::shared::Shared;

const MIB: u64 = 1024 * 1024;
/// The most bytes of all files of one message. Most mailboxes take no more, in base64.
const MAX_BYTES: u64 = 20 * MIB;
/// The share of the provider's time that a message may wait for room, and for its files.
const SHARE: f64 = 0.25;
/// How long a provider may take to fetch what a link leads to.
const LINK_LIVES: Duration = Duration::from_secs(24 * 60 * 60);
const FIELD: &str = "attachments";
const URLS: &str = "media_urls";

/// A file that a message names.
pub(crate) struct Named {
    object: ObjectName,
    /// What it is called in the message, where that is another name than its own.
    name: Option<String>,
    /// None where the tenant has no such file, or no more.
    file: Option<StoredFile>,
}

/// What goes with one attempt.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) files: Vec<CarriedFile>,
    /// What takes the place of the fields of a mail, where links take that of files.
    pub(crate) mail: Option<Map<String, Value>>,
    /// What takes the place of the data, with these links.
    pub(crate) data: Option<Map<String, Value>>,
    /// Held as long as the bytes are.
    _room: Option<OwnedSemaphorePermit>,
}

/// The files that a message names, which stay until its next attempt would have been made. Only for a message that names some
/// the ledger is asked.
///
/// # Errors
/// The ledger does not say what they are: nothing may be sent.
pub(crate) async fn look_up(shared: &Shared, row: &Row, mail: &Map<String, Value>) -> Result<Vec<Named>, StepError> {
    let asked = media::email::stored(mail);
    if asked.is_empty() || media::carriage(&row.channel) == Carriage::Nothing {
        return Ok(Vec::new());
    }
    // It is rare, and its future is large.
    Box::pin(ask(shared, row, asked)).await
}

async fn ask(shared: &Shared, row: &Row, asked: Vec<(ObjectName, Option<&str>)>) -> Result<Vec<Named>, StepError> {
    let mut objects: Vec<ObjectName> = asked.iter().map(|(object, _)| object.clone()).collect();
    objects.sort_unstable();
    objects.dedup();
    let (store, tenant) = (&shared.intake.store, &row.key.tenant);
    let until = until(shared, &row.channel);
    let found = shared.intake.breaker.retry_until_taken(async || {
        let found = store.files_named(tenant, &objects).await?;
        store.hold_files(tenant, &objects, until).await?;
        Ok(found)
    });
    let found: BTreeMap<ObjectName, StoredFile> =
        found.await?.into_iter().map(|file| (file.object.clone(), file)).collect();
    let named = |(object, name): (ObjectName, Option<&str>)| {
        let file = found.get(&object).cloned();
        Named { object, name: name.map(str::to_owned), file }
    };
    Ok(asked.into_iter().map(named).collect())
}

/// Until when files are served that are needed now: as long as the next attempt can be away, and as long as a link lives that
/// a provider gets. Their bytes stay for another day.
fn until(shared: &Shared, channel: &ChannelName) -> Timestamp {
    let settings = &shared.setup.settings;
    let delay = settings.retry_delays.into_iter().max().unwrap_or_default();
    let linked = if matches!(media::carriage(channel), Carriage::Links(_)) { LINK_LIVES } else { Duration::ZERO };
    shared.intake.clock.now().plus(delay.max(settings.throttle_max_age).max(linked))
}

/// Reads the files, or links to them, as the channel carries them.
///
/// # Errors
/// The outcome of the attempt, of which nothing was sent.
pub(crate) async fn load(
    shared: &Shared,
    row: &Row,
    named: &[Named],
    mail: &Map<String, Value>,
    data: &Map<String, Value>,
) -> Result<Loaded, Outcome> {
    if named.is_empty() {
        return Ok(Loaded::default());
    }
    let files = there(named)?;
    let loading = async {
        match media::carriage(&row.channel) {
            Carriage::Nothing => Ok(Loaded::default()),
            Carriage::Bytes(_) => read(shared, &files).await,
            Carriage::Links(_) => link(shared, &files, mail, data).await,
        }
    };
    // It is rare, and its future is large.
    let limit = shared.setup.settings.provider_timeout;
    match timeout(limit, Box::pin(loading)).await {
        Ok(loaded) => loaded,
        Err(_) => Err(not_now(format!("{FIELD} were not read within {} s", limit.as_secs_f32()))),
    }
}

/// The files with what each is called.
fn there(named: &[Named]) -> Result<Vec<(&StoredFile, &str)>, Outcome> {
    let mut files = Vec::with_capacity(named.len());
    for Named { object, name, file } in named {
        let Some(file) = file else { return Err(gone(object)) };
        files.push((file, name.as_deref().unwrap_or(&file.name)));
    }
    let bytes: u64 = files.iter().map(|(file, _)| file.bytes).sum();
    if bytes > MAX_BYTES {
        let limit = MAX_BYTES / MIB;
        return Err(unavailable(format!("{FIELD} have {bytes} bytes together: {limit} MiB are sent with a message")));
    }
    Ok(files)
}

async fn read(shared: &Shared, files: &[(&StoredFile, &str)]) -> Result<Loaded, Outcome> {
    let bytes: u64 = files.iter().map(|(file, _)| file.bytes).sum();
    let patience = shared.setup.settings.provider_timeout.mul_f64(SHARE);
    let room = shared.room.take(bytes, patience).await.ok_or_else(busy)?;
    let (mut carried, mut known) = (Vec::with_capacity(files.len()), BTreeMap::new());
    for (file, name) in files {
        let bytes = match known.get(&file.object) {
            Some(bytes) => Bytes::clone(bytes),
            None => bytes_of(shared, file).await?,
        };
        known.insert(&file.object, bytes.clone());
        carried.push(CarriedFile { object: file.object.clone(), name: (*name).to_owned(), bytes });
    }
    Ok(Loaded { files: carried, _room: Some(room), ..Loaded::default() })
}

async fn bytes_of(shared: &Shared, file: &StoredFile) -> Result<Bytes, Outcome> {
    let reading = shared.setup.files.read(&file.object).await.map_err(|away| not_now(away.to_string()))?;
    let reading = reading.ok_or_else(|| gone(&file.object))?;
    let bytes = reading.whole(file.bytes).await.map_err(|away| not_now(away.to_string()))?;
    if bytes.len() as u64 != file.bytes {
        return Err(not_now(format!("the file {} ended in the middle", file.object)));
    }
    Ok(bytes.into())
}

/// Puts links to the files where the channel looks for media.
async fn link(
    shared: &Shared,
    files: &[(&StoredFile, &str)],
    mail: &Map<String, Value>,
    data: &Map<String, Value>,
) -> Result<Loaded, Outcome> {
    let until = shared.intake.clock.now().plus(LINK_LIVES);
    let mut urls: Vec<Value> = data.get(URLS).and_then(Value::as_array).cloned().unwrap_or_default();
    for (file, name) in files {
        let direct = shared.setup.files.link(file, LINK_LIVES).await.map_err(|away| not_now(away.to_string()))?;
        let own = || {
            let own = shared.setup.public_url.as_ref()?;
            Some(format!("{own}{}", shared.setup.file_links.path(&file.object, name, until)))
        };
        let Some(url) = direct.or_else(own) else {
            let why = format!("{FIELD} need PUBLIC_URL, or FILES_PUBLIC_URL, to which the link leads that is fetched");
            return Err(unavailable(why));
        };
        urls.push(json!(url));
    }
    let (mut mail, mut data) = (mail.clone(), data.clone());
    mail.remove(FIELD);
    data.insert(URLS.to_owned(), Value::Array(urls));
    Ok(Loaded { mail: Some(mail), data: Some(data), ..Loaded::default() })
}

fn gone(object: &ObjectName) -> Outcome {
    unavailable(format!("there is no file {object}, or it is another tenant's"))
}

fn unavailable(why: String) -> Outcome {
    Outcome::Permanent { reason: Reason::AttachmentUnavailable, failure: Failure::new("worker", None, why) }
}

fn not_now(why: String) -> Outcome {
    Outcome::Retriable { failure: Failure::new("worker", None, why), alarm: false, maybe_sent: false }
}

fn busy() -> Outcome {
    let why = format!("{FIELD} of other messages have the {ROOM_MIB} MiB that there are for files");
    Outcome::Throttled { failure: Failure::new("worker", None, why), retry_after: None }
}
