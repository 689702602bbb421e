//! Inviting everybody in a file: first what each row would do, then all of it or nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{FieldFault, Refusal};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::invitation_file::{FileRow, InvitationFile, Wish};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKey;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::{invitation, throttle};
use bailiwick_store::{Link, WriteTransaction};

use super::{Invitee, Planned, hold_sender, may_grant, not_granted, not_managed, wait};
use crate::caller::Authority;
use crate::context::Context;

/// What a row of a file does, or would do.
#[derive(Clone, Debug)]
pub enum RowOutcome {
    /// The person is invited.
    Invite,
    /// Nothing: they belong to the organisation.
    AlreadyMember,
    /// Nothing: they have an invitation into it that they can accept.
    AlreadyInvited,
    /// Nothing: a row before it says the same.
    Duplicate {
        /// The line of that row.
        line: usize,
    },
    /// It cannot be read.
    Invalid(Vec<FieldFault>),
    /// A rule forbids it.
    NotAllowed(FieldFault),
    /// As many mails as may be were sent.
    TooMany {
        /// How long it takes until one more may be.
        wait: Span,
    },
}

impl RowOutcome {
    /// The name in the APIs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::AlreadyMember => "already_member",
            Self::AlreadyInvited => "already_invited",
            Self::Duplicate { .. } => "duplicate",
            Self::Invalid(_) => "invalid",
            Self::NotAllowed(_) | Self::TooMany { .. } => "not_allowed",
        }
    }

    /// Whether it keeps the whole file from being carried out.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self, Self::Invalid(_) | Self::NotAllowed(_) | Self::TooMany { .. })
    }

    /// What is wrong, where something is.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            Self::NotAllowed(fault) => vec![fault.clone()],
            Self::TooMany { wait } => {
                let hours = (wait.as_seconds_rounded_up() + 3599) / 3600;
                let refusal = Refusal::new(
                    "too_many_invitations",
                    format!(
                        "sent later, in {hours} hours at most: too many invitations were sent today, by that organisation or to this address"
                    ),
                );
                vec![FieldFault { key: "email".into(), refusal, value: None }]
            }
            Self::Invite | Self::AlreadyMember | Self::AlreadyInvited | Self::Duplicate { .. } => Vec::new(),
        }
    }
}

/// A row of a file, and what it does.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// The number of its line.
    pub line: usize,
    /// The address that stands there, shortened where it is none.
    pub address: String,
    /// How the person is called, where the file says so.
    pub name: Option<Name>,
    /// Whereto, where that is known.
    pub organisation: Option<OrganisationRecord>,
    /// As what, where that could be read.
    pub role: Option<Role>,
    /// What it does.
    pub outcome: RowOutcome,
}

/// What a file does, row by row.
#[derive(Clone, Debug)]
pub struct Import {
    /// Its rows, in their order.
    pub rows: Vec<ImportRow>,
}

impl Import {
    /// Whether all of it can be carried out.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.rows.iter().any(|row| row.outcome.is_refused())
    }

    /// How many rows have this outcome.
    #[must_use]
    pub fn count(&self, outcome: &str) -> usize {
        self.rows.iter().filter(|row| row.outcome.name() == outcome).count()
    }

    /// Refuses the whole of it where a row is refused: every field that is wrong, by its line.
    fn check(&self) -> Result<(), Fault> {
        let refused = || self.rows.iter().filter(|row| row.outcome.is_refused());
        let waits: Option<Vec<Span>> = refused()
            .map(|row| if let RowOutcome::TooMany { wait } = row.outcome { Some(wait) } else { None })
            .collect();
        // Nothing but patience is wanted.
        if let Some(wait) = waits.and_then(|waits| waits.into_iter().max()) {
            let line = refused().next().map_or(0, |row| row.line);
            let detail = format!("from line {line} on there are too many");
            return Err(Fault::new(Code::TooManyInvitations).with_detail(detail).with_retry_after(wait));
        }
        let named = |row: &ImportRow| {
            let line = row.line;
            row.outcome
                .faults()
                .into_iter()
                .map(move |fault| FieldFault { key: format!("line {line}: {}", fault.key).into(), ..fault })
        };
        let fields: Vec<FieldFault> = refused().flat_map(named).collect();
        if fields.is_empty() { Ok(()) } else { Err(Fault::new(Code::ValidationFailed).with_fields(fields)) }
    }
}

