//! Getting back in, and proving that an address is one's own: by links that are mailed (contract, section 3).

use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::body;
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::fault_answer::Message;
use bailiwick_contract::headers;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Code;
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::password::ChosenPassword;
use bailiwick_domain::time::Span;

use super::user::AcceptLanguage;

/// The deadline of everything in this section (seed 001).
const DEADLINE: Span = Span::seconds(15);
/// What the published client compares the answer with (contract, section 3).
const RESET_ASKED: &str = "Password sent if user exists.";
/// What whoever set another password does next.
const RESET_DONE: &str = "Your password was reset. Sign in with the new one.";
/// What whoever confirmed their address is told.
const CONFIRMED: &str = "Your e-mail address is confirmed.";

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/auth/authenticate/forgot-password", "forgot-password", "Ask for a new password")
            .tag("Authenticate")
            .describe(
                "Mails a link, good once and for 20 minutes, if an account has this address; the answer is the same \
                 if none has.",
            )
            .within(DEADLINE)
            .faults(&[Code::Throttled])
            .open()
            .handle(forgot),
        Endpoint::post("/auth/authenticate/reset-password", "reset-password", "Set a new password by a mailed link")
            .tag("Authenticate")
            .describe(
                "Ends all sessions of the account and confirms its address. The token stays good where the new \
                 password is refused.",
            )
            .within(DEADLINE)
            .open()
            .handle(reset),
        Endpoint::post("/auth/authenticate/confirm-address", "confirm-address", "Confirm an e-mail address")
            .tag("Authenticate")
            .describe("By the link that was mailed at the registration, good once and for 24 hours.")
            .within(DEADLINE)
            .open()
            .handle(confirm),
    ]
}

body! {
    /// Whose password was forgotten.
    pub struct ForgotMembers {
        /// The address of the account.
        email: EmailAddress => required "Email",
    }
}

headers! {
    /// What a client says of whoever uses it.
    pub struct ForgotHeaders {
        /// The languages that the person reads; the mail comes in the best of ours, unless the account names one.
        accept_language: AcceptLanguage => hinted "Accept-Language",
    }
}

async fn forgot(call: Call<(), NoPath, NoQuery, ForgotMembers, ForgotHeaders>) -> Reply<Ok200<Message>> {
    let language = call.headers.accept_language.and_then(AcceptLanguage::best);
    call.context.forgot_password(call.body.email, language, &call.origin).await?;
    Ok(Ok200::new(Message::saying(RESET_ASKED)))
}

body! {
    /// The token of the link, and the password from now on.
    pub struct ResetMembers {
        /// The member `token` of the mailed link.
        token: LinkToken => required "Token",
        /// The password from now on: 12 to 256 characters, hard to guess.
        new: ChosenPassword => required "NewPassword",
    }
}

async fn reset(call: Call<(), NoPath, NoQuery, ResetMembers>) -> Reply<Ok200<Message>> {
    let ResetMembers { token, new } = call.body;
    call.context.reset_password(&token, new.0, &call.origin).await?;
    Ok(Ok200::new(Message::saying(RESET_DONE)))
}

body! {
    /// The token of the link.
    pub struct ConfirmMembers {
        /// The member `token` of the mailed link.
        token: LinkToken => required "Token",
    }
}

async fn confirm(call: Call<(), NoPath, NoQuery, ConfirmMembers>) -> Reply<Ok200<Message>> {
    call.context.confirm_address(&call.body.token, &call.origin).await?;
    Ok(Ok200::new(Message::saying(CONFIRMED)))
}
