//! `/invitations`: the invitations into the organisations whose people one manages.

use askama::Template;
use bailiwick_domain::invitation::InvitationStatus;
use bailiwick_domain::role::Role;

use super::layout::{Choice, Layout, Moment};
use super::list::{Paging, address};
use super::organisation::role_label;

/// Rows on a page of the list: as many as keep its HTML under 30 KB.
pub const ROWS: u32 = 20;

/// The page `/invitations`. Each row's form posts to it, with `act` and `id`.
#[derive(Template)]
#[template(path = "invitations.html")]
pub struct InvitationsPage {
    /// What every page carries.
    pub layout: Layout,
    /// What the address asks for.
    pub ask: InvitationsAsk,
    /// The invitations.
    pub rows: Vec<InvitationRow>,
    /// Where in the whole list they are.
    pub paging: Paging,
    /// What was done just before.
    pub notice: Option<InvitationNotice>,
    /// Why something was not done.
    pub alert: Option<String>,
}

/// What the address asks for: `q`, `status`, `page`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvitationsAsk {
    /// Text that the address has; empty for any.
    pub search: String,
    /// What became of them; nothing for whatever.
    pub status: Option<InvitationStatus>,
    /// Which page, from 1 on.
    pub page: u32,
}

impl InvitationsAsk {
    /// The address that shows this.
    #[must_use]
    pub fn address(&self) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let status = self.status.map_or("", InvitationStatus::name);
        address("/invitations", &[("q", self.search.as_str()), ("status", status), ("page", &page)])
    }

    /// The address of another page of the same list.
    #[must_use]
    pub fn at_page(&self, page: u32) -> String {
        Self { page, ..self.clone() }.address()
    }

    const fn is_filtered(&self) -> bool {
        !self.search.is_empty() || self.status.is_some()
    }

    /// The choices of the filter by status.
    fn statuses(&self) -> Vec<Choice> {
        let choice = |status: InvitationStatus| Choice {
            value: status.name().to_owned(),
            label: status_label(status).to_owned(),
            selected: self.status == Some(status),
        };
        InvitationStatus::ALL.into_iter().map(choice).collect()
    }
}

/// An invitation in the list.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Its UUID.
    pub id: String,
    /// To whom it was mailed.
    pub email: String,
    /// The name of the organisation.
    pub organisation: String,
    /// As what.
    pub role: Role,
    /// Who sent it; nobody where it was the operator of the server.
    pub inviter: Option<String>,
    /// What became of it.
    pub status: InvitationStatus,
    /// When its link was mailed.
    pub sent: Moment,
    /// Until when that is good.
    pub expires: Moment,
}

impl InvitationRow {
    fn role_label(&self) -> &'static str {
        role_label(self.role)
    }

    fn status_label(&self) -> &'static str {
        status_label(self.status)
    }

    /// The name of its shape.
    const fn status_style(&self) -> &'static str {
        match self.status {
            InvitationStatus::Open | InvitationStatus::Accepted => "online",
            InvitationStatus::Suspended => "maintenance",
            InvitationStatus::Expired | InvitationStatus::Revoked => "offline",
        }
    }

    fn inviter(&self) -> &str {
        self.inviter.as_deref().unwrap_or("Somebody above")
    }

    /// Whether it can be mailed again.
    const fn may_resend(&self) -> bool {
        matches!(self.status, InvitationStatus::Open | InvitationStatus::Expired)
    }

    /// Whether it can be taken back.
    const fn may_revoke(&self) -> bool {
        matches!(self.status, InvitationStatus::Open | InvitationStatus::Suspended)
    }
}

/// The word for what became of an invitation.
const fn status_label(status: InvitationStatus) -> &'static str {
    match status {
        InvitationStatus::Open => "Open",
        InvitationStatus::Accepted => "Accepted",
        InvitationStatus::Revoked => "Taken back",
        InvitationStatus::Expired => "Expired",
        InvitationStatus::Suspended => "Suspended",
    }
}

/// What one did just before one came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationNotice {
    /// One invited somebody.
    Sent,
    /// One mailed an invitation again.
    Resent,
    /// One took an invitation back.
    Revoked,
    /// One invited so many by a file.
    Imported(usize),
}

impl InvitationNotice {
    /// The notice of this name.
    #[must_use]
    pub fn from_key(key: &str, count: Option<usize>) -> Option<Self> {
        match key {
            "sent" => Some(Self::Sent),
            "resent" => Some(Self::Resent),
            "revoked" => Some(Self::Revoked),
            "imported" => count.map(Self::Imported),
            _ => None,
        }
    }

