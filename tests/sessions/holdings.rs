//! What somebody may hold: a token of every kind, and how a browser comes by its own.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::http::submit;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;
use serde_json::json;

use crate::forms::cookie;
use crate::support::{API_KEYS, Strict, made_key, old_sign_in};

/// What somebody may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Access,
    Refresh,
    /// A refresh token of the published client's form.
    FixedRefresh,
    Cookie,
    /// The cookie by which accounts know a browser again.
    DeviceCookie,
    /// The cookie that the tokens of forms are bound to.
    FormCookie,
    Setup,
    Reset,
    Confirm,
    Invitation,
    SystemSecret,
    ApiKey,
    /// Signed with the right key, by another server's name.
    ForeignAccess,
    ForeignRefresh,
    ForeignCookie,
}

/// The address of whoever comes by this route, and has no account before.
pub(crate) fn newcomer(route: &str) -> String {
    format!("{route}@example.net")
}

/// A token of each kind.
pub(crate) struct Tokens(pub(crate) Vec<(Kind, String)>);

impl Tokens {
    /// Of this person; the setup link is `setup`, the invitation is to this organisation.
    pub(crate) async fn of(bench: &Bench, person: &Person, organisation: OrganisationId, setup: &str) -> Self {
        let tokens = bench.sign_in(person).await;
        let system = bench.call(Method::POST, "/api/systems").bearer_auth(&tokens.access);
        let system = Answer::of(system.json(&json!({ "name": "First", "type": "ns8" }))).await;
        assert_eq!(system.status, 201, "{system:?}");
        let other = Bench::start(Engine::Sqlite).await;
        let (_, foreign) = other.owner().await;
        let cookies = cookies(bench, person).await;
        let stranger = Person { email: "owner@example.org".to_owned(), ..person.clone() };
        let api_key = made_key(bench.call(Method::POST, API_KEYS).bearer_auth(&tokens.access)).await;
        Self(vec![
            (Kind::ApiKey, api_key),
            (Kind::Access, tokens.access),
            (Kind::Refresh, tokens.refresh),
            (Kind::FixedRefresh, old_sign_in(bench, person).await),
            (Kind::Cookie, cookies.session),
            (Kind::DeviceCookie, cookies.device),
            (Kind::FormCookie, cookies.form),
            (Kind::Setup, setup.to_owned()),
            (Kind::Reset, bench.mailed_link(person, LinkPurpose::Reset).await),
            (Kind::Confirm, bench.mailed_link(person, LinkPurpose::Confirm).await),
            (Kind::Invitation, bench.invitation(&newcomer("register"), organisation).await),
            (Kind::SystemSecret, system.json()["data"]["secret"].as_str().unwrap().to_owned()),
            (Kind::ForeignAccess, foreign.access),
            (Kind::ForeignRefresh, foreign.refresh),
            (Kind::ForeignCookie, self::cookies(&other, &stranger).await.session),
        ])
    }

    /// The one of this kind.
    pub(crate) fn get(&self, kind: Kind) -> &str {
        &self.0.iter().find(|(each, _)| *each == kind).unwrap().1
    }
}

/// What a browser holds after a sign-in.
pub(crate) struct Cookies {
    pub(crate) session: String,
    pub(crate) device: String,
    pub(crate) form: String,
}

/// Signs in as a browser does, with the page before and the page after.
pub(crate) async fn cookies(bench: &Bench, person: &Person) -> Cookies {
    let page = Answer::of(bench.call(Method::GET, "/login")).await;
    let form = [("email", person.email.as_str()), ("password", PASSWORD)];
    let signed_in = Answer::of(submit(bench.call(Method::POST, "/login"), form)).await;
    let value = |answer: &Answer, name: &str| cookie(answer, name).unwrap_or_else(|| panic!("no {name} in {answer:?}"));
    Cookies {
        session: value(&signed_in, "bailiwick"),
        device: value(&signed_in, "bailiwick-device"),
        form: value(&page, "bailiwick-form"),
    }
}

/// A token of the same form that nobody issued.
pub(crate) fn made_up(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let last = bytes.iter().rposition(u8::is_ascii_alphanumeric).unwrap();
    // Well inside, as the last character of an encoding may carry bits that count for nothing.
    for byte in bytes.get_mut(last - 12..last - 2).unwrap() {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    String::from_utf8(bytes).unwrap()
}
