//! A file of invitations: first what each row would do, then one button that does it.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::invitation::{Import, ImportRow, RowOutcome};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::FieldFault;
use bailiwick_domain::invitation_file::{FILE_LENGTH_MAX, InvitationFile};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Span;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Frame, sentence};
use super::super::view::import::{ImportLine, ImportPage, OutcomeKind};
use super::super::view::invitations::InvitationNotice;
use super::super::view::layout::Active;
use super::{answer, done, empty};

/// The form: the file, and what stands around it.
const FORM_LENGTH_MAX: usize = FILE_LENGTH_MAX + 16 * 1024;
/// All mails are written in one transaction.
const DEADLINE: Span = Span::seconds(15);

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::post("/invitations/import", "invitations-import")
            .needs(Right::ManageUsers)
            .taking_files(FORM_LENGTH_MAX)
            .within(DEADLINE)
            .handle(submit),
    ]
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let refuse = |error: String| answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, empty(&visit), Some(error));
    let is_meant = visit.field("act") == Some("import");
    // Once it was looked at, the file comes back as a field: browsers do not choose a file again.
    let bytes = if is_meant { visit.field("csv").map(str::as_bytes) } else { visit.file("file") };
    let Some(bytes) = bytes else { return refuse("Choose a file.".to_owned()) };
    let file = match InvitationFile::parse(bytes) {
        Ok(file) => file,
        Err(refusal) => return refuse(sentence(&refusal)),
    };
    if is_meant {
        return match visit.context.import_invitations(&visit.caller, &file).await {
            Ok(import) => done(InvitationNotice::Imported(import.count("invite"))),
            // Something has changed since it was looked at: the table says what.
            Err(fault) if matches!(fault.code, Code::ValidationFailed | Code::TooManyInvitations) => {
                preview(&visit, &file, bytes, StatusCode::UNPROCESSABLE_ENTITY, None).await
            }
            Err(fault) => {
                let wrong = FormFault::of(fault, &visit.origin)?;
                preview(&visit, &file, bytes, wrong.status, Some(wrong.alert)).await
            }
        };
    }
    preview(&visit, &file, bytes, StatusCode::OK, None).await
}

async fn preview(
    visit: &Visit<Caller>,
    file: &InvitationFile,
    bytes: &[u8],
    status: StatusCode,
    alert: Option<String>,
) -> Result<Response, Fault> {
    let import = visit.context.preview_import(&visit.caller, file).await?;
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Invitations)).take();
    // A second GET would not show it.
    layout.path.clear();
    let Import { rows } = &import;
    let page = ImportPage {
        layout,
        is_good: import.is_good(),
        invited: import.count("invite"),
        lines: rows.iter().map(line).collect(),
        // It was read as text before.
        csv: String::from_utf8_lossy(bytes).into_owned(),
        alert,
    };
    cookies.page(status, &page)
}

fn line(row: &ImportRow) -> ImportLine {
    let faults = row.outcome.faults();
    let kind = match &row.outcome {
        RowOutcome::Invite => OutcomeKind::Invite,
        RowOutcome::AlreadyMember => OutcomeKind::AlreadyMember,
        RowOutcome::AlreadyInvited => OutcomeKind::AlreadyInvited,
        RowOutcome::Duplicate { line } => OutcomeKind::Duplicate { line: *line },
        RowOutcome::Invalid(_) => OutcomeKind::Invalid,
        RowOutcome::NotAllowed(_) | RowOutcome::TooMany { .. } => OutcomeKind::NotAllowed,
    };
    ImportLine {
        line: row.line,
        email: row.address.clone(),
        name: row.name.as_ref().map(ToString::to_string),
        organisation: row.organisation.as_ref().map(|place| place.name.to_string()),
        role: row.role,
        kind,
        faults: faults.iter().map(FieldFault::sentence).collect(),
    }
}
