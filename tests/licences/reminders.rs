//! Telling those who hold licences, and those who sell them, that these run out.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_store::query::account;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::letters::Letter;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Person;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, LICENSES, Tree, member, subscription};

/// Somebody in a story.
async fn person(bench: &Bench, name: &str) -> Person {
    let email = EmailAddress::parse_text(&format!("{name}@example.org")).unwrap();
    let found = account::by_email(&mut bench.context.database.read().await.unwrap(), &email).await.unwrap().unwrap();
    Person { id: found.id, email: email.as_str().to_owned() }
}

/// Somebody has shown that their address is theirs.
async fn confirm(bench: &Bench, name: &str) {
    let person = person(bench, name).await;
    let email = EmailAddress::parse_text(&person.email).unwrap();
    let mut transaction = bench.context.database.write().await.unwrap();
    account::confirm(&mut transaction, person.id, &email, bench.context.now()).await.unwrap();
    transaction.commit().await.unwrap();
}

/// The tree of all stories, in which everybody has confirmed their address.
async fn tree(bench: &Bench) -> Tree {
    let tree = Tree::new(bench).await;
    for name in ["root", "seller", "dealer", "buyer", "other"] {
        confirm(bench, name).await;
    }
    tree
}

/// The same person, signed in at a later moment.
async fn again(bench: &Bench, name: &str) -> Actor {
    Actor(bench.sign_in(&person(bench, name).await).await.access)
}

/// When a licence runs out that lasts so many days from now on.
fn in_days(bench: &Bench, days: i64) -> String {
    bench.context.now().plus(Span::days(days)).rfc3339()
}

/// Issues licences of the owner's that last so many days; gives all that is said of them.
async fn issue(bench: &Bench, by: &Actor, body: Value, days: i64) -> Vec<Value> {
    let mut body = body;
    body["ExpiresAt"] = in_days(bench, days).into();
    let issued = by.post(bench, LICENSES, &body).await;
    assert_eq!(issued.status, 201, "{issued:?}");
    issued.json.as_array().unwrap().clone()
}

/// Goes on by so many days, and tells what is to be told then; gives who got mail.
async fn after_days(bench: &Bench, days: i64) -> Vec<String> {
    bench.clock.advance(Span::days(days));
    told(bench).await
}

/// Tells what is to be told; gives who got mail.
async fn told(bench: &Bench) -> Vec<String> {
    let before = letters(bench).await;
    let count = bench.context.remind_of_licences().await.unwrap();
    let new = letters_since(bench, &before).await;
    assert_eq!(new.len(), count, "as many mails are written as are counted");
    let mut names: Vec<_> = new.iter().map(name).collect();
    names.sort();
    names
}

fn name(letter: &Letter) -> String {
    letter.to.split('@').next().unwrap().to_owned()
}

/// The mails about licences.
async fn letters(bench: &Bench) -> Vec<Letter> {
    let mut letters = bench.letters().await;
    letters.retain(|letter| letter.content.contains("/licences"));
    letters
}

/// Those that were not there before.
async fn letters_since(bench: &Bench, before: &[Letter]) -> Vec<Letter> {
    let mut letters = letters(bench).await;
    // Each has an id of its own in its head.
    letters.retain(|letter| before.iter().all(|known| known.content != letter.content));
    letters
}

/// The only mail to somebody.
async fn mail_to(bench: &Bench, name: &str) -> String {
    let mut letters = letters(bench).await;
    letters.retain(|letter| letter.to == format!("{name}@example.org"));
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0).content.replace("\r\n", "\n")
}

/// What a mail lists.
fn listed(content: &str) -> Vec<&str> {
    content.lines().filter_map(|line| line.strip_prefix("- ")).collect()
}

const NOBODY: [&str; 0] = [];

