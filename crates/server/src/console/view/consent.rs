//! `/system-creation`, first half: who asks, what for, and the click without
//! which nothing is created (contract, section 5).

use askama::Template;

use super::layout::{Choice, Field, Layout, Problem, problems};

/// The question; posts `callback_url`, `state`, `idempotency_key`, `name`,
/// `type` and `organization_id` to `/system-creation`, and `type_chosen` where
/// the type was the person's choice.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// What every page carries.
    pub layout: Layout,
    /// The host that asks, in punycode, with its port where it is not the usual one.
    pub host: String,
    /// The whole callback URL as it was given.
    pub callback_url: String,
    /// The state token as it was given.
    pub state: String,
    /// Made when the page was first shown, so that a second click creates nothing twice.
    pub idempotency_key: String,
    /// The name of the system to create; the person may change it.
    pub name: Field,
    /// Of which type it will be.
    pub system_type: TypeChoice,
    /// In which organisation it will be.
    pub organisation: OrganisationChoice,
    /// `callback_url` with `error=access_denied` and the state.
    pub cancel_url: String,
    /// Path and query that show this question again, for who signs in as somebody else.
    pub again: String,
    /// The name of the person who is signed in.
    pub user_name: String,
    /// The e-mail address of the person who is signed in.
    pub user_email: String,
    /// What went wrong with the whole of it, such as a database that does not answer.
    pub alert: Option<String>,
}

/// Of which type the system will be.
pub enum TypeChoice {
    /// The link says so.
    Given(Choice),
    /// The link says nothing, or nothing that is accepted here: the person chooses.
    Open {
        /// The accepted types.
        choices: Vec<Choice>,
        /// What is wrong with the choice.
        error: Option<String>,
    },
}

/// In which organisation the system will be.
pub enum OrganisationChoice {
    /// There is only one where this person may create systems.
    Only(OrganisationOption),
    /// The person chooses.
    Several {
        /// Where this person may create systems.
        options: Vec<OrganisationOption>,
        /// What is wrong with the choice.
        error: Option<String>,
    },
}

/// An organisation where the person may create systems.
#[derive(Clone, Debug)]
pub struct OrganisationOption {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is in the partner tree: `owner`, `distributor`, `reseller`, `customer`.
    pub kind: String,
    /// Whether it is chosen now.
    pub selected: bool,
}

impl ConsentPage {
    fn problems(&self) -> Vec<Problem> {
        let type_error = match &self.system_type {
            TypeChoice::Given(_) => None,
            TypeChoice::Open { error, .. } => error.as_ref(),
        };
        let organisation_error = match &self.organisation {
            OrganisationChoice::Only(_) => None,
            OrganisationChoice::Several { error, .. } => error.as_ref(),
        };
        problems([
            ("name", "Name", self.name.error.as_ref()),
            ("type", "Type", type_error),
            ("organization_id", "Organisation", organisation_error),
        ])
    }

    /// How the page's title begins in this state.
    fn title_prefix(&self) -> &'static str {
        if self.problems().is_empty() && self.alert.is_none() { "" } else { "Error: " }
    }
}

/// The request that led here cannot be granted: why, and the way back.
#[derive(Template)]
#[template(path = "consent_refused.html")]
pub struct ConsentRefusedPage {
    /// What every page carries.
    pub layout: Layout,
    /// Why.
    pub refusal: ConsentRefusal,
    /// Where to go; `None` when the callback URL is no place to send anybody to.
    pub way_back: Option<WayBack>,
}

/// The way back to who asked.
#[derive(Clone, Debug)]
pub struct WayBack {
    /// The host in punycode.
    pub host: String,
    /// Its origin, or the callback URL with an error.
    pub url: String,
}

/// Why a request to create a system cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentRefusal {
    /// The state token cannot be read, or comes from the future.
    StateMalformed,
    /// The state token is older than an hour.
    StateExpired,
    /// The state token was used before.
    StateUsed,
    /// The callback URL cannot be used.
    CallbackUrl {
        /// What it ought to be, as a whole sentence.
        expected: String,
    },
    /// The callback URL points to where this server must not call.
    Destination,
    /// The link asks for a type that this server does not create.
    SystemType {
        /// What it asks for.
        given: String,
    },
    /// The person may not create systems in any organisation.
    NoRight {
        /// The e-mail address of the person who is signed in.
        user_email: String,
        /// Where somebody else, once signed in, is asked the same question.
        again: String,
    },
}

impl ConsentRefusal {
    /// What the page is called.
    fn title(&self) -> &'static str {
        match self {
            Self::StateMalformed => "This link is not valid",
            Self::StateExpired => "This link has expired",
            Self::StateUsed => "This link was used already",
            Self::CallbackUrl { .. } => "The return address is not valid",
            Self::Destination => "The return address is not allowed",
            Self::SystemType { .. } => "This type of system is not offered",
            Self::NoRight { .. } => "You may not create systems",
        }
    }
}

