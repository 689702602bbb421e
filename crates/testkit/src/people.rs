//! People and organisations for stories, and what they do.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{InvitationId, OrganisationId, UserId};
use bailiwick_domain::link::{LinkPurpose, LinkToken};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::Span;
use bailiwick_store::query::invitation::{self, NewInvitation};
use bailiwick_store::query::mailed_link::{self, NewLink};
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::user::{self, NewUser};
use reqwest::Method;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::answer::Answer;
use crate::bench::Bench;
use crate::http::submit;

/// The password of everybody in a story.
pub const PASSWORD: &str = "correct zebra battery lantern";

/// Hashed once for all, because each hash costs a twentieth of a second.
static PASSWORD_HASH: OnceCell<SecretText> = OnceCell::const_new();

/// Somebody who can sign in with [`PASSWORD`].
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their address.
    pub email: String,
}

/// What a sign-in gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

#[expect(clippy::expect_used, reason = "a test stops at what it did not expect")]
impl Bench {
    /// Adds an organisation straight to the store; without a parent it is the owner.
    pub async fn organisation(&self, name: &str, parent: Option<OrganisationId>) -> OrganisationId {
        let kind = if parent.is_some() { OrganisationKind::Customer } else { OrganisationKind::Owner };
        self.organisation_of_kind(name, kind, parent).await
    }

    /// Adds an organisation of a kind straight to the store.
    ///
    /// # Panics
    /// When that is refused: the test has failed then, as with everything here.
    pub async fn organisation_of_kind(
        &self,
        name: &str,
        kind: OrganisationKind,
        parent: Option<OrganisationId>,
    ) -> OrganisationId {
        let now = self.context.now();
        let id = OrganisationId::new(now, self.context.random.bytes());
        let name = Name::parse_text(name).expect("a name");
        let mut transaction = self.context.database.write().await.expect("a transaction");
        let record = OrganisationRecord { id, kind, name };
        organisation::insert(&mut transaction, &record, parent, now).await.expect("an organisation");
        transaction.commit().await.expect("a commit");
        id
    }

    /// Adds a person with a role straight to the store; their address is `<name>@example.org`.
    pub async fn person(&self, name: &str, organisation: OrganisationId, role: Role) -> Person {
        self.add_person(name, organisation, role, false).await
    }

    /// Adds a super admin straight to the store.
    pub async fn super_admin(&self, name: &str, organisation: OrganisationId) -> Person {
        self.add_person(name, organisation, Role::Admin, true).await
    }

    async fn add_person(&self, name: &str, organisation: OrganisationId, role: Role, is_super_admin: bool) -> Person {
        let hash = PASSWORD_HASH
            .get_or_init(|| async {
                let password = Password::parse_text(PASSWORD).expect("a password");
                self.context.hasher.hash(&password, self.context.random.as_ref()).await.expect("a hash")
            })
            .await;
        let now = self.context.now();
        let id = UserId::new(now, self.context.random.bytes());
        let email = EmailAddress::parse_text(&format!("{name}@example.org")).expect("an address");
        let name = Name::parse_text(name).expect("a name");
        let mut transaction = self.context.database.write().await.expect("a transaction");
        let new = NewUser { id, email: &email, name: &name, is_super_admin };
        user::insert(&mut transaction, &new, now).await.expect("a person");
        user::insert_membership(&mut transaction, id, organisation, role, now).await.expect("a membership");
        user::set_password(&mut transaction, id, hash, now).await.expect("a password");
        transaction.commit().await.expect("a commit");
        Person { id, email: email.as_str().to_owned() }
    }

    /// Takes somebody into one more organisation, straight in the store.
    ///
    /// # Panics
    /// When that is refused: the test has failed then.
    pub async fn join(&self, person: &Person, organisation: OrganisationId, role: Role) {
        // After the organisation that they joined first, whatever the order of the ids.
        let now = self.context.now().plus(Span::seconds(1));
        let mut transaction = self.context.database.write().await.expect("a transaction");
        user::insert_membership(&mut transaction, person.id, organisation, role, now).await.expect("a membership");
        transaction.commit().await.expect("a commit");
    }