    /// The address that shows it.
    #[must_use]
    pub fn address(self) -> String {
        match self {
            Self::Sent => "/invitations?notice=sent".to_owned(),
            Self::Resent => "/invitations?notice=resent".to_owned(),
            Self::Revoked => "/invitations?notice=revoked".to_owned(),
            Self::Imported(count) => format!("/invitations?notice=imported&count={count}"),
        }
    }

    /// What happened.
    fn words(self) -> String {
        match self {
            Self::Sent => "The invitation is on its way. Its link is good for 7 days.".to_owned(),
            Self::Resent => {
                "Another link is on its way, good for 7 days. The one before opens nothing any more.".to_owned()
            }
            Self::Revoked => "The invitation is taken back.".to_owned(),
            Self::Imported(0) => "Everybody in the file was invited before, or belongs there already.".to_owned(),
            Self::Imported(1) => "1 invitation is on its way. Its link is good for 7 days.".to_owned(),
            Self::Imported(count) => {
                format!("{count} invitations are on their way. Their links are good for 7 days.")
            }
        }
    }
}

impl InvitationsPage {
    fn count(&self) -> Option<String> {
        (self.paging.found > 0).then(|| self.paging.count(("invitation", "invitations"), None))
    }

    fn notice(&self) -> Option<String> {
        self.notice.map(InvitationNotice::words)
    }

    /// What the page is called in this state.
    const fn title(&self) -> &'static str {
        if self.alert.is_some() { "Error: Invitations" } else { "Invitations" }
    }
}

#[cfg(test)]
impl InvitationsPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use bailiwick_domain::time::Span;

        use super::layout::Active;
        use super::layout::samples::{NOW, member};

        let row = |number: usize| InvitationRow {
            id: format!("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b{number:02}{plant}"),
            email: format!("person-{number}@northwind.example{plant}"),
            organisation: format!("Northwind Distribution{plant}"),
            role: Role::ALL.into_iter().cycle().nth(number).unwrap_or(Role::Reader),
            inviter: (number % 4 != 3).then(|| format!("Carla Neri{plant}")),
            status: InvitationStatus::ALL.into_iter().cycle().nth(number).unwrap_or(InvitationStatus::Open),
            sent: Moment::new(NOW, NOW.minus(Span::hours(7))),
            expires: Moment::new(NOW, NOW.plus(Span::days(6))),
        };
        let page = |ask: InvitationsAsk, shown: usize, found: i64| Self {
            layout: member("/invitations", Active::Invitations, plant),
            paging: Paging::new(ask.page.max(1), ROWS, shown, found, |page| ask.at_page(page)),
            rows: (0..shown).map(row).collect(),
            ask,
            notice: None,
            alert: None,
        };
        let first = || InvitationsAsk { page: 1, ..InvitationsAsk::default() };
        let searched = InvitationsAsk { search: format!("ann{plant}"), status: Some(InvitationStatus::Open), page: 1 };
        let alert = || Some(format!("Too many invitations were sent today{plant}."));
        vec![
            ("invitations", page(first(), 7, 7)),
            ("invitations-full", page(InvitationsAsk { page: 2, ..first() }, 20, 214)),
            ("invitations-empty", page(first(), 0, 0)),
            ("invitations-not-found", page(searched, 0, 0)),
            ("invitations-past-the-end", page(InvitationsAsk { page: 99, ..first() }, 0, 214)),
            ("invitations-sent", Self { notice: Some(InvitationNotice::Imported(12)), ..page(first(), 3, 3) }),
            ("invitations-refused", Self { alert: alert(), ..page(first(), 3, 3) }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_only_what_differs_from_the_plain_list() {
        assert_eq!(InvitationsAsk { page: 1, ..InvitationsAsk::default() }.address(), "/invitations");
        let ask = InvitationsAsk { search: "a&b".to_owned(), status: Some(InvitationStatus::Open), page: 3 };
        assert_eq!(ask.address(), "/invitations?q=a%26b&status=open&page=3");
    }

    #[test]
    fn a_notice_is_read_back_from_its_address() {
        for notice in [
            InvitationNotice::Sent,
            InvitationNotice::Resent,
            InvitationNotice::Revoked,
            InvitationNotice::Imported(12),
        ] {
            let address = notice.address();
            let query = address.split_once('?').map_or("", |(_, query)| query);
            let member = |name: &str| {
                let pairs = url::form_urlencoded::parse(query.as_bytes());
                pairs.into_owned().find(|(key, _)| key == name).map(|(_, value)| value)
            };
            let count = member("count").and_then(|count| count.parse().ok());
            assert_eq!(InvitationNotice::from_key(&member("notice").unwrap_or_default(), count), Some(notice));
        }
        assert_eq!(InvitationNotice::from_key("imported", None), None);
    }
}
