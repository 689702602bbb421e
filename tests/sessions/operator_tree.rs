//! The operator at the command line: organisations, memberships and invitations, by the use cases of everybody.

use std::collections::BTreeSet;

use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::letters::new_token;
use bailiwick_testkit::process::operator::{refusal, says};
use serde_json::{Value, json};

use crate::invitations::{NEWCOMER, REGISTER, newcomer};
use crate::operator::Stage;
use crate::support::Strict;

const BEN: &str = "ben@shop.example";
const UNKNOWN: &str = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";

/// Acme above North above Shop and Hut, and Ben the administrator of Shop.
async fn stage(engine: Engine) -> Stage {
    let stage = Stage::set(engine).await;
    for (name, kind, parent) in [
        ("North", "distributor", "Acme"),
        ("Reach", "reseller", "North"),
        ("Shop", "customer", "Reach"),
        ("Hut", "customer", "Reach"),
    ] {
        stage.says(&["organisation", "create", "--name", name, "--kind", kind, "--parent", parent]);
    }
    says(&stage.create(BEN, "Shop", &["--role", "admin"]));
    stage
}

fn names(listed: &Value) -> Vec<&str> {
    listed["organizations"].as_array().unwrap().iter().map(|one| text(one, "name")).collect()
}

/// Organisations: found, shown, moved, deleted, restored, destroyed.
async fn tree(engine: Engine) {
    let stage = stage(engine).await;
    for (filters, expected) in [
        (vec![], vec!["Acme", "North", "Reach", "Hut", "Shop"]),
        (vec!["--search", "SHO"], vec!["Shop"]),
        (vec!["--kind", "reseller"], vec!["Reach"]),
        (vec!["--below", "Reach"], vec!["Reach", "Hut", "Shop"]),
        (vec!["--suspended"], vec![]),
        (vec!["--active", "--kind", "distributor"], vec!["North"]),
        (vec!["--deleted"], vec![]),
    ] {
        assert_eq!(
            names(&stage.json(&[&["organisation", "list"], filters.as_slice()].concat())),
            expected,
            "{filters:?}"
        );
    }
    assert_eq!(stage.says(&["organisation", "list", "--search", "%"]), "No organisation is like that.\n");
    let shown = stage.json(&["organisation", "show", "Reach"]);
    assert_eq!(
        (&shown["organizations_below"], &shown["users_in_tree"], &shown["type"]),
        (&json!(2), &json!(1), &json!("reseller"))
    );
    let shown = stage.says(&["organisation", "show", "Shop"]);
    assert!(shown.contains("Below") && shown.contains("Reach") && shown.contains("1, with all below 1"), "{shown}");

    let access = stage.sign_in(BEN).await.text("AccessToken");
    assert_eq!(stage.read(&access).await, 200);
    let moved = stage.says(&["organisation", "move", "Shop", "--parent", "Acme"]);
    assert!(moved.contains("Shop stands below Acme from now on: 1 organisation, 1 person, no systems"), "{moved}");
    assert!(stage.says(&["organisation", "move", "Shop", "--parent", "Acme"]).contains("stands below Acme already"));
    let moved = stage.json(&["organisation", "move", "Shop", "--parent", "Reach"]);
    assert_eq!((&moved["has_changed"], &moved["touched"]["users"]), (&json!(true), &json!(1)), "{moved}");

    // What is above takes it along, and out it is within a second.
    let deleted = stage.says(&["organisation", "delete", "Reach"]);
    assert!(
        deleted.contains("Reach is deleted") && deleted.contains("3 organisations, 1 person, no systems"),
        "{deleted}"
    );
    stage.reads_in_time(&access, 401).await;
    assert_eq!(names(&stage.json(&["organisation", "list", "--deleted"])), ["Reach", "Hut", "Shop"]);
    assert!(stage.refuses(&["organisation", "delete", "Reach"]).contains("no organisation with the name Reach"));
    assert!(stage.refuses(&["organisation", "restore", "Shop"]).contains("organization above is deleted"));
    assert!(stage.says(&["organisation", "show", "Shop"]).contains("from above"));
    let restored = stage.json(&["organisation", "restore", "Reach"]);
    assert_eq!(
        (&restored["has_changed"], &restored["touched"]["organizations"]),
        (&json!(true), &json!(3)),
        "{restored}"
    );
    stage.reads_in_time(&access, 200).await;
    assert!(stage.says(&["organisation", "restore", "Reach"]).contains("is not deleted"));
    let audited = ["deleted", "restored", "moved"].map(|act| format!("organization.{act}"));
    for (action, count) in audited.iter().zip([1, 1, 2]) {
        assert_eq!(stage.audited(action).await, count, "{action}");
    }
    destruction(&stage).await;
    refusals(&stage);
}

