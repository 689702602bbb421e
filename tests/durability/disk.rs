//! A disk that is full, and one that refuses to take more: nothing acknowledged is lost, reading goes
//! on, and writing does again once there is room.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::tools::server_binary;
use reqwest::{Method, RequestBuilder};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::look::Look;
use crate::world::{Api, OWNER, World, read};

/// Somebody who writes, and remembers what was acknowledged.
struct Writer {
    api: Api,
    access: String,
    acknowledged: Vec<String>,
}

impl Writer {
    fn create(&self, name: &str) -> RequestBuilder {
        // Large, so that a small disk is full soon.
        let new = json!({ "name": name, "type": "ns8", "custom_data": { "filler": "x".repeat(8000) } });
        self.api.call(Method::POST, "/api/systems").bearer_auth(&self.access).json(&new)
    }

    /// Creates a system; gives the answer when it was refused.
    async fn write(&mut self) -> Option<(u16, Value)> {
        let name = format!("system-{}", self.acknowledged.len());
        let (status, body) = read(self.create(&name)).await.unwrap();
        if status != 201 {
            return Some((status, body));
        }
        self.acknowledged.push(body["data"]["id"].as_str().expect("an id").to_owned());
        None
    }

    /// Writes until there is no room; every dialect then says so in its own form.
    async fn fill(&mut self) {
        let mut refused = None;
        for _ in 0..2000 {
            refused = self.write().await;
            if refused.is_some() {
                break;
            }
        }
        let (status, body) = refused.expect("the disk is never full");
        assert_eq!((status, &body["code"], &body["data"]), (503, &json!(503), &json!({})), "{body}");
        assert!(body["message"].is_string(), "{body}");

        // Many at once, so that they share a commit: all are refused, or all that are not are there.
        let many = (0..16).map(|number| tokio::spawn(read(self.create(&format!("crowd-{number}")))));
        for one in many.collect::<Vec<_>>() {
            let (status, body) = one.await.unwrap().unwrap();
            match status {
                201 => self.acknowledged.push(body["data"]["id"].as_str().expect("an id").to_owned()),
                _ => assert_eq!(status, 503, "{body}"),
            }
        }
        let credentials = json!({ "Username": OWNER, "Password": PASSWORD });
        let sign_in = self.api.call(Method::POST, "/auth/authenticate/signin").json(&credentials);
        let (status, body) = read(sign_in).await.unwrap();
        // It may fit where a large system does not.
        assert!(status == 200 || (status == 503 && body["Message"].is_string()), "{status}: {body}");
    }

    async fn everything_is_there(&self) {
        for id in &self.acknowledged {
            let request = self.api.call(Method::GET, &format!("/api/systems/{id}")).bearer_auth(&self.access);
            let (status, body) = read(request).await.unwrap();
            assert_eq!(status, 200, "{id} was acknowledged: {body}");
            assert_eq!(body["data"]["custom_data"]["filler"].as_str().map(str::len), Some(8000));
        }
        let request = self.api.call(Method::GET, "/api/systems").bearer_auth(&self.access);
        let (status, body) = read(request).await.unwrap();
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["data"]["pagination"]["total_count"], json!(self.acknowledged.len()), "nothing else is there");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_nothing_else() {
    let bench = Bench::start(Engine::Sqlite).await;
    let (_, tokens) = bench.owner().await;
    let api = Api::new(&bench.origin, "10.0.0.1");
    let mut writer = Writer { api, access: tokens.access, acknowledged: Vec::new() };
    for _ in 0..3 {
        assert_eq!(writer.write().await, None);
        bench.context.database.limit_pages(150).await.unwrap();
        writer.fill().await;
        writer.everything_is_there().await;
        bench.context.database.limit_pages(1_000_000).await.unwrap();
        assert_eq!(writer.write().await, None, "there is room again");
        bench.context.database.limit_pages(150).await.unwrap();
        writer.fill().await;
        bench.context.database.limit_pages(1_000_000).await.unwrap();
        writer.everything_is_there().await;
    }
    every_system_is_whole(&Look::at(bench.database_url())).await;
}

/// Limits how long any file of a running process may become: what is over it fails to be written,
/// in the middle of a page where it happens to be.
fn limit_files(pid: &str, bytes: Option<u64>) {
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_no_more_refuses_writes_and_nothing_else() {
    // Without the trap the signal that comes with the refusal would end the process.
    let directory = tempfile::tempdir().unwrap();
    let (script, pid) = (directory.path().join("program"), directory.path().join("pid"));
    let (binary, noted) = (server_binary().unwrap(), pid.display());
    let text = format!("#!/bin/sh\ntrap '' XFSZ\necho $$ > '{noted}'\nexec '{}' \"$@\"\n", binary.display());
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();

    let mut world = World::set_up(Engine::Sqlite, Program::new(&script).unwrap()).await;
    let mut running = world.program.start().await.unwrap();
    let pid = fs::read_to_string(&pid).unwrap();
    let api = Api::new(running.origin(), "10.0.0.1");
    let access = api.sign_in(OWNER).await.access;
    let mut writer = Writer { api, access, acknowledged: Vec::new() };
    let journal = world.program.data_dir().join("bailiwick.db-wal");
    for room in [1000, 20_000, 100_000, 300_001] {
        assert_eq!(writer.write().await, None);
        limit_files(&pid, Some(fs::metadata(&journal).unwrap().len() + room));
        writer.fill().await;
        writer.everything_is_there().await;
        limit_files(&pid, None);
        assert_eq!(writer.write().await, None, "there is room again");
        writer.everything_is_there().await;
    }
    // Full once more, and then the power fails.
    limit_files(&pid, Some(fs::metadata(&journal).unwrap().len() + 50_000));
    writer.fill().await;
    assert!(!running.output().contains("panicked"), "{}", running.output());
    running.kill_9().unwrap();
    let _running = world.program.start().await.unwrap();
    writer.everything_is_there().await;
    every_system_is_whole(&world.look).await;
}

/// Systems and their audit entries come and go together, and the file is sound.
async fn every_system_is_whole(look: &Look) {
    let systems = look.count("SELECT COUNT(*) FROM systems").await;
    let audited = "SELECT COUNT(*) FROM systems s JOIN audit a ON a.subject_id = s.id AND a.action = 'system.created'";
    assert_eq!(look.count(audited).await, systems);
    assert_eq!(look.count("SELECT COUNT(*) FROM audit WHERE action = 'system.created'").await, systems);
    look.assert_file_is_sound();
}
