//! Moving a part of the tree: who sees it afterwards, and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::{Actor, ORGANIZATIONS, Scene, path, touched};

const SEED: u64 = 20_261_123;

/// Whether an organisation stands below another one, or is that one, by nothing but each one's parent.
fn is_below<'a>(parents: &BTreeMap<&'a str, Option<&'a str>>, id: &'a str, above: &str) -> bool {
    std::iter::successors(Some(id), |id| parents[id]).any(|id| id == above)
}

on_both_engines! {
    async fn a_move_decides_at_once_who_sees_what_moved(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.of_reseller.system(&bench, "Till", scene.customer).await;
        let moved = scene.root.put_below(&bench, scene.reseller, scene.south).await;
        assert_eq!(moved.data(200)["touched"], touched(2, 2, 1));
        assert_eq!(moved.data(200)["organization"]["parent"]["id"], json!(scene.south));

        assert_eq!(scene.of_north.names(&bench, "").await, ["North"]);
        assert_eq!(scene.of_south.names(&bench, "").await, ["Bakery", "Dealer", "South"]);
        assert_eq!(scene.of_reseller.names(&bench, "").await, ["Bakery", "Dealer"]);
        for (actor, status) in [(&scene.of_north, 404), (&scene.of_south, 200), (&scene.of_customer, 200)] {
            assert_eq!(actor.status(&bench, &system).await, status);
        }
        scene.of_north.act(&bench, scene.customer, "suspend").await.refused(404, "organization not found");
        scene.of_south.act(&bench, scene.customer, "suspend").await.data(200);

        // Each side reads what left it or came to it; neither, nor the organisation itself, where the other side is.
        let [away, here] = ["organization.moved_away", "organization.moved_here"];
        let seen = async |actor: &Actor, action: &str| actor.audited(&bench, action).await.len();
        assert_eq!((seen(&scene.of_north, away).await, seen(&scene.of_north, here).await), (1, 0));
        assert_eq!((seen(&scene.of_south, away).await, seen(&scene.of_south, here).await), (0, 1));
        assert_eq!((seen(&scene.of_reseller, away).await, seen(&scene.of_reseller, here).await), (0, 0));
        let entry = scene.of_reseller.audited(&bench, "organization.moved").await;
        assert_eq!(entry[0]["details"], touched(2, 2, 1));
        for (actor, hidden) in [(&scene.of_north, scene.south), (&scene.of_south, scene.north), (&scene.of_reseller, scene.south)] {
            let log = actor.get(&bench, "/api/audit?page_size=100").await.json.to_string();
            assert!(!log.contains(&hidden.to_string()), "{log}");
        }
        let again = scene.root.put_below(&bench, scene.reseller, scene.south).await;
        assert_eq!(again.data(200)["touched"], touched(0, 0, 0), "it stands there already");
        assert_eq!(scene.root.audited(&bench, "organization.moved").await.len(), 1);
    }

    async fn a_move_needs_the_right_over_both_ends_and_a_place_that_will_do(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let refused = async |actor: &Actor, id, parent: String, rule: &str| {
            let answer = actor.put_below(&bench, id, parent).await;
            assert_eq!(answer.fields(), [("parent_id", rule)], "{}", answer.json);
        };
        refused(&scene.of_north, scene.reseller, scene.south.to_string(), "organization").await;
        refused(&scene.of_north, scene.reseller, "019a9f00-0000-7000-8000-00000000aaaa".to_owned(), "organization").await;
        refused(&scene.of_north, scene.reseller, "north".to_owned(), "uuid").await;
        scene.of_south.put_below(&bench, scene.reseller, scene.south).await.refused(404, "organization not found");
        refused(&scene.root, scene.north, scene.customer.to_string(), "circle").await;
        refused(&scene.root, scene.north, scene.north.to_string(), "circle").await;
        refused(&scene.root, scene.north, scene.south.to_string(), "place").await;
        refused(&scene.root, scene.reseller, scene.customer.to_string(), "circle").await;
        scene.root.act(&bench, scene.south, "suspend").await.data(200);
        refused(&scene.root, scene.reseller, scene.south.to_string(), "organization").await;
        scene.root.act(&bench, scene.south, "reactivate").await.data(200);

        // Nobody leads their own organisation away from those above, whatever they are elsewhere.
        let turncoat = bench.person("turncoat", scene.reseller, Role::Admin).await;
        bench.join(&turncoat, scene.south, Role::Admin).await;
        let turncoat = Actor::of(&bench, &turncoat).await;
        turncoat.put_below(&bench, scene.reseller, scene.south).await.refused(409, "own organization");
        // Nor does a support of one end, or of the other.
        let broker = bench.person("broker", scene.north, Role::Admin).await;
        bench.join(&broker, scene.south, Role::Support).await;
        let broker = Actor::of(&bench, &broker).await;
        refused(&broker, scene.reseller, scene.south.to_string(), "organization").await;
        assert_eq!(scene.of_north.names(&bench, "").await, ["Bakery", "Dealer", "North"], "nothing has moved");
        assert_eq!(scene.root.audited(&bench, "organization.moved").await.len(), 0);
    }

    async fn a_move_brings_no_vat_number_to_where_it_is_taken(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let numbered = |name: &str, number: &str, parent: Value| json!({
            "name": name, "type": "customer", "vat_number": number, "parent_id": parent,
        });
        scene.of_reseller.create(&bench, &numbered("Ours", "IT111", json!(scene.reseller))).await.data(201);
        let theirs = scene.of_south.create(&bench, &numbered("Theirs", "IT111", json!(scene.south))).await;
        let theirs = theirs.data(201).clone();
        let moved = scene.root.put_below(&bench, scene.reseller, scene.south).await;
        moved.refused(409, "vat number taken");
        assert_eq!(moved.json["data"]["error"], "both have IT111");
        assert_eq!(scene.of_south.names(&bench, "").await, ["South", "Theirs"]);
        // What is deleted holds no number; until it comes back.
        scene.of_south.act(&bench, text(&theirs, "id"), "delete").await.data(200);
        scene.root.put_below(&bench, scene.reseller, scene.south).await.data(200);
        let restored = scene.of_south.act(&bench, text(&theirs, "id"), "restore").await;
        restored.refused(409, "vat number taken");
    }

    async fn what_moves_away_from_a_suspension_is_in_again_and_its_own_stays(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other = bench.organisation("Butcher", Some(scene.reseller)).await;
        scene.root.act(&bench, scene.north, "suspend").await.data(200);
        scene.root.act(&bench, other, "suspend").await.data(200);
        assert_eq!(scene.of_customer.status(&bench, ORGANIZATIONS).await, 401);
        scene.root.put_below(&bench, scene.reseller, scene.south).await.data(200);
        assert_eq!(scene.of_customer.status(&bench, ORGANIZATIONS).await, 200);
        assert_eq!(scene.of_south.names(&bench, "is_suspended=true").await, ["Butcher"]);
        assert_eq!(scene.root.names(&bench, "is_suspended=true").await, ["Butcher", "North"]);
    }

    async fn moves_of_one_moment_leave_a_tree_in_which_everybody_sees_what_is_below(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let root = Actor::of(&bench, &bench.super_admin("root", owner).await).await;
        let mut chance = ChaCha8Rng::seed_from_u64(SEED);
        let mut organisations = vec![(owner, OrganisationKind::Owner)];
        for kind in [OrganisationKind::Distributor, OrganisationKind::Reseller, OrganisationKind::Customer] {
            for number in 0..3 {
                let id = bench.organisation_of_kind(&format!("{kind} {number}"), kind, Some(owner)).await;
                organisations.push((id, kind));
            }
        }
        let mut people = Vec::new();
        for (number, (id, _)) in organisations.iter().enumerate() {
            let person = bench.person(&format!("person{number}"), *id, Role::Reader).await;
            people.push((id.to_string(), Actor::of(&bench, &person).await));
        }
        for round in 0..6 {
            let moves: Vec<_> = (0..8)
                .map(|_| {
                    let (moved, kind) = organisations[chance.random_range(1..organisations.len())];
                    let places: Vec<_> = organisations.iter().filter(|(_, parent)| kind.may_stand_below(*parent)).collect();
                    root.put_below(&bench, moved, places[chance.random_range(0..places.len())].0)
                })
                .collect();
            for answer in futures_util::future::join_all(moves).await {
                answer.data(200);
            }
            let listed = root.get(&bench, &format!("{ORGANIZATIONS}?page_size=100")).await;
            let listed = listed.data(200)["organizations"].as_array().unwrap().clone();
            let parents: BTreeMap<&str, Option<&str>> =
                listed.iter().map(|one| (text(one, "id"), one["parent"]["id"].as_str())).collect();
            assert_eq!(parents.len(), organisations.len());
            for (own, actor) in &people {
                let seen = actor.get(&bench, &format!("{ORGANIZATIONS}?page_size=100")).await;
                let seen = seen.data(200)["organizations"].as_array().unwrap().clone();
                let seen: BTreeSet<&str> = seen.iter().map(|one| text(one, "id")).collect();
                let expected: BTreeSet<&str> = parents.keys().copied().filter(|id| is_below(&parents, id, own)).collect();
                assert_eq!(seen, expected, "round {round}, seed {SEED}, {}", path(own));
            }
        }
    }
}
