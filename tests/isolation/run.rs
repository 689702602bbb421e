//! Ten thousand requests of chance, each answered as the model says, and what is left behind of foreign words.

use std::collections::HashMap;
use std::time::Duration;

use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::chance::seed;
use bailiwick_testkit::on_both_engines;
use futures_util::future::join_all;
use rand::RngExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::asking::{Ask, By, Draw, Needs, Teller};
use crate::model::{Model, Right};
use crate::sights::TO_SIGN_IN;
use crate::tellers::{doers, keys_in, leaks, lookers, words_in};
use crate::world::{World, figures, logged};

/// How many requests are made in all.
const REQUESTS: usize = 10_000;
/// How many look at once, after which as many as this change something one after the other.
const LOOKS: usize = 16;
const STEPS: usize = 4;
/// How many of all organisations may be out before somebody puts things right.
const OUT_MAX: f64 = 0.5;

/// What is done before chance has its way, in this order, and how often.
const FURNISHING: [(&str, usize); 9] = [
    ("create-agreement", 5),
    ("publish-agreement", 12),
    ("revise-agreement", 1),
    ("issue-licenses", 10),
    ("make-seats", 10),
    ("give-seats", 50),
    ("issue-licenses", 60),
    ("bind-license", 40),
    ("sign-license", 20),
];

/// Where each route is, by its name, and whether it is a page.
struct Routes(HashMap<&'static str, (Method, &'static str, bool)>);

impl Routes {
    fn all() -> Self {
        let registry = bailiwick_server::registry().unwrap();
        let endpoints = registry.endpoints().map(|info| (info.name, (info.method.clone(), info.path, false)));
        let pages = registry.pages().map(|info| (info.name, (info.method.clone(), info.path, true)));
        Self(endpoints.chain(pages).collect())
    }
}

/// A run, with what went wrong in it.
struct Run {
    world: World,
    routes: Routes,
    number: usize,
    asked: HashMap<(&'static str, u16), usize>,
}

impl Run {
    /// Chooses a route by its weight, somebody who asks, and what.
    fn draw(&mut self, tellers: &[Teller]) -> Ask {
        self.number += 1;
        let total: u32 = tellers.iter().map(|teller| teller.weight).sum();
        let mut left = self.world.chance.random_range(0..total);
        let chosen = tellers.iter().find(|teller| {
            let is_it = left < teller.weight;
            left = left.saturating_sub(teller.weight);
            is_it
        });
        let teller = chosen.unwrap();
        let (method, path, is_page) = self.routes.0[teller.route].clone();
        let by = self.whoever(is_page);
        self.ask(teller, by, (method, path, is_page))
    }

    fn whoever(&mut self, is_page: bool) -> By {
        let (model, chance) = (&self.world.model, &mut self.world.chance);
        if chance.random_bool(0.02) {
            return By::Nobody;
        }
        if !is_page && chance.random_bool(0.1) {
            return By::Key(chance.random_range(0..model.keys.len()));
        }
        // Super admins have the whole tree before them, and are few.
        let person = if chance.random_bool(0.15) {
            chance.random_range(0..2)
        } else {
            chance.random_range(0..model.people.len())
        };
        if is_page { By::Cookie(person) } else { By::Token(person) }
    }

