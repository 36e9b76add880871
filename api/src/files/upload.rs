//! `POST /v1/files/upload`: a file comes in, piece by piece, and is kept once it is found fit.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::{Actor, FieldError, FileKind};
use files::{Files, NotReceived, Received};
use operations::files::{self as cabinets, Asked, FIELDS};
use utoipa::ToSchema;
use web::problem::{Problem, field};
use web::upload::{Part, Upload, too_large};

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::files::answer::{FileAnswer, answer};
use crate::files::cabinet;
use crate::files::refused::{away, not_kept, unfit};

/// The longest that a file may be kept for: a hundred years.
const MAX_SECONDS: u64 = 3_155_760_000;

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct FileForm {
    /// The file, with its name: xlsx, xls, csv, pdf, png or jpeg, as far as the operator takes them.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// How long it is served. Default: as long as the operator has set.
    #[schema(minimum = 60)]
    expires_in_seconds: Option<u64>,
}

/// Store a file
///
/// What it is its bytes say: one that lies about it, that has macros, scripts or other files in it, that is encrypted or a bomb
/// is refused, and so is one in which the scanner finds something. Its name is rebuilt. Needs the scope `operate` or
/// `notify`.
#[utoipa::path(
    post, path = "/v1/files/upload", operation_id = "upload_file", tag = "Files", security(("bearer" = [])),
    request_body(content = FileForm, content_type = "multipart/form-data", description = "The file, in its form."),
    responses(
        (status = 201, description = "It is stored.", body = FileAnswer),
        (status = 400, description = "The form cannot be read, or ends in the middle."),
        (status = 408, description = "The form did not arrive in time."),
        (status = 409, description = "The tenant has as many files, or bytes of them, as it may."),
        (status = 413, description = "The file is too large."),
        (status = 415, description = "It is no form, or it is encoded."),
        (status = 422, description = "The file is refused: `fault` says why (`file-refused`); or fields are not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn upload(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::OperateOrNotify>,
    request: Request,
) -> Result<(StatusCode, Json<FileAnswer>), Problem> {
    // A file is rare, and its future is large.
    Box::pin(keep(&app, &caller, request)).await
}

async fn keep(app: &App, caller: &Actor, request: Request) -> Result<(StatusCode, Json<FileAnswer>), Problem> {
    let cabinet = cabinet(app)?;
    let (asked, received) = read(cabinet.files, request).await?;
    let kept = cabinets::keep(cabinet, caller, asked, &received, app.clock.now()).await.map_err(not_kept)?;
    Ok((StatusCode::CREATED, Json(answer(&kept))))
}

/// Reads the form. The file is on the disk then, and gone with the value that stands for it.
async fn read(files: &Files, request: Request) -> Result<(Asked, Received), Problem> {
    let limit = usize::try_from(files.settings().max_bytes).unwrap_or(usize::MAX);
    let mut form = Upload::of(request, limit).await?;
    let (mut file, mut lives, mut wrong) = (None, None, Vec::<FieldError>::new());
    while let Some(mut part) = form.next().await? {
        match part.name() {
            "file" if file.is_some() => {
                wrong.push(field("/file", "is given twice: send one file in each form"));
                part.skip().await?;
            }
            "file" => {
                let name = part.file_name().unwrap_or_default().to_owned();
                let kind = kind_of(files, &name)?;
                file = Some((name, kind, receive(files, &mut part).await?));
            }
            "expires_in_seconds" => {
                let text = part.text().await?.unwrap_or_default();
                match text.trim().parse().ok().filter(|seconds| (60..=MAX_SECONDS).contains(seconds)) {
                    Some(seconds) => lives = Some(Duration::from_secs(seconds)),
                    None => wrong.push(field(
                        "/expires_in_seconds",
                        format!("must be a whole number of seconds from 60 to {MAX_SECONDS}"),
                    )),
                }
            }
            other => {
                wrong.push(unknown(other));
                part.skip().await?;
            }
        }
    }
    let Some((name, kind, received)) = file else {
        wrong.push(field("/file", "is missing: send the file in the field `file`, with its name"));
        return Err(Problem::invalid_fields(wrong));
    };
    if wrong.is_empty() { Ok((Asked { name, kind, lives }, received)) } else { Err(Problem::invalid_fields(wrong)) }
}

fn unknown(name: &str) -> FieldError {
    let hint = domain::nearest(name, FIELDS).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    field(format!("/{}", domain::pointer_step(name)), format!("is no field of this form{hint}"))
}

/// The kind that a name says. The bytes are looked at once they are there.
fn kind_of(files: &Files, name: &str) -> Result<FileKind, Problem> {
    let kinds = &files.settings().kinds;
    let kind = FileKind::of_name(name).filter(|kind| kinds.contains(kind));
    kind.ok_or_else(|| {
        let known = kinds.iter().map(|kind| kind.extension()).collect::<Vec<_>>().join(", ");
        unfit(
            "kind_not_allowed",
            format!("Files whose names end in one of these are taken: {known}. Nothing was stored."),
        )
    })
}

async fn receive(files: &Files, part: &mut Part<'_>) -> Result<Received, Problem> {
    let limit = usize::try_from(files.settings().max_bytes).unwrap_or(usize::MAX);
    let failed = |why: NotReceived| match why {
        NotReceived::TooLarge(_) => too_large(limit),
        NotReceived::Disk(error) => away(&format!("the disk does not take what comes in: {error}")),
    };
    let mut incoming = files.begin().await.map_err(failed)?;
    while let Some(piece) = part.piece().await? {
        incoming.write(&piece).await.map_err(failed)?;
    }
    incoming.finish().await.map_err(failed)
}
