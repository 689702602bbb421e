//! A client that does everything, and remembers exactly what it was told.
//!
//! Before each request it notes what it is about to ask; the note turns into
//! knowledge when the answer is complete. What stays a note is in doubt: the
//! server may have done it or not, but nothing in between.

use std::time::{Duration, Instant};

use bailiwick_testkit::people::Tokens;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Api, read, state};

/// How long the predecessor of a refresh token gives the same successor again (contract, section 2).
const GRACE: Duration = Duration::from_secs(10);

/// A system whose creation was acknowledged.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    state: String,
    /// As it was created: its name, its custom data and the path of its callback say so.
    mark: String,
    name: String,
    /// A name whose change was asked for and not acknowledged.
    doubtful_name: Option<String>,
}

/// A sign-in, as far as it was acknowledged.
#[derive(Debug)]
struct Session {
    tokens: Tokens,
    spent: Vec<String>,
    /// When a rotation was asked for that was not acknowledged.
    doubtful_rotation: Option<Instant>,
}

/// One client.
#[derive(Debug)]
pub(crate) struct Visitor {
    api: Api,
    number: usize,
    email: String,
    receiver: String,
    random: ChaCha8Rng,
    posts: usize,
    systems: Vec<Known>,
    /// Posts that were not answered: mark and state.
    doubtful_posts: Vec<(String, String)>,
    session: Option<Session>,
    /// Sign-ins that were ended, by signing out or by a spent token.
    ended: Vec<Tokens>,
}

/// No answer, or half of one: the server is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl From<reqwest::Error> for Gone {
    fn from(_: reqwest::Error) -> Self {
        Self
    }
}

