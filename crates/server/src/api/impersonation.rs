//! Acting as a person by their consent: what the person decides and is told, and what support does.

use bailiwick_app::caller::Caller;
use bailiwick_app::impersonation::{ActRecord, ConsentRecord, ImpersonationRecord};
use bailiwick_contract::answer::{Created201, Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{NoBody, NoPath, NoQuery};
use bailiwick_contract::{body, path, query};
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::{SessionId, UserId};
use bailiwick_domain::impersonation::ConsentHours;
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Direction, Page, PageNumber, PageSize};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::authenticate::{ClientHeaders, UserAgent};
use super::pagination::PaginationView;
use super::people::PersonPath;

/// Where a person decides of their consent.
const CONSENT: &str = "/api/me/impersonation-consent";

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = own();
    endpoints.extend(acting());
    endpoints
}

/// What a person decides and is told.
fn own() -> Vec<Endpoint> {
    vec![
        Endpoint::get(CONSENT, "get-consent", "Read your consent to support acting as you")
            .tag("Me")
            .describe("It is null while you have given none, or none any more.")
            .signed_in()
            .handle(consent),
        Endpoint::put(CONSENT, "grant-consent", "Consent to support acting as you")
            .tag("Me")
            .describe(
                "For so many hours from now on, in the place of what you consented to before. Whoever holds \
                 `impersonate:users` over an organisation of yours may then see and do what you and they both may: \
                 never your password, keys, sessions, mails or consents, and nothing that shows a secret. You are told \
                 of everything they do.",
            )
            .signed_in()
            .handle(grant),
        Endpoint::delete(CONSENT, "revoke-consent", "Take your consent back")
            .tag("Me")
            .describe("Whatever is done as you ends at once, on other nodes within a second.")
            .faults(&[Code::ConsentNotFound])
            .signed_in()
            .handle(revoke),
        Endpoint::get("/api/me/impersonations", "list-own-impersonations", "List who acted as you")
            .tag("Me")
            .describe("The newest comes first. At most 100 are listed, and each for a year after its end.")
            .signed_in()
            .handle(list),
        Endpoint::get(
            "/api/me/impersonations/{impersonation_id}/acts",
            "list-impersonated-acts",
            "List what was done as you",
        )
        .tag("Me")
        .describe(
            "Every request, noted before it was answered, and every change, the newest first. More than 1000 are \
                 counted only as far as it takes to tell whether there is another page.",
        )
        .faults(&[Code::ImpersonationNotFound])
        .signed_in()
        .handle(acts),
    ]
}

/// What support does.
fn acting() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/api/users/{user_id}/impersonate", "impersonate", "Act as a person")
            .tag("People")
            .describe(
                "They have to consent to it. The tokens are those of a session of theirs, and name you in the claim \
                 `act` (RFC 8693). With them you may do what you both may, as far as an operation says that it may be \
                 done while impersonating. It ends with the consent, with your own session or right, and when either of \
                 you signs out. Nobody acts as themselves, as a super admin without being one, or as one person while \
                 acting as another.",
            )
            .needs(Right::ImpersonateUsers)
            .faults(&[
                Code::UserNotFound,
                Code::ImpersonatingOneself,
                Code::SuperAdminsOnly,
                Code::UserSuspended,
                Code::NoConsent,
            ])
            .handle(impersonate),
        Endpoint::delete("/api/impersonation", "stop-impersonating", "Stop acting as a person")
            .tag("People")
            .describe("The tokens of that session open nothing from the next request on. Your own are good as before.")
            .faults(&[Code::NotImpersonating])
            .signed_in()
            .while_impersonating()
            .handle(stop),
    ]
}

/// A consent that holds.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Consent")]
struct ConsentView {
    /// Since when.
    granted_at: Timestamp,
    /// Until when.
    expires_at: Timestamp,
}

impl From<ConsentRecord> for ConsentView {
    fn from(consent: ConsentRecord) -> Self {
        Self { granted_at: consent.granted_at, expires_at: consent.expires_at }
    }
}

/// A person's consent to support acting as them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OwnConsent")]
struct OwnConsentView {
    /// The consent; null while there is none.
    consent: Option<ConsentView>,
}

async fn consent(call: Call<Caller>) -> Reply<Ok200<OwnConsentView>> {
    let consent = call.context.own_consent(&call.caller).await?.map(ConsentView::from);
    Ok(Ok200::new(OwnConsentView { consent }))
}

body! {
    /// For how long.
    pub strict struct GrantConsent {
        /// How many hours from now on.
        hours: ConsentHours => required "hours",
    }
}

async fn grant(call: Call<Caller, NoPath, NoQuery, GrantConsent>) -> Reply<Ok200<OwnConsentView>> {
    let consent = call.context.grant_consent(&call.caller, call.body.hours).await?;
    Ok(Ok200::new(OwnConsentView { consent: Some(consent.into()) }).saying("consent granted successfully"))
}

async fn revoke(call: Call<Caller>) -> Reply<Ok200<OwnConsentView>> {
    call.context.revoke_consent(&call.caller).await?;
    Ok(Ok200::new(OwnConsentView { consent: None }).saying("consent revoked successfully"))
}

