//! The licence of one system, and its file: for a system without a network, carried by a person.

use axum::body::Body;
use axum::response::Response;
use bailiwick_app::appliance::{REQUEST_MAX, RequestAnswer};
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::SystemLicences;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::SystemId;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};

use super::super::fault::FormFault;
use super::super::frame::sentence;
use super::super::view::layout::{Active, Moment, ago};
use super::super::view::system_licence::SystemLicencePage;
use super::list::row;
use super::{frame, named_system};

/// The form: the request file, and what stands around it.
const FORM_LENGTH_MAX: usize = REQUEST_MAX + 16 * 1024;

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/systems/{id}/licence", "system-licence")
            .needs(Right::ReadLicences)
            .while_impersonating()
            .handle(async |visit| answer(&visit, Said::default()).await),
        Page::post("/systems/{id}/licence/file", "system-licence-file").needs(Right::ManageSystems).handle(file),
        Page::post("/systems/{id}/licence/request", "system-licence-request")
            .needs(Right::ManageSystems)
            .taking_files(FORM_LENGTH_MAX)
            .handle(request),
    ]
}

/// What the page says besides.
#[derive(Default)]
struct Said {
    wrong: Option<FormFault>,
    file_error: Option<String>,
    clock: Option<String>,
}

async fn file(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_system(&visit)?;
    match visit.context.issue_licence_file(&visit.caller, id).await {
        Ok(text) => download(id, text),
        Err(fault) => refused(&visit, fault).await,
    }
}

/// The page with why there is no file.
async fn refused(visit: &Visit<Caller>, fault: Fault) -> Result<Response, Fault> {
    if !matches!(fault.code, Code::ApplianceSuspended | Code::LicenceFileTooLong) {
        return Err(fault);
    }
    let alert = fault.code.sentence().to_owned();
    let wrong = Some(FormFault { status: StatusCode::CONFLICT, alert, retry_after: None });
    answer(visit, Said { wrong, ..Said::default() }).await
}

fn download(id: SystemId, text: String) -> Result<Response, Fault> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let name = HeaderValue::try_from(format!("attachment; filename=\"{id}.licence\"")).map_err(Fault::broken)?;
    headers.insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

async fn request(visit: Visit<Caller>) -> Result<Response, Fault> {
    let (id, now) = (named_system(&visit)?, visit.context.now());
    let file = visit.file("request").unwrap_or_default();
    match visit.context.answer_licence_request(&visit.caller, id, file).await {
        Ok(RequestAnswer::File(text)) => download(id, text),
        Ok(RequestAnswer::ClockIsOff { made }) => {
            answer(&visit, Said { clock: Some(clock(now, made)), ..Said::default() }).await
        }
        Err(fault) if fault.code == Code::ValidationFailed => {
            let error = fault.fields.first().map(|wrong| sentence(&wrong.refusal)).unwrap_or_default();
            let error = if file.is_empty() { "Choose the request file.".to_owned() } else { error };
            answer(&visit, Said { file_error: Some(error), ..Said::default() }).await
        }
        Err(fault) => refused(&visit, fault).await,
    }
}

/// What is the matter with the clock of a system whose request seems to be from another time.
fn clock(now: Timestamp, made: Timestamp) -> String {
    let words = ago(now, made);
    if made > now {
        let far = words.strip_prefix("in ").unwrap_or(&words);
        return format!(
            "The clock of this system is {far} ahead of this server’s. Set it right before the system takes the file: \
             afterwards it would take the right time for a clock that was turned back."
        );
    }
    format!(
        "By the clock of this system, the request was made {words}. If you came here at once, its clock is behind this \
         server’s: set it right, or the system will take the file for one from the future."
    )
}

async fn answer(visit: &Visit<Caller>, said: Said) -> Result<Response, Fault> {
    let id = named_system(visit)?;
    let found = visit.context.system_licences(&visit.caller, id).await?;
    let SystemLicences { system, entitlement, licences, is_suspended, may_manage } = found;
    let status = match &said.wrong {
        Some(wrong) => wrong.status,
        None if said.file_error.is_some() => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let (mut layout, cookies) = frame(visit, Active::Systems, status);
    if said.clock.is_some() {
        layout.path.clear();
    }
    let (now, standing) = (visit.context.now(), entitlement.standing);
    let page = SystemLicencePage {
        layout,
        alert: said.wrong.map(|wrong| wrong.alert),
        id: id.to_string(),
        name: system.name.to_string(),
        system_type: system.kind.to_string(),
        organisation: (system.organisation.to_string(), system.organisation_name.to_string()),
        state: standing.state,
        why: standing.why(),
        next: standing.next_action(),
        lease_until: (!entitlement.licences.is_empty()).then(|| Moment::new(now, entitlement.lease_until)),
        provides: entitlement.provides.iter().map(|(name, _)| name.to_string()).collect(),
        licences: licences.items.iter().map(|licence| row(now, licence)).collect(),
        total: licences.total,
        is_suspended,
        may_manage,
        file_error: said.file_error,
        clock: said.clock,
    };
    cookies.page(status, &page)
}
