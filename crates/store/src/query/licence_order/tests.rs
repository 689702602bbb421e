//! Whichever way a slice is read, it has what a plain list in memory has there.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

use bailiwick_domain::id::SystemId;
use bailiwick_domain::page::Direction;
use bailiwick_domain::search;
use bailiwick_domain::time::Timestamp;
use bailiwick_testkit::postgres::Cluster;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::licence_place;
use super::super::licence_plan::{parts, slices};
use super::super::licence_search::Sought;
use super::super::pattern::contains;
use super::*;
use crate::database::{Database, WriteTransaction};
use crate::statement::{Access, Statement};

// Rows alone, without most of what they would belong to: nothing of it is kept.
static AGREEMENT: Statement = Statement::new(
    "tests::AGREEMENT",
    Access::Write,
    "INSERT INTO agreements (id, family_id, version, name, folded_name, kind, provides, catalogues, amount_per_month, \
     trials, grace_days, systems, lease_days, created_at, updated_at) \
     VALUES ($1, $1, 1, $2, $2, $3, '[]', '[]', 0, 0, 0, 1, 1, 0, 0)",
);
static PLACE: Statement = Statement::new(
    "tests::PLACE",
    Access::Write,
    "INSERT INTO licence_places (partner_id, licence_id, agreement_id, licence_key, starts_at, ends_at) \
     VALUES ($1, $2, $3, $4, $5, $6)",
);
static TOTALS: Statement = Statement::new(
    "tests::TOTALS",
    Access::Write,
    "INSERT INTO licence_totals (partner_id, agreement_id, number, endless) SELECT partner_id, agreement_id, COUNT(*), \
     SUM(CASE WHEN ends_at = 9223372036854775807 THEN 1 ELSE 0 END) FROM licence_places GROUP BY partner_id, agreement_id",
);
static BOUND: Statement = Statement::new(
    "tests::BOUND",
    Access::Write,
    "INSERT INTO licence_systems (licence_id, system_id, bound_at) VALUES ($1, $2, 0)",
);
static START: Statement = Statement::new(
    "tests::START",
    Access::Write,
    "INSERT INTO system_search_starts (system_id, start) VALUES ($1, $2)",
);

/// Two of one name, which no order tells apart, and one with nothing that runs out.
const AGREEMENTS: [(&str, &str); 6] = [
    ("alpha", "subscription"),
    ("beta", "subscription"),
    ("beta", "trial"),
    ("delta box", "perpetual"),
    ("gamma", "trial"),
    ("omega", "subscription"),
];
const LICENCES: u8 = 240;

/// What is in the list that is asked for, and the words of each licence's system.
struct Model {
    partner: OrganisationId,
    places: Vec<(Place, String)>,
}

fn id(kind: u8, number: u8) -> [u8; 10] {
    [0, 0, kind, number.wrapping_mul(83), number, 0, 0, 0, 0, 0]
}