/// Somebody who acted as you, or does.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Impersonation")]
struct ImpersonationView {
    /// The id.
    id: SessionId,
    /// Who it was; null once they are gone.
    actor_id: Option<UserId>,
    /// How they were called.
    actor_name: Name,
    /// From where it began.
    #[schemars(example = &"203.0.113.7")]
    address: String,
    /// Since when.
    started_at: Timestamp,
    /// Until when at the most.
    expires_at: Timestamp,
    /// When somebody ended it before; null where nobody did.
    ended_at: Option<Timestamp>,
    /// Whether it goes on.
    is_running: bool,
    /// How many requests and changes there were.
    acts: i64,
}

impl From<ImpersonationRecord> for ImpersonationView {
    fn from(record: ImpersonationRecord) -> Self {
        Self {
            id: record.id,
            actor_id: record.actor,
            actor_name: record.actor_name,
            address: record.address,
            started_at: record.started_at,
            expires_at: record.expires_at,
            ended_at: record.ended_at,
            is_running: record.is_running,
            acts: record.acts,
        }
    }
}

/// Who acted as a person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Impersonations")]
struct ImpersonationsView {
    /// Those who did.
    impersonations: Vec<ImpersonationView>,
}

async fn list(call: Call<Caller>) -> Reply<Ok200<ImpersonationsView>> {
    let impersonations = call.context.own_impersonations(&call.caller).await?;
    let impersonations = impersonations.into_iter().map(ImpersonationView::from).collect();
    Ok(Ok200::new(ImpersonationsView { impersonations }))
}

path! {
    /// Which of those who acted as you.
    pub struct ImpersonationPath or ImpersonationNotFound {
        /// The impersonation's id.
        impersonation_id: SessionId,
    }
}

query! {
    /// Which page of what was done.
    pub struct ActsQuery {
        /// Which page.
        page: PageNumber => defaulted "page",
        /// How many on a page.
        page_size: PageSize => defaulted "page_size",
    }
}

/// Something that was done as you.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImpersonatedAct")]
struct ActView {
    /// When.
    at: Timestamp,
    /// `request` for what was asked for, `change` for what was changed by it.
    #[schemars(extend("enum" = ["request", "change"]))]
    kind: String,
    /// The name of the operation or of the page, or the action as the audit log calls it.
    #[schemars(example = &"change-system")]
    name: String,
    /// The method and the path, or what was changed.
    #[schemars(example = &"PUT /api/systems/0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a")]
    target: String,
    /// The id of the request, by which the audit log knows it too.
    #[schemars(example = &"0198f3c27d5e7c1a9b1e3f2a4d5c6b7a")]
    request_id: String,
}

impl From<ActRecord> for ActView {
    fn from(act: ActRecord) -> Self {
        let ActRecord { at, kind, name, target, request_id } = act;
        Self { at, kind, name, target, request_id }
    }
}

/// A page of what was done as you.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImpersonatedActs")]
struct ActsView {
    /// What was done.
    acts: Vec<ActView>,
    /// Where in the whole list this is.
    pagination: PaginationView,
}

async fn acts(call: Call<Caller, ImpersonationPath, ActsQuery>) -> Reply<Ok200<ActsView>> {
    let page = Page { number: call.query.page, size: call.query.page_size };
    let found = call.context.acts_as_oneself(&call.caller, call.path.impersonation_id, page).await?;
    let pagination = PaginationView::new(page, found.total, "at", Direction::Descending);
    Ok(Ok200::new(ActsView { acts: found.acts.into_iter().map(ActView::from).collect(), pagination }))
}

/// The tokens of a session of somebody else.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImpersonationBegun")]
struct BegunView {
    /// The id of the session, by which the person is told of it.
    impersonation_id: SessionId,
    /// For both APIs, in the person's place.
    #[schemars(example = &"eyJhbGciOiJFZERTQSJ9…")]
    access_token: String,
    /// For the next tokens, as any refresh token.
    #[schemars(example = &"eyJhbGciOiJFZERTQSJ9…")]
    refresh_token: String,
    /// When it ends at the latest.
    expires_at: Timestamp,
}

async fn impersonate(call: Call<Caller, PersonPath, NoQuery, NoBody, ClientHeaders>) -> Reply<Created201<BegunView>> {
    let user_agent = call.headers.user_agent.as_ref().map(UserAgent::as_str);
    let begun = call.context.impersonate(&call.caller, call.path.user_id, user_agent).await?;
    let view = BegunView {
        impersonation_id: begun.id,
        access_token: begun.tokens.access.expose().to_owned(),
        refresh_token: begun.tokens.refresh.expose().to_owned(),
        expires_at: begun.expires_at,
    };
    Ok(Created201::new(view).saying("impersonation started successfully"))
}

/// That one acts as oneself again.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImpersonationStopped")]
struct StoppedView {
    /// The person whom one acted as.
    user_id: UserId,
}

async fn stop(call: Call<Caller>) -> Reply<Ok200<StoppedView>> {
    call.context.stop_impersonating(&call.caller).await?;
    Ok(Ok200::new(StoppedView { user_id: call.caller.principal.user }).saying("impersonation stopped successfully"))
}
