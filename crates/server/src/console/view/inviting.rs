//! `/invitations/new`: one invitation, or a file of them.

use askama::Template;
use bailiwick_domain::account::Language;
use bailiwick_domain::invitation_file::ROWS_MAX;
use bailiwick_domain::role::Role;

use super::layout::{Choice, Field, Layout, Problem, problems};
use super::organisation::role_label;

/// The page `/invitations/new`. One invitation posts to it; a file to `/invitations/import`.
#[derive(Template)]
#[template(path = "invitation_new.html")]
pub struct InvitePage {
    /// What every page carries.
    pub layout: Layout,
    /// The form of one invitation.
    pub form: InviteForm,
    /// What is wrong with the file.
    pub file_error: Option<String>,
}

/// `email`, `organization`, `role`, `language`.
#[derive(Clone, Debug, Default)]
pub struct InviteForm {
    /// To whom.
    pub email: Field,
    /// Whereto: a name or an id.
    pub organisation: Field,
    /// As what; nothing as long as nothing is chosen.
    pub role: Option<Role>,
    /// What is wrong with the role.
    pub role_error: Option<String>,
    /// The language of the mail; nothing for English.
    pub language: Option<Language>,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
}

impl InviteForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("email", "E-mail address", self.email.error.as_ref()),
            ("organization", "Organisation", self.organisation.error.as_ref()),
            ("role", "Role", self.role_error.as_ref()),
        ])
    }

    /// The roles to choose from, the one first that can do the least harm.
    fn roles(&self) -> Vec<Choice> {
        let choice = |role: Role| Choice {
            value: role.name().to_owned(),
            label: format!("{}: {}", role_label(role), duties(role)),
            selected: self.role.unwrap_or(Role::Reader) == role,
        };
        Role::ALL.into_iter().rev().map(choice).collect()
    }

    fn languages(&self) -> Vec<Choice> {
        let choice = |language: Language| Choice {
            value: language.tag().to_owned(),
            label: language.own_name().to_owned(),
            selected: self.language.unwrap_or_default() == language,
        };
        Language::ALL.into_iter().map(choice).collect()
    }
}

/// What one may do in a role.
const fn duties(role: Role) -> &'static str {
    match role {
        Role::Admin => "runs it, its people and what is below",
        Role::Support => "looks after the systems",
        Role::Reader => "sees everything, changes nothing",
    }
}

impl InvitePage {
    /// What is wrong with the file, for the summary above its form.
    fn file_problems(&self) -> Vec<Problem> {
        problems([("file", "File", self.file_error.as_ref())])
    }

    fn rows_max(&self) -> usize {
        let Self { .. } = self;
        ROWS_MAX
    }

    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        let is_wrong = !self.form.problems().is_empty() || self.form.alert.is_some() || self.file_error.is_some();
        if is_wrong { "Error: Invite people" } else { "Invite people" }
    }
}

#[cfg(test)]
impl InvitePage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use super::layout::Active;
        use super::layout::samples::member;

        let form = || InviteForm {
            organisation: Field::new(format!("Northwind Distribution{plant}")),
            ..InviteForm::default()
        };
        let page = |form: InviteForm| Self {
            layout: member("/invitations/new", Active::Invitations, plant),
            form,
            file_error: None,
        };
        vec![
            ("invite", page(form())),
            (
                "invite-errors",
                page(InviteForm {
                    email: Field::refused(format!("ann{plant}"), "Must be an e-mail address such as ann@example.org."),
                    organisation: Field::refused(
                        format!("Nowhere{plant}"),
                        "Must be an organisation whose people you may manage.",
                    ),
                    role: Some(Role::Admin),
                    role_error: Some("Choose one of the roles.".to_owned()),
                    language: Some(Language::German),
                    alert: None,
                }),
            ),
            (
                "invite-too-many",
                page(InviteForm { alert: Some(format!("Too many invitations were sent today{plant}.")), ..form() }),
            ),
            (
                "invite-bad-file",
                Self { file_error: Some(format!("Must be a table with a column “email”{plant}.")), ..page(form()) },
            ),
        ]
    }
}
