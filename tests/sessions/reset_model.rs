//! Whatever anybody does in whatever order: a password is set by whoever knows the one of today, or holds a link that
//! was mailed to the account, and in no other way.
//!
//! Chance draws what happens next from a seed, and a model says what must come of it.

use std::collections::BTreeSet;

use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::json;

use crate::reset::{FORGOT, NEXT, PAGE, RESET};
use crate::support::{Aside, Strict, WRONG, post, sign_in};

const STEPS: usize = 90;
/// Requests for a link, each of which waits for its mail, are fewer than the rest.
const ASKED_MAX: usize = 8;

/// What the model knows of an account.
struct Account {
    person: Person,
    password: String,
}

/// A link that somebody got hold of.
struct Held {
    token: String,
    /// Whose account it is about.
    account: usize,
    purpose: LinkPurpose,
    expires_at: Timestamp,
    is_good: bool,
}

struct Story {
    bench: Bench,
    aside: Aside,
    accounts: Vec<Account>,
    links: Vec<Held>,
    chance: ChaCha8Rng,
    asked: usize,
    /// How often a password was set, for new ones and for the count of the log.
    set: usize,
}

impl Story {
    async fn step(&mut self) {
        match self.chance.random_range(0..12) {
            0 | 1 if self.asked < ASKED_MAX => self.ask().await,
            0..=2 => self.confirmation_is_mailed().await,
            3..=6 => self.reset_by_a_link().await,
            7 => self.reset_by_something_else().await,
            8 => self.confirm().await,
            9 => self.change().await,
            _ => self.wait(),
        }
    }

    fn somebody(&mut self) -> usize {
        self.chance.random_range(0..self.accounts.len())
    }

