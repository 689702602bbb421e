//! Known and unknown addresses: what differs between them must not show in any answer, nor in the time it takes.
//!
//! Times are compared by rank, so that a slow moment of the machine is one
//! sample among many, and measured in turns, so that a slow minute meets both.

use std::time::{Duration, Instant};

use bailiwick_app::operator::UserKey;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse as _;
use bailiwick_domain::invitation::PER_ADDRESS_OF_ALL_MAX;
use bailiwick_domain::role::Role;
use bailiwick_store::query::user;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::invitations::INVITATIONS;
use crate::inviting::look as invitation_look;
use crate::support::{SIGN_IN, WRONG};
use crate::throttle::{address, attempt_from, behind_a_proxy};

/// The path of asking for a new password.
const FORGOT: &str = "/auth/authenticate/forgot-password";
/// Names in each group.
const NAMES: usize = 12;
/// Samples of each name: as many as are let through to the hash.
const ROUNDS: usize = 5;
/// How many standard deviations apart the ranks of two groups may be. Chance alone gets there once in 300 000 times;
/// a hash that is left out, or a tenth of one, is beyond 7.
const DEVIATIONS_MAX: f64 = 4.7;

/// One answer, without what differs from request to request anyway, and how long it took.
struct Sample {
    look: String,
    took: Duration,
}

/// A group of names and what their answers were.
struct Group {
    what: &'static str,
    names: Vec<String>,
    samples: Vec<Sample>,
}

impl Group {
    fn new(what: &'static str, names: Vec<String>) -> Self {
        Self { what, names, samples: Vec::new() }
    }

    fn unknown(what: &'static str) -> Self {
        Self::new(what, (0..NAMES).map(|number| format!("{what}{number}@example.org")).collect())
    }
}

/// All of an answer that could tell something.
fn whole(answer: &Answer) -> String {
    let mut headers = answer.headers.clone();
    for varying in ["date", "x-request-id"] {
        assert!(headers.remove(varying).is_some(), "no {varying}");
    }
    format!("{} {headers:?} {}", answer.status, answer.body)
}

async fn sample(request: RequestBuilder, look: fn(&Answer) -> String) -> Sample {
    let begun = Instant::now();
    let answer = Answer::of(request).await;
    let took = begun.elapsed();
    Sample { look: look(&answer), took }
}

/// A request from an address.
fn post_from(node: &Bench, from: &str, path: &str, body: &Value) -> RequestBuilder {
    node.call(Method::POST, path).header("X-Forwarded-For", from).json(body)
}

/// Asks for each name of each group once, in an order of chance and each from an address of its own; `ask` makes the
/// request from an address for a name.
async fn round(
    chance: &mut ChaCha8Rng,
    groups: &mut [Group],
    ask: impl Fn(&str, &str) -> RequestBuilder,
    look: fn(&Answer) -> String,
) {
    let mut turns: Vec<_> = (0..groups.len()).flat_map(|group| (0..NAMES).map(move |name| (group, name))).collect();
    turns.shuffle(chance);
    for (group, name) in turns {
        let group = groups.get_mut(group).unwrap();
        let from = address(chance.random_range(0..0x00ff_ffff));
        group.samples.push(sample(ask(&from, &group.names[name]), look).await);
    }
}

/// Holds that nobody could tell from all these answers which group a name belongs to; begins the next collection.
fn must_be_alike(groups: &mut [Group], status: &str) {
    let [first, others @ ..] = &*groups else { panic!("no groups") };
    let look = &first.samples.first().unwrap().look;
    assert!(look.starts_with(status), "{look}");
    for other in others {
        for sample in first.samples.iter().chain(&other.samples) {
            assert_eq!(&sample.look, look, "{} and {}", first.what, other.what);
        }
        let deviations = apart(&first.samples, &other.samples);
        assert!(
            deviations.abs() < DEVIATIONS_MAX,
            "the times of {} and {} names are {deviations:.1} standard deviations apart: about {:?} and {:?}",
            first.what,
            other.what,
            middle(&first.samples),
            middle(&other.samples),
        );
    }
    for group in groups {
        group.samples.clear();
    }
}

