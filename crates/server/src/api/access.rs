//! Why somebody may do something, or may not.

use bailiwick_app::caller::Caller;
use bailiwick_app::explanation::{Chain, Explanation, OrganisationRecord, Outcome, Rule};
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::NoPath;
use bailiwick_contract::query;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::resource::Resource;
use bailiwick_domain::role::{Right, Role};

use schemars::JsonSchema;
use serde::Serialize;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/access/explain", "explain-access", "Explain why somebody may do something")
            .tag("Access")
            .describe(
                "Yes or no, and the chain that leads there: from a role in an organisation, down the tree, to the rule. \
                 For whoever manages both the person and what the right is about.",
            )
            .needs(Right::ManageUsers)
            .while_impersonating()
            .handle(explain),
    ]
}

query! {
    /// Who, what, and over what.
    pub struct ExplainQuery {
        /// The person.
        subject: UserId => required "subject",
        /// What the right is about: `system:`, `organization:` or `user:` and an id.
        resource: Resource => required "resource",
        /// The right, such as `manage:systems`.
        right: Right => required "right",
    }
}

/// Whether somebody may do something, and why.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessExplanation")]
struct ExplanationView {
    /// Yes or no.
    allowed: bool,
    /// The rule that decides.
    #[schemars(extend("enum" = Rule::ALL.map(Rule::name)))]
    rule: &'static str,
    /// The same in a sentence.
    explanation: String,
    /// The person.
    subject: SubjectView,
    /// What the right is about.
    resource: ResourceView,
    /// The right.
    right: Right,
    /// What each of the person's places does for it, those that grant it first.
    chain: Vec<ChainView>,
}

/// The person who may or may not.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessSubject")]
struct SubjectView {
    /// The id.
    id: UserId,
    /// How they are called.
    name: Name,
    /// How they sign in.
    email: EmailAddress,
}

/// What a right is about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessResource")]
struct ResourceView {
    /// `system`, `organization` or `user`, a colon, and the id.
    resource: String,
    /// How it is called.
    name: Name,
}

/// What one place of a person does for a right.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessChain")]
struct ChainView {
    /// Where they are something; null where that is not for your eyes.
    organization: Option<StepView>,
    /// What they are there.
    role: Option<Role>,
    /// `grants`, `role_lacks_right`, `not_above` (what the right is about is elsewhere) or `organization_suspended`.
    #[schemars(extend("enum" = Outcome::ALL.map(Outcome::name)))]
    outcome: &'static str,
    /// The organisations from there down to where the thing is, both included.
    path: Vec<StepView>,
}

/// An organisation on the way.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessStep")]
struct StepView {
    /// The id.
    id: OrganisationId,
    /// Its name.
    name: Name,
    /// Its place in the partner tree.
    r#type: OrganisationKind,
}

impl From<OrganisationRecord> for StepView {
    fn from(OrganisationRecord { id, kind, name }: OrganisationRecord) -> Self {
        Self { id, name, r#type: kind }
    }
}

impl From<Chain> for ChainView {
    fn from(Chain { place, outcome, way }: Chain) -> Self {
        let (organization, role) = place.map(|(organisation, role)| (organisation.into(), role)).unzip();
        Self { organization, role, outcome: outcome.name(), path: way.into_iter().map(StepView::from).collect() }
    }
}

/// The explanation in a sentence.
pub(crate) fn sentence(explained: &Explanation, right: Right) -> String {
    let Explanation { subject, resource, rule, chains } = explained;
    let name = &subject.name;
    match rule {
        Rule::SuperAdmin => format!("{name} is a super admin, and super admins hold every right everywhere."),
        Rule::Oneself => "Everybody sees their own account.".to_owned(),
        Rule::Role => match chains.first().and_then(|chain| chain.place.as_ref().map(|place| (place, &chain.way))) {
            Some(((organisation, role), way)) if way.len() > 1 => {
                let steps: Vec<&str> = way.iter().map(|step| step.name.as_str()).collect();
                let (place, way) = (&organisation.name, steps.join(" → "));
                format!(
                    "{name} is {role} in {place}, which grants {right} there and below, and {resource} is below: {way}."
                )
            }
            Some(((organisation, role), _)) => {
                format!(
                    "{name} is {role} in {}, which grants {right} there, and {resource} is there.",
                    organisation.name
                )
            }
            None => format!("{name} has a role further up, which grants {right} there and below."),
        },
        Rule::Suspended => format!("{name} is suspended, and whoever is suspended may do nothing."),
        Rule::SuperAdminsOnly => format!("{right} over {resource} is for super admins alone, and {name} is none."),
        Rule::NoRole => format!("{name} has no role that grants {right} where {resource} is, or above."),
    }
}

async fn explain(call: Call<Caller, NoPath, ExplainQuery>) -> Reply<Ok200<ExplanationView>> {
    let ExplainQuery { subject, resource, right } = call.query;
    let explained = call.context.explain_access(&call.caller, subject, resource, right).await?;
    let explanation = sentence(&explained, right);
    let allowed = explained.is_allowed();
    let Explanation { subject, resource: name, rule, chains } = explained;
    let view = ExplanationView {
        allowed,
        rule: rule.name(),
        explanation,
        subject: SubjectView { id: subject.id, name: subject.name, email: subject.email },
        resource: ResourceView { resource: resource.to_string(), name },
        right,
        chain: chains.into_iter().map(ChainView::from).collect(),
    };
    Ok(Ok200::new(view).saying("access explained successfully"))
}