    /// A request from an address that asked for nothing yet, so that it is not slowed down.
    async fn ask(&mut self) {
        self.asked += 1;
        let account = self.somebody();
        let email = self.accounts[account].person.email.clone();
        let now = self.bench.context.now();
        let living = self.links.iter().filter(|link| link.account == account && link.purpose == LinkPurpose::Reset);
        let room = living.filter(|link| link.is_good && link.expires_at > now).count() < 3;
        let request = self.bench.call(Method::POST, FORGOT).json(&json!({ "Email": email }));
        let from = format!("198.51.100.{}", self.asked);
        let answer = Answer::of(request.header("X-Forwarded-For", from)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let known: BTreeSet<&str> = self.links.iter().map(|link| link.token.as_str()).collect();
        let mailed = self.bench.mailed_tokens(&email, PAGE).await;
        let new: Vec<String> = mailed.into_iter().filter(|token| !known.contains(token.as_str())).collect();
        assert_eq!(new.len(), usize::from(room), "links mailed to {email}");
        let purpose = LinkPurpose::Reset;
        let expires_at = now.plus(purpose.lifetime());
        self.links.extend(new.into_iter().map(|token| Held { token, account, purpose, expires_at, is_good: true }));
    }

    async fn confirmation_is_mailed(&mut self) {
        let (account, purpose) = (self.somebody(), LinkPurpose::Confirm);
        let token = self.bench.mailed_link(&self.accounts[account].person, purpose).await;
        let expires_at = self.bench.context.now().plus(purpose.lifetime());
        self.links.push(Held { token, account, purpose, expires_at, is_good: true });
    }

    fn is_good(&self, link: &Held, purpose: LinkPurpose) -> bool {
        link.is_good && link.purpose == purpose && link.expires_at > self.bench.context.now()
    }

    /// Any link, of whatever kind and age, with a password that will do or will not.
    async fn reset_by_a_link(&mut self) {
        if self.links.is_empty() {
            return;
        }
        let number = self.chance.random_range(0..self.links.len());
        let password = if self.chance.random_bool(0.2) { "short".to_owned() } else { format!("{NEXT} {}", self.set) };
        let link = &self.links[number];
        let (account, is_good) = (link.account, self.is_good(link, LinkPurpose::Reset));
        let answer = post(&self.bench, RESET, &json!({ "Token": link.token, "NewPassword": password })).await;
        match (is_good, password.as_str()) {
            (false, _) => answer.refuses_field("Token"),
            (true, "short") => answer.refuses_field("NewPassword"),
            (true, _) => {
                answer.message(200);
                self.has_set(account, password);
            }
        }
    }

    /// What somebody without the mail might try.
    async fn reset_by_something_else(&mut self) {
        let mut token = [0; 43];
        self.chance.fill_bytes(&mut token);
        let alphabet = b"AEIMQUYcgkosw048";
        let made_up: String = token.iter().map(|byte| char::from(alphabet[usize::from(byte % 16)])).collect();
        let account = self.somebody();
        let person = &self.accounts[account].person;
        let session = sign_in(&self.bench, &person.email, &self.accounts[account].password).await;
        let (access, refresh) = (session.text("AccessToken"), session.text("RefreshToken"));
        let almost = self.links.choose(&mut self.chance).map(|link| {
            let swapped: String = link.token.chars().map(|c| if c == 'A' { 'B' } else { c }).collect();
            if swapped == link.token { link.token.to_lowercase() } else { swapped }
        });
        let tries = [made_up, access, refresh, person.id.to_string(), person.email.clone(), String::new()];
        for token in tries.into_iter().chain(almost) {
            let body = json!({
                "Token": token, "NewPassword": NEXT, "Email": person.email, "UUID": person.id.to_string(), "Force": true,
            });
            post(&self.bench, RESET, &body).await.refuses_field("Token");
        }
    }

    async fn confirm(&mut self) {
        let Some(number) = (0..self.links.len()).collect::<Vec<_>>().choose(&mut self.chance).copied() else { return };
        let is_good = self.is_good(&self.links[number], LinkPurpose::Confirm);
        let body = json!({ "Token": self.links[number].token });
        let answer = post(&self.bench, "/auth/authenticate/confirm-address", &body).await;
        if is_good {
            answer.message(200);
            self.links[number].is_good = false;
        } else {
            answer.refuses_field("Token");
        }
    }

    /// The other way to another password, with the one of today or without.
    async fn change(&mut self) {
        let account = self.somebody();
        let Account { person, password } = &self.accounts[account];
        let access = sign_in(&self.bench, &person.email, password).await.text("AccessToken");
        let knows = self.chance.random_bool(0.6);
        let next = format!("{NEXT} {}", self.set);
        let body = json!({ "CurrentPassword": if knows { password } else { WRONG }, "NewPassword": next });
        let request = self.bench.call(Method::POST, "/auth/authenticate/update-password").bearer_auth(access);
        // A guess slows down whoever comes from there.
        let request = request.header("X-Forwarded-For", format!("203.0.113.{}", self.chance.random_range(0..=255)));
        let answer = Answer::of(request.json(&body)).await;
        if knows {
            answer.message(200);
            self.has_set(account, next);
        } else {
            answer.refuses_field("CurrentPassword");
        }
    }

    fn wait(&mut self) {
        let minutes = self.chance.random_range(1..=8);
        self.bench.clock.advance(Span::minutes(minutes));
    }

    fn has_set(&mut self, account: usize, password: String) {
        self.set += 1;
        self.accounts[account].password = password;
        let of_account = self.links.iter_mut().filter(|link| link.account == account);
        of_account.filter(|link| link.purpose == LinkPurpose::Reset).for_each(|link| link.is_good = false);
    }

    /// Everybody's password is the one that the model knows, and as many were set as it knows of.
    async fn holds(&self, step: usize) {
        let set = self.aside.number("SELECT COUNT(*) FROM mails WHERE kind = 'password_changed'").await;
        assert_eq!(usize::try_from(set).unwrap(), self.set, "after step {step}");
    }

    async fn everybody_signs_in(&self) {
        self.bench.clock.advance(Span::hours(1));
        for Account { person, password } in &self.accounts {
            let answer = sign_in(&self.bench, &person.email, password).await;
            assert_eq!(answer.status, 200, "{} with {password}: {answer:?}", person.email);
        }
    }
}

on_both_engines! {
    async fn no_password_is_set_without_the_one_of_today_or_a_mailed_link(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let mut accounts = Vec::new();
        for name in ["ann", "bob"] {
            accounts.push(Account { person: bench.person(name, owner, Role::Admin).await, password: PASSWORD.to_owned() });
        }
        let bench = bench.another_node_with(|settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
        let (aside, chance) = (Aside::of(&bench).await, ChaCha8Rng::seed_from_u64(20_260_918_963));
        let mut story = Story { bench, aside, accounts, links: Vec::new(), chance, asked: 0, set: 0 };
        for step in 0..STEPS {
            story.step().await;
            story.holds(step).await;
        }
        assert!(story.set >= 5, "only {} passwords were set: that was no story", story.set);
        story.everybody_signs_in().await;
    }
}
