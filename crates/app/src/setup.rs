//! Setting a new server up: the owner organisation and its first super admin.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::Span;
use bailiwick_store::Error as StoreError;
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::user::{self, NewUser};
use bailiwick_store::query::{account, invalidation, setup_link};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::{Act, Actor};
use crate::caller::Origin;
use crate::context::Context;

/// How long a setup link can be used (contract, section 1).
const LINK_LIFETIME: Span = Span::hours(1);
/// Random bytes in a setup link.
const LINK_BYTES: usize = 32;

/// What a new server begins with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The name of the owner organisation.
    pub organisation: Name,
    /// How its first super admin signs in.
    pub email: EmailAddress,
    /// How they are called.
    pub name: Name,
    /// Their password.
    pub password: Password,
}

/// By what somebody may set the server up.
#[derive(Clone, Copy, Debug)]
pub enum SetupWarrant<'warrant> {
    /// The setup link.
    Link(&'warrant SecretText, &'warrant Origin),
    /// The command line of this machine.
    CommandLine,
}

/// Why a server was not set up.
#[derive(Clone, Debug)]
pub enum SetupRefusal {
    /// The link was never good, was used, or is older than an hour.
    LinkNotGood,
    /// Anything else.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for SetupRefusal {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl Context {
    /// Whether the owner organisation exists.
    pub async fn is_set_up(&self) -> Result<bool, Fault> {
        Ok(organisation::owner_exists(&mut self.database.read().await?).await?)
    }

    /// A fresh setup link for a server that is not set up; none for one that is.
    pub async fn setup_link(&self) -> Result<Option<SecretText>, Fault> {
        if self.is_set_up().await? {
            return Ok(None);
        }
        let now = self.now();
        let token = SecretText::new(BASE64URL_NOPAD.encode(&self.entropy::<LINK_BYTES>()));
        let mut transaction = self.database.write().await?;
        // Only the one that was printed last is good.
        setup_link::clear(&mut transaction).await?;
        setup_link::insert(&mut transaction, &digest(&token), now, now.plus(LINK_LIFETIME)).await?;
        transaction.commit().await?;
        let base = self.settings.base_url.origin();
        Ok(Some(SecretText::new(format!("{base}/setup?token={}", token.expose()))))
    }

    /// Whether a setup link can still be used.
    pub async fn is_setup_link_good(&self, token: &SecretText) -> Result<bool, Fault> {
        let expiry = setup_link::expiry(&mut self.database.read().await?, &digest(token)).await?;
        Ok(expiry.is_some_and(|at| self.now() < at))
    }

    /// Creates the owner organisation and its first super admin.
    ///
    /// # Errors
    /// [`Code::AlreadySetUp`] when an owner exists; a validation fault on
    /// `password` when it is too easy to guess.
    pub async fn set_up(&self, beginning: Beginning, warrant: SetupWarrant<'_>) -> Result<UserId, SetupRefusal> {
        if self.is_set_up().await? {
            return Err(Fault::new(Code::AlreadySetUp).into());
        }
        if let SetupWarrant::Link(token, _) = warrant
            && !self.is_setup_link_good(token).await?
        {
            return Err(SetupRefusal::LinkNotGood);
        }
        let Beginning { organisation: name, email, name: person, password } = beginning;
        let known = [name.as_str(), email.as_str(), person.as_str()].map(str::to_owned).to_vec();
        let password = self.accept_password(password, known, "password").await?;
        let hash = self.hasher.hash(password.password(), self.random.as_ref()).await?;

        let now = self.now();
        let owner = OrganisationId::new(now, self.entropy());
        let admin = UserId::new(now, self.entropy());
        let mut transaction = self.database.write().await?;
        if let SetupWarrant::Link(token, _) = warrant
            && !setup_link::consume(&mut transaction, &digest(token), now).await?
        {
            return Err(SetupRefusal::LinkNotGood);
        }
        let record = OrganisationRecord { id: owner, kind: OrganisationKind::Owner, name };
        match organisation::insert(&mut transaction, &record, None, now).await {
            // The unique index on the owner decides between two who are at it at once.
            Err(StoreError::Conflict(_)) => return Err(Fault::new(Code::AlreadySetUp).into()),
            outcome => outcome?,
        }
        let new_user = NewUser { id: admin, email: &email, name: &person, is_super_admin: true };
        user::insert(&mut transaction, &new_user, now).await?;
        user::insert_membership(&mut transaction, admin, owner, Role::Admin, now).await?;
        user::set_password(&mut transaction, admin, &hash, now).await?;
        // Nobody else could vouch for them yet, nor mail them anything.
        account::confirm(&mut transaction, admin, &email, now).await?;
        setup_link::clear(&mut transaction).await?;
        invalidation::insert(&mut transaction, "everything", None, now).await?;
        let act = Act {
            action: "server.set_up",
            subject_kind: "organization",
            subject: Some(owner.uuid()),
            organisation: Some(owner),
            details: json!({ "organization": record.name, "admin": admin }),
        };
        let actor = match warrant {
            SetupWarrant::Link(_, origin) => Actor::Visitor(origin),
            SetupWarrant::CommandLine => Actor::Operator,
        };
        self.audit(&mut transaction, actor, act, now).await?;
        transaction.commit().await?;
        self.principals.forget_everything();
        Ok(admin)
    }
}

fn digest(token: &SecretText) -> [u8; 32] {
    Sha256::digest(token.expose()).into()
}