impl Context {
    /// The organisation that somebody names who would invite into it; without a name the one that they act for.
    ///
    /// # Errors
    /// A validation fault on `organization` where it is not one of those whose people they manage, or not one alone.
    pub async fn inviting_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        key: Option<&OrganisationKey>,
    ) -> Result<OrganisationRecord, Fault> {
        let mut planner = Planner::new(by.into(), self.now());
        let found = planner.place(&mut self.database.read().await?, key).await?;
        found.map_err(|refused| Fault::new(Code::ValidationFailed).with_fields(refused.faults()))
    }

    /// Says what a file would do; nothing happens.
    pub async fn preview_import(&self, by: impl Into<Authority<'_>>, file: &InvitationFile) -> Result<Import, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut link = self.database.read().await?;
        Planner::new(by, now).plan(&mut link, file).await
    }

    /// Invites everybody in a file who neither belongs to their organisation nor is invited: all of it or nothing.
    ///
    /// # Errors
    /// A validation fault with what is wrong in which line; [`Code::TooManyInvitations`] with the wait, where nothing
    /// else is.
    pub async fn import_invitations(
        &self,
        by: impl Into<Authority<'_>>,
        file: &InvitationFile,
    ) -> Result<Import, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        hold_sender(&mut transaction, by).await?;
        let planner = Planner::new(by, now);
        hold_all(&mut transaction, planner, file).await?;
        // From here on nobody else sends anything that counts.
        let import = Planner::new(by, now).plan(&mut transaction, file).await?;
        import.check()?;
        for (row, read) in import.rows.iter().zip(&file.rows) {
            if let (RowOutcome::Invite, Some(place), Ok(wish)) = (&row.outcome, &row.organisation, &read.wish) {
                let Wish { email, role, language, .. } = wish.clone();
                let invitee = Invitee { organisation: place.id, email, role, language };
                self.send_invitation(&mut transaction, by, &invitee, now).await?;
            }
        }
        transaction.commit().await?;
        Ok(import)
    }
}

/// Holds every organisation and every address of a file, in an order that everybody keeps to: organisations first, each
/// kind by its own order.
async fn hold_all(
    transaction: &mut WriteTransaction,
    mut planner: Planner<'_>,
    file: &InvitationFile,
) -> Result<(), Fault> {
    let mut organisations = BTreeSet::new();
    let mut addresses = BTreeMap::new();
    for wish in file.rows.iter().filter_map(|row| row.wish.as_ref().ok()) {
        if let Ok(place) = planner.place(transaction, wish.organisation.as_ref()).await? {
            organisations.insert(place.id);
            addresses.insert(wish.email.folded(), &wish.email);
        }
    }
    for organisation in organisations {
        organisation::hold(transaction, organisation).await?;
    }
    for email in addresses.into_values() {
        throttle::hold(transaction, &LedgerKey::invitations_to(email)).await?;
    }
    Ok(())
}

/// Finds out what the rows of a file do, one after the other.
struct Planner<'caller> {
    by: Authority<'caller>,
    now: Timestamp,
    /// What was looked up already.
    places: HashMap<Option<OrganisationKey>, Result<OrganisationRecord, RowOutcome>>,
    grants: HashMap<(OrganisationId, Role), bool>,
    /// In which line somebody was invited whereto.
    seen: HashMap<(OrganisationId, String), usize>,
    by_organisation: HashMap<OrganisationId, i64>,
    to_address: HashMap<String, i64>,
}

impl<'caller> Planner<'caller> {
    fn new(by: Authority<'caller>, now: Timestamp) -> Self {
        Self {
            by,
            now,
            places: HashMap::new(),
            grants: HashMap::new(),
            seen: HashMap::new(),
            by_organisation: HashMap::new(),
            to_address: HashMap::new(),
        }
    }

    async fn plan(mut self, link: &mut Link, file: &InvitationFile) -> Result<Import, Fault> {
        let mut rows = Vec::with_capacity(file.rows.len());
        for row in &file.rows {
            rows.push(self.row(link, row).await?);
        }
        Ok(Import { rows })
    }

