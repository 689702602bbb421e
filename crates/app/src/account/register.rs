//! Registering: a person, their organisation and their first session, all at once or not at all.

use bailiwick_domain::account::{Language, PhoneNumber, TermsAccepted};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::session::SessionKind;
use bailiwick_store::Error as StoreError;
use bailiwick_store::query::account::{self, AccountRecord, Description};
use bailiwick_store::query::known_device;
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::session::SessionRecord;
use bailiwick_store::query::user::{self, NewUser};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::Origin;
use crate::context::Context;
use crate::provenance::Provenance;
use crate::session::Tokens;
use crate::settings::Registration;
use crate::sign_in::{BrowserSession, Manner, NewCookies};

/// What somebody who registers says of themselves.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// How they will sign in.
    pub email: EmailAddress,
    /// With which password.
    pub password: Password,
    /// How they are called.
    pub name: Name,
    /// The organisation that they bring along, as its administrator.
    pub company: Name,
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
    /// Registers a person with an organisation of their own below the owner, and signs them in.
    ///
    /// # Errors
    /// [`Code::RegistrationClosed`] where not everybody may register; [`Code::EmailTaken`]; a validation
    /// fault on `Password`; [`Code::NotSetUp`] while the server has no owner.
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
        if self.settings.registration != Registration::Open {
            return Err(Code::RegistrationClosed.into());
        }
        let NewAccount { email, password, name, company, terms: _, .. } = &new;
        let known = vec![email.to_string(), name.to_string(), company.to_string()];
        let password = self.accept_password(password.clone(), known, "Password").await?;
        let hash = self.hasher.hash(password.password(), self.random.as_ref()).await?;

        let now = self.now();
        let user = UserId::new(now, self.entropy());
        let organisation = OrganisationId::new(now, self.entropy());
        let mut transaction = self.database.write().await?;
        let owner = organisation::owner(&mut transaction).await?.ok_or(Code::NotSetUp)?;
        let record = OrganisationRecord { id: organisation, kind: OrganisationKind::Customer, name: company.clone() };
        organisation::insert(&mut transaction, &record, Some(owner), now).await?;
        let new_user = NewUser { id: user, email, name, is_super_admin: false };
        match user::insert(&mut transaction, &new_user, now).await {
            // The unique index on the address decides, also between two who are at it at once.
            Err(StoreError::Conflict(_)) => return Err(Code::EmailTaken.into()),
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
        user::insert_membership(&mut transaction, user, organisation, Role::Admin, now).await?;
        user::set_password(&mut transaction, user, &hash, now).await?;
        let actor = Actor::Person(user, origin);
        for (action, subject_kind, subject) in
            [("organization.created", "organization", organisation.uuid()), ("user.registered", "user", user.uuid())]
        {
            let details = json!({ "name": if subject_kind == "user" { name } else { company } });
            let act = Act { action, subject_kind, subject: Some(subject), organisation: Some(organisation), details };
            self.audit(&mut transaction, actor, act, now).await?;
        }
        let here = Provenance::of(email.as_str(), origin);
        let device = manner.cookies.as_ref().map_or_else(|| here.network(), |new| here.browser(&new.mark()));
        known_device::know(&mut transaction, user, &device, now).await?;
        let session = self.begin_session(&mut transaction, manner.start(user), origin, now).await?;
        let account = account::find(&mut transaction, user).await?.ok_or(Code::UserNotFound)?;
        self.mail_link(&mut transaction, &account, LinkPurpose::Confirm, None, now).await?;
        transaction.commit().await?;
        Ok((account, session))
    }
}
