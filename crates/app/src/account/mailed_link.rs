//! Mailing a link that is good once.

use bailiwick_domain::account::Language;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::link::{LinkPurpose, LinkToken};
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::account::AccountRecord;
use bailiwick_store::query::mailed_link::{self, NewLink};

use crate::context::Context;
use crate::mail::{Mail, MailKind};

/// Links of one purpose that may be good at once: enough for whoever deleted a mail, and few enough that nobody can
/// have a stranger's letter box filled.
const LIVING_MAX: i64 = 3;

impl Context {
    /// Makes a link and queues the mail that takes it to the person, all in this transaction, in which the account
    /// has to be held; returns until when it is good.
    ///
    /// Links that were mailed before stay good: whoever asks for another one must not be able to keep the person
    /// from using theirs.
    ///
    /// # Errors
    /// [`Code::TooManyLinks`] with the wait.
    pub(crate) async fn mail_link(
        &self,
        transaction: &mut WriteTransaction,
        account: &AccountRecord,
        purpose: LinkPurpose,
        language: Option<Language>,
        now: Timestamp,
    ) -> Result<Timestamp, Fault> {
        let living = mailed_link::living(transaction, account.id, purpose, now).await?;
        if living.count >= LIVING_MAX {
            let wait = living.first_expiry.map(|at| at.since(now));
            return Err(wait.into_iter().fold(Fault::new(Code::TooManyLinks), Fault::with_retry_after));
        }
        let token = LinkToken::new(&self.entropy());
        let expires_at = now.plus(purpose.lifetime());
        let digest = token.digest(purpose);
        let link = NewLink { digest, purpose, user: account.id, email: &account.email, expires_at };
        mailed_link::insert(transaction, &link, now).await?;
        let address = format!("{}{}?token={}", self.settings.base_url.origin(), purpose.page(), token.expose());
        let link = SecretText::new(address);
        let mail = Mail {
            user: Some(account.id),
            to: account.email.clone(),
            language: account.language.or(language).unwrap_or_default(),
            kind: match purpose {
                LinkPurpose::Confirm => MailKind::Welcome { link, expires_at },
                LinkPurpose::Reset => MailKind::PasswordReset { link, expires_at },
            },
        };
        self.queue_mail(transaction, &mail, now).await?;
        Ok(expires_at)
    }

    /// Whether a link can be used now.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good`].
    pub(crate) async fn peek_link(&self, token: &LinkToken, purpose: LinkPurpose) -> Result<(), Fault> {
        let (now, digest) = (self.now(), token.digest(purpose));
        let found = mailed_link::find(&mut self.database.read().await?, &digest, purpose, now).await?;
        found.map(|_| ()).ok_or_else(LinkToken::not_good)
    }
}
