//! A suspension reaches everything below, and taking it back undoes what it did and no more.
//!
//! Chance grows a tree and suspends and reactivates in it from a seed; a model that knows nothing but each
//! organisation's parent and what was decided of it says who may come in.

use std::sync::Arc;

use bailiwick_app::caller::Authority;
use bailiwick_app::operator::TreeFilter;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;

const SEED: u64 = 20_261_122;
const ORGANISATIONS: usize = 14;
const ACTS: usize = 60;

/// An organisation as the model knows it.
struct Node {
    id: OrganisationId,
    kind: OrganisationKind,
    parent: Option<usize>,
    is_suspended: bool,
}

struct Forest {
    bench: Bench,
    nodes: Vec<Node>,
    chance: ChaCha8Rng,
}

impl Forest {
    async fn plant(bench: Bench) -> Self {
        let id = bench.organisation("Owner", None).await;
        let owner = Node { id, kind: OrganisationKind::Owner, parent: None, is_suspended: false };
        Self { bench, nodes: vec![owner], chance: ChaCha8Rng::seed_from_u64(SEED) }
    }

    /// Adds an organisation wherever one of its kind may stand.
    async fn grow(&mut self) {
        let kind = OrganisationKind::ALL[self.chance.random_range(1..4)];
        let places: Vec<usize> =
            (0..self.nodes.len()).filter(|place| kind.may_stand_below(self.nodes[*place].kind)).collect();
        let parent = places[self.chance.random_range(0..places.len())];
        let name = format!("Organisation {}", self.nodes.len());
        let id = self.bench.organisation_of_kind(&name, kind, Some(self.nodes[parent].id)).await;
        self.nodes.push(Node { id, kind, parent: Some(parent), is_suspended: false });
    }

    /// Suspends one or takes that back; what is decided already stays so.
    async fn act(&mut self) {
        let number = self.chance.random_range(1..self.nodes.len());
        let suspend = self.chance.random_bool(0.5);
        let node = &mut self.nodes[number];
        let (context, id) = (&self.bench.context, node.id);
        let outcome = if suspend {
            context.suspend_organisation(Authority::Operator, id).await
        } else {
            context.reactivate_organisation(Authority::Operator, id).await
        };
        assert_eq!(outcome.is_ok(), node.is_suspended != suspend, "organisation {number}: {outcome:?}");
        node.is_suspended = suspend;
    }

    /// The topmost suspended organisation above this one, itself included.
    fn out_through(&self, number: usize) -> Option<OrganisationId> {
        let node = &self.nodes[number];
        let above = node.parent.and_then(|parent| self.out_through(parent));
        above.or_else(|| node.is_suspended.then_some(node.id))
    }

    async fn compare(&self, after: &str) {
        let listed = self.bench.context.organisations_for_operator(TreeFilter::default(), None).await.unwrap().shown;
        for (number, node) in self.nodes.iter().enumerate() {
            let found = listed.iter().find(|entry| entry.organisation.id == node.id).unwrap();
            let found = &found.organisation;
            assert_eq!(found.suspended_at.is_some(), node.is_suspended, "{after}, organisation {number}, seed {SEED}");
            assert_eq!(
                found.suspended_through,
                self.out_through(number),
                "{after}, organisation {number}, seed {SEED}"
            );
        }
    }
}

async fn status(bench: &Bench, path: &str, access: &str) -> u16 {
    bench.call(Method::GET, path).bearer_auth(access).send().await.unwrap().status().as_u16()
}

on_both_engines! {
    async fn a_suspension_reaches_all_below_and_is_undone_for_what_it_touched_alone(bench: Bench) {
        let mut forest = Forest::plant(bench).await;
        for number in 1..ACTS {
            if forest.nodes.len() < ORGANISATIONS && (forest.nodes.len() < 4 || forest.chance.random_bool(0.3)) {
                forest.grow().await;
            } else {
                forest.act().await;
            }
            forest.compare(&format!("act {number}")).await;
        }
    }

    async fn decisions_of_one_moment_leave_nobody_in_who_is_out(bench: Bench) {
        let mut forest = Forest::plant(bench).await;
        let line = [OrganisationKind::Distributor, OrganisationKind::Reseller, OrganisationKind::Customer];
        for (parent, kind) in line.into_iter().enumerate() {
            let id = forest.bench.organisation_of_kind("One of a line", kind, Some(forest.nodes[parent].id)).await;
            forest.nodes.push(Node { id, kind, parent: Some(parent), is_suspended: false });
        }
        for round in 0..8 {
            let acts: Vec<_> = (1..4)
                .map(|number| {
                    let (context, id) = (Arc::clone(&forest.bench.context), forest.nodes[number].id);
                    let suspend = forest.chance.random_bool(0.5);
                    forest.nodes[number].is_suspended = suspend;
                    tokio::spawn(async move {
                        // What is decided already is refused, and stays decided.
                        let _ = if suspend {
                            context.suspend_organisation(Authority::Operator, id).await
                        } else {
                            context.reactivate_organisation(Authority::Operator, id).await
                        };
                    })
                })
                .collect();
            for act in acts {
                act.await.unwrap();
            }
            forest.compare(&format!("round {round}")).await;
        }
    }

    async fn whoever_belongs_to_nothing_but_what_is_suspended_does_not_come_in(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let distributor = bench.organisation_of_kind("Beta", OrganisationKind::Distributor, Some(owner)).await;
        let shop = bench.organisation_of_kind("Shop", OrganisationKind::Customer, Some(distributor)).await;
        let elsewhere = bench.organisation_of_kind("Elsewhere", OrganisationKind::Customer, Some(owner)).await;
        let ann = bench.person("ann", shop, Role::Admin).await;
        let ben = bench.person("ben", shop, Role::Admin).await;
        bench.join(&ben, elsewhere, Role::Reader).await;
        let root = bench.super_admin("root", shop).await;
        let access = [bench.sign_in(&ann).await.access, bench.sign_in(&ben).await.access, bench.sign_in(&root).await.access];
        let ann_refresh = bench.sign_in(&ann).await.refresh;
        let systems = "/api/systems";

        bench.context.suspend_organisation(Authority::Operator, distributor).await.unwrap();
        assert_eq!(status(&bench, systems, &access[0]).await, 401, "from the next request on");
        assert_eq!(status(&bench, systems, &access[1]).await, 200, "by the other organisation");
        assert_eq!(status(&bench, &format!("{systems}?organization_id={shop}"), &access[1]).await, 200);
        assert_eq!(status(&bench, systems, &access[2]).await, 200, "a super admin");
        assert_eq!(bench.try_sign_in(&ann.email, PASSWORD).await, 401);
        assert_eq!(bench.try_sign_in(&ben.email, PASSWORD).await, 200);
        let refreshed = bench.call(Method::POST, "/auth/authenticate/refresh-token").bearer_auth(&ann_refresh);
        assert_eq!(refreshed.json(&serde_json::json!({})).send().await.unwrap().status().as_u16(), 401);

        bench.context.reactivate_organisation(Authority::Operator, distributor).await.unwrap();
        assert_eq!(status(&bench, systems, &access[0]).await, 200, "nothing of theirs has ended");
        assert_eq!(bench.try_sign_in(&ann.email, PASSWORD).await, 200);
    }
}
