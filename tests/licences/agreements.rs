//! Agreements: drafts, published versions, what takes whose place.

use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use serde_json::{Value, json};

use crate::support::{AGREEMENTS, LICENSES, Tree, refused, refused_field, subscription};

on_both_engines! {
    async fn a_draft_is_changed_and_what_is_published_is_not(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let draft = tree.root.post(&bench, AGREEMENTS, &subscription("AI Manager")).await;
        assert_eq!(draft.status, 201, "{draft:?}");
        assert_eq!((&draft.json["Status"], &draft.json["Version"]), (&json!("draft"), &json!(1)));
        assert_eq!((&draft.json["DurationDays"], &draft.json["GraceDays"]), (&json!(365), &json!(14)));
        let path = format!("{AGREEMENTS}/{}", text(&draft.json, "UUID"));
        // A draft is nobody else's business.
        refused(&tree.seller.get(&bench, &path).await, 404, "agreement not found");
        assert_eq!(tree.seller.get(&bench, AGREEMENTS).await.json, json!([]));
        let changed = tree.root.patch(&bench, &path, &json!({ "DurationDays": null, "Provides": ["nx.all"] })).await;
        assert_eq!((&changed.json["DurationDays"], &changed.json["Provides"]), (&Value::Null, &json!(["nx.all"])));
        assert_eq!(changed.json["AmountPerMonth"], 1999, "what is absent stays");
        let published = tree.root.act(&bench, &format!("{path}/publish")).await;
        assert_eq!(published.json["Status"], "published", "{published:?}");
        for (method, answer) in [
            ("patch", tree.root.patch(&bench, &path, &json!({ "Name": "Other" })).await),
            ("delete", tree.root.delete(&bench, &path).await),
            ("publish", tree.root.act(&bench, &format!("{path}/publish")).await),
        ] {
            refused(&answer, 409, "agreement is not a draft");
            assert_eq!(tree.root.get(&bench, &path).await.json, published.json, "{method} left nothing behind");
        }
        // Everybody sees what is published, and only those who run the server write.
        assert_eq!(tree.buyer.get(&bench, &path).await.json, published.json);
        for actor in [&tree.seller, &tree.buyer] {
            refused(&actor.post(&bench, AGREEMENTS, &subscription("Mine")).await, 403, "only the owner organization has agreements");
            refused(&actor.act(&bench, &format!("{path}/withdraw")).await, 403, "only the owner organization has agreements");
        }
    }

    async fn a_new_version_takes_the_place_of_the_one_before(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let first = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let licence = tree.root.issue(&bench, &first, tree.customer).await;
        let revise = format!("{AGREEMENTS}/{first}/revise");
        let second = tree.root.act(&bench, &revise).await;
        assert_eq!((second.status, &second.json["Version"]), (201, &json!(2)), "{second:?}");
        refused(&tree.root.act(&bench, &revise).await, 409, "a draft exists already");
        let path = format!("{AGREEMENTS}/{}", text(&second.json, "UUID"));
        tree.root.patch(&bench, &path, &json!({ "AmountPerMonth": 2499 })).await;
        assert_eq!(tree.root.act(&bench, &format!("{path}/publish")).await.status, 200);
        let old = tree.root.get(&bench, &format!("{AGREEMENTS}/{first}")).await;
        assert_eq!(old.json["Status"], "withdrawn", "{old:?}");
        // Nothing more is issued under the old one; what was stays as it is, and is renewed under the new one.
        let body = json!({ "Agreement": first, "Organisation": tree.customer });
        refused(&tree.root.post(&bench, LICENSES, &body).await, 409, "agreement is not published");
        let own = format!("{LICENSES}/{}", text(&licence, "UUID"));
        assert_eq!(tree.buyer.get(&bench, &own).await.json["Agreement"]["Version"], 1);
        assert_eq!(tree.buyer.act(&bench, &format!("{own}/sign")).await.status, 200);
        let renewed = tree.root.post(&bench, &format!("{own}/renew"), &json!({})).await;
        assert_eq!((&renewed.json["Agreement"]["Version"], &renewed.json["AmountPerMonth"]), (&json!(2), &json!(2499)));
        assert_eq!(renewed.json["SignedUserAt"], Value::Null, "nobody has signed the new terms");
    }

    async fn withdrawn_agreements_issue_and_renew_nothing(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let id = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let licence = tree.root.issue(&bench, &id, tree.customer).await;
        let withdraw = format!("{AGREEMENTS}/{id}/withdraw");
        assert_eq!(tree.root.act(&bench, &withdraw).await.json["Status"], "withdrawn");
        refused(&tree.root.act(&bench, &withdraw).await, 409, "agreement is not published");
        let renew = format!("{LICENSES}/{}/renew", text(&licence, "UUID"));
        refused(&tree.root.post(&bench, &renew, &json!({})).await, 409, "agreement is not published");
        let shown = tree.buyer.get(&bench, &format!("{LICENSES}/{}", text(&licence, "UUID"))).await;
        assert_eq!(shown.json["State"], "active", "{shown:?}");
    }

    async fn terms_that_cannot_be_are_refused_by_name(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let with = |member: &str, value: Value| {
            let mut terms = subscription("AI Manager");
            terms[member] = value;
            terms
        };
        for (member, value) in [
            ("Name", json!("")),
            ("Kind", json!("Not A Word")),
            ("Provides", json!(["nx streams"])),
            ("Provides", json!(["nx.streams", "nx.streams"])),
            ("CatalogueUUIDs", json!(["catalogue"])),
            ("DurationDays", json!(0)),
            ("AmountPerMonth", json!(-1)),
            ("AmountPerMonth", json!(9.5)),
            ("TrialsPerOrganisation", json!(3)),
            ("GraceDays", json!(366)),
            ("DevicesPerLicense", json!(0)),
            ("LeaseDays", json!("30")),
            ("Unknown", json!(1)),
        ] {
            refused_field(&tree.root.post(&bench, AGREEMENTS, &with(member, value)).await, member);
        }
        let trial = json!({ "Name": "Trial", "Kind": "trial", "DurationDays": null });
        refused_field(&tree.root.post(&bench, AGREEMENTS, &trial).await, "DurationDays");
        let trial = tree.root.post(&bench, AGREEMENTS, &json!({ "Name": "Trial", "Kind": "trial" })).await;
        let said = ["DurationDays", "TrialsPerOrganisation"].map(|member| trial.json[member].as_i64());
        assert_eq!(said, [Some(90), Some(1)], "{trial:?}");
        assert_eq!(tree.root.get(&bench, AGREEMENTS).await.header("x-pagination-records"), Some("1"));
    }
}
