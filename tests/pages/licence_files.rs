//! The licence of one system, and its file: also for a system without a network, whose request a person carries.

use bailiwick_licence::{Appliance, LicenceFile, LicenceRequest, PublicKey, State};
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use reqwest::header::ORIGIN;
use serde_json::Value;

use crate::licensing::system;
use crate::support::{Browser, Page, Scene};

/// A request file as a system writes it, by a clock that is so many seconds ahead.
fn written(bench: &Bench, system: &str, lease: u64, ahead: i64) -> String {
    let mut text = String::new();
    let made = bench.context.now().seconds() + ahead;
    LicenceRequest { system, lease, made }.write(&mut text).unwrap();
    text
}

/// Sends a file as a browser does.
async fn carry(browser: &Browser<'_>, system: &str, file: &str) -> Answer {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"request\"; filename=\"request\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{file}\r\n--x--\r\n"
    );
    let request = browser.request(Method::POST, &format!("/systems/{system}/licence/request"));
    let request = request.header(ORIGIN, &browser.bench.origin).header("sec-fetch-site", "same-origin");
    Answer::of(request.header("content-type", "multipart/form-data; boundary=x").body(body)).await
}

/// What a file says, to the system that it is for.
fn believed(bench: &Bench, text: &str, system: &str) -> (State, u64) {
    let trusted: [PublicKey; 1] = [bench.context.licence_key()];
    let file = LicenceFile::open(text.as_bytes(), &trusted).unwrap();
    let now = bench.context.now().seconds();
    let ruling = file.judge(&Appliance { system, now, memory: None }).unwrap();
    (ruling.state, ruling.memory.lease)
}

on_both_engines! {
    async fn a_system_without_a_network_gets_its_file_by_a_person_who_looks_after_it(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        let till = system(&bench, &scene.sam, "Till", scene.shop).await;
        let oven = system(&bench, &scene.sam, "Oven", scene.bakery).await;
        let path = format!("/systems/{till}/licence");
        let sam = Browser::of(&bench, &scene.sam).await;
        sam.open(&path).await.says(200, &["This system has no licence.", "is-none\">No licence", "Get licence file"]);
        let agreement = root.publish("AI Manager").await;
        let licence = root.issue(&agreement, scene.shop).await;
        root.send(&format!("/licences/{licence}/bind"), &[("device", &till)]).await.leads_to("/licences/");
        sam.open(&path).await.says(200, &["The licence of this system is good until 2027-11-20.", "nx.models, nx.streams",
            ">AI Manager</a>", "Nothing needs to be done."]);
        // Straight from the page.
        let file = sam.send(&format!("{path}/file"), &[]).await;
        assert_eq!(file.status, 200, "{file:#?}");
        assert_eq!(file.header("content-disposition"), Some(format!("attachment; filename=\"{till}.licence\"").as_str()));
        let (state, lease) = believed(&bench, &file.body, &till);
        assert_eq!(state, State::Active);
        // By a request: a larger number than the one before, and for this system alone.
        let answered = carry(&sam, &till, &written(&bench, &till, lease, 0)).await;
        assert_eq!(answered.status, 200, "{answered:#?}");
        assert!(believed(&bench, &answered.body, &till).1 > lease);
        carry(&sam, &till, &written(&bench, &oven, 0, 0)).await.says(422, &["Must be a request of this system", "request-error"]);
        carry(&sam, &till, "no request at all").await.says(422, &["Must be the request file that the system wrote."]);
        carry(&sam, &till, "").await.says(422, &["Choose the request file."]);
        let damaged = written(&bench, &till, 0, 0).replace("lease 0", "lease 1");
        carry(&sam, &till, &damaged).await.says(422, &["was not damaged on its way"]);
        carry(&sam, &till, &written(&bench, &till, u64::MAX, 0)).await.says(422, &["set the clock of this server right"]);
        // A clock that is far off is told of before there is a file.
        for (ahead, words) in [(301, "5 minutes ahead of this server’s"), (-7200, "made 2 hours ago")] {
            let told = carry(&sam, &till, &written(&bench, &till, lease, ahead)).await;
            told.says(200, &[words, "role=\"alert\"", "Download the file"]);
        }
        for ahead in [-300, 300] {
            assert!(carry(&sam, &till, &written(&bench, &till, 0, ahead)).await.body.starts_with("bailiwick-licence 1"));
        }
    }

    async fn nobody_else_gets_a_file_and_each_that_was_given_is_in_the_log(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let till = system(&bench, &scene.sam, "Till", scene.shop).await;
        let (path, request) = (format!("/systems/{till}/licence"), written(&bench, &till, 0, 0));
        let sid = Browser::of(&bench, &scene.sid).await;
        sid.open(&path).await.says(404, &[]);
        sid.send(&format!("{path}/file"), &[]).await.says(404, &[]);
        carry(&sid, &till, &request).await.says(404, &[]);
        let rita = Browser::of(&bench, &scene.rita).await;
        let page = rita.open(&path).await;
        page.says(200, &["This system has no licence."]);
        page.hides(&["Get licence file", "type=\"file\""]);
        rita.send(&format!("{path}/file"), &[]).await.says(403, &[]);
        carry(&rita, &till, &request).await.says(403, &[]);
        let nora = Browser::of(&bench, &scene.nora).await;
        nora.send(&format!("{path}/file"), &[]).await.says(200, &["bailiwick-licence 1"]);
        let access = bench.sign_in(&scene.nora).await.access;
        let log = bench.ask(Method::GET, "/api/audit?action=license.file_issued", &access, None).await;
        let entries: Vec<Value> = log.data(200)["entries"].as_array().unwrap().clone();
        assert_eq!(entries.len(), 1, "{entries:#?}");
        assert_eq!((&entries[0]["subject_id"], &entries[0]["actor_id"]), (&till.into(), &nora_id(&scene).into()));
        // As the system itself would be told.
        nora.send(&format!("/organizations/{}/suspend", scene.shop), &[]).await.leads_to("/organizations/");
        let refused = nora.send(&format!("/systems/{}/licence/file", entries[0]["subject_id"].as_str().unwrap()), &[]).await;
        refused.says(409, &["is suspended, or one above it", "There is no file now"]);
    }
}

fn nora_id(scene: &Scene) -> String {
    scene.nora.id.to_string()
}