    /// Makes a link for somebody straight in the store, as if it had been mailed now; gives its token.
    ///
    /// # Panics
    /// When that is refused: the test has failed then.
    pub async fn mailed_link(&self, person: &Person, purpose: LinkPurpose) -> String {
        let now = self.context.now();
        let token = LinkToken::new(&self.context.random.bytes());
        let email = EmailAddress::parse_text(&person.email).expect("an address");
        let (digest, expires_at) = (token.digest(purpose), now.plus(purpose.lifetime()));
        let link = NewLink { digest, purpose, user: person.id, email: &email, expires_at };
        let mut transaction = self.context.database.write().await.expect("a transaction");
        mailed_link::insert(&mut transaction, &link, now).await.expect("a link");
        transaction.commit().await.expect("a commit");
        token.expose().to_owned()
    }

    /// Makes an invitation straight in the store, as if it had been mailed now, for a reader; gives its token.
    ///
    /// # Panics
    /// When that is refused: the test has failed then.
    pub async fn invitation(&self, email: &str, organisation: OrganisationId) -> String {
        let now = self.context.now();
        let token = LinkToken::new(&self.context.random.bytes());
        let new = NewInvitation {
            id: InvitationId::new(now, self.context.random.bytes()),
            digest: token.invitation_digest(),
            email: &EmailAddress::parse_text(email).expect("an address"),
            organisation,
            role: Role::Reader,
            language: None,
            invited_by: None,
            expires_at: now.plus(Span::days(7)),
        };
        let mut transaction = self.context.database.write().await.expect("a transaction");
        invitation::insert(&mut transaction, &new, now).await.expect("an invitation");
        transaction.commit().await.expect("a commit");
        token.expose().to_owned()
    }

    /// Signs somebody in over the API.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sign_in(&self, person: &Person) -> Tokens {
        self.sign_in_with(person, PASSWORD).await
    }

    /// The same with a password of their own.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sign_in_with(&self, person: &Person, password: &str) -> Tokens {
        let body = json!({ "Username": person.email, "Password": password, "KeepLoggedIn": false });
        let answer = self.call(Method::POST, "/auth/authenticate/signin").json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "signing {} in", person.email);
        let tokens: Value = answer.json().await.expect("tokens");
        let token = |name: &str| tokens.get(name).and_then(Value::as_str).expect("a token").to_owned();
        Tokens { access: token("AccessToken"), refresh: token("RefreshToken") }
    }

    /// The status of a sign-in over the API, whatever it is.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> u16 {
        let body = json!({ "Username": email, "Password": password });
        let request = self.call(Method::POST, "/auth/authenticate/signin").json(&body);
        request.send().await.expect("an answer").status().as_u16()
    }

    /// Signs somebody in on the page, as a browser does; gives the cookie of their session.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sign_in_on_page(&self, person: &Person) -> String {
        let form = [("email", person.email.as_str()), ("password", PASSWORD)];
        let answer = Answer::of(submit(self.call(Method::POST, "/login"), form)).await;
        assert_eq!(answer.status, 303, "{} signs in on the page: {answer:?}", person.email);
        let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.filter_map(|cookie| cookie.split(';').next());
        pairs.find(|pair| pair.starts_with("bailiwick=")).expect("the cookie of a session").to_owned()
    }

    /// A server with an owner organisation and a signed-in super admin.
    pub async fn owner(&self) -> (OrganisationId, Tokens) {
        let owner = self.organisation("Owner", None).await;
        let person = self.super_admin("owner", owner).await;
        (owner, self.sign_in(&person).await)
    }

    /// A request to this server.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.at(path))
    }

    /// A state token of this moment.
    #[must_use]
    pub fn state(&self, random: &str) -> String {
        state_token(self.context.now().milliseconds(), random)
    }
}

/// A state token as an outside application makes it.
#[must_use]
pub fn state_token(timestamp_ms: i64, random: &str) -> String {
    use base64::Engine as _;
    let json = json!({ "timestamp": timestamp_ms, "random": random }).to_string();
    format!("state_{}", base64::engine::general_purpose::STANDARD.encode(json))
}
