//! Registering: a person, their organisation and their first session, all at once or not at all.

use bailiwick_domain::account::{Language, PhoneNumber, TermsAccepted};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{FieldFault, Refusal};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::link::{LinkPurpose, LinkToken};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::account::{self, AccountRecord, Description};
use bailiwick_store::query::known_device;
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::session::SessionRecord;
use bailiwick_store::query::throttle;
use bailiwick_store::query::user::{self, NewUser};
use bailiwick_store::{Error as StoreError, WriteTransaction};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::Origin;
use crate::context::Context;
use crate::invitation::Acceptance;
use crate::provenance::Provenance;
use crate::session::Tokens;
use crate::settings::Registration;
use crate::sign_in::{BrowserSession, Manner, NewCookies};

/// The member of the API in which an invitation is presented.
const INVITATION: &str = "Invitation";

/// Where somebody who registers belongs.
#[derive(Clone, Debug)]
pub enum Affiliation {
    /// An organisation that they bring along, as its administrator.
    Own(Name),
    /// The one that they are invited to, by the token of the mailed link.
    Invited(LinkToken),
}

/// What somebody who registers says of themselves.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// How they will sign in.
    pub email: EmailAddress,
    /// With which password.
    pub password: Password,
    /// How they are called.
    pub name: Name,
    /// Where they belong.
    pub affiliation: Affiliation,
    /// Where they can be called.
    pub phone_number: Option<PhoneNumber>,
    /// What they do.
    pub job_title: Option<Name>,
    /// Whether they want news by mail.
    pub newsletter: bool,
    /// The language of their mails, where one is known.
    pub language: Option<Language>,
    /// That they accept the terms.
    pub terms: TermsAccepted,
}

/// Somebody who has just registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Who they are.
    pub account: AccountRecord,
    /// The tokens of their first session.
    pub tokens: Tokens,
}

impl Context {
    /// Registers a person, with an organisation of their own below the owner or with an invitation, and signs them in.
    ///
    /// # Errors
    /// [`Code::RegistrationClosed`] where nobody may register, or only who is invited; [`Code::EmailTaken`]; a
    /// validation fault on `Password`, on `Invitation` where that is not good, and on `Email` where it was mailed to
    /// another address; [`Code::NotSetUp`] while the server has no owner; [`Code::Throttled`] after too many
    /// registrations from one place.
    pub async fn register(
        &self,
        new: NewAccount,
        origin: &Origin,
        user_agent: Option<&str>,
    ) -> Result<Registered, Fault> {
        let manner = Manner { kind: SessionKind::FixedToken, cookies: None, user_agent };
        let (account, session) = self.open_account(new, &manner, origin).await?;
        Ok(Registered { account, tokens: self.issue(&session)? })
    }

    /// The same on our own pages.
    ///
    /// # Errors
    /// As [`Context::register`].
    pub async fn register_browser(
        &self,
        new: NewAccount,
        origin: &Origin,
        user_agent: Option<&str>,
    ) -> Result<BrowserSession, Fault> {
        let cookies = NewCookies::new(self);
        let manner = Manner { kind: SessionKind::Browser, cookies: Some(cookies.clone()), user_agent };
        let (_, session) = self.open_account(new, &manner, origin).await?;
        let NewCookies { session: cookie, device } = cookies;
        Ok(BrowserSession { cookie, expires_at: session.expires_at, is_kept: false, device: Some(device) })
    }

