//! What is switched on here (seed 001, "Global").

use bailiwick_app::caller::Caller;
use bailiwick_app::settings::Registration;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_domain::account::Language;
use bailiwick_domain::password;
use bailiwick_domain::time::Span;
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/auth/configuration", "configuration", "Return the configuration of the service")
            .tag("Global")
            .within(Span::seconds(1))
            .signed_in()
            .handle(configuration),
    ]
}

/// The configuration of the service.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Configuration")]
struct ConfigurationView {
    /// What is switched on here.
    features: FeaturesView,
}

/// What is switched on here.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Features")]
struct FeaturesView {
    /// The languages that mails speak.
    languages: [Language; Language::ALL.len()],
    /// Whether mails are sent, rather than written into files.
    mail: bool,
    /// The longest password, in characters.
    password_length_max: usize,
    /// The shortest password, in characters.
    password_length_min: usize,
    /// Who may register: `open`, `invite` or `closed`.
    #[schemars(with = "String", extend("enum" = ["open", "invite", "closed"]))]
    registration: &'static str,
    /// The system types that this server accepts.
    system_types: Vec<String>,
    /// What an account may do before its address is confirmed: `all`, `account` (what concerns itself) or `nothing`.
    #[schemars(with = "String", extend("enum" = ["all", "account", "nothing"]))]
    unconfirmed: &'static str,
}

async fn configuration(call: Call<Caller>) -> Reply<Ok200<ConfigurationView>> {
    let settings = &call.context.settings;
    let features = FeaturesView {
        languages: Language::ALL,
        mail: settings.smtp_url.is_some(),
        password_length_max: password::LENGTH_MAX,
        password_length_min: password::LENGTH_MIN,
        registration: Registration::name(settings.registration),
        system_types: settings.system_types.iter().map(ToString::to_string).collect(),
        unconfirmed: settings.unconfirmed.name(),
    };
    Ok(Ok200::new(ConfigurationView { features }))
}
