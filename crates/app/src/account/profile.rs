//! What a person says of themselves.

use bailiwick_domain::account::{Language, PhoneNumber, Theme};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Patch;
use bailiwick_domain::id::UserId;
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Right;
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::{account, invalidation};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::Caller;
use crate::context::Context;
use crate::people;

pub use bailiwick_store::query::account::AccountRecord;

/// What is to be changed of an account; what is absent stays.
#[derive(Clone, Debug)]
pub struct AccountChange {
    /// How they are called.
    pub name: Option<Name>,
    /// Where they can be called.
    pub phone_number: Patch<PhoneNumber>,
    /// What they do.
    pub job_title: Patch<Name>,
    /// Whether they want news by mail.
    pub newsletter: Option<bool>,
    /// The language that they chose; cleared, their browser decides.
    pub language: Patch<Language>,
    /// How they want the pages to look.
    pub theme: Option<Theme>,
}

impl Default for AccountChange {
    fn default() -> Self {
        Self {
            name: None,
            phone_number: Patch::Keep,
            job_title: Patch::Keep,
            newsletter: None,
            language: Patch::Keep,
            theme: None,
        }
    }
}

impl Context {
    /// A person: oneself, or somebody of an organisation whose people the caller may read.
    ///
    /// # Errors
    /// [`Code::UserNotFound`], also when they exist elsewhere.
    pub async fn show_account(&self, caller: &Caller, id: UserId) -> Result<AccountRecord, Fault> {
        self.admit_to(caller, id, Right::ReadUsers)?;
        let reach = Reach::of(&caller.principal, Right::ReadUsers);
        let found = account::find_reachable(&mut self.database.read().await?, &reach, id).await?;
        Ok(found.ok_or(Code::UserNotFound)?)
    }

    /// Changes what is known of a person.
    ///
    /// # Errors
    /// [`Code::UserNotFound`]; [`Code::InsufficientPermissions`] when the caller may see them but not change them, which
    /// holds for super admins too unless the caller is one.
    pub async fn change_account(
        &self,
        caller: &Caller,
        id: UserId,
        change: AccountChange,
    ) -> Result<AccountRecord, Fault> {
        self.admit_to(caller, id, Right::ManageUsers)?;
        let now = self.now();
        let [manageable, readable] =
            [Right::ManageUsers, Right::ReadUsers].map(|right| Reach::of(&caller.principal, right));
        let mut transaction = self.database.write().await?;
        // Every column is written: no other change may come between reading and writing.
        people::hold(&mut transaction, id).await?;
        let seen = account::find_reachable(&mut transaction, &readable, id).await?;
        let mut account = seen.ok_or(Code::UserNotFound)?;
        let managed = account::find_reachable(&mut transaction, &manageable, id).await?;
        let managed = managed.filter(|found| may_change(caller, found)).ok_or(Code::InsufficientPermissions)?;
        let changed = change.apply(&mut account);
        if changed.is_empty() {
            return Ok(account);
        }
        account::change(&mut transaction, &account, now).await?;
        // Names are part of what every node remembers of a session.
        invalidation::insert(&mut transaction, "user", Some(id.uuid()), now).await?;
        let act = Act {
            action: "user.changed",
            subject_kind: "user",
            subject: Some(id.uuid()),
            // Where the right comes from, and not where else the person belongs.
            organisation: managed.organisation,
            details: json!({ "changed": changed }),
        };
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok(account)
    }
}

impl Context {
    /// Keeps whoever has to confirm their address first to their own account.
    fn admit_to(&self, caller: &Caller, person: UserId, right: Right) -> Result<(), Fault> {
        self.admit(&caller.principal, Some(right).filter(|_| person != caller.principal.user))
    }
}

impl AccountChange {
    /// Applies the change; names what it changed.
    fn apply(self, account: &mut AccountRecord) -> Vec<&'static str> {
        let mut changed = Vec::new();
        let mut note = |name, is_changed: bool| {
            if is_changed {
                changed.push(name);
            }
        };
        note("name", replace(&mut account.name, self.name));
        note("phone_number", self.phone_number.apply(&mut account.phone_number));
        note("job_title", self.job_title.apply(&mut account.job_title));
        note("newsletter", replace(&mut account.newsletter, self.newsletter));
        note("language", self.language.apply(&mut account.language));
        note("theme", self.theme.map_or(Patch::Keep, Patch::Set).apply(&mut account.theme));
        changed
    }
}

/// Whether somebody within the caller's reach is theirs to change: what a super admin may do is more than anybody
/// else can answer for.
fn may_change(caller: &Caller, person: &AccountRecord) -> bool {
    !person.is_super_admin || caller.principal.is_super_admin || person.id == caller.principal.user
}

/// Puts a new value in the place of the old one; false when there is none, or it is the same.
fn replace<T: PartialEq>(old: &mut T, new: Option<T>) -> bool {
    new.is_some_and(|new| std::mem::replace(old, new) != *old)
}
