//! The lists of a partner's people follow from the memberships and the tree, whatever is done to either.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::path::Path;

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::organisation::{OrganisationFacts, OrganisationRecord};
use bailiwick_store::query::user::NewUser;
use bailiwick_store::query::{account, destruction, membership, organisation, tree, user};
use bailiwick_store::{Database, WriteTransaction};
use bailiwick_testkit::postgres::{self, Cluster};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// What is listed and should not be, and what should be listed and is not; and paths whose order is another one than
/// that of what they lead to.
const DIFFERENCES: &str = "WITH meant AS (SELECT DISTINCT m.user_id, a.id AS partner_id, u.search_text, u.email_folded \
        FROM memberships m JOIN users u ON u.id = m.user_id \
        JOIN organisation_paths p ON p.descendant_id = m.organisation_id \
        JOIN organisations a ON a.id = p.ancestor_id WHERE a.kind IN ('distributor', 'reseller')) \
    SELECT (SELECT COUNT(*) FROM (SELECT * FROM meant EXCEPT \
                SELECT user_id, partner_id, search_text, email_folded FROM partner_people) AS missing) \
        + (SELECT COUNT(*) FROM (SELECT user_id, partner_id, search_text, email_folded FROM partner_people \
                EXCEPT SELECT * FROM meant) AS left_over) \
        + (SELECT COUNT(*) FROM organisation_paths p JOIN organisations o ON o.id = p.descendant_id \
                WHERE p.kind <> o.kind OR p.search_text <> o.search_text)";

/// Something that changes who belongs to what, or how it is called; what it is done to is chosen by these numbers.
#[derive(Clone, Copy, Debug)]
enum Act {
    Create(u8, u8),
    Join(u8, u8),
    Leave(u8),
    Move(u8, u8),
    Rename(u8, u8),
    RenameOrganisation(u8, u8),
    Destroy(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let two = || (any::<u8>(), any::<u8>());
    prop_oneof![
        3 => two().prop_map(|(one, other)| Act::Create(one, other)),
        5 => two().prop_map(|(one, other)| Act::Join(one, other)),
        2 => any::<u8>().prop_map(Act::Leave),
        3 => two().prop_map(|(one, other)| Act::Move(one, other)),
        1 => two().prop_map(|(one, other)| Act::Rename(one, other)),
        1 => two().prop_map(|(one, other)| Act::RenameOrganisation(one, other)),
        1 => any::<u8>().prop_map(Act::Destroy),
    ]
}

/// What there is, so that acts that cannot be done are not tried.
#[derive(Debug)]
struct World {
    moment: i64,
    owner: OrganisationId,
    organisations: Vec<(OrganisationId, OrganisationKind)>,
    people: Vec<(UserId, EmailAddress)>,
    memberships: BTreeSet<(usize, OrganisationId)>,
}

/// How many people there are.
const PEOPLE: usize = 5;

impl World {
    fn now(&mut self) -> Timestamp {
        self.moment += 1;
        Timestamp::from_seconds(self.moment)
    }

    async fn begin(database: &Database) -> Self {
        let mut transaction = database.write().await.unwrap();
        let now = Timestamp::from_seconds(1);
        let owner = OrganisationId::new(now, [7; 10]);
        let record = OrganisationRecord { id: owner, kind: OrganisationKind::Owner, name: name("Owner") };
        organisation::insert(&mut transaction, &record, None, now).await.unwrap();
        let mut world = Self {
            moment: 1,
            owner,
            organisations: vec![(owner, OrganisationKind::Owner)],
            people: Vec::new(),
            memberships: BTreeSet::new(),
        };
        for number in 0..PEOPLE {
            let now = world.now();
            let email = EmailAddress::parse_text(&format!("person-{number}@example.org")).unwrap();
            let id = UserId::new(now, [1; 10]);
            let new = NewUser { id, email: &email, name: &name(&format!("Person {number}")), is_super_admin: false };
            user::insert(&mut transaction, &new, now).await.unwrap();
            world.people.push((id, email));
        }
        transaction.commit().await.unwrap();
        world
    }

    fn chosen(&self, number: u8) -> (OrganisationId, OrganisationKind) {
        *self.organisations.get(usize::from(number) % self.organisations.len()).unwrap()
    }

