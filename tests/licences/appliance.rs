//! What systems ask for themselves: how they stand, and a file that says so while nobody can be asked.

use bailiwick_domain::time::Span;
use bailiwick_licence::{Appliance, LicenceFile, PublicKey, Refusal, State};
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{LICENSES, System, Tree, subscription};

const LICENCE: &str = "/api/systems/licence";
const FILE: &str = "/api/systems/licence/file";

/// The public key of licence files, as it is published.
async fn published_key(bench: &Bench) -> PublicKey {
    let keys = Answer::in_json(bench.call(Method::GET, "/.well-known/jwks.json")).await;
    let last = keys.json["keys"].as_array().unwrap().last().unwrap();
    let bytes = data_encoding::BASE64URL_NOPAD.decode(text(last, "x").as_bytes()).unwrap();
    PublicKey::from_bytes(bytes.try_into().unwrap())
}

async fn file(bench: &Bench, system: &System) -> String {
    let answer = system.ask(bench, FILE).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let name = format!("attachment; filename=\"{}.licence\"", system.id);
    assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
    answer.body
}

async fn state(bench: &Bench, system: &System) -> Value {
    system.ask(bench, LICENCE).await.data(200)["state"].clone()
}

on_both_engines! {
    async fn a_new_system_gets_its_trial_of_ninety_days_while_any_are_left(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let bare = tree.buyer.system(&bench, "Before", tree.customer).await;
        assert_eq!(state(&bench, &bare).await, "none", "nothing was offered yet");
        let terms = json!({ "Name": "Trial", "Kind": "trial", "TrialsPerOrganisation": 2, "Provides": ["nx.streams"] });
        tree.root.agreement(&bench, &terms).await;
        let first = tree.buyer.system(&bench, "First", tree.customer).await;
        let found = first.ask(&bench, LICENCE).await;
        let now = found.data(200).clone();
        assert_eq!((&now["state"], &now["provides"]), (&json!("trial"), &json!(["nx.streams"])));
        assert_eq!((&now["since"], &now["until"]), (&json!("2026-11-20T09:30:00Z"), &json!("2027-02-18T09:30:00Z")));
        assert_eq!(now["why"], "This system is on trial until 2027-02-18.");
        let listed = tree.buyer.get(&bench, &format!("/auth/licenses?Device={}", first.id)).await;
        assert_eq!((&listed.json[0]["Agreement"]["Kind"], listed.json.as_array().unwrap().len()), (&json!("trial"), 1));
        let second = tree.buyer.system(&bench, "Second", tree.customer).await;
        let third = tree.buyer.system(&bench, "Third", tree.customer).await;
        assert_eq!((state(&bench, &second).await, state(&bench, &third).await), (json!("trial"), json!("none")));
        // Others have their own.
        let other = tree.other.system(&bench, "Other", tree.neighbour).await;
        assert_eq!(state(&bench, &other).await, "trial");
        // What is deleted gives no trial back.
        bench.ask(Method::DELETE, &format!("/api/systems/{}", first.id), &tree.buyer.0, None).await;
        let fourth = tree.buyer.system(&bench, "Fourth", tree.customer).await;
        assert_eq!(state(&bench, &fourth).await, "none");
        assert_eq!(first.ask(&bench, LICENCE).await.status, 401);
    }

    async fn trials_are_claimed_once_however_many_systems_are_created_at_once(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let terms = json!({ "Name": "Trial", "Kind": "trial", "TrialsPerOrganisation": 5 });
        tree.root.agreement(&bench, &terms).await;
        let names: Vec<_> = (0..32).map(|number| format!("Box {number}")).collect();
        futures_util::future::join_all(names.iter().map(|name| tree.buyer.system(&bench, name, tree.customer))).await;
        let listed = tree.buyer.get(&bench, "/auth/licenses?Kind=trial").await;
        assert_eq!(listed.header("x-pagination-records"), Some("5"), "{listed:?}");
    }

    async fn a_system_is_told_how_it_stands_through_the_life_of_a_licence(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let system = tree.buyer.system(&bench, "Box", tree.customer).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer, "Devices": [system.id] });
        let issued = tree.root.post(&bench, LICENSES, &body).await;
        let path = format!("{LICENSES}/{}", text(&issued.json[0], "UUID"));
        assert_eq!(state(&bench, &system).await, "active");
        tree.root.act(&bench, &format!("{path}/suspend")).await;
        let found = system.ask(&bench, LICENCE).await;
        assert_eq!(found.data(200)["state"], "suspended");
        assert_eq!(found.data(200)["provides"], json!([]), "what is suspended provides nothing");
        tree.root.act(&bench, &format!("{path}/reactivate")).await;
        bench.clock.advance(Span::days(365));
        assert_eq!(state(&bench, &system).await, "grace");
        bench.clock.advance(Span::days(14));
        let found = system.ask(&bench, LICENCE).await;
        assert_eq!(found.data(200)["state"], "expired");
        assert_eq!(text(found.data(200), "next_action"), "Have the licence renewed by whoever sold it to you.");
    }

    async fn the_file_says_offline_what_the_server_says(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let system = tree.buyer.system(&bench, "Box", tree.customer).await;
        let key = [published_key(&bench).await];
        let none = file(&bench, &system).await;
        let now = bench.context.now().seconds();
        let ask = |now, memory| Appliance { system: &system.id, now, memory };
        let before = LicenceFile::open(none.as_bytes(), &key).unwrap();
        assert_eq!(before.judge(&ask(now, None)).unwrap().state, State::None);
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer, "Devices": [system.id] });
        assert_eq!(tree.root.post(&bench, LICENSES, &body).await.status, 201);
        let text = file(&bench, &system).await;
        let opened = LicenceFile::open(text.as_bytes(), &key).unwrap();
        assert_eq!((opened.holder, opened.issuer), (Some("Customer"), bench.at("").trim_end_matches('/')));
        assert!(opened.lease > before.lease, "each has a larger number");
        let ruling = opened.judge(&ask(now, None)).unwrap();
        assert_eq!((ruling.state, ruling.provides("nx.streams"), ruling.provides("nx.other")), (State::Active, true, false));
        // The lease is thirty days, and the file before it is a replay now.
        assert_eq!(opened.until, now + 30 * 86_400);
        assert_eq!(opened.judge(&ask(now + 30 * 86_400, None)), Err(Refusal::LeaseEnded));
        assert_eq!(before.judge(&ask(now, Some(ruling.memory))), Err(Refusal::Replayed));
        assert_eq!(opened.judge(&Appliance { system: "another", ..ask(now, None) }), Err(Refusal::WrongSystem));
        let other = PublicKey::from_bytes([1; 32]);
        assert_eq!(LicenceFile::open(text.as_bytes(), &[other]), Err(Refusal::OtherKey));
    }

    async fn a_system_says_who_it_is_in_the_words_that_appliances_know(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let system = tree.buyer.system(&bench, "Box", tree.customer).await;
        let other = tree.buyer.system(&bench, "Other", tree.customer).await;
        let key = system.secret.split('.').next().unwrap();
        let by = |name: &str, secret: &str| bench.call(Method::GET, LICENCE).basic_auth(name, Some(secret));
        for name in [system.id.as_str(), key] {
            Answer::in_json(by(name, &system.secret)).await.data(200);
        }
        let plain = |value: &str| bench.call(Method::GET, LICENCE).header("authorization", value);
        for (request, said) in [
            (bench.call(Method::GET, LICENCE), "authentication required"),
            (plain(&format!("Bearer {}", tree.buyer.0)), "invalid authentication format"),
            (plain("Basic ???"), "invalid authentication encoding"),
            (plain("Basic bm8gY29sb24="), "invalid credentials format"),
            (by(&system.id, &other.secret), "invalid system credentials"),
            (by(&other.id, &system.secret), "invalid system credentials"),
            (by(&system.id, ""), "invalid system credentials"),
            (by(&system.id, &format!("{}0", system.secret)), "invalid system credentials"),
            (by("box", &system.secret), "invalid system credentials"),
        ] {
            let answer = Answer::in_json(request).await;
            assert_eq!((answer.status, answer.said(), &answer.json["data"]), (401, said, &json!({})), "{answer:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"System Authentication\""));
        }
        // A new secret, and the old one is worth nothing.
        let renewed = tree.buyer.act(&bench, &format!("/api/systems/{}/regenerate-secret", system.id)).await;
        let new = text(renewed.data(200), "secret");
        assert_eq!(Answer::in_json(by(&system.id, &system.secret)).await.status, 401);
        Answer::in_json(by(&system.id, new)).await.data(200);
        let suspend = format!("/api/organizations/{}/suspend", tree.customer);
        assert_eq!(bench.ask(Method::PATCH, &suspend, &tree.root.0, None).await.status, 200);
        let refused = Answer::in_json(by(&system.id, new)).await;
        assert_eq!((refused.status, refused.said()), (403, "system is suspended"), "{refused:?}");
    }
}