/// How far the times of two groups are apart, in standard deviations of what chance does (Mann and Whitney's U).
#[expect(clippy::cast_precision_loss, reason = "a few thousand pairs")]
fn apart(one: &[Sample], other: &[Sample]) -> f64 {
    let pairs = one.iter().flat_map(|left| other.iter().map(move |right| left.took.cmp(&right.took)));
    let wins: f64 = pairs.map(|order| f64::from(order as i8).mul_add(0.5, 0.5)).sum();
    let (n, m) = (one.len() as f64, other.len() as f64);
    (wins - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

fn middle(samples: &[Sample]) -> Duration {
    let mut times: Vec<_> = samples.iter().map(|sample| sample.took).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn groups_that_differ_are_told_apart_and_others_are_not() {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut times = |around: u64, slower: u64| -> Vec<Sample> {
        let took = |chance: &mut ChaCha8Rng| Duration::from_micros(around + chance.random_range(0..5_000) + slower);
        (0..NAMES * ROUNDS).map(|_| Sample { look: String::new(), took: took(&mut chance) }).collect()
    };
    assert!(apart(&times(30_000, 0), &times(30_000, 0)).abs() < 3.0);
    assert!(apart(&times(30_000, 0), &times(30_000, 3_000)) < -DEVIATIONS_MAX, "a tenth of a hash");
    assert!(apart(&times(30_000, 3_000), &times(30_000, 0)) > DEVIATIONS_MAX);
}

on_both_engines! {
    async fn nobody_can_tell_by_signing_in_whether_an_address_is_known(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let node = behind_a_proxy(&bench).await;
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        let (mut quiet, mut active) = (Vec::new(), Vec::new());
        for number in 0..NAMES {
            quiet.push(bench.person(&format!("quiet{number}"), owner, Role::Reader).await.email);
            let person = bench.person(&format!("active{number}"), owner, Role::Reader).await;
            // Somebody whom the server has seen: with sessions, and devices that it knows.
            assert_eq!(attempt_from(&node, "192.0.2.1", &person.email, PASSWORD).await.status, 200);
            active.push(person.email);
        }
        let mut groups = [Group::unknown("unknown"), Group::new("quiet", quiet), Group::new("active", active)];
        let try_with = |password: &'static str| {
            let node = &node;
            move |from: &str, name: &str| {
                post_from(node, from, SIGN_IN, &json!({ "Username": name, "Password": password }))
            }
        };
        for _ in 0..ROUNDS {
            round(&mut chance, &mut groups, try_with(WRONG), whole).await;
        }
        must_be_alike(&mut groups, "401");
        // And then those that have to wait.
        for _ in 0..ROUNDS {
            round(&mut chance, &mut groups, try_with(WRONG), whole).await;
        }
        must_be_alike(&mut groups, "429");
        // The right password tells no more than a wrong one while it has to wait.
        round(&mut chance, &mut groups, try_with(PASSWORD), whole).await;
        must_be_alike(&mut groups, "429");
    }

    async fn nobody_can_tell_by_asking_for_a_new_password_whether_an_address_is_known(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let node = behind_a_proxy(&bench).await;
        let mut chance = ChaCha8Rng::seed_from_u64(8);
        let (mut known, mut suspended) = (Vec::new(), Vec::new());
        for number in 0..NAMES {
            known.push(bench.person(&format!("known{number}"), owner, Role::Reader).await.email);
            let person = bench.person(&format!("suspended{number}"), owner, Role::Reader).await;
            let key = UserKey::Email(EmailAddress::parse_text(&person.email).unwrap());
            bench.context.suspend_user_as_operator(&key).await.unwrap();
            suspended.push(person.email);
        }
        let mut groups = [Group::unknown("unknown"), Group::new("known", known), Group::new("suspended", suspended)];
        let ask = |from: &str, name: &str| post_from(&node, from, FORGOT, &json!({ "Email": name }));
        for _ in 0..ROUNDS {
            round(&mut chance, &mut groups, ask, whole).await;
        }
        must_be_alike(&mut groups, "200");
        // From one address many ask in vain, whomever they ask for.
        for group in &mut groups {
            for name in &group.names {
                sample(ask("192.0.2.1", name), whole).await;
            }
            for name in &group.names {
                group.samples.push(sample(ask("192.0.2.1", name), whole).await);
            }
        }
        must_be_alike(&mut groups, "429");
    }

    async fn nobody_can_tell_by_inviting_whether_an_address_is_known(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let elsewhere = bench.organisation("Elsewhere", Some(owner)).await;
        let admin = bench.sign_in(&bench.person("admin", owner, Role::Admin).await).await;
        let mut chance = ChaCha8Rng::seed_from_u64(9);
        // One for each round, as the invitations of one to one address are limited; as many as all may send to it.
        let mut ours = Vec::new();
        for number in 0..PER_ADDRESS_OF_ALL_MAX {
            ours.push(bench.organisation(&format!("Ours {number}"), Some(owner)).await);
        }
        let (mut known, mut members) = (Vec::new(), Vec::new());
        for number in 0..NAMES {
            known.push(bench.person(&format!("known{number}"), elsewhere, Role::Reader).await.email);
            let person = bench.person(&format!("member{number}"), elsewhere, Role::Reader).await;
            let mut transaction = bench.context.database.write().await.unwrap();
            for organisation in &ours {
                let (id, now) = (person.id, bench.context.now());
                user::insert_membership(&mut transaction, id, *organisation, Role::Reader, now).await.unwrap();
            }
            transaction.commit().await.unwrap();
            members.push(person.email);
        }
        let mut groups = [Group::unknown("unknown"), Group::new("known", known), Group::new("member", members)];
        for organisation in &ours {
            let ask = |from: &str, name: &str| {
                let body = json!({ "organization_id": organisation, "email": name, "role": "reader" });
                post_from(&bench, from, INVITATIONS, &body).bearer_auth(&admin.access)
            };
            round(&mut chance, &mut groups, ask, invitation_look).await;
        }
        must_be_alike(&mut groups, "201");
    }
}