#[cfg(test)]
fn sample_organisation(number: u8, name: &str, kind: &str, plant: &str) -> OrganisationOption {
    OrganisationOption {
        id: format!("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7{number}{plant}"),
        name: format!("{name}{plant}"),
        kind: kind.to_owned(),
        selected: number == 1,
    }
}

#[cfg(test)]
fn sample_choice(value: &str, selected: bool, plant: &str) -> Choice {
    Choice { value: format!("{value}{plant}"), label: format!("{value}{plant}"), selected }
}

#[cfg(test)]
impl ConsentPage {
    /// The plainest state, of which the others are variations.
    fn sample(plant: &str) -> Self {
        let callback = format!("https://shop.example/nethserver/callback?order=4711&lang=it{plant}");
        Self {
            layout: super::layout::samples::stranger("/system-creation?callback_url=https", plant),
            host: format!("shop.example{plant}"),
            state: format!("state_eyJ0aW1lc3RhbXAiOjE3OTUxNjcwMDAwMDAsInJhbmRvbSI6IjhmMmMifQ{plant}"),
            idempotency_key: format!("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7d{plant}"),
            name: Field::new(format!("Production Server{plant}")),
            system_type: TypeChoice::Given(sample_choice("ns8", true, plant)),
            organisation: OrganisationChoice::Only(sample_organisation(1, "Northwind", "distributor", plant)),
            cancel_url: format!("{callback}&error=access_denied&state=state_eyJ0aW1lc3RhbXAiOjE3OTUxNjcwMDAwMDB9"),
            again: format!("/system-creation?callback_url=https%3A%2F%2Fshop.example{plant}"),
            user_name: format!("Ada Verdi{plant}"),
            user_email: format!("ada.verdi@northwind.example{plant}"),
            alert: None,
            callback_url: callback,
        }
    }

    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let several = |error| OrganisationChoice::Several {
            options: vec![
                sample_organisation(1, "Northwind", "distributor", plant),
                sample_organisation(2, "Alpine Networks", "reseller", plant),
                sample_organisation(3, "Hotel Bellavista", "customer", plant),
            ],
            error,
        };
        let open = |error| TypeChoice::Open {
            choices: vec![sample_choice("ns8", false, plant), sample_choice("nsec", false, plant)],
            error,
        };
        let page = || Self::sample(plant);
        let long = format!(
            "https://xn--prsentation-e9a.customers.very-long-name-of-a-shop.example:8443/integrations/{}/callback?{}{plant}",
            "nethserver-8-provisioning".repeat(3),
            "a-long-parameter=with-a-long-value&".repeat(6),
        );
        vec![
            ("consent", page()),
            ("consent-several", Self { organisation: several(None), system_type: open(None), ..page() }),
            (
                "consent-errors",
                Self {
                    name: Field::refused(plant, "Enter a name of 1 to 255 characters."),
                    system_type: open(Some("Choose a type.".to_owned())),
                    organisation: several(Some(format!("You may no longer create systems there{plant}."))),
                    ..page()
                },
            ),
            (
                "consent-long",
                Self {
                    host: format!("xn--prsentation-e9a.customers.very-long-name-of-a-shop.example:8443{plant}"),
                    callback_url: long,
                    name: Field::new("A name of a system that goes on and on ".repeat(6)),
                    ..page()
                },
            ),
            (
                "consent-unavailable",
                Self {
                    alert: Some(format!("The database does not answer right now. Nothing was created{plant}.")),
                    ..page()
                },
            ),
        ]
    }
}

#[cfg(test)]
impl ConsentRefusedPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |refusal, back: bool| Self {
            layout: super::layout::samples::stranger("/system-creation", plant),
            refusal,
            way_back: back.then(|| WayBack {
                host: format!("shop.example{plant}"),
                url: format!("https://shop.example/{plant}"),
            }),
        };
        vec![
            ("refused-malformed", page(ConsentRefusal::StateMalformed, true)),
            ("refused-expired", page(ConsentRefusal::StateExpired, true)),
            ("refused-used", page(ConsentRefusal::StateUsed, true)),
            (
                "refused-callback",
                page(
                    ConsentRefusal::CallbackUrl { expected: format!("It has to be an absolute https URL{plant}.") },
                    false,
                ),
            ),
            ("refused-destination", page(ConsentRefusal::Destination, false)),
            ("refused-type", page(ConsentRefusal::SystemType { given: format!("windows{plant}") }, true)),
            (
                "refused-right",
                page(
                    ConsentRefusal::NoRight {
                        user_email: format!("ada.verdi@northwind.example{plant}"),
                        again: format!("/system-creation?name={plant}"),
                    },
                    true,
                ),
            ),
        ]
    }
}
