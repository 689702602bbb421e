//! Signing in, the next tokens, signing out (seed 001, "Authenticate").

use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::sign_in::Credentials;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::authorization::Bearer;
use bailiwick_contract::body;
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::{Endpoint, RateClass};
use bailiwick_contract::fault_answer::Message;
use bailiwick_contract::headers;
use bailiwick_contract::input::{BodyInput, BodyKind, NoPath, NoQuery};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::password::Password;
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::json;

/// The deadline of everything in this section (seed 001).
const DEADLINE: Span = Span::seconds(15);
/// What a client is told once its session is over.
const SIGNED_OUT: &str = "You are signed out.";

/// How a token begins; none is shown in full.
const TOKEN_EXAMPLE: &str = "eyJhbGciOiJFZERTQSIs…";

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/auth/authenticate/refresh-token", "refresh-token", "Refresh a JWT token")
            .tag("Authenticate")
            .describe(
                "The bearer is the refresh token. `RefreshToken` gives the next refresh token, `AccessToken` (or \
                 nothing) a new access token, `refresh_token` both. A refresh token that was exchanged is dead: using \
                 it again after 10 s ends the whole session.",
            )
            .within(DEADLINE)
            .refresh_token()
            .handle(refresh),
        Endpoint::post("/auth/authenticate/signin", "sign-in", "Sign in a single user")
            .tag("Authenticate")
            .describe(
                "With `Username` the answer has both tokens; with `Email`, the older form, a refresh token alone, \
                 which does not rotate and dies after 8 h.",
            )
            .within(DEADLINE)
            .rate(RateClass::Credential)
            .faults(&[Code::WrongCredentials, Code::AddressUnconfirmed, Code::CredentialsInQuery])
            .open()
            .handle(sign_in),
        Endpoint::get("/auth/authenticate/signin", "sign-in-by-get", "Sign in a single user")
            .tag("Authenticate")
            .describe("The same as POST, with the same JSON body.")
            .within(DEADLINE)
            .rate(RateClass::Credential)
            .faults(&[Code::WrongCredentials, Code::AddressUnconfirmed, Code::CredentialsInQuery])
            .open()
            .handle(sign_in),
        Endpoint::post("/auth/authenticate/signout", "sign-out", "Sign a user out")
            .tag("Authenticate")
            .describe("Ends the session: its access and refresh tokens are refused from the next request on.")
            .within(DEADLINE)
            .any_session()
            .handle(sign_out),
    ]
}

/// What was typed as the name of the account; it need not be an address.
#[derive(Clone, Debug)]
pub struct AccountName(String);

impl Parse for AccountName {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        const LENGTH_MAX: usize = 320;
        let name = text.trim();
        if name.is_empty() {
            return Err(Refusal::new("required", "the e-mail address of the account"));
        }
        if name.chars().count() > LENGTH_MAX {
            return Err(Refusal::new("max", "at most 320 characters long"));
        }
        Ok(Self(name.to_owned()))
    }
}

bailiwick_domain::inline_schema!(AccountName, {
    "type": "string", "minLength": 1, "maxLength": 320, "pattern": "\\S",
    "examples": ["ada.verdi@northwind.example"],
});

/// The same, where only old clients still send it.
#[derive(Clone, Debug)]
pub struct FormerAccountName(AccountName);

impl Parse for FormerAccountName {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        AccountName::parse_text(text).map(Self)
    }
}

impl JsonSchema for FormerAccountName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormerAccountName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = AccountName::json_schema(generator);
        schema.insert("deprecated".to_owned(), true.into());
        schema
    }
}

body! {
    /// What somebody signs in with: a name in one of two forms, and the password.
    pub struct SignInMembers {
        /// The e-mail address of the account.
        username: AccountName => optional "Username",
        /// The e-mail address of the account, in the older form.
        email: FormerAccountName => optional "Email",
        /// The password.
        password: Password => required "Password",
        /// Whether the session lives 30 days instead of 12 hours.
        keep_logged_in: bool => defaulted "KeepLoggedIn",
    }
}

/// Who signs in, with what, to which kind of session.
pub struct SignInBody {
    name: AccountName,
    kind: SessionKind,
    password: Password,
}