    async fn open_account(
        &self,
        new: NewAccount,
        manner: &Manner<'_>,
        origin: &Origin,
    ) -> Result<(AccountRecord, SessionRecord), Fault> {
        let NewAccount { email, password, name, affiliation, terms: _, .. } = &new;
        let organisation_name = self.admit_newcomer(email, affiliation).await?;
        let known = vec![email.to_string(), name.to_string(), organisation_name.to_string()];
        let password = self.accept_password(password.clone(), known, "Password").await?;
        self.count_registration(origin).await?;
        let hash = self.hasher.hash(password.password(), self.random.as_ref()).await?;

        let now = self.now();
        let user = UserId::new(now, self.entropy());
        let mut transaction = self.database.write().await?;
        let new_user = NewUser { id: user, email, name, is_super_admin: false };
        match user::insert(&mut transaction, &new_user, now).await {
            // The unique index on the address decides, also between two who are at it at once.
            Err(StoreError::Conflict(_)) => return Err(taken()),
            outcome => outcome?,
        }
        let description = Description {
            phone_number: new.phone_number.as_ref(),
            job_title: new.job_title.as_ref(),
            newsletter: new.newsletter,
            language: new.language,
            terms_accepted_at: now,
        };
        account::describe(&mut transaction, user, &description).await?;
        user::set_password(&mut transaction, user, &hash, now).await?;
        let actor = Actor::Person(user, origin);
        let organisation = match affiliation {
            Affiliation::Own(company) => self.found_organisation(&mut transaction, user, company, actor, now).await?,
            Affiliation::Invited(token) => {
                let acceptance = Acceptance { token, member: INVITATION, user, email };
                self.join_by_invitation(&mut transaction, acceptance, actor, now).await?.organisation
            }
        };
        let act = Act {
            action: "user.registered",
            subject_kind: "user",
            subject: Some(user.uuid()),
            organisation: Some(organisation),
            details: json!({ "name": name }),
        };
        self.audit(&mut transaction, actor, act, now).await?;
        let here = Provenance::of(email.as_str(), origin);
        let device = manner.cookies.as_ref().map_or_else(|| here.network(), |new| here.browser(&new.mark()));
        known_device::know(&mut transaction, user, &device, now).await?;
        let session = self.begin_session(&mut transaction, manner.start(user), origin, now).await?;
        let account = account::find(&mut transaction, user).await?.ok_or(Code::UserNotFound)?;
        // The mail with an invitation has confirmed the address already.
        if account.confirmed_at.is_none() {
            self.mail_link(&mut transaction, &account, LinkPurpose::Confirm, None, now).await?;
        }
        transaction.commit().await?;
        Ok((account, session))
    }

    /// Counts a registration for the place it comes from, before it costs a hash and before anything tells whether
    /// the address is taken; in a transaction of its own, as it counts also when nothing comes of it. As with an attempt
    /// to sign in nobody waits for the disk.
    async fn count_registration(&self, origin: &Origin) -> Result<(), Fault> {
        let (now, key) = (self.now(), LedgerKey::registrations_from(origin.address));
        let mut transaction = self.database.write_without_sync().await?;
        let ledger = throttle::hold(&mut transaction, &key).await?;
        let counted = ledger.registration(now).map_err(|wait| Fault::new(Code::Throttled).with_retry_after(wait))?;
        throttle::set(&mut transaction, &key, counted).await?;
        Ok(transaction.commit().await?)
    }

    /// The name of the organisation that somebody registers for, where they may.
    async fn admit_newcomer(&self, email: &EmailAddress, affiliation: &Affiliation) -> Result<Name, Fault> {
        match (affiliation, self.settings.registration) {
            (_, Registration::Closed) | (Affiliation::Own(_), Registration::Invite) => {
                Err(Code::RegistrationClosed.into())
            }
            (Affiliation::Own(company), Registration::Open) => Ok(company.clone()),
            (Affiliation::Invited(token), Registration::Open | Registration::Invite) => {
                let invited = self.peek_invitation(token, INVITATION).await?;
                if invited.email.folded() != email.folded() {
                    let refusal = Refusal::new("match", "the address that the invitation was mailed to");
                    return Err(Fault::field("Email", refusal, None));
                }
                Ok(invited.organisation_name)
            }
        }
    }

    /// Adds an organisation below the owner, with this person as its administrator.
    async fn found_organisation(
        &self,
        transaction: &mut WriteTransaction,
        founder: UserId,
        name: &Name,
        actor: Actor<'_>,
        now: Timestamp,
    ) -> Result<OrganisationId, Fault> {
        let owner = organisation::owner(transaction).await?.ok_or(Code::NotSetUp)?;
        let id = OrganisationId::new(now, self.entropy());
        let record = OrganisationRecord { id, kind: OrganisationKind::Customer, name: name.clone() };
        organisation::insert(transaction, &record, Some(owner), now).await?;
        user::insert_membership(transaction, founder, id, Role::Admin, now).await?;
        let act = Act {
            action: "organization.created",
            subject_kind: "organization",
            subject: Some(id.uuid()),
            organisation: Some(id),
            details: json!({ "name": name }),
        };
        self.audit(transaction, actor, act, now).await?;
        Ok(id)
    }
}

/// Somebody has an account with the address.
fn taken() -> Fault {
    let refusal = Refusal::new("unique", "an address that nobody has an account with");
    Fault::new(Code::EmailTaken).with_fields(vec![FieldFault { key: "Email".into(), refusal, value: None }])
}
