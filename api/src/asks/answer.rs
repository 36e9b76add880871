//! One ask as it is shown: what was asked, who has answered what, and where it stands. Never a destination, a code or a link.

use domain::{Answer, Ask, AskChoice};
use operations::asks::{Message, Shown};
use serde::Serialize;
use utoipa::ToSchema;

/// A question, and what has become of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskAnswer {
    /// The ask's id.
    id: String,
    /// Whose it is.
    tenant: String,
    /// What it is for: `confirm`, `verify`, `command` or `optin`.
    #[schema(example = "confirm")]
    kind: &'static str,
    /// `open`, `answered`, `expired` or `cancelled`.
    #[schema(example = "answered")]
    state: &'static str,
    /// What they are asked.
    question: String,
    /// What they may answer, in the order of the buttons.
    choices: Vec<AskChoiceAnswer>,
    /// Who is asked, by the ids under which they are known.
    #[schema(example = json!(["ana", "ben"]))]
    audience: Vec<String>,
    /// How many people must choose the same.
    quorum: u32,
    /// Whoever has asked may not answer.
    four_eyes: bool,
    /// Who has answered may answer otherwise while it is open.
    may_change: bool,
    /// Who has asked.
    requested_by: Option<String>,
    /// Whatever whoever asked has given to know it by.
    correlation_id: Option<String>,
    /// When it was asked.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    expires_at: String,
    /// What was decided. Null while it is open, and where nothing was.
    #[schema(example = "yes")]
    choice: Option<String>,
    /// Whose answer has ended it, or who has cancelled it.
    #[schema(example = "ana")]
    ended_by: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Of one ask: the answers in their order, late ones last. Absent in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    answers: Option<Vec<GivenAnswerAnswer>>,
    /// Of one ask: the messages by which people are asked. Absent in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    copies: Option<Vec<AskCopyAnswer>>,
}

/// One of the answers that may be given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskChoiceAnswer {
    /// By which it is told.
    id: String,
    /// What stands on the button.
    label: String,
    /// It is a no, which needs no quorum.
    refuses: bool,
}

/// What somebody has answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GivenAnswerAnswer {
    /// As its sender names it.
    id: String,
    /// Who.
    #[schema(example = "ana")]
    approver: String,
    /// What.
    #[schema(example = "yes")]
    choice: String,
    /// By what it came: a channel, or `link`.
    #[schema(example = "telegram")]
    via: String,
    /// When it came in.
    #[schema(format = DateTime)]
    at: String,
    /// The question had ended: it has changed nothing.
    late: bool,
}

/// One message with the question.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskCopyAnswer {
    /// Who is asked by it.
    #[schema(example = "ana")]
    approver: Option<String>,
    /// 0 for those who are asked at once, and more for reminders and later steps.
    step: u32,
    /// By which channel.
    #[schema(example = "telegram")]
    channel: String,
    /// The recipient, masked. Null once the question has ended.
    #[schema(example = "***@example.com")]
    recipient: Option<String>,
    /// The id of its delivery: `GET /deliveries/{id}` shows what became of it.
    delivery: String,
    /// When it is sent, unless the question has ended by then.
    #[schema(format = DateTime)]
    due_at: String,
}

/// An ask without its answers and messages.
pub(crate) fn answer(ask: Ask) -> AskAnswer {
    let state = ask.state().as_str();
    let (choice, ended_by, ended_at) = match ask.end {
        Some(end) => (end.choice, end.by, Some(end.at.to_string())),
        None => (None, None, None),
    };
    AskAnswer {
        id: ask.key.id,
        tenant: ask.key.tenant.to_string(),
        kind: ask.kind.as_str(),
        state,
        question: ask.question,
        choices: ask.choices.into_iter().map(choice_of).collect(),
        audience: ask.audience,
        quorum: ask.quorum,
        four_eyes: ask.four_eyes,
        may_change: ask.may_change,
        requested_by: ask.requested_by,
        correlation_id: ask.correlation_id,
        created_at: ask.created_at.to_string(),
        expires_at: ask.expires_at.to_string(),
        choice,
        ended_by,
        ended_at,
        answers: None,
        copies: None,
    }
}

/// The whole of one.
pub(super) fn whole(shown: Shown) -> AskAnswer {
    AskAnswer {
        answers: Some(shown.answers.into_iter().map(given).collect()),
        copies: Some(shown.copies.into_iter().map(copy).collect()),
        ..answer(shown.ask)
    }
}

fn choice_of(choice: AskChoice) -> AskChoiceAnswer {
    AskChoiceAnswer { id: choice.id, label: choice.label, refuses: choice.refuses }
}

fn given(answer: Answer) -> GivenAnswerAnswer {
    let given = answer.given;
    GivenAnswerAnswer {
        id: given.id,
        approver: given.approver,
        choice: given.choice,
        via: given.via,
        at: given.at.to_string(),
        late: answer.late,
    }
}

fn copy(message: Message) -> AskCopyAnswer {
    AskCopyAnswer {
        approver: message.approver,
        step: message.step,
        channel: message.channel,
        recipient: message.recipient_mask,
        delivery: message.delivery,
        due_at: message.due_at.to_string(),
    }
}