impl Visitor {
    pub(crate) fn new(seed: u64, number: usize, email: &str, origin: &str, receiver: &str) -> Self {
        Self {
            api: Api::new(origin, "10.0.0.1"),
            number,
            email: email.to_owned(),
            receiver: receiver.to_owned(),
            random: ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1000).wrapping_add(number as u64)),
            posts: 0,
            systems: Vec::new(),
            doubtful_posts: Vec::new(),
            session: None,
            ended: Vec::new(),
        }
    }

    /// The ids and marks of the systems whose creation was acknowledged.
    pub(crate) fn acknowledged(&self) -> impl Iterator<Item = (&str, &str)> {
        self.systems.iter().map(|system| (system.id.as_str(), system.mark.as_str()))
    }

    /// Does one thing after another until the server is gone.
    pub(crate) async fn stay(&mut self, round: usize) {
        // Attempts that a crash cut off count as failures of their address: the next round comes from another.
        self.api.from = format!("10.{}.{}.1", round % 250, self.number);
        while self.act().await.is_ok() {}
    }

    async fn act(&mut self) -> Result<(), Gone> {
        let Some(session) = &self.session else { return self.sign_in().await };
        let access = session.tokens.access.clone();
        match self.random.random_range(0..100) {
            0..40 => self.create(&access).await,
            40..50 => self.repeat(&access).await,
            50..70 => self.refresh().await,
            70..85 => self.rename(&access).await,
            85..97 => self.read_back(&access).await,
            _ => self.sign_out().await,
        }
    }

    async fn sign_in(&mut self) -> Result<(), Gone> {
        let (status, tokens) = self.api.try_sign_in(&self.email).await?;
        let tokens = tokens.unwrap_or_else(|| panic!("{} cannot sign in: {status}", self.email));
        self.session = Some(Session { tokens, spent: Vec::new(), doubtful_rotation: None });
        Ok(())
    }

    async fn create(&mut self, access: &str) -> Result<(), Gone> {
        self.posts += 1;
        let mark = format!("visitor-{}-post-{}", self.number, self.posts);
        let state = state(&mark);
        self.doubtful_posts.push((mark.clone(), state.clone()));
        let url = format!("{}/{mark}", self.receiver);
        let (status, body) = read(self.api.callback(access, &mark, &state, &url)).await?;
        assert_eq!(status, 201, "creating {mark}: {body}");
        self.doubtful_posts.pop();
        let id = body["data"]["system"]["id"].as_str().expect("an id").to_owned();
        self.systems.push(Known { id, state, name: mark.clone(), mark, doubtful_name: None });
        Ok(())
    }

    /// Posts a state again that was used: refused, always.
    async fn repeat(&mut self, access: &str) -> Result<(), Gone> {
        let Some(system) = self.any_system() else { return Ok(()) };
        let (status, body) = read(self.api.callback(access, "again", &system.state, &self.receiver)).await?;
        assert_eq!((status, &body["message"]), (400, &json!("state token already used")), "{} again", system.mark);
        Ok(())
    }

    async fn rename(&mut self, access: &str) -> Result<(), Gone> {
        if self.systems.is_empty() {
            return Ok(());
        }
        let chosen = self.random.random_range(0..self.systems.len());
        let name = format!("{}-{}", self.systems[chosen].mark, self.random.random::<u32>());
        self.systems[chosen].doubtful_name = Some(name.clone());
        let path = format!("/api/systems/{}", self.systems[chosen].id);
        let change = self.api.call(Method::PUT, &path).bearer_auth(access).json(&json!({ "name": name }));
        let (status, body) = read(change).await?;
        assert_eq!(status, 200, "renaming {name}: {body}");
        self.systems[chosen].name = name;
        self.systems[chosen].doubtful_name = None;
        Ok(())
    }

    async fn refresh(&mut self) -> Result<(), Gone> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let begun = *session.doubtful_rotation.get_or_insert_with(Instant::now);
        let presented = session.tokens.refresh.clone();
        let body = json!({ "GrantType": "refresh_token" });
        let ask = || {
            let request = self.api.call(Method::POST, "/auth/authenticate/refresh-token");
            tokio::spawn(read(request.bearer_auth(&presented).json(&body)))
        };
        // Two at once, which must get the same. Both are waited for: one that came after the next
        // rotation would be a spent token, and end the session.
        let (first, second) = (ask(), ask());
        let (first, second) = (first.await.expect("no panic"), second.await.expect("no panic"));
        let (status, body) = match (first, second) {
            (Ok(first), Ok(second)) => {
                assert_eq!((first.0, &first.1["RefreshToken"]), (second.0, &second.1["RefreshToken"]), "one successor");
                first
            }
            (Ok(answer), Err(_)) | (Err(_), Ok(answer)) => answer,
            (Err(gone), Err(_)) => return Err(gone.into()),
        };
        if status == 401 && begun.elapsed() > GRACE {
            // The answer to the first attempt was lost for longer than the grace lasts.
            self.session = None;
            return Ok(());
        }
        assert_eq!(status, 200, "an acknowledged refresh token is good: {body}");
        let token = |name: &str| body[name].as_str().expect("a token").to_owned();
        session.tokens = Tokens { access: token("AccessToken"), refresh: token("RefreshToken") };
        session.spent.push(presented);
        session.doubtful_rotation = None;
        Ok(())
    }

    async fn sign_out(&mut self) -> Result<(), Gone> {
        let Some(session) = self.session.take() else { return Ok(()) };
        let request = self.api.call(Method::POST, "/auth/authenticate/signout").bearer_auth(&session.tokens.access);
        let (status, body) = read(request).await?;
        assert_eq!(status, 200, "signing out: {body}");
        self.ended.push(session.tokens);
        Ok(())
    }

    async fn read_back(&mut self, access: &str) -> Result<(), Gone> {
        let Some(system) = self.any_system() else { return Ok(()) };
        self.check_system(&system, access).await.map(|_| ())
    }

    fn any_system(&mut self) -> Option<Known> {
        let count = self.systems.len();
        (count > 0).then(|| self.systems[self.random.random_range(0..count)].clone())
    }

    /// Reads a system: it is there, as acknowledged; gives its name.
    async fn check_system(&self, system: &Known, access: &str) -> Result<String, Gone> {
        let path = format!("/api/systems/{}", system.id);
        let (status, body) = read(self.api.call(Method::GET, &path).bearer_auth(access)).await?;
        assert_eq!(status, 200, "{} was acknowledged: {body}", system.mark);
        let data = &body["data"];
        assert_eq!(data["custom_data"], json!({ "name": system.mark }));
        assert_eq!(data["type"], "ns8");
        let name = data["name"].as_str().expect("a name");
        let expected = [Some(&system.name), system.doubtful_name.as_ref()];
        assert!(expected.contains(&Some(&name.to_owned())), "{name} was acknowledged as {expected:?}");
        Ok(name.to_owned())
    }

    /// Holds the server, started again after a crash, to everything that was acknowledged.
    pub(crate) async fn hold_to_it(&mut self, round: usize) -> Result<(), Gone> {
        self.api.from = format!("10.{}.{}.2", round % 250, self.number);
        if self.session.is_some() {
            self.refresh().await?;
        }
        if self.session.is_none() {
            self.sign_in().await?;
        }
        let access = self.session.as_ref().map(|session| session.tokens.access.clone()).unwrap_or_default();
        for index in 0..self.systems.len() {
            let system = self.systems[index].clone();
            let name = self.check_system(&system, &access).await?;
            self.systems[index] = Known { name, doubtful_name: None, ..system };
        }
        self.check_states(&access).await?;
        for (mark, state) in std::mem::take(&mut self.doubtful_posts) {
            self.settle_doubt(&access, mark, state).await?;
        }
        for tokens in self.ended.clone() {
            self.check_ended(&tokens).await?;
        }
        self.present_spent_token().await
    }

    /// Posts every used state again: none has become usable.
    async fn check_states(&self, access: &str) -> Result<(), Gone> {
        for system in &self.systems {
            let (status, body) = read(self.api.callback(access, "again", &system.state, &self.receiver)).await?;
            let found = (status, &body["message"]);
            assert_eq!(found, (400, &json!("state token already used")), "the state of {}", system.mark);
        }
        Ok(())
    }

    /// A post without an answer did everything or nothing.
    async fn settle_doubt(&mut self, access: &str, mark: String, state: String) -> Result<(), Gone> {
        let found = self.find(access, &mark).await?;
        let url = format!("{}/{mark}", self.receiver);
        let (status, body) = read(self.api.callback(access, &mark, &state, &url)).await?;
        let id = match (found.as_slice(), status) {
            ([id], 400) if body["message"] == "state token already used" => id.clone(),
            ([], 201) => body["data"]["system"]["id"].as_str().expect("an id").to_owned(),
            other => panic!("{mark} was not acknowledged; then, {other:?}: {body}"),
        };
        self.systems.push(Known { id, state, name: mark.clone(), mark, doubtful_name: None });
        Ok(())
    }

    /// The ids of the systems of this very name.
    async fn find(&self, access: &str, name: &str) -> Result<Vec<String>, Gone> {
        let request = self.api.call(Method::GET, &format!("/api/systems?search={name}&page_size=100"));
        let (status, body) = read(request.bearer_auth(access)).await?;
        assert_eq!(status, 200, "looking for {name}: {body}");
        let systems = body["data"]["systems"].as_array().expect("a list");
        let named = systems.iter().filter(|system| system["name"] == name);
        Ok(named.filter_map(|system| system["id"].as_str().map(str::to_owned)).collect())
    }

    async fn check_ended(&self, tokens: &Tokens) -> Result<(), Gone> {
        let list = self.api.call(Method::GET, "/api/systems").bearer_auth(&tokens.access);
        assert_eq!(read(list).await?.0, 401, "the access token of an ended session");
        assert_eq!(self.present(&tokens.refresh).await?.0, 401, "the refresh token of an ended session");
        Ok(())
    }

    /// Now and then presents a token that was spent long before: refused, and the session has ended.
    async fn present_spent_token(&mut self) -> Result<(), Gone> {
        let Some(session) = &self.session else { return Ok(()) };
        // The last but one has no grace, however short the time.
        let Some(spent) = session.spent.iter().rev().nth(1) else { return Ok(()) };
        if !self.number.is_multiple_of(3) {
            return Ok(());
        }
        let (status, body) = self.present(spent).await?;
        assert_eq!(status, 401, "a spent refresh token: {body}");
        let Some(Session { tokens, .. }) = self.session.take() else { return Ok(()) };
        self.check_ended(&tokens).await?;
        self.ended.push(tokens);
        Ok(())
    }

    async fn present(&self, refresh: &str) -> Result<(u16, Value), Gone> {
        let body = json!({ "GrantType": "AccessToken" });
        let request = self.api.call(Method::POST, "/auth/authenticate/refresh-token");
        Ok(read(request.bearer_auth(refresh).json(&body)).await?)
    }
}