/// Fills the list of one partner, and that of another one with every third of the same licences.
async fn fill(transaction: &mut WriteTransaction) -> Model {
    let partners = [1, 2].map(|number| OrganisationId::new(Timestamp::default(), id(1, number)));
    let agreements = [0, 1, 2, 3, 4, 5].map(agreement);
    for (agreement, (name, kind)) in agreements.iter().zip(AGREEMENTS) {
        transaction.change(&AGREEMENT, values![*agreement, name, kind]).await.unwrap();
    }
    let mut places = Vec::new();
    for number in 0..LICENCES {
        let index = usize::from(number) * 7 % 11 % 6;
        let [agreement, licence] =
            [agreements[index].into(), LicenceId::new(Timestamp::default(), id(3, number)).into()];
        let runs_out = number % 3 != 0 && AGREEMENTS[index].1 != "perpetual";
        let place = Place {
            licence: LicenceId::new(Timestamp::default(), id(3, number)),
            agreement: agreements[index],
            name: AGREEMENTS.iter().position(|(name, _)| *name == AGREEMENTS[index].0).unwrap(),
            licence_key: format!("{:03}-{number}", u16::from(number) * 89 % 241),
            starts_at: i64::from(number) * 13 % 10,
            ends_at: if runs_out { i64::from(number) * 5 % 17 } else { i64::MAX },
        };
        let shared: [Value; 2] = [licence, agreement];
        for partner in partners.iter().take(if number % 3 == 0 { 2 } else { 1 }) {
            let mut values: Vec<Value> = vec![(*partner).into()];
            values.extend(shared.clone());
            values.extend_from_slice(values![place.licence_key.as_str(), place.starts_at, place.ends_at]);
            transaction.change(&PLACE, &values).await.unwrap();
        }
        let words = ["box seven", "the box", "pump", ""][usize::from(number) % 4];
        let system = SystemId::new(Timestamp::default(), id(4, number));
        transaction.change(&BOUND, values![place.licence, system]).await.unwrap();
        for start in search::starts(words) {
            transaction.change(&START, values![system, start]).await.unwrap();
        }
        places.push((place, words.to_owned()));
    }
    transaction.change(&TOTALS, &[]).await.unwrap();
    Model { partner: partners[0], places }
}

/// A question: which agreements, which ends, in which order, from where on, how many, and what for.
#[derive(Clone, Debug)]
struct Question {
    kind: Option<&'static str>,
    agreement: Option<usize>,
    name: Option<&'static str>,
    ends: Option<(i64, i64)>,
    keys: Vec<Key>,
    slice: (i64, i64),
    text: &'static str,
}

fn questions() -> impl Strategy<Value = Question> {
    let direction = prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
    let keys = (Just(LicenceOrder::ALL.to_vec()).prop_shuffle(), prop::collection::vec(direction, 0..=4));
    let keys = keys.prop_map(|(orders, directions)| orders.into_iter().zip(directions).collect::<Vec<Key>>());
    let kind = prop::option::of(prop_oneof![Just("subscription"), Just("trial"), Just("perpetual"), Just("nothing")]);
    let agreement = prop::option::weighted(0.2, 0..AGREEMENTS.len());
    let name = prop::option::weighted(0.2, prop_oneof![Just("beta"), Just("gamma"), Just("no such name")]);
    let ends = prop::option::weighted(0.2, (0_i64..10, 5_i64..20));
    let text = prop_oneof![Just("box"), Just("beta"), Just("0"), Just("12"), Just("seven"), Just("a"), Just("zzz")];
    let slice = (0_i64..260, 0_i64..30);
    (kind, agreement, name, ends, keys, slice, text).prop_map(|(kind, agreement, name, ends, keys, slice, text)| {
        Question { kind, agreement, name, ends, keys, slice, text }
    })
}

impl Question {
    fn range(&self) -> Range {
        self.ends.map_or(Range::All, |(from, before)| Range::Within(from, before))
    }

    fn wants(&self, place: &Place) -> bool {
        let index = (0..AGREEMENTS.len()).find(|index| agreement(*index) == place.agreement).unwrap();
        self.kind.is_none_or(|kind| AGREEMENTS[index].1 == kind)
            && self.agreement.is_none_or(|wanted| wanted == index)
            && self.name.is_none_or(|name| AGREEMENTS[index].0 == name)
    }

    /// The licences that pass this, in their order.
    fn answer<'m>(&self, model: &'m Model, passes: impl Fn(&Place, &str) -> bool) -> Vec<&'m Place> {
        let is_asked = |(place, words): &&(Place, String)| {
            self.wants(place) && place.is_within(self.range()) && passes(place, words)
        };
        let mut places: Vec<&Place> = model.places.iter().filter(is_asked).map(|(place, _)| place).collect();
        places.sort_by(|one, other| compare(one, other, &self.keys));
        places
    }
}

fn agreement(index: usize) -> AgreementId {
    AgreementId::new(Timestamp::default(), id(2, u8::try_from(index).unwrap() + 1))
}

