//! The world as the documents describe it, in plain vectors: a tree of organisations, what people are in them, and
//! from that alone who may do what. Nothing of the server decides here.

use std::collections::{HashMap, HashSet};

/// What an organisation is, from the top of the tree downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Owner,
    Distributor,
    Reseller,
    Customer,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Distributor => "distributor",
            Self::Reseller => "reseller",
            Self::Customer => "customer",
        }
    }
}

/// What somebody is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Admin,
    Support,
    Reader,
}

impl Role {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Support => "support",
            Self::Reader => "reader",
        }
    }
}

/// What one may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    ReadSystems,
    ManageSystems,
    ReadUsers,
    ManageUsers,
    ReadOrganisations,
    ManageOrganisations,
    ReadAudit,
    DestroyOrganisations,
    ImpersonateUsers,
    ReadLicences,
    ManageLicences,
    ManageAgreements,
}

impl Right {
    pub(crate) const ALL: [Self; 8] = [
        Self::ReadSystems,
        Self::ManageSystems,
        Self::ReadUsers,
        Self::ManageUsers,
        Self::ReadOrganisations,
        Self::ManageOrganisations,
        Self::ReadAudit,
        Self::DestroyOrganisations,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ReadSystems => "read:systems",
            Self::ManageSystems => "manage:systems",
            Self::ReadUsers => "read:users",
            Self::ManageUsers => "manage:users",
            Self::ReadOrganisations => "read:organizations",
            Self::ManageOrganisations => "manage:organizations",
            Self::ReadAudit => "read:audit",
            Self::DestroyOrganisations => "destroy:organizations",
            Self::ImpersonateUsers => "impersonate:users",
            Self::ReadLicences => "read:licenses",
            Self::ManageLicences => "manage:licenses",
            Self::ManageAgreements => "manage:agreements",
        }
    }

    /// Whether it changes nothing, so that a key for reading will do.
    pub(crate) fn only_reads(self) -> bool {
        self.name().starts_with("read:")
    }

    /// Everybody sees; supporters change systems; administrators all but what is for super admins alone.
    pub(crate) fn is_of(self, role: Role) -> bool {
        match self {
            Self::ReadSystems | Self::ReadUsers | Self::ReadOrganisations | Self::ReadLicences => true,
            Self::ManageSystems | Self::ImpersonateUsers => role != Role::Reader,
            Self::ManageUsers
            | Self::ManageOrganisations
            | Self::ReadAudit
            | Self::ManageLicences
            | Self::ManageAgreements => role == Role::Admin,
            Self::DestroyOrganisations => false,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) parent: Option<usize>,
    pub(crate) is_suspended: bool,
    pub(crate) is_deleted: bool,
    /// Destroyed, or never there.
    pub(crate) is_gone: bool,
    pub(crate) name: String,
    pub(crate) word: String,
    pub(crate) vat: Option<String>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) word: String,
    pub(crate) is_super: bool,
    pub(crate) is_suspended: bool,
    pub(crate) is_gone: bool,
    /// In the order in which they were joined.
    pub(crate) places: Vec<(usize, Role)>,
    /// Whether they have signed in since they were last shut out.
    pub(crate) has_session: bool,
    /// Links for a new password that are good.
    pub(crate) resets: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) id: String,
    pub(crate) organisation: usize,
    pub(crate) word: String,
    pub(crate) is_deleted: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) organisation: usize,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) sender: Option<usize>,
    /// How many mails were sent of it.
    pub(crate) mails: usize,
    pub(crate) is_over: bool,
    pub(crate) is_gone: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) owner: usize,
    pub(crate) writes: bool,
    pub(crate) is_revoked: bool,
}

/// What a planted word belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Organisation(usize),
    Person(usize),
    System(usize),
    Invitation(usize),
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) organisations: Vec<Organisation>,
    pub(crate) people: Vec<Person>,
    pub(crate) systems: Vec<System>,
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) keys: Vec<Key>,
    /// Whose each planted word is.
    pub(crate) words: HashMap<String, Vec<Owner>>,
    /// The words that the audit log holds of each organisation.
    pub(crate) noted: HashMap<usize, HashSet<String>>,
}

