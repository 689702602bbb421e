//! Passwords: how strong one is, and changing one's own (seed 001, "Authenticate").

use bailiwick_app::caller::Caller;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::body;
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::{Endpoint, RateClass};
use bailiwick_contract::fault_answer::Message;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_domain::fault::Code;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::password::{ChosenPassword, Password};
use bailiwick_domain::time::Span;
use schemars::JsonSchema;
use serde::Serialize;

/// The deadline of everything in this section (seed 001).
const DEADLINE: Span = Span::seconds(15);
/// What the published client compares the answer with (contract, section 3).
const PASSWORD_CHANGED: &str = "Your password has been reset!";
/// What is said of a password that would be accepted.
const STRONG: &str = "This password is strong enough.";

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/auth/authenticate/password-strength", "password-strength", "Check the strength of a password")
            .tag("Authenticate")
            .describe(
                "Says whether the password would be accepted, and what would make it harder to guess. Nothing is kept.",
            )
            .within(DEADLINE)
            .open()
            .handle(strength),
        Endpoint::post("/auth/authenticate/update-password", "update-password", "Change your password")
            .tag("Authenticate")
            .describe("Ends all your other sessions.")
            .within(DEADLINE)
            .rate(RateClass::Credential)
            .faults(&[Code::Throttled])
            .signed_in()
            .handle(update),
    ]
}

/// Something that others know of a person, whatever it says; blank is nothing.
#[derive(Clone, Debug)]
pub struct KnownText(String);

impl Parse for KnownText {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        const LENGTH_MAX: usize = 320;
        if text.chars().count() > LENGTH_MAX {
            return Err(Refusal::new("max", "at most 320 characters long"));
        }
        Ok(Self(text.to_owned()))
    }
}

bailiwick_domain::inline_schema!(KnownText, { "type": "string", "maxLength": 320 });

body! {
    /// A password, and what others know of whoever wants it.
    pub struct StrengthMembers {
        /// The password.
        password: Password => required "Password",
        /// The person's e-mail address.
        email: KnownText => optional "Email",
        /// The person's name.
        name: KnownText => optional "Name",
    }
}

/// How hard a password is to guess.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "PasswordStrength")]
struct StrengthView {
    /// What to tell the person.
    #[schemars(example = STRONG)]
    message: String,
    /// From 0, guessed at once, to 4, never.
    #[schemars(range(min = 0, max = 4))]
    score: u8,
    /// Whether the password would be accepted.
    strong: bool,
    /// What would make it harder to guess.
    suggestions: Vec<String>,
}

async fn strength(call: Call<(), NoPath, NoQuery, StrengthMembers>) -> Reply<Ok200<StrengthView>> {
    let StrengthMembers { password, email, name } = call.body;
    let known = [email, name].into_iter().flatten().map(|text| text.0).collect();
    let found = call.context.password_strength(password, known).await?;
    let strong = found.refusal.is_none();
    let message = found.refusal.map_or_else(
        || STRONG.to_owned(),
        |refusal| format!("The password must be {}.", refusal.expected.trim_end_matches('.')),
    );
    Ok(Ok200::new(StrengthView { message, score: found.strength.score, strong, suggestions: found.strength.advice }))
}

body! {
    /// The password of today and the one from now on.
    pub struct UpdateMembers {
        /// The password of today.
        current: Password => required "CurrentPassword",
        /// The password from now on: 12 to 256 characters, hard to guess.
        new: ChosenPassword => required "NewPassword",
    }
}

async fn update(call: Call<Caller, NoPath, NoQuery, UpdateMembers>) -> Reply<Ok200<Message>> {
    let UpdateMembers { current, new } = call.body;
    call.context.update_password(&call.caller, current, new.0).await?;
    Ok(Ok200::new(Message::saying(PASSWORD_CHANGED)))
}
