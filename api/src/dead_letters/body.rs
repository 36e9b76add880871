//! A plan as the OpenAPI document shows it: what `POST /dead-letters/plans` is given, which `operations` reads.

use utoipa::ToSchema;

/// Which letters, and what is to become of them. All that is named narrows them down.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "action": "replay", "group": "1-9f86d081884c7d659a2feaa0", "why": "the provider is back"
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct PlanBody {
    /// `replay` (publish each to its lane, with a fresh budget), `drop` (take each out of the queue, and keep it for the
    /// retention), `restore` (put each that was dropped back into the queue), `redirect` (send each by another channel or
    /// provider, as a delivery of its own, and keep the letter) or `close` (end the rows of dead deliveries whose letters are not in the
    /// queue any more).
    #[schema(example = "replay")]
    action: String,
    /// The names of letters.
    #[schema(min_items = 1, max_items = 1000)]
    letters: Option<Vec<String>>,
    /// The fingerprint of a group.
    #[schema(max_length = 500)]
    group: Option<String>,
    /// The id of their delivery.
    #[schema(max_length = 255)]
    id: Option<String>,
    /// Dead at this time or later.
    #[schema(format = DateTime)]
    from: Option<String>,
    /// Dead before this time, as `to` of a list says: `to` of a plan is the channel of a redirect.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// The recipient, in any spelling that reaches the same. A letter whose delivery the ledger does not know is not found
    /// so. The plan keeps `recipient_hash` in its place.
    #[schema(max_length = 4096)]
    recipient: Option<String>,
    /// What a plan has kept in the place of a recipient, as the journal tells it: to plan the same again. Not beside
    /// `recipient`.
    recipient_hash: Option<String>,
    /// The channel that their bodies name.
    #[schema(max_length = 500)]
    channel: Option<String>,
    /// Who carried their last attempts.
    #[schema(max_length = 500)]
    provider: Option<String>,
    /// Why they were dead-lettered.
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// The provider's code of their last attempts.
    #[schema(max_length = 500)]
    code: Option<String>,
    /// The template that their bodies name.
    #[schema(max_length = 500)]
    template: Option<String>,
    /// `urgent`, `normal` or `bulk`.
    lane: Option<String>,
    /// Of a restore: the job whose letters are put back.
    #[schema(max_length = 500)]
    job: Option<String>,
    /// Every letter: instead of all that narrows them down.
    all: Option<bool>,
    /// Why, in one line, for whoever asks later.
    #[schema(max_length = 500)]
    why: String,
    /// Letters in a second. Default 50.
    #[schema(minimum = 1, maximum = 1000)]
    rate: Option<u32>,
    /// After how many letters a replay waits for their end, and pauses when most of them fail again. 0 for none; default
    /// 20.
    #[schema(minimum = 0, maximum = 1000)]
    canary: Option<u32>,
    /// A replay leaves out those that were moved as often already. Default 3.
    #[schema(minimum = 1, maximum = 1000)]
    max_moves: Option<u32>,
    /// Take those too that would only wait, because their channel, template or tenant is paused or their provider takes no
    /// messages now.
    even_waiting: Option<bool>,
    /// Of a redirect: the channel, `sms` or `whatsapp`, which reach people by the same numbers. Either this or
    /// `to_provider`.
    to: Option<String>,
    /// Of a redirect: the provider that alone is to carry the letters, each by its own channel.
    #[schema(example = "smtp")]
    to_provider: Option<String>,
}
