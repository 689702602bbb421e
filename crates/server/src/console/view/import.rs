//! What a file of invitations would do, row by row, before one button does it.

use askama::Template;
use bailiwick_domain::role::Role;

use super::layout::Layout;
use super::organisation::role_label;

/// The answer to a file. Its form posts to `/invitations/import`, with the file as a field.
#[derive(Template)]
#[template(path = "invitation_import.html")]
pub struct ImportPage {
    /// What every page carries.
    pub layout: Layout,
    /// Whether every row is good.
    pub is_good: bool,
    /// How many would be invited.
    pub invited: usize,
    /// The rows.
    pub lines: Vec<ImportLine>,
    /// The file.
    pub csv: String,
    /// Why it was not carried out.
    pub alert: Option<String>,
}

/// A row of the file.
#[derive(Clone, Debug)]
pub struct ImportLine {
    /// The number of its line.
    pub line: usize,
    /// What stands in the column of the addresses.
    pub email: String,
    /// How the person is called, where the file says so.
    pub name: Option<String>,
    /// The organisation, where it is known.
    pub organisation: Option<String>,
    /// As what, where it could be read.
    pub role: Option<Role>,
    /// What it does.
    pub kind: OutcomeKind,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
}

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// The person is invited.
    Invite,
    /// Nothing: they belong there.
    AlreadyMember,
    /// Nothing: they are invited.
    AlreadyInvited,
    /// Nothing: a row before it says the same.
    Duplicate {
        /// The line of that row.
        line: usize,
    },
    /// It cannot be read.
    Invalid,
    /// A rule forbids it.
    NotAllowed,
}

impl ImportLine {
    /// The words for what it does.
    fn outcome(&self) -> String {
        match self.kind {
            OutcomeKind::Invite => "Would be invited".to_owned(),
            OutcomeKind::AlreadyMember => "Member already".to_owned(),
            OutcomeKind::AlreadyInvited => "Invited already".to_owned(),
            OutcomeKind::Duplicate { line } => format!("Same as line {line}"),
            OutcomeKind::Invalid => "Cannot be read".to_owned(),
            OutcomeKind::NotAllowed => "Not allowed".to_owned(),
        }
    }

    /// The name of its shape.
    const fn style(&self) -> &'static str {
        match self.kind {
            OutcomeKind::Invite => "online",
            OutcomeKind::AlreadyMember | OutcomeKind::AlreadyInvited | OutcomeKind::Duplicate { .. } => "maintenance",
            OutcomeKind::Invalid | OutcomeKind::NotAllowed => "offline",
        }
    }

    fn role_label(&self) -> &'static str {
        self.role.map_or("–", role_label)
    }
}

impl ImportPage {
    /// What the whole file would do.
    fn conclusion(&self) -> String {
        let rows = self.lines.len();
        match (self.is_good, self.invited) {
            (false, _) => "Nobody is invited before every row is good. Mend the file and choose it again.".to_owned(),
            (true, 0) => "Everybody in the file was invited before, or belongs there already.".to_owned(),
            (true, 1) => format!("1 person of {rows} rows would be invited. Nothing has happened yet."),
            (true, invited) => format!("{invited} people of {rows} rows would be invited. Nothing has happened yet."),
        }
    }

    /// What the button says.
    fn act(&self) -> String {
        if self.invited == 1 { "Send 1 invitation".to_owned() } else { format!("Send {} invitations", self.invited) }
    }

    /// What the page is called in this state.
    const fn title(&self) -> &'static str {
        if self.alert.is_some() || !self.is_good { "Error: What the file would do" } else { "What the file would do" }
    }
}

#[cfg(test)]
impl ImportPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use super::layout::Active;
        use super::layout::samples::member;

        let line = |line: usize, kind: OutcomeKind, faults: &[&str]| ImportLine {
            line,
            email: format!("person-{line}@northwind.example{plant}"),
            name: line.is_multiple_of(2).then(|| format!("Ada Verdi{plant}")),
            organisation: faults.is_empty().then(|| format!("Northwind Distribution{plant}")),
            role: faults.is_empty().then_some(Role::Reader),
            kind,
            faults: faults.iter().map(|fault| format!("{fault}{plant}")).collect(),
        };
        let good = || {
            vec![
                line(2, OutcomeKind::Invite, &[]),
                line(3, OutcomeKind::AlreadyMember, &[]),
                line(4, OutcomeKind::AlreadyInvited, &[]),
                line(5, OutcomeKind::Duplicate { line: 2 }, &[]),
            ]
        };
        let bad = [
            line(6, OutcomeKind::Invalid, &["email must be an e-mail address such as ann@example.org"]),
            line(7, OutcomeKind::NotAllowed, &["organization must be an organisation whose people you may manage"]),
        ];
        let page = |lines: Vec<ImportLine>, is_good: bool, invited: usize| Self {
            layout: member("", Active::Invitations, plant),
            is_good,
            invited,
            lines,
            csv: format!("email,role\r\nperson-2@northwind.example,reader{plant}\r\n"),
            alert: None,
        };
        let alert = Some(format!("The service is not available right now. Try again in a moment{plant}."));
        vec![
            ("import", page(good(), true, 1)),
            ("import-refused", page([good(), bad.to_vec()].concat(), false, 1)),
            ("import-nothing-to-do", page(vec![line(2, OutcomeKind::AlreadyInvited, &[])], true, 0)),
            ("import-unavailable", Self { alert, ..page(good(), true, 1) }),
        ]
    }
}
