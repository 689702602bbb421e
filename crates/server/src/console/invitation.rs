//! Accepting an invitation by its mailed link: signed in, or by registering.

use axum::response::Response;
use bailiwick_app::account::{Affiliation, NewAccount};
use bailiwick_app::caller::Caller;
use bailiwick_app::invitation::InvitationRecord;
use bailiwick_app::settings::Registration;
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::link::LinkToken;
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Cookies, Frame, language, password_problem, set_cookie, sign_in_cookies};
use super::newcomer::{self, Newcomer};
use super::view::invitation::{InvitationPage, InvitationState, Offer, Way};
use super::view::layout::Moment;
use super::view::newcomer::NewcomerForm;

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/invitation", "invitation-form").visitor().handle(show),
        Page::post("/invitation", "invitation-submit").visitor().handle(submit),
    ]
}

async fn show(visit: Visit<Guest>) -> Result<Response, Fault> {
    let Ok(token) = LinkToken::parse_text(visit.query_member("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    let Some(invited) = peek(&visit, &token).await? else { return refuse_link(&visit) };
    let way = way(&visit, &invited);
    answer(&visit, StatusCode::OK, &token, invited, way)
}

async fn submit(visit: Visit<Guest>) -> Result<Response, Fault> {
    let Ok(token) = LinkToken::parse_text(visit.field("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    let Some(invited) = peek(&visit, &token).await? else { return refuse_link(&visit) };
    match (visit.field("act").unwrap_or_default(), visit.caller.caller()) {
        ("join", Some(caller)) => join(&visit, caller, &token, invited).await,
        ("register", None) => register(&visit, &token, invited).await,
        ("sign-out", Some(caller)) => {
            visit.context.sign_out(caller).await?;
            let expired = set_cookie(&visit.context, visit.cookies.session, "", Some(0));
            Cookies::default().and(expired).redirect(&address(&token))
        }
        // Signed in or out meanwhile, in another window: the page says what can be done now.
        ("join" | "register" | "sign-out", _) => Cookies::default().redirect(&address(&token)),
        _ => Err(Code::ValidationFailed.into()),
    }
}

/// The invitation, while it can be accepted.
async fn peek(visit: &Visit<Guest>, token: &LinkToken) -> Result<Option<InvitationRecord>, Fault> {
    match visit.context.peek_invitation(token, "token").await {
        Ok(invited) => Ok(Some(invited)),
        Err(fault) if fault.code == Code::ValidationFailed => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// What whoever looks at the page can do.
fn way(visit: &Visit<Guest>, invited: &InvitationRecord) -> Way {
    match visit.caller.caller() {
        Some(caller) if caller.principal.email.folded() == invited.email.folded() => Way::Join { alert: None },
        Some(caller) => Way::SignOut { user_email: caller.principal.email.to_string() },
        None if visit.context.settings.registration == Registration::Closed => Way::SignIn,
        None => Way::Register(NewcomerForm::default()),
    }
}

async fn join(
    visit: &Visit<Guest>,
    caller: &Caller,
    token: &LinkToken,
    invited: InvitationRecord,
) -> Result<Response, Fault> {
    match visit.context.accept_invitation(caller, token).await {
        Ok(_) => Cookies::default().redirect("/"),
        Err(fault) if fault.code == Code::ValidationFailed => refuse_link(visit),
        Err(fault) if fault.code == Code::InvitationForAnother => {
            let way = way(visit, &invited);
            answer(visit, StatusCode::FORBIDDEN, token, invited, way)
        }
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            let way = Way::Join { alert: Some(wrong.alert.clone()) };
            Ok(wrong.mark(answer(visit, wrong.status, token, invited, way)?))
        }
    }
}

async fn register(visit: &Visit<Guest>, token: &LinkToken, invited: InvitationRecord) -> Result<Response, Fault> {
    let (mut form, newcomer) = newcomer::read(visit);
    let Some(Newcomer { name, password, terms }) = newcomer else {
        let typed = visit.field("name").unwrap_or_default();
        let known = [typed, invited.email.as_str(), invited.organisation_name.as_str()];
        newcomer::judge_password(visit, &mut form, &known).await?;
        return answer(visit, StatusCode::UNPROCESSABLE_ENTITY, token, invited, Way::Register(form));
    };
    let new = NewAccount {
        email: invited.email.clone(),
        password,
        name,
        affiliation: Affiliation::Invited(token.clone()),
        phone_number: None,
        job_title: None,
        newsletter: form.newsletter,
        language: language(&visit.headers).or(invited.language),
        terms,
    };
    match visit.context.register_browser(new, &visit.origin, visit.user_agent()).await {
        Ok(session) => sign_in_cookies(visit, &session).await.redirect("/"),
        Err(fault) => refused(visit, fault, token, invited, form),
    }
}

/// What the form says to a fault; faults that have nothing to do with registering go on.
fn refused(
    visit: &Visit<Guest>,
    fault: Fault,
    token: &LinkToken,
    invited: InvitationRecord,
    mut form: NewcomerForm,
) -> Result<Response, Fault> {
    if fault.code == Code::EmailTaken {
        form.is_taken = true;
        return answer(visit, StatusCode::CONFLICT, token, invited, Way::Register(form));
    }
    if fault.code == Code::RegistrationClosed {
        return answer(visit, StatusCode::FORBIDDEN, token, invited, Way::SignIn);
    }
    if fault.code == Code::ValidationFailed {
        let Some(field) = fault.fields.iter().find(|field| field.key == "Password") else {
            return refuse_link(visit);
        };
        form.password = password_problem(Some(&field.refusal));
        return answer(visit, StatusCode::UNPROCESSABLE_ENTITY, token, invited, Way::Register(form));
    }
    let wrong = FormFault::of(fault, &visit.origin)?;
    form.alert = Some(wrong.alert.clone());
    Ok(wrong.mark(answer(visit, wrong.status, token, invited, Way::Register(form))?))
}

fn address(token: &LinkToken) -> String {
    format!("/invitation?token={}", token.expose())
}

fn answer(
    visit: &Visit<Guest>,
    status: StatusCode,
    token: &LinkToken,
    invited: InvitationRecord,
    way: Way,
) -> Result<Response, Fault> {
    let offer = Offer {
        token: token.expose().to_owned(),
        email: invited.email.to_string(),
        organisation: invited.organisation_name.to_string(),
        role: invited.role,
        inviter: invited.invited_by_name.map(|name| name.to_string()),
        until: Moment::new(visit.context.now(), invited.expires_at),
    };
    show_state(visit, status, InvitationState::Open { offer, way })
}

fn refuse_link(visit: &Visit<Guest>) -> Result<Response, Fault> {
    show_state(visit, StatusCode::NOT_FOUND, InvitationState::LinkNotGood)
}

fn show_state(visit: &Visit<Guest>, status: StatusCode, state: InvitationState) -> Result<Response, Fault> {
    // The link is a secret until it is used, so it is not offered as a way back.
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &InvitationPage { layout, state })
}