/// What cannot be taken back is asked for by its name, with numbers.
async fn destruction(stage: &Stage) {
    assert!(stage.refuses(&["organisation", "destroy", "Shop", "--yes"]).contains("not deleted"));
    stage.says(&["organisation", "delete", "Shop"]);
    let destroy = |typed: &str| stage.program.run(&["admin", "organisation", "destroy", "Shop"], typed).unwrap();
    for typed in ["", "\n", "yes\n", "shop\n"] {
        let output = destroy(typed);
        let asked = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && asked.contains("nothing was destroyed"), "{asked}");
        assert!(asked.contains("1 organisation, 1 person, no systems") && asked.contains("Type its name"), "{asked}");
    }
    assert_eq!(stage.audited("organization.destroyed").await, 0);
    let done = destroy("Shop\n");
    let told = String::from_utf8(done.stdout).unwrap();
    assert!(
        done.status.success() && told.contains("Shop is gone for good: 1 organisation, 1 person, no systems"),
        "{told}"
    );
    assert_eq!(stage.audited("organization.destroyed").await, 1);
    assert!(stage.refuses(&["user", "show", BEN]).contains("nobody with the address"));
    stage.says(&["organisation", "delete", "Hut"]);
    let gone = stage.json(&["organisation", "destroy", "Hut", "--yes"]);
    assert_eq!((&gone["name"], &gone["removed"]["organizations"]), (&json!("Hut"), &json!(1)), "{gone}");
}

fn refusals(stage: &Stage) {
    for (arguments, rule) in [
        (vec!["show", "Nowhere"], "no organisation with the name Nowhere"),
        (vec!["move", "North", "--parent", "Reach"], "no distributor can stand below Reach"),
        (vec!["move", "Acme", "--parent", "Reach"], "is the owner of this server"),
        (vec!["delete", "Acme"], "is the owner of this server"),
        (vec!["destroy", "Acme", "--yes"], "not deleted"),
        (vec!["restore", UNKNOWN], "no organisation with the id"),
        (vec!["list", "--kind", "shop"], "--kind must be one of"),
        (vec!["list", "--below", "Nowhere"], "no organisation with the name Nowhere"),
        (vec!["create", "--name", "X", "--kind", "customer", "--vat-number", "!"], "--vat-number must be"),
    ] {
        let refused = stage.refuses(&[&["organisation"], arguments.as_slice()].concat());
        assert!(refused.contains(rule), "{arguments:?}: {refused}");
    }
    stage.says(&["organisation", "suspend", "North"]);
    let below = ["organisation", "create", "--name", "X", "--kind", "customer", "--parent", "Reach"];
    assert!(stage.refuses(&below).contains("Reach is suspended"), "nothing is put below what is out");
}