impl Model {
    /// An organisation with all above it, itself first; nothing of one that is gone.
    pub(crate) fn line(&self, organisation: usize) -> Vec<usize> {
        if self.organisations[organisation].is_gone {
            return Vec::new();
        }
        std::iter::successors(Some(organisation), |each| self.organisations[*each].parent).collect()
    }

    /// An organisation and all below it, but for what is gone.
    pub(crate) fn tree(&self, root: usize) -> Vec<usize> {
        (0..self.organisations.len()).filter(|each| self.line(*each).contains(&root)).collect()
    }

    pub(crate) fn is_suspended(&self, organisation: usize) -> bool {
        self.line(organisation).iter().any(|above| self.organisations[*above].is_suspended)
    }

    /// Whether it is there, deleted or not.
    pub(crate) fn is_there(&self, organisation: usize) -> bool {
        !self.organisations[organisation].is_gone
    }

    /// Whether it is there, and neither it nor one above it is deleted.
    pub(crate) fn lives(&self, organisation: usize) -> bool {
        self.is_there(organisation)
            && !self.line(organisation).iter().any(|above| self.organisations[*above].is_deleted)
    }

    /// Whether rights hold through it.
    pub(crate) fn is_in(&self, organisation: usize) -> bool {
        self.lives(organisation) && !self.is_suspended(organisation)
    }

    /// The places through which somebody holds a right.
    fn holding(&self, person: usize, right: Right) -> impl Iterator<Item = usize> {
        let places = self.people[person].places.iter();
        places.filter(move |(place, role)| right.is_of(*role) && self.is_in(*place)).map(|(place, _)| *place)
    }

    /// Whether somebody holds a right anywhere.
    pub(crate) fn holds(&self, person: usize, right: Right) -> bool {
        self.people[person].is_super || self.holding(person, right).next().is_some()
    }

    /// Whether somebody holds a right in an organisation: there, or above it.
    pub(crate) fn reaches(&self, person: usize, right: Right, organisation: usize) -> bool {
        if !self.is_there(organisation) {
            return false;
        }
        let line = self.line(organisation);
        self.people[person].is_super || self.holding(person, right).any(|place| line.contains(&place))
    }

    /// Whether somebody is let in: not suspended, nor everything that they belong to.
    pub(crate) fn may_come_in(&self, person: usize) -> bool {
        let Person { is_super, is_suspended, is_gone, places, .. } = &self.people[person];
        let is_left = places.is_empty() || places.iter().any(|(place, _)| self.is_in(*place));
        !is_gone && !is_suspended && (*is_super || is_left)
    }

    /// Whether somebody holds a right over a person.
    pub(crate) fn reaches_person(&self, caller: usize, right: Right, person: usize) -> bool {
        let Person { is_gone, places, .. } = &self.people[person];
        let mut places = places.iter().map(|(place, _)| *place).filter(|place| self.lives(*place));
        !is_gone && (self.people[caller].is_super || places.any(|place| self.reaches(caller, right, place)))
    }

    pub(crate) fn sees_system(&self, caller: usize, right: Right, system: usize) -> bool {
        let System { organisation, is_deleted, .. } = self.systems[system];
        !is_deleted && self.lives(organisation) && self.reaches(caller, right, organisation)
    }

    pub(crate) fn sees_organisation(&self, caller: usize, right: Right, organisation: usize) -> bool {
        self.lives(organisation) && self.reaches(caller, right, organisation)
    }

    /// Whether somebody is to be seen in lists of what is deleted, by whoever may restore it.
    pub(crate) fn sees_deleted(&self, caller: usize, organisation: usize) -> bool {
        self.is_there(organisation)
            && !self.lives(organisation)
            && self.reaches(caller, Right::ManageOrganisations, organisation)
    }

    pub(crate) fn sees_invitation(&self, caller: usize, invitation: usize) -> bool {
        let Invitation { organisation, is_gone, .. } = self.invitations[invitation];
        !is_gone && self.lives(organisation) && self.reaches(caller, Right::ManageUsers, organisation)
    }

