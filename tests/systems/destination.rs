//! Which destinations are refused, and that nobody learns why.

use bailiwick_testkit::on_both_engines;
use serde_json::json;

use crate::peek;
use crate::support::{Scene, assert_snapshot, body_to, with};

/// Destinations that must not be called, in many spellings. Only 127.0.0.1 is allowed here.
const REFUSED: &[&str] = &[
    // Plain http, and ports that are not for the public.
    "http://example.com/",
    "http://93.184.216.34/",
    "https://example.com:22/",
    "https://93.184.216.34:8080/",
    // This machine.
    "https://localhost/",
    "https://LOCALHOST:8443/",
    "https://localhost./",
    "https://a.localhost/",
    "https://127.0.0.2/",
    "https://127.1.1.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    // Private networks.
    "https://10.0.0.1/",
    "https://10.0.0.1./",
    "https://10.1/",
    "https://167772161/",
    "https://0xa000001/",
    "https://0xA.0.0.1/",
    "https://012.0.0.1/",
    "https://１０.0.0.1/",
    "https://10。0。0。1/",
    "https://%31%30.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://192.168.257/",
    "https://100.64.0.1/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    // The same behind a transition to IPv6.
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[::10.0.0.1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[2002:a00:1::]/",
    "https://[2001:0:a00:1::]/",
    // Where clouds keep their secrets.
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://[::ffff:169.254.169.254]/",
    "https://[fd00:ec2::254]/",
    // Nobody's, or everybody's.
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[2001:db8::1]/",
    "https://[ff02::1]/",
];

on_both_engines! {
    async fn destinations_that_must_not_be_called_are_refused_in_one_wording(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let body = scene.body(&bench, "refused");
        for url in REFUSED {
            let mut answer = scene.admin.call_back(&bench, &with(&body, "callback_url", *url)).await;
            assert_eq!(answer.fields(), [("callback_url", "destination")], "{url}");
            // The value that was sent is all that may differ.
            assert!(answer.json["data"]["errors"][0]["value"].is_string(), "{url}");
            answer.json["data"]["errors"][0]["value"] = json!("[as sent, normalised]");
            assert_snapshot("callback_400_destination", &answer.json);
        }
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 0);
        scene.admin.call_back(&bench, &body).await.data(201);
    }

    async fn a_destination_that_is_refused_is_repeated_without_its_secrets(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for url in ["https://10.0.0.1/a?token=CANARY", "https://ann:CANARY@example.com/", "ftp://example.com/?CANARY"] {
            let answer = scene.admin.call_back(&bench, &body_to(&bench, url, "repeated")).await;
            assert_eq!(answer.fields()[0].0, "callback_url", "{url}");
            assert!(!answer.body.contains("CANARY"), "{}", answer.body);
        }
    }

    async fn a_name_that_does_not_resolve_now_is_tried_later(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let answer = scene.admin.call_back(&bench, &body_to(&bench, "https://nowhere.invalid/callback", "later")).await;
        let data = answer.data(201);
        assert_eq!(data["callback_executed"], false);
        let callback = &data["system"]["callback"];
        assert_eq!((&callback["status"], &callback["attempts"]), (&json!("pending"), &json!(1)));
        let next = callback["next_attempt_at"].as_str().unwrap();
        assert!(next.starts_with("2026-11-20T09:30:0") && next.ends_with('Z'), "{next}");
    }
}
