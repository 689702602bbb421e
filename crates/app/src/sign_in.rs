//! Signing in with an e-mail address and a password.

use bailiwick_domain::device::BrowserMark;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::UserId;
use bailiwick_domain::password::Password;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::known_device;
use bailiwick_store::query::session::SessionRecord;
use bailiwick_store::query::user::{self, SignInRecord};
use data_encoding::BASE64URL_NOPAD;

use crate::caller::Origin;
use crate::context::Context;
use crate::hasher::Verdict;
use crate::principals::BearerDigest;
use crate::provenance::Provenance;
use crate::session::{SessionStart, Tokens};
use crate::settings::Unconfirmed;

/// Random bytes in a session cookie: far over the 128 bits that a session needs.
const COOKIE_BYTES: usize = 32;

/// What somebody typed to sign in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// What was typed as the address; it need not be one.
    pub email: String,
    /// The password.
    pub password: Password,
}

/// A browser's new session.
#[derive(Clone, Debug)]
pub struct BrowserSession {
    /// The value of the cookie.
    pub cookie: SecretText,
    /// Until when the session lives.
    pub expires_at: Timestamp,
    /// Whether the browser keeps the cookie when it closes.
    pub is_kept: bool,
    /// The new value of the device cookie; none where the account knows the browser already.
    pub device: Option<SecretText>,
}

/// How somebody signs in.
pub(crate) struct Manner<'manner> {
    pub(crate) kind: SessionKind,
    /// For a browser.
    pub(crate) cookies: Option<NewCookies>,
    /// With what, as it says of itself.
    pub(crate) user_agent: Option<&'manner str>,
}

/// The cookies that a browser gets.
#[derive(Clone)]
pub(crate) struct NewCookies {
    pub(crate) session: SecretText,
    /// Fresh each time: a value that somebody else planted in the browser must not become known.
    pub(crate) device: SecretText,
}

impl NewCookies {
    pub(crate) fn new(context: &Context) -> Self {
        let new_cookie = || SecretText::new(BASE64URL_NOPAD.encode(&context.entropy::<COOKIE_BYTES>()));
        Self { session: new_cookie(), device: new_cookie() }
    }

    /// By what an account knows the browser again.
    pub(crate) fn mark(&self) -> BrowserMark {
        BrowserMark::of_cookie(self.device.expose())
    }
}

impl<'manner> Manner<'manner> {
    /// The session that begins like this.
    pub(crate) fn start(&self, user: UserId) -> SessionStart<'manner> {
        let cookie = self.cookies.as_ref().map(|new| BearerDigest::of_cookie(new.session.expose()));
        let cookie_digest = cookie.map(|digest| digest.bytes().to_vec());
        SessionStart { user, kind: self.kind, cookie_digest, user_agent: self.user_agent }
    }
}

/// Somebody who has proved who they are.
struct Entered {
    session: SessionRecord,
    is_known_browser: bool,
}

impl Context {
    /// Signs somebody in over the API.
    ///
    /// # Errors
    /// [`Code::WrongCredentials`], the same whether the account exists or not;
    /// [`Code::Throttled`] after too many failures; [`Code::AddressUnconfirmed`] with the right password, where the
    /// settings want the address to be confirmed first.
    pub async fn sign_in(
        &self,
        credentials: Credentials,
        kind: SessionKind,
        origin: &Origin,
        user_agent: Option<&str>,
    ) -> Result<Tokens, Fault> {
        let manner = Manner { kind, cookies: None, user_agent };
        let entered = self.open_session(credentials, &manner, origin).await?;
        self.issue(&entered.session)
    }

    /// Signs somebody in on our own pages.
    ///
    /// # Errors
    /// As [`Context::sign_in`].
    pub async fn sign_in_browser(
        &self,
        credentials: Credentials,
        is_kept: bool,
        origin: &Origin,
        user_agent: Option<&str>,
    ) -> Result<BrowserSession, Fault> {
        let kind = if is_kept { SessionKind::KeptBrowser } else { SessionKind::Browser };
        let new = NewCookies::new(self);
        let manner = Manner { kind, cookies: Some(new.clone()), user_agent };
        let entered = self.open_session(credentials, &manner, origin).await?;
        let device = (!entered.is_known_browser).then_some(new.device);
        Ok(BrowserSession { cookie: new.session, expires_at: entered.session.expires_at, is_kept, device })
    }

    async fn open_session(
        &self,
        credentials: Credentials,
        manner: &Manner<'_>,
        origin: &Origin,
    ) -> Result<Entered, Fault> {
        // Counted before anything else, and before the hash.
        let provenance = Provenance::of(&credentials.email, origin);
        let booking = self.book_attempt(&provenance).await?;

        let person = match EmailAddress::parse_text(&credentials.email) {
            Ok(email) => user::for_sign_in(&mut self.database.read().await?, &email).await?,
            Err(_) => None,
        };
        let stored = person.as_ref().map(|person| person.hash.clone());
        let verdict = self.hasher.verify(&credentials.password, stored, self.random.as_ref());
        let verdict = self.check(&booking, verdict).await?;
        let (Some(person), Verdict::Right | Verdict::RightButOutdated(_)) = (person, &verdict) else {
            metrics::counter!("sign_in_failed_total").increment(1);
            tracing::info!(request = %origin.request_id, address = %origin.address, "sign-in failed");
            return Err(Code::WrongCredentials.into());
        };
        // Said only now: whoever does not know the password learns nothing of the account.
        if self.settings.unconfirmed == Unconfirmed::Nothing && !person.is_confirmed {
            return Err(self.refuse_unconfirmed(person.id, &booking, origin).await?);
        }

        let now = self.now();
        let mut transaction = self.database.write().await?;
        // Between the hash and here the person may have been suspended, or the password changed. A change that
        // comes now waits for this session, and ends it.
        let unchanged = user::hold_hash(&mut transaction, person.id, &person.hash).await?
            && self.is_unchanged(&mut transaction, &credentials.email, &person).await?;
        if !unchanged {
            return Err(Code::WrongCredentials.into());
        }
        if let Verdict::RightButOutdated(fresh) = &verdict {
            user::replace_hash(&mut transaction, person.id, &person.hash, fresh).await?;
        }
        booking.refund(&mut transaction).await?;
        let known_browser = booking.known.filter(|device| provenance.is_browser(*device));
        let device = match manner.cookies.as_ref().map(NewCookies::mark) {
            Some(mark) => known_browser.unwrap_or_else(|| provenance.browser(&mark)),
            None => provenance.network(),
        };
        known_device::know(&mut transaction, person.id, &device, now).await?;
        let session = self.begin_session(&mut transaction, manner.start(person.id), origin, now).await?;
        transaction.commit().await?;
        metrics::counter!("sign_in_succeeded_total").increment(1);
        Ok(Entered { session, is_known_browser: known_browser.is_some() })
    }

    async fn is_unchanged(
        &self,
        link: &mut bailiwick_store::Link,
        email: &str,
        person: &SignInRecord,
    ) -> Result<bool, Fault> {
        let Ok(email) = EmailAddress::parse_text(email) else { return Ok(false) };
        let current = user::for_sign_in(link, &email).await?;
        Ok(current.is_some_and(|current| current.id == person.id && current.hash == person.hash))
    }
}