    /// Whether an invitation can be accepted.
    pub(crate) fn is_open(&self, invitation: usize) -> bool {
        let Invitation { organisation, sender, is_over, is_gone, .. } = self.invitations[invitation];
        // What somebody sent counts as long as they could send it now.
        let stands =
            |sender: usize| !self.people[sender].is_suspended && self.reaches(sender, Right::ManageUsers, organisation);
        !is_over && !is_gone && self.is_in(organisation) && sender.is_none_or(stands)
    }

    /// Whether somebody may know of what a word belongs to.
    pub(crate) fn may_know(&self, caller: usize, owner: Owner) -> bool {
        if self.people[caller].is_super {
            return true;
        }
        match owner {
            Owner::Organisation(id) => {
                let belongs = self.people[caller].places.iter().any(|(place, _)| *place == id) && self.lives(id);
                belongs || self.sees_organisation(caller, Right::ReadOrganisations, id) || self.sees_deleted(caller, id)
            }
            Owner::Person(id) => id == caller || self.reaches_person(caller, Right::ReadUsers, id),
            Owner::System(id) => self.sees_system(caller, Right::ReadSystems, id),
            Owner::Invitation(id) => self.sees_invitation(caller, id),
        }
    }

    /// Whether somebody may read a word in the audit log, which keeps what was true when it was written.
    pub(crate) fn may_read_of(&self, caller: usize, word: &str) -> bool {
        let holds = |id: &usize| self.reaches(caller, Right::ReadAudit, *id);
        self.noted.iter().any(|(organisation, words)| words.contains(word) && holds(organisation))
    }

    pub(crate) fn note(&mut self, organisation: usize, word: &str) {
        self.noted.entry(organisation).or_default().insert(word.to_owned());
    }

    pub(crate) fn role_in(&self, person: usize, organisation: usize) -> Option<Role> {
        self.people[person].places.iter().find(|(place, _)| *place == organisation).map(|(_, role)| *role)
    }

    /// Whether an organisation has an administrator who is not suspended, apart from somebody.
    pub(crate) fn has_other_administrator(&self, organisation: usize, apart: usize) -> bool {
        (0..self.people.len()).any(|other| {
            let Person { is_suspended, is_gone, .. } = self.people[other];
            other != apart && !is_suspended && !is_gone && self.role_in(other, organisation) == Some(Role::Admin)
        })
    }

    /// Whether another one of these organisations has the number.
    pub(crate) fn has_number(&self, mut among: impl Iterator<Item = usize>, number: &str) -> bool {
        among.any(|each| self.organisations[each].vat.as_deref() == Some(number))
    }

    /// Takes the administration of an organisation away from somebody, and with it what they sent as its administrator.
    pub(crate) fn take_back_invitations(&mut self, sender: usize, organisation: usize) {
        if self.people[sender].is_super {
            return;
        }
        let tree = self.tree(organisation);
        for index in 0..self.invitations.len() {
            let Invitation { sender: by, organisation, .. } = self.invitations[index];
            if by == Some(sender)
                && tree.contains(&organisation)
                && !self.holding(sender, Right::ManageUsers).any(|place| self.line(organisation).contains(&place))
            {
                self.invitations[index].is_over = true;
            }
        }
    }

    /// Removes an organisation for good, with all below it and the people who belong to nothing else.
    pub(crate) fn destroy(&mut self, root: usize) {
        let tree = self.tree(root);
        let goes = |place: &usize| tree.contains(place);
        for index in 0..self.people.len() {
            let person = &mut self.people[index];
            let had_places = !person.places.is_empty();
            person.places.retain(|(place, _)| !goes(place));
            if had_places && person.places.is_empty() && !person.is_super {
                person.is_gone = true;
                person.has_session = false;
                self.invitations
                    .iter_mut()
                    .filter(|each| each.sender == Some(index))
                    .for_each(|each| each.is_gone = true);
            }
        }
        self.invitations.iter_mut().filter(|each| goes(&each.organisation)).for_each(|each| each.is_gone = true);
        for each in tree {
            self.organisations[each].is_gone = true;
        }
    }
}