    async fn row(&mut self, link: &mut Link, row: &FileRow) -> Result<ImportRow, Fault> {
        let FileRow { line, address, name, wish } = row.clone();
        let planned = |organisation, role, outcome| ImportRow { line, address, name, organisation, role, outcome };
        let wish = match wish {
            Ok(wish) => wish,
            Err(faults) => return Ok(planned(None, None, RowOutcome::Invalid(faults))),
        };
        let role = Some(wish.role);
        match self.place(link, wish.organisation.as_ref()).await? {
            Err(refused) => Ok(planned(None, role, refused)),
            Ok(place) => {
                let outcome = self.outcome(link, place.id, &wish, line).await?;
                Ok(planned(Some(place), role, outcome))
            }
        }
    }

    /// The organisation that a row names, where whoever asks manages its people.
    async fn place(
        &mut self,
        link: &mut Link,
        key: Option<&OrganisationKey>,
    ) -> Result<Result<OrganisationRecord, RowOutcome>, Fault> {
        if let Some(known) = self.places.get(&key.cloned()) {
            return Ok(known.clone());
        }
        let reach = self.by.reach(Right::ManageUsers);
        let echo = key.map(|key| match key {
            OrganisationKey::Id(id) => id.to_string(),
            OrganisationKey::Name(name) => name.to_string(),
        });
        let refuse = |refusal| FieldFault { key: "organization".into(), refusal, value: echo };
        let own = self.by.current_organisation().map(OrganisationKey::Id);
        let mut found = match key.or(own.as_ref()) {
            Some(OrganisationKey::Name(name)) => organisation::reachable_by_name(link, &reach, name).await?,
            Some(OrganisationKey::Id(id)) => {
                organisation::find_reachable(link, &reach, *id).await?.into_iter().collect()
            }
            None => {
                let refusal = Refusal::new("required", "given");
                return Ok(Err(RowOutcome::Invalid(vec![refuse(refusal)])));
            }
        };
        let place = match (found.pop(), found.is_empty()) {
            (Some(place), true) => Ok(place),
            (Some(_), false) => {
                let refusal = Refusal::new("ambiguous", "an id: several organisations have this name");
                Err(RowOutcome::Invalid(vec![refuse(refusal)]))
            }
            (None, _) => Err(RowOutcome::NotAllowed(refuse(not_managed()))),
        };
        self.places.insert(key.cloned(), place.clone());
        Ok(place)
    }

    async fn outcome(
        &mut self,
        link: &mut Link,
        organisation: OrganisationId,
        wish: &Wish,
        at: usize,
    ) -> Result<RowOutcome, Fault> {
        let Wish { email, role, .. } = wish;
        if !self.may_grant(link, organisation, *role).await? {
            let value = Some(role.name().to_owned());
            return Ok(RowOutcome::NotAllowed(FieldFault { key: "role".into(), refusal: not_granted(), value }));
        }
        let folded = email.folded();
        if let Some(line) = self.seen.get(&(organisation, folded.clone())) {
            return Ok(RowOutcome::Duplicate { line: *line });
        }
        self.seen.insert((organisation, folded.clone()), at);
        if invitation::is_member(link, organisation, email).await? {
            return Ok(RowOutcome::AlreadyMember);
        }
        if invitation::is_invited(link, organisation, email, self.now).await? {
            return Ok(RowOutcome::AlreadyInvited);
        }
        let by_organisation = self.by_organisation.entry(organisation).or_default();
        let to_address = self.to_address.entry(folded).or_default();
        let planned = Planned { by_organisation: *by_organisation, to_address: *to_address };
        if let Some(wait) = wait(link, organisation, email, planned, self.now).await? {
            return Ok(RowOutcome::TooMany { wait });
        }
        *by_organisation += 1;
        *to_address += 1;
        Ok(RowOutcome::Invite)
    }

    async fn may_grant(&mut self, link: &mut Link, organisation: OrganisationId, role: Role) -> Result<bool, Fault> {
        if let Some(known) = self.grants.get(&(organisation, role)) {
            return Ok(*known);
        }
        let may = may_grant(link, self.by, organisation, role).await?;
        self.grants.insert((organisation, role), may);
        Ok(may)
    }
}