impl BodyInput for SignInBody {
    fn read(bytes: &[u8], context: &Context) -> Result<Self, Fault> {
        let SignInMembers { username, email, password, keep_logged_in } = SignInMembers::read(bytes, context)?;
        let (name, kind) = match (username, email) {
            (Some(name), None) if keep_logged_in => (name, SessionKind::KeptSignedIn),
            (Some(name), None) => (name, SessionKind::Standard),
            (None, Some(FormerAccountName(name))) => (name, SessionKind::FixedToken),
            (None, None) => {
                let refusal = Refusal::new("required", "the e-mail address of the account");
                return Err(Fault::field("Username", refusal, None));
            }
            (Some(_), Some(_)) => {
                let refusal = Refusal::new("excluded", "left out when Username is given");
                return Err(Fault::field("Email", refusal, None));
            }
        };
        Ok(Self { name, kind, password })
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SignInMembers::describe(generator);
        let form = |given: &str, other: &str| {
            json!({
                "required": [given],
                "properties": { given: { "type": "string" }, other: { "type": "null" } },
            })
        };
        schema.insert("oneOf".to_owned(), json!([form("Username", "Email"), form("Email", "Username")]));
        schema
    }
}

headers! {
    /// What a client says of itself.
    pub struct ClientHeaders {
        /// The program that calls; shown to the person in the list of sessions.
        user_agent: UserAgent => hinted "User-Agent",
    }
}

/// A `User-Agent`, whatever it says.
#[derive(Clone, Debug)]
pub struct UserAgent(String);

impl UserAgent {
    /// What it says.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parse for UserAgent {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Ok(Self(text.to_owned()))
    }
}

bailiwick_domain::inline_schema!(UserAgent, { "type": "string" });

/// Tokens, as many as were asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Tokens")]
struct TokensView {
    /// For the APIs; it lives 10 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = TOKEN_EXAMPLE)]
    access_token: Option<String>,
    /// For the next tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = TOKEN_EXAMPLE)]
    refresh_token: Option<String>,
}

async fn sign_in(call: Call<(), NoPath, NoQuery, SignInBody, ClientHeaders>) -> Reply<Ok200<TokensView>> {
    if call.query_names().any(|name| is_credential(&name)) {
        return Err(Code::CredentialsInQuery.into());
    }
    let SignInBody { name, kind, password } = call.body;
    let user_agent = call.headers.user_agent.as_ref().map(UserAgent::as_str);
    let credentials = Credentials { email: name.0, password };
    let tokens = call.context.sign_in(credentials, kind, &call.origin, user_agent).await?;
    let access_token = (kind != SessionKind::FixedToken).then(|| tokens.access.expose().to_owned());
    Ok(Ok200::new(TokensView { access_token, refresh_token: Some(tokens.refresh.expose().to_owned()) }))
}

/// Whether a query member looks like something that must not be in an address.
fn is_credential(name: &str) -> bool {
    ["username", "email", "password", "totp"].iter().any(|credential| name.eq_ignore_ascii_case(credential))
}

/// Which tokens are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantType {
    /// A new access token.
    #[default]
    AccessToken,
    /// The next refresh token.
    RefreshToken,
    /// Both.
    Both,
}

impl Parse for GrantType {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        match text {
            "" | "AccessToken" => Ok(Self::AccessToken),
            "RefreshToken" => Ok(Self::RefreshToken),
            "refresh_token" => Ok(Self::Both),
            _ => Err(Refusal::new("oneof", "one of AccessToken, RefreshToken, refresh_token")),
        }
    }
}

bailiwick_domain::inline_schema!(GrantType, { "type": "string", "enum": ["AccessToken", "RefreshToken", "refresh_token", ""] });

body! {
    /// Which tokens are asked for.
    pub struct RefreshMembers {
        /// `AccessToken` when absent.
        grant_type: GrantType => defaulted "GrantType",
    }
}

/// The body of a refresh, which may also be empty.
pub struct RefreshBody(GrantType);

impl BodyInput for RefreshBody {
    const KIND: BodyKind = BodyKind::Optional;

    fn read(bytes: &[u8], context: &Context) -> Result<Self, Fault> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(GrantType::default()));
        }
        RefreshMembers::read(bytes, context).map(|members| Self(members.grant_type))
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        RefreshMembers::describe(generator)
    }
}

async fn refresh(call: Call<Bearer, NoPath, NoQuery, RefreshBody>) -> Reply<Ok200<TokensView>> {
    let (token, origin) = (call.caller.expose(), &call.origin);
    let view = match call.body.0 {
        GrantType::AccessToken => {
            let access = call.context.renew_access(token, origin).await?;
            TokensView { access_token: Some(access.expose().to_owned()), refresh_token: None }
        }
        wanted => {
            let tokens = call.context.rotate_refresh(token, origin).await?;
            let access_token = (wanted == GrantType::Both).then(|| tokens.access.expose().to_owned());
            TokensView { access_token, refresh_token: Some(tokens.refresh.expose().to_owned()) }
        }
    };
    Ok(Ok200::new(view))
}

async fn sign_out(call: Call<Caller>) -> Reply<Ok200<Message>> {
    call.context.sign_out(&call.caller).await?;
    Ok(Ok200::new(Message::saying(SIGNED_OUT)))
}