    fn ask(&mut self, teller: &Teller, by: By, (method, path, is_page): (Method, &'static str, bool)) -> Ask {
        let world = &mut self.world;
        let caller = match by {
            By::Nobody => 0,
            By::Token(person) | By::Cookie(person) => person,
            By::Key(key) => world.model.keys[key].owner,
        };
        let state = world.bench.state(&format!("state {}", self.number));
        let receiver = world.receiver.origin();
        let mut draw = Draw {
            model: &world.model,
            chance: &mut world.chance,
            caller,
            number: self.number,
            receiver: &receiver,
            state: &state,
        };
        let mut wish = (teller.wish)(&mut draw);
        if let Some(refused) = refused_at_the_door(&world.model, by, teller.needs, is_page) {
            wish.status = refused;
        }
        let mut parts = wish.path.iter();
        let mut fill = |part: &str| if part.starts_with('{') { parts.next().cloned() } else { None };
        let filled = path.split('/').map(|part| fill(part).unwrap_or_else(|| part.to_owned()));
        let path = format!("{}{}", filled.collect::<Vec<_>>().join("/"), wish.query);
        Ask { route: teller.route, by, method, path, wish }
    }

    /// Asks; once more where a busy machine took too long, as nothing was changed then.
    async fn send(&self, ask: &Ask) -> Answer {
        let mut attempts = 5;
        loop {
            attempts -= 1;
            let answer = Answer::of(self.world.request(ask)).await;
            if answer.status != 503 || attempts == 0 {
                return answer;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Says what is wrong about an answer, and lets the model follow it.
    fn judge(&mut self, ask: Ask, answer: &Answer) -> Option<String> {
        *self.asked.entry((ask.route, answer.status)).or_default() += 1;
        let described = ask.described();
        let wrong = |what: String| {
            let text = &answer.body;
            Some(format!(
                "{described}\n{what}\nanswered {}: {text:.6000}\n{}",
                answer.status,
                last_words(answer.status)
            ))
        };
        let is_expected = |status: u16| (200..300).contains(&status) || (status == 303 && !is_sign_in(answer));
        let is_free = ask.wish.is_worded_freely && !is_expected(ask.wish.status) && answer.status < 500;
        if answer.status != ask.wish.status && !is_free {
            return wrong(format!("{} was expected", ask.wish.status));
        }
        let is_success = is_expected(ask.wish.status) && is_expected(answer.status);
        let json = told(answer);
        if is_success
            && let Some(check) = &ask.wish.check
            && let Some(what) = check(&json)
        {
            return wrong(what);
        }
        let (said, before) = (ask.said(), self.leaks(&ask, answer));
        let (by, route) = (ask.by, ask.route);
        if is_success && let Some(effect) = ask.wish.effect {
            effect(&mut self.world.model, &json);
        }
        // What one has just come to, or has just left, may be told of.
        let after = leaks(&self.world.model, self.caller(by), &answer.body, &said);
        let told: Vec<_> = before.into_iter().filter(|word| after.contains(word)).collect();
        if told.is_empty() { None } else { wrong(format!("{route} tells {told:?}, which is foreign")) }
    }

    fn caller(&self, by: By) -> Option<usize> {
        match by {
            By::Nobody => None,
            By::Token(person) | By::Cookie(person) => Some(person),
            By::Key(key) => Some(self.world.model.keys[key].owner),
        }
    }

    fn leaks(&self, ask: &Ask, answer: &Answer) -> Vec<String> {
        let (model, caller) = (&self.world.model, self.caller(ask.by));
        let mut told = leaks(model, caller, &format!("{}{}", answer.location(), answer.body), &ask.said());
        // The page of an organisation shows what was done there, whatever else it says.
        if ask.route.ends_with("-audit") || ask.route.starts_with("organization") {
            told.retain(|word| !caller.is_some_and(|caller| model.may_read_of(caller, word)));
        }
        // Whoever sees a licence sees who sells it, and what has happened to it.
        if ask.route.contains("license") {
            told.retain(|word| !caller.is_some_and(|caller| model.is_seller(caller, word)));
        }
        if ask.route == "license-history" {
            told.retain(|word| !caller.is_some_and(|caller| model.may_remember(caller, word)));
        }
        told
    }

    /// Many look at the same moment.
    async fn look(&mut self, lookers: &[Teller]) -> Option<String> {
        let asks: Vec<Ask> = (0..LOOKS).map(|_| self.draw(lookers)).collect();
        let answers = join_all(asks.iter().map(|ask| self.send(ask))).await;
        asks.into_iter().zip(answers).find_map(|(ask, answer)| self.judge(ask, &answer))
    }

    /// One after the other does something.
    async fn act(&mut self, doers: &[Teller]) -> Option<String> {
        for _ in 0..STEPS {
            self.world.bench.clock.advance(Span::milliseconds(1));
            let ask = self.draw(doers);
            let answer = self.send(&ask).await;
            if let Some(wrong) = self.judge(ask, &answer) {
                return Some(wrong);
            }
        }
        None
    }

    /// Has somebody do something of this kind.
    async fn do_as(&mut self, by: usize, name: &str, doers: &[Teller]) -> Option<String> {
        let teller = doers.iter().find(|teller| teller.route == name).unwrap();
        self.number += 1;
        let ask = self.ask(teller, By::Token(by), self.routes.0[name].clone());
        let answer = self.send(&ask).await;
        self.judge(ask, &answer)
    }

    /// Has a super admin publish agreements, hand seats down and issue licences, so that there is something to see.
    async fn furnish(&mut self, doers: &[Teller]) -> Option<String> {
        for (name, times) in FURNISHING {
            for _ in 0..times {
                self.world.bench.clock.advance(Span::milliseconds(1));
                if let Some(wrong) = self.do_as(0, name, doers).await {
                    return Some(wrong);
                }
            }
        }
        None
    }

    /// Has a super admin put things right where most of the tree is out, so that there is something to see.
    async fn mend(&mut self, doers: &[Teller]) -> Option<String> {
        let model = &self.world.model;
        let there: Vec<usize> = (0..model.organisations.len()).filter(|each| model.is_there(*each)).collect();
        let out = there.iter().filter(|each| !model.is_in(**each)).count();
        #[expect(clippy::cast_precision_loss, reason = "there are few")]
        let share = out as f64 / there.len() as f64;
        if share > OUT_MAX {
            let names = ["reactivate-organization", "restore-organization", "reactivate-user"];
            for _ in 0..40 {
                let name = names[self.world.chance.random_range(0..names.len())];
                let supers = 0..2;
                let by = supers.into_iter().find(|person| self.world.model.may_come_in(*person))?;
                if !self.world.model.people[by].has_session {
                    break;
                }
                if let Some(wrong) = self.do_as(by, name, doers).await {
                    return Some(wrong);
                }
            }
        }
        self.world.let_in().await;
        None
    }

    /// Mails, the log and figures: what is not for one person's eyes tells of nobody's organisation.
    async fn look_around(&self) {
        let model = &self.world.model;
        for letter in self.world.bench.letters().await {
            let own = letter.to.split('@').next().unwrap_or_default();
            let keys = keys_in(&letter.content).into_iter().filter(|key| model.words.contains_key(key));
            let others: Vec<_> = words_in(&letter.content).into_iter().filter(|word| word != own).chain(keys).collect();
            assert!(others.is_empty(), "a mail to {} tells {others:?}: {}", letter.to, letter.content);
        }
        for (what, text) in [
            ("the log", logged()),
            ("figures", self.world.bench.client.get(figures()).send().await.unwrap().text().await.unwrap()),
        ] {
            let told = words_in(&text).into_iter().chain(keys_in(&text));
            let told: Vec<_> = told.filter(|word| model.words.contains_key(word)).collect();
            let told =
                told.first().map(|word| (word, text.lines().find(|line| line.to_lowercase().contains(word.as_str()))));
            assert!(told.is_none(), "{what} tells {told:?}");
        }
        assert!(logged().contains("answered"), "the log was listened to");
    }
}

/// What an answer says; a bare list together with the header that counts it, and what is no JSON as text.
fn told(answer: &Answer) -> Value {
    match serde_json::from_str(&answer.body) {
        Ok(Value::Array(list)) => {
            let total = answer.header("x-pagination-records").and_then(|total| total.parse::<u64>().ok());
            json!({ "list": list, "total": total })
        }
        Ok(json) => json,
        Err(_) => Value::String(answer.body.clone()),
    }
}

/// What was logged last, for a failure of the server's own.
fn last_words(status: u16) -> String {
    let log = if status < 500 { String::new() } else { logged() };
    let lines: Vec<&str> = log.lines().rev().filter(|line| !line.contains("answered")).take(5).collect();
    lines.join("\n")
}

fn is_sign_in(answer: &Answer) -> bool {
    answer.location().starts_with("/login")
}

/// What whoever asks is told before it matters what they ask for.
fn refused_at_the_door(model: &Model, by: By, needs: Needs, is_page: bool) -> Option<u16> {
    if needs == Needs::Nothing {
        return None;
    }
    let nobody = Some(if is_page { TO_SIGN_IN } else { 401 });
    let (person, key) = match by {
        By::Nobody => return nobody,
        By::Token(person) | By::Cookie(person) if !model.people[person].has_session => return nobody,
        By::Token(person) | By::Cookie(person) => (person, None),
        By::Key(key) => (model.keys[key].owner, Some(&model.keys[key])),
    };
    if !model.may_come_in(person) || key.is_some_and(|key| key.is_revoked) {
        return nobody;
    }
    let is_good_key = |right: Right| key.is_none_or(|key| key.writes || right.only_reads());
    let is_let_in = match needs {
        Needs::Nothing => true,
        Needs::SignIn => key.is_none(),
        Needs::Holding(right) => key.is_none() && model.holds(person, right),
        Needs::HoldingOrKey(right) => is_good_key(right) && model.holds(person, right),
    };
    (!is_let_in).then_some(403)
}

on_both_engines! {
    async fn ten_thousand_requests_of_chance_tell_everybody_what_is_theirs_and_nothing_else(bench: Bench) {
        let seed = seed();
        let world = World::begin(bench, seed).await;
        let mut run = Run { world, routes: Routes::all(), number: 0, asked: HashMap::new() };
        let (lookers, doers) = (lookers(), doers());
        if let Some(wrong) = run.furnish(&doers).await {
            panic!("before chance has its way, seed {seed}: {wrong}");
        }
        while run.number < REQUESTS {
            let mut wrong = run.look(&lookers).await;
            if wrong.is_none() {
                wrong = run.act(&doers).await;
            }
            if wrong.is_none() {
                wrong = run.mend(&doers).await;
            }
            if let Some(wrong) = wrong {
                panic!("request {}, seed {seed}: {wrong}", run.number);
            }
        }
        run.look_around().await;
        for teller in lookers.iter().chain(&doers) {
            let count: usize = run.asked.iter().filter(|((route, _), _)| *route == teller.route).map(|(_, count)| count).sum();
            assert!(count > 0, "{} was never asked, seed {seed}", teller.route);
        }
    }
}