/// Memberships: given, changed, taken away, under the rules of everybody.
async fn memberships(engine: Engine) {
    let stage = stage(engine).await;
    let of = |role: &'static str| ["membership", "set", "--user", BEN, "--organisation", "Hut", "--role", role];
    assert_eq!(stage.says(&of("support")), format!("Ben <{BEN}> is now support of Hut\n"));
    let access = stage.sign_in(BEN).await.text("AccessToken");
    let changed = stage.json(&of("admin"));
    assert_eq!((&changed["role"], &changed["organization"]["name"]), (&json!("admin"), &json!("Hut")), "{changed}");
    let own = stage.json(&["membership", "list", "--user", BEN]);
    let roles: Vec<_> = own["memberships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["organization"], "name"), text(one, "role")))
        .collect();
    assert_eq!(roles, [("Shop", "admin"), ("Hut", "admin")]);
    let members = stage.json(&["membership", "list", "--organisation", "Hut"]);
    assert_eq!((&members["members"][0]["email"], &members["has_more"]), (&json!(BEN), &json!(false)), "{members}");
    let listed = stage.says(&["membership", "list", "--organization", "Hut"]);
    assert!(listed.starts_with("ADDRESS") && listed.contains(BEN), "{listed}");

    let remove = |organisation: &'static str| ["membership", "remove", "--user", BEN, "--organisation", organisation];
    assert!(stage.refuses(&remove("Hut")).contains("last administrator"), "the rules hold for the operator too");
    says(&stage.create("cleo@shop.example", "Hut", &["--role", "admin"]));
    assert_eq!(stage.says(&remove("Hut")), format!("Ben <{BEN}> is no longer admin of Hut\n"));
    assert_eq!(stage.read(&access).await, 200, "the account stays");
    assert!(stage.refuses(&remove("Hut")).contains("membership not found"));
    let lowered = ["membership", "set", "--user", BEN, "--organisation", "Shop", "--role", "reader"];
    assert!(stage.refuses(&lowered).contains("last administrator"));
    let audited = (stage.audited("membership.added").await, stage.audited("membership.changed").await);
    assert_eq!((audited, stage.audited("membership.removed").await), ((1, 1), 1));
    for (arguments, rule) in [
        (vec!["list", "--user", "zoe@shop.example"], "nobody with the address"),
        (vec!["set", "--user", BEN, "--organisation", "Nowhere", "--role", "admin"], "no organisation with the name"),
        (vec!["set", "--user", BEN, "--organisation", "Shop", "--role", "chief"], "--role must be one of"),
    ] {
        let refused = stage.refuses(&[&["membership"], arguments.as_slice()].concat());
        assert!(refused.contains(rule), "{arguments:?}: {refused}");
    }
    assert_eq!(stage.program.admin(&["membership", "list"]).unwrap().status.code(), Some(2), "of whom?");
}

/// The link of the only new mail.
async fn link(stage: &Stage, known: &mut BTreeSet<String>) -> String {
    new_token(&stage.program.data_dir(), "/invitation", known).await
}

/// Invitations: created, listed, sent again, taken back, by a file.
async fn invitations(engine: Engine) {
    let stage = stage(engine).await;
    let mut known = BTreeSet::new();
    let create = ["invitation", "create", "--email", NEWCOMER, "--organisation", "Shop", "--role", "support"];
    let sent = stage.json(&create);
    assert_eq!((&sent["status"], &sent["role"]), (&json!("open"), &json!("support")), "{sent}");
    let (id, first) = (text(&sent, "id").to_owned(), link(&stage, &mut known).await);
    let again = stage.says(&["invitation", "resend", &id]);
    assert!(
        again.contains("mailed again to nora.new@example.org as support of Shop") && again.contains("queued"),
        "{again}"
    );
    let second = link(&stage, &mut known).await;
    assert!(!again.contains(&second), "the link is shown");
    let register = async |link: &str| {
        let request = stage.client.post(stage.server.at(REGISTER)).json(&newcomer(NEWCOMER, link));
        Answer::of(request).await.status
    };
    assert_eq!((register(&first).await, register(&second).await), (400, 201));
    assert!(stage.refuses(&["invitation", "resend", &id]).contains("invitation is settled"));
    assert!(stage.refuses(&["invitation", "revoke", &id]).contains("invitation is not open"));

    let file = format!(
        "email;organization;role\r\n{NEWCOMER};Shop;reader\r\nann@example.net;Hut;reader\r\nann@example.net;Hut;admin\r\n"
    );
    let import = |flags: &[&str], file: &str| {
        let arguments = [&["admin", "invitation", "import", "-"], flags].concat();
        stage.program.run(&arguments, file).unwrap()
    };
    let told = says(&import(&["--dry-run"], &file));
    for words in
        ["already a member", "would invite", "duplicate of line 3", "1 of 3 would be invited; nothing has happened."]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(stage.audited("invitation.sent").await, 1);
    let bad = format!("{file}ben;Nowhere;chief\r\n");
    let told = says(&import(&["--dry-run"], &bad));
    assert!(told.contains("invalid: email must be") && told.contains("Nobody would be invited"), "{told}");
    let refused = refusal(&import(&[], &bad));
    assert!(refused.contains("nobody is invited") && refused.contains("line 5"), "{refused}");
    assert!(refusal(&import(&[], "email\nx\n")).contains("the file must be a table with a column"));
    let done: Value = serde_json::from_str(&says(&import(&["--json"], &file))).unwrap();
    assert_eq!((&done["rows"][1]["outcome"], &done["dry_run"]), (&json!("invite"), &json!(false)), "{done}");
    let path = stage.program.data_dir().join("people.csv");
    std::fs::write(&path, &file).unwrap();
    let told = stage.says(&["invitation", "import", path.to_str().unwrap()]);
    assert!(told.contains("already invited") && told.contains("0 of 3 invited"), "{told}");

    let open = stage.json(&["invitation", "list", "--status", "open", "--organisation", "Hut"]);
    let open = text(&open["invitations"][0], "id").to_owned();
    assert!(stage.says(&["invitation", "revoke", &open]).contains("is taken back"));
    let listed = stage.says(&["invitation", "list", "--search", "ANN@"]);
    assert!(listed.contains("ann@example.net") && listed.contains("revoked") && !listed.contains(NEWCOMER), "{listed}");
    assert!(stage.says(&["invitation", "list", "--status", "expired"]).contains("There is no such invitation"));
    let audited = [("sent", 2), ("resent", 1), ("revoked", 1)];
    for (action, count) in audited {
        assert_eq!(stage.audited(&format!("invitation.{action}")).await, count, "{action}");
    }
    for (arguments, rule) in [
        (vec!["revoke", UNKNOWN], "no invitation with the id"),
        (vec!["resend", "nonsense"], "the id of the invitation must be"),
        (vec!["list", "--status", "lost"], "--status must be one of"),
        (vec!["import", "/nowhere/at/all.csv"], "cannot be opened"),
    ] {
        let refused = stage.refuses(&[&["invitation"], arguments.as_slice()].concat());
        assert!(refused.contains(rule), "{arguments:?}: {refused}");
    }
}

#[tokio::test]
async fn the_operator_decides_of_organisations_on_sqlite() {
    tree(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_operator_decides_of_organisations_on_postgres() {
    tree(Engine::Postgres).await;
}

#[tokio::test]
async fn the_operator_gives_and_takes_roles_on_sqlite() {
    memberships(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_operator_gives_and_takes_roles_on_postgres() {
    memberships(Engine::Postgres).await;
}

#[tokio::test]
async fn the_operator_invites_again_takes_back_and_imports_on_sqlite() {
    invitations(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_operator_invites_again_takes_back_and_imports_on_postgres() {
    invitations(Engine::Postgres).await;
}