fn ids<'p>(places: impl IntoIterator<Item = &'p Place>) -> Vec<LicenceId> {
    places.into_iter().map(|place| place.licence).collect()
}

async fn check(link: &mut Link, model: &Model, question: &Question) {
    let range = question.range();
    let totals = licence_place::totals(link, model.partner, range).await.unwrap();
    let is_asked = |total: &&Total| {
        let of = |(place, _): &&(Place, String)| place.agreement == total.agreement;
        model.places.iter().find(of).is_some_and(|(place, _)| question.wants(place))
    };
    let agreements: Vec<&Total> = totals.iter().filter(is_asked).collect();
    let sought = Sought::new(question.text).unwrap();
    let conditions = |pattern: Option<String>| -> [Value; 4] {
        let agreement = question.agreement.map(agreement);
        let [kind, name] = [question.kind, question.name].map(|text| Value::from(text.map(str::to_owned)));
        [kind, agreement.into(), name, pattern.into()]
    };
    let (offset, limit) = question.slice;
    let expected = question.answer(model, |_, _| true);
    let [skipped, taken] = [offset, limit].map(|number| usize::try_from(number).unwrap());
    let expected = ids(expected.into_iter().skip(skipped).take(taken));
    let asked = Asked::new(model.partner, &totals, agreements.clone(), conditions(None));
    let (mut read, mut walked) = (Vec::new(), Vec::new());
    for (part, passed, taken) in slices(parts(&agreements, range, &question.keys), question.slice) {
        read.extend(asked.read(link, &part, (passed, taken)).await.unwrap().unwrap());
        let values = asked.values(&Which::Asked, &part, (passed, taken));
        walked.extend(asked.places(link, along(&part).unwrap().some, &values).await.unwrap());
    }
    assert_eq!(ids(&read), expected, "read: {question:?}");
    assert_eq!(ids(&walked), expected, "walked: {question:?}");

    let expected = question.answer(model, |place, words| {
        !AGREEMENTS[place.name].0.contains(&sought.text)
            && (place.licence_key.starts_with(&sought.text)
                || search::starts(words).any(|start| start.starts_with(&sought.text)))
    });
    let asked = Asked { conditions: conditions(Some(contains(&sought.text))), ..asked };
    let of = (range, question.keys.as_slice());
    let gathered = asked.find(link, &sought, of, limit).await.unwrap().unwrap();
    let looked_up = asked.look_up(link, &sought, of, limit).await.unwrap();
    assert_eq!(usize::try_from(gathered.number), Ok(expected.len()), "gathered: {question:?}");
    assert_eq!(usize::try_from(looked_up.number), Ok(expected.len()), "looked up: {question:?}");
    let expected = ids(expected.into_iter().take(taken));
    assert_eq!(ids(gathered.first.iter().take(taken)), expected, "gathered: {question:?}");
    assert_eq!(ids(looked_up.first.iter().take(taken)), expected, "looked up: {question:?}");
}

/// How many questions are asked of each engine.
const QUESTIONS: u32 = 1500;

/// Asks all of them in a transaction in which rows may lack what they belong to, and which is given up.
async fn ask(database: &Database, unbound: &str) {
    let mut transaction = database.write().await.unwrap();
    transaction.batch(unbound).await.unwrap();
    let model = fill(&mut transaction).await;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    for _ in 0..QUESTIONS {
        let question = questions().new_tree(&mut runner).unwrap().current();
        check(&mut transaction, &model, &question).await;
    }
}

#[tokio::test]
async fn a_slice_of_a_list_is_that_of_a_plain_list_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("test.db").display());
    ask(&Database::open(&url).await.unwrap(), "PRAGMA defer_foreign_keys = ON").await;
}

#[tokio::test]
async fn a_slice_of_a_list_is_that_of_a_plain_list_on_postgres() {
    let guard = Cluster::shared().create_database().unwrap();
    ask(&Database::open(guard.url()).await.unwrap(), "SET LOCAL session_replication_role = replica").await;
}