    async fn take(&mut self, transaction: &mut WriteTransaction, act: Act) {
        let now = self.now();
        tree::hold(transaction).await.unwrap();
        match act {
            Act::Create(parent, kind) => {
                let (parent, above) = self.chosen(parent);
                let below: Vec<_> =
                    OrganisationKind::ALL.into_iter().filter(|kind| kind.may_stand_below(above)).collect();
                let Some(kind) = below.get(usize::from(kind) % below.len().max(1)).copied() else { return };
                let record = OrganisationRecord { id: OrganisationId::new(now, [2; 10]), kind, name: name("Company") };
                organisation::insert(transaction, &record, Some(parent), now).await.unwrap();
                self.organisations.push((record.id, kind));
            }
            Act::Join(person, place) => {
                let (person, place) = (usize::from(person) % PEOPLE, self.chosen(place).0);
                if self.memberships.insert((person, place)) {
                    let id = self.people.get(person).unwrap().0;
                    user::insert_membership(transaction, id, place, Role::Reader, now).await.unwrap();
                }
            }
            Act::Leave(number) => {
                let Some(left) =
                    self.memberships.iter().nth(usize::from(number) % self.memberships.len().max(1)).copied()
                else {
                    return;
                };
                self.memberships.remove(&left);
                membership::remove(transaction, self.people.get(left.0).unwrap().0, left.1).await.unwrap();
            }
            Act::Move(root, parent) => {
                let ((root, kind), (parent, above)) = (self.chosen(root), self.chosen(parent));
                if kind.may_stand_below(above) && !tree::is_within(transaction, parent, root).await.unwrap() {
                    tree::put_below(transaction, root, parent, now).await.unwrap();
                }
            }
            Act::Rename(person, number) => {
                let id = self.people.get(usize::from(person) % PEOPLE).unwrap().0;
                let mut found = account::find(transaction, id).await.unwrap().unwrap();
                found.name = name(&format!("Other {number}"));
                account::change(transaction, &found, now).await.unwrap();
            }
            Act::RenameOrganisation(place, number) => {
                let facts =
                    OrganisationFacts { name: &name(&format!("Other {number}")), vat_number: None, custom_data: None };
                organisation::describe(transaction, self.chosen(place).0, &facts, now).await.unwrap();
            }
            Act::Destroy(place) => self.destroy(transaction, self.chosen(place).0, now).await,
        }
    }

    /// Destroys a part of the tree in which nobody has their last place: everybody has to be there for the next act.
    async fn destroy(&mut self, transaction: &mut WriteTransaction, root: OrganisationId, now: Timestamp) {
        if root == self.owner {
            return;
        }
        let mut gone = BTreeSet::new();
        for (id, _) in &self.organisations {
            if tree::is_within(transaction, *id, root).await.unwrap() {
                gone.insert(*id);
            }
        }
        for (person, (id, _)) in self.people.iter().enumerate() {
            if !self.memberships.iter().any(|(member, place)| *member == person && !gone.contains(place)) {
                self.memberships.insert((person, self.owner));
                user::insert_membership(transaction, *id, self.owner, Role::Reader, now).await.unwrap();
            }
        }
        destruction::run(transaction, root, Timestamp::default()).await.unwrap();
        self.organisations.retain(|(id, _)| !gone.contains(id));
        self.memberships.retain(|(_, place)| !gone.contains(place));
    }
}

fn name(text: &str) -> Name {
    Name::parse_text(text).unwrap()
}

async fn differences_on_postgres(url: &str) -> i64 {
    postgres::connect(url).await.unwrap().query_one(DIFFERENCES, &[]).await.unwrap().get(0)
}

fn differences_on_sqlite(path: &Path) -> i64 {
    rusqlite::Connection::open(path).unwrap().query_row(DIFFERENCES, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_lists_of_partners_hold_who_belongs_below_them_and_nobody_else() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() });
    runner
        .run(&prop::collection::vec(act(), 30..60), |acts| {
            runtime.block_on(async {
                let directory = tempfile::tempdir().unwrap();
                let path = directory.path().join("test.db");
                let guard = Cluster::shared().create_database().unwrap();
                for url in [format!("sqlite://{}", path.display()), guard.url().to_owned()] {
                    let database = Database::open(&url).await.unwrap();
                    let mut world = World::begin(&database).await;
                    for act in &acts {
                        let mut transaction = database.write().await.unwrap();
                        world.take(&mut transaction, *act).await;
                        transaction.commit().await.unwrap();
                        let differences = if url.starts_with("sqlite") {
                            differences_on_sqlite(&path)
                        } else {
                            differences_on_postgres(&url).await
                        };
                        prop_assert_eq!(differences, 0, "after {:?} on {}: {:?}", act, url, &world);
                    }
                }
                Ok(())
            })
        })
        .unwrap();
}