on_both_engines! {
    async fn what_runs_out_is_told_once_thirty_days_seven_days_and_a_day_before(bench: Bench) {
        let tree = tree(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 11).await;
        let sold = tree.root.give(&bench, &top, tree.distributor, 10).await;
        tree.root.give(&bench, &sold, tree.reseller, 10).await;
        let system = tree.buyer.system(&bench, "Box <1>", tree.customer).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer, "Devices": [system.id] });
        let licence = issue(&bench, &tree.dealer, body, 40).await.remove(0);
        tree.root.issue(&bench, &agreement, tree.neighbour).await;
        assert_eq!(after_days(&bench, 9).await, NOBODY);
        // Who holds it and who sells it, and nobody above them or beside them.
        assert_eq!(after_days(&bench, 1).await, ["buyer", "dealer"]);
        assert_eq!(told(&bench).await, NOBODY, "once");
        let mail = mail_to(&bench, "buyer").await;
        let line = format!("AI Manager for Customer: runs out on 2026-12-30 09:30 UTC (key {}), on Box <1>", text(&licence, "LicenseKey"));
        assert_eq!(listed(&mail), [line], "{mail}");
        assert!(mail.contains(&bench.at("/licences\n")) && mail.contains("Box &#60;1&#62;"), "{mail}");
        assert_eq!(after_days(&bench, 22).await, NOBODY);
        assert_eq!(after_days(&bench, 1).await, ["buyer", "dealer"]);
        assert_eq!(after_days(&bench, 5).await, NOBODY);
        assert_eq!(after_days(&bench, 1).await, ["buyer", "dealer"]);
        assert_eq!(told(&bench).await, NOBODY);
        assert_eq!(after_days(&bench, 1).await, NOBODY, "it has run out");
        // That of the neighbour was sold by the owner, for a year.
        assert_eq!(after_days(&bench, 295).await, ["other", "root"]);
    }

    async fn of_several_reminders_the_last_is_sent_and_the_earlier_ones_never(bench: Bench) {
        let tree = tree(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        issue(&bench, &tree.root, json!({ "Agreement": agreement, "Organisation": tree.customer }), 5).await;
        assert_eq!(told(&bench).await, ["buyer", "root"]);
        // Not even where a clock is turned back to before them.
        bench.clock.advance(Span::days(-10));
        assert_eq!(told(&bench).await, NOBODY);
        assert_eq!(after_days(&bench, 14).await, ["buyer", "root"]);
        // Away for all of its last month: one mail.
        issue(&bench, &again(&bench, "root").await, json!({ "Agreement": agreement, "Organisation": tree.customer }), 60).await;
        assert_eq!(told(&bench).await, NOBODY);
        bench.clock.advance(Span::hours(59 * 24 + 1));
        assert_eq!(told(&bench).await, ["buyer", "root"]);
        assert_eq!(told(&bench).await, NOBODY);
    }

    async fn a_renewed_licence_is_told_of_anew(bench: Bench) {
        let tree = tree(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let licence = issue(&bench, &tree.root, json!({ "Agreement": agreement, "Organisation": tree.customer }), 20).await.remove(0);
        assert_eq!(told(&bench).await, ["buyer", "root"]);
        let renew = format!("{LICENSES}/{}/renew", text(&licence, "UUID"));
        let renewed = tree.root.post(&bench, &renew, &json!({ "ExpiresAt": in_days(&bench, 60) })).await;
        assert_eq!(renewed.status, 200, "{renewed:?}");
        assert_eq!(told(&bench).await, NOBODY);
        assert_eq!(after_days(&bench, 29).await, NOBODY, "of its old end nothing is told any more");
        assert_eq!(after_days(&bench, 1).await, ["buyer", "root"]);
    }

    async fn what_is_suspended_or_revoked_is_not_told_of(bench: Bench) {
        let tree = tree(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer, "Quantity": 2 });
        let issued = issue(&bench, &tree.root, body, 20).await;
        let act = async |licence: &Value, act: &str| {
            let answer = tree.root.act(&bench, &format!("{LICENSES}/{}/{act}", text(licence, "UUID"))).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        };
        act(&issued[0], "suspend").await;
        act(&issued[1], "revoke").await;
        assert_eq!(told(&bench).await, NOBODY);
        act(&issued[0], "reactivate").await;
        assert_eq!(told(&bench).await, ["buyer", "root"]);
        assert_eq!(listed(&mail_to(&bench, "buyer").await).len(), 1);
    }

    async fn only_administrators_who_are_in_and_have_confirmed_their_address_are_told(bench: Bench) {
        let tree = tree(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        for (name, role) in [("support", Role::Support), ("reader", Role::Reader), ("unconfirmed", Role::Admin), ("suspended", Role::Admin)] {
            member(&bench, name, tree.customer, role).await;
            if name != "unconfirmed" {
                confirm(&bench, name).await;
            }
        }
        let suspended = person(&bench, "suspended").await.id;
        let root = bench.super_admin("super", tree.owner).await;
        let above = Actor(bench.sign_in(&root).await.access);
        let decide = async |method: Method, path: String| {
            let answer = bench.ask(method, &path, &above.0, None).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        };
        decide(Method::PATCH, format!("/api/users/{suspended}/suspend")).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer });
        issue(&bench, &tree.root, body.clone(), 20).await;
        assert_eq!(told(&bench).await, ["buyer", "root"]);
        // Of those who are suspended, whoever sells is told.
        let customer = format!("/api/organizations/{}", tree.customer);
        issue(&bench, &tree.root, body.clone(), 20).await;
        decide(Method::PATCH, format!("{customer}/suspend")).await;
        assert_eq!(told(&bench).await, ["root"]);
        decide(Method::PATCH, format!("{customer}/reactivate")).await;
        // Of those who are deleted nobody, until they are back.
        issue(&bench, &tree.root, body, 20).await;
        decide(Method::DELETE, customer.clone()).await;
        assert_eq!(told(&bench).await, NOBODY);
        decide(Method::PATCH, format!("{customer}/restore")).await;
        assert_eq!(told(&bench).await, ["buyer", "root"]);
    }

    async fn a_seller_is_told_nothing_of_who_was_moved_away_from_them(bench: Bench) {
        let tree = tree(&bench).await;
        let root = bench.super_admin("super", tree.owner).await;
        let above = Actor(bench.sign_in(&root).await.access);
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 10).await;
        tree.root.give(&bench, &top, tree.reseller, 10).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer });
        issue(&bench, &tree.dealer, body, 20).await;
        let path = format!("/api/organizations/{}/parent", tree.customer);
        let moved = bench.ask(Method::PUT, &path, &above.0, Some(&json!({ "parent_id": tree.distributor }))).await;
        assert_eq!(moved.status, 200, "{moved:?}");
        assert_eq!(told(&bench).await, ["buyer"]);
    }

    async fn each_person_gets_one_mail_that_lists_what_fits_and_counts_the_rest(bench: Bench) {
        let tree = tree(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let terms = json!({ "Name": "Try it", "Kind": "trial", "TrialsPerOrganisation": 1, "DurationDays": 10 });
        tree.root.agreement(&bench, &terms).await;
        tree.other.system(&bench, "Box", tree.neighbour).await;
        let body = |organisation| json!({ "Agreement": agreement, "Organisation": organisation, "Quantity": 30 });
        issue(&bench, &tree.root, body(tree.customer), 20).await;
        issue(&bench, &tree.root, body(tree.owner), 25).await;
        let changed = bench.ask(Method::PATCH, "/api/me", &tree.other.0, Some(&json!({ "language": "de" }))).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        // Whoever holds and sells is told once of each.
        assert_eq!(told(&bench).await, ["buyer", "other", "root"]);
        let (of_root, of_buyer, of_other) = (mail_to(&bench, "root").await, mail_to(&bench, "buyer").await, mail_to(&bench, "other").await);
        let lines = listed(&of_root);
        assert_eq!((lines.len(), lines[50]), (51, "And 11 more."), "{of_root}");
        assert!(lines[0].starts_with("Try it for Neighbour: the trial ends on 2026-11-30 09:30 UTC (key "), "{of_root}");
        assert!(lines[1].starts_with("AI Manager for Customer") && lines[49].starts_with("AI Manager for Owner"), "{of_root}");
        assert_eq!(listed(&of_buyer).len(), 30);
        let lines = listed(&of_other);
        assert!(lines.len() == 1 && lines[0].starts_with("Try it für Neighbour: die Testphase endet am 2026-11-30"), "{of_other}");
        assert!(lines[0].ends_with(", auf Box"), "{of_other}");
    }

    async fn two_servers_at_once_tell_of_each_end_once(bench: Bench) {
        let tree = tree(&bench).await;
        let other = bench.another_node().await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        for round in 0..5 {
            let body = json!({ "Agreement": agreement, "Organisation": tree.customer, "Quantity": 40 });
            let keys: Vec<_> = issue(&bench, &tree.root, body, 20).await.iter().map(|one| text(one, "LicenseKey").to_owned()).collect();
            let before = letters(&bench).await;
            let at_once = [&bench, &other, &bench, &other].map(|node| node.context.remind_of_licences());
            let counts: Vec<_> = futures_util::future::join_all(at_once).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(counts.iter().sum::<usize>(), 2, "round {round}: {counts:?}");
            let new = letters_since(&bench, &before).await;
            assert_eq!(new.len(), 2, "round {round}");
            for letter in new {
                let lines = listed(&letter.content);
                assert_eq!(lines.len(), 40, "round {round}: {lines:?}");
                assert!(keys.iter().all(|key| lines.iter().any(|line| line.contains(key))), "round {round}: {lines:?}");
            }
        }
    }
}
