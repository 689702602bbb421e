//! Changing one's password.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::Visit;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::password::Password;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, password_problem, sentence};
use super::super::login::password_sentence;
use super::super::view::account::{AccountNotice, PasswordForm};
use super::{Forms, answer, done};

pub(super) async fn change(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let typed = |name: &str| Password::parse_text(visit.field(name).unwrap_or_default());
    let (current, new) = (typed("current_password"), typed("new_password"));
    let (current, new) = match (current, new) {
        (Ok(current), Ok(new)) => (current, new),
        (current, new) => {
            let current_error = current.err().map(|refusal| password_sentence(&refusal));
            let form = PasswordForm { current_error, new: password_problem(new.as_ref().err()), alert: None };
            return refuse(visit, StatusCode::UNPROCESSABLE_ENTITY, form).await;
        }
    };
    let Err(fault) = visit.context.update_password_by_form(&visit.caller, current, new).await else {
        return done(AccountNotice::Password, Cookies::default());
    };
    if fault.code == Code::ValidationFailed {
        let mut form = PasswordForm::default();
        for field in &fault.fields {
            if field.key == "CurrentPassword" {
                form.current_error = Some(sentence(&field.refusal));
            } else {
                form.new = password_problem(Some(&field.refusal));
            }
        }
        return refuse(visit, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    }
    let wrong = FormFault::of(fault, &visit.origin)?;
    let form = PasswordForm { alert: Some(wrong.alert.clone()), ..PasswordForm::default() };
    Ok(wrong.mark(refuse(visit, wrong.status, form).await?))
}

async fn refuse(visit: &Visit<Caller>, status: StatusCode, password: PasswordForm) -> Result<Response, Fault> {
    answer(visit, status, Forms { password, ..Forms::default() }, None).await
}
