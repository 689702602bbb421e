//! What is switched on here (seed 001, "Global").

use bailiwick_app::caller::Caller;
use bailiwick_app::idempotency::KEY_LENGTH_MAX;
use bailiwick_app::settings::Registration;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::BODY_LENGTH_MAX;
use bailiwick_domain::account::Language;
use bailiwick_domain::callback::CALLBACK_URL_LENGTH_MAX;
use bailiwick_domain::name::NAME_LENGTH_MAX;
use bailiwick_domain::page::PAGE_SIZE_MAX;
use bailiwick_domain::system::{CUSTOM_DATA_BYTES_MAX, CUSTOM_DATA_MEMBERS_MAX};
use bailiwick_domain::time::Span;
use bailiwick_domain::{api_key, email, password, state_token};
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/auth/configuration", "configuration", "Return the configuration of the service")
            .tag("Global")
            .within(Span::seconds(1))
            .signed_in()
            .while_impersonating()
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
    /// How much of anything this server takes.
    limits: LimitsView,
    /// Whether mails are sent, rather than written into files.
    mail: bool,
    /// Whether people sign in to Nx through this server.
    nx: bool,
    /// Who may register: `open`, `invite` or `closed`.
    #[schemars(with = "String", extend("enum" = ["open", "invite", "closed"]))]
    registration: &'static str,
    /// The second factors that an account may have.
    second_factors: Vec<String>,
    /// The system types that this server accepts.
    system_types: Vec<String>,
    /// What an account may do before its address is confirmed: `all`, `account` (what concerns itself) or `nothing`.
    #[schemars(with = "String", extend("enum" = ["all", "account", "nothing"]))]
    unconfirmed: &'static str,
    /// Where else one may sign in to get in here.
    upstreams: Vec<String>,
}

/// How much of anything this server takes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Limits")]
struct LimitsView {
    /// How long an API key lives at the most, in days.
    api_key_days_max: i64,
    /// The most living API keys of a person.
    api_keys_max: i64,
    /// The longest body of a request, in bytes, unless its endpoint says otherwise.
    body_length_max: usize,
    /// The longest callback URL, in bytes.
    callback_url_length_max: usize,
    /// The longest custom data of a system as compact JSON, in bytes.
    custom_data_length_max: usize,
    /// The most members in the custom data of a system.
    custom_data_members_max: usize,
    /// The longest e-mail address, in bytes.
    email_length_max: usize,
    /// The longest idempotency key, in characters.
    idempotency_key_length_max: usize,
    /// The longest name of a person, an organisation or a system, in characters.
    name_length_max: usize,
    /// The most rows on a page of a list.
    page_size_max: u32,
    /// The longest password, in characters.
    password_length_max: usize,
    /// The shortest password, in characters.
    password_length_min: usize,
    /// How hard a password has to be to guess: its score, of 4.
    password_score_min: u8,
    /// The longest state token, in bytes.
    state_length_max: usize,
}

/// What the types themselves hold to.
const LIMITS: LimitsView = LimitsView {
    api_key_days_max: api_key::DAYS_MAX,
    api_keys_max: api_key::KEYS_MAX,
    body_length_max: BODY_LENGTH_MAX,
    callback_url_length_max: CALLBACK_URL_LENGTH_MAX,
    custom_data_length_max: CUSTOM_DATA_BYTES_MAX,
    custom_data_members_max: CUSTOM_DATA_MEMBERS_MAX,
    email_length_max: email::LENGTH_MAX,
    idempotency_key_length_max: KEY_LENGTH_MAX,
    name_length_max: NAME_LENGTH_MAX,
    page_size_max: PAGE_SIZE_MAX,
    password_length_max: password::LENGTH_MAX,
    password_length_min: password::LENGTH_MIN,
    password_score_min: password::SCORE_MIN,
    state_length_max: state_token::LENGTH_MAX,
};

async fn configuration(call: Call<Caller>) -> Reply<Ok200<ConfigurationView>> {
    let settings = &call.context.settings;
    let features = FeaturesView {
        languages: Language::ALL,
        limits: LIMITS,
        mail: settings.smtp_url.is_some(),
        nx: false,
        registration: Registration::name(settings.registration),
        second_factors: Vec::new(),
        system_types: settings.system_types.iter().map(ToString::to_string).collect(),
        unconfirmed: settings.unconfirmed.name(),
        upstreams: Vec::new(),
    };
    Ok(Ok200::new(ConfigurationView { features }))
}
