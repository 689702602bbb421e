//! What an operator reads who has the audit log checked.

use std::process::Output;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::postgres::Cluster;
use bailiwick_testkit::process::Program;
use serde_json::Value;

use crate::peek;

/// A server that is set up, at a command line.
struct Desk {
    program: Program,
}

impl Desk {
    fn new(engine: Engine) -> Self {
        let desk = Self { program: Program::on(engine).unwrap() };
        desk.program.set_up("Acme", "ann@acme.example", "Ann").unwrap();
        for name in ["First", "Second", "Third"] {
            desk.create(name);
        }
        desk
    }

    fn create(&self, name: &str) {
        let created = self.program.admin(&["organisation", "create", "--name", name, "--kind", "customer"]).unwrap();
        assert!(created.status.success());
    }

    fn verify(&self, more: &[&str]) -> Output {
        self.program.run(&[&["audit", "verify"], more].concat(), "").unwrap()
    }

    async fn execute(&self, statement: &str) {
        peek::execute_at(&self.program.database_url(), statement).await;
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn story(engine: Engine) {
    let desk = Desk::new(engine);
    let whole = desk.verify(&[]);
    assert!(whole.status.success());
    let said = text(&whole.stdout);
    assert!(said.starts_with("The audit log is whole: nothing was changed, reordered, added or removed.\n"), "{said}");
    // What a command did is in a checkpoint when the command ends, though no server runs.
    assert!(said.contains("4 entries, compared with 4 checkpoints, from "), "{said}");

    let checkpoints = desk.program.data_dir().join("audit-checkpoints.jsonl");
    let copy = desk.program.data_dir().join("copy.jsonl");
    std::fs::copy(&checkpoints, &copy).unwrap();
    desk.execute("CREATE TABLE old_audit AS SELECT * FROM audit").await;
    desk.execute("CREATE TABLE old_heads AS SELECT * FROM audit_heads").await;
    desk.execute("UPDATE audit SET details = '{}' WHERE lane = 0 AND number = 2").await;
    let changed = desk.verify(&[]);
    assert_eq!(changed.status.code(), Some(1));
    assert_eq!(text(&changed.stderr), "bailiwick: the audit log is not what this server wrote\n");
    let said = text(&changed.stdout);
    assert!(
        said.contains("\nLANE  NUMBER  WHAT WAS FOUND\n0     2       changed: this is not what was written"),
        "{said}"
    );
    let json: Value = serde_json::from_slice(&desk.verify(&["--json"]).stdout).unwrap();
    assert_eq!((&json["whole"], &json["entries"]), (&Value::Bool(false), &Value::from(4)));
    let finding = &json["findings"][0];
    assert_eq!((&finding["kind"], &finding["lane"]), (&"entry_changed".into(), &0.into()));
    assert_eq!((&finding["first"], &finding["last"]), (&2.into(), &2.into()));
    assert!(said.contains(finding["entry"].as_str().unwrap()), "{said}");
    let put_right = "DELETE FROM audit; INSERT INTO audit SELECT * FROM old_audit";
    desk.execute(put_right).await;
    assert!(desk.verify(&[]).status.success());

    // The whole log as it was some time ago, with all its seals: only checkpoints tell.
    desk.create("Fourth");
    let rewind = format!("{put_right}; DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM old_heads");
    desk.execute(&rewind).await;
    let put_back = text(&desk.verify(&[]).stdout);
    assert!(
        put_back.contains("0     5       gone: an older state of the log was put back; the checkpoint of "),
        "{put_back}"
    );
    // Whoever could also take the file away is found by a copy that is kept elsewhere.
    std::fs::rename(&checkpoints, desk.program.data_dir().join("elsewhere.jsonl")).unwrap();
    let blind = desk.verify(&[]);
    assert!(blind.status.success() && text(&blind.stdout).contains("Without a checkpoint nobody can tell"));
    let elsewhere = desk.program.data_dir().join("elsewhere.jsonl").display().to_string();
    assert_eq!(desk.verify(&["--checkpoints", &elsewhere]).status.code(), Some(1));
    let older = copy.display().to_string();
    assert!(desk.verify(&["--checkpoints", &older]).status.success(), "this one knows no more than the log");
    let missing = desk.verify(&["--checkpoints", "nowhere.jsonl"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).starts_with("bailiwick: checkpoints nowhere.jsonl: "), "{}", text(&missing.stderr));
}

/// What is missing is named and not made: a log that was just begun would always be whole.
async fn nothing_is_made(engine: Engine) {
    let elsewhere = tempfile::tempdir().unwrap();
    let mistyped = elsewhere.path().join("mistyped");
    let refuses = |desk: &Desk, named: &[&str]| {
        let refused = desk.verify(&[]);
        let said = text(&refused.stderr);
        assert!(refused.status.code() == Some(1) && refused.stdout.is_empty(), "{refused:?}");
        assert!(named.iter().all(|named| said.contains(named)) && said.lines().count() == 1, "{named:?}: {said}");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing was made: {said}");
    };
    let desk = Desk::new(engine);
    let lost = |program: Program| Desk { program };
    let key = mistyped.join("keys").join("master.key").display().to_string();
    // The database is found, and the key is not.
    let url = desk.program.database_url();
    let other_directory = |url: &str| {
        let program = desk.program.clone().with("BAILIWICK_DATABASE_URL", url);
        lost(program.with("BAILIWICK_DATA_DIR", mistyped.display().to_string()))
    };
    refuses(&other_directory(&url), &["BAILIWICK_DATA_DIR", &key]);

    // An older program left it, or nobody uses it yet.
    let newest = "(SELECT MAX(number) FROM migrations)";
    desk.execute(&format!("DELETE FROM migrations WHERE number = {newest}")).await;
    refuses(&desk, &["BAILIWICK_DATABASE_URL", "older version", "start the server once"]);
    match engine {
        Engine::Sqlite => {
            let path = mistyped.join("bailiwick.db").display().to_string();
            let gone = other_directory(&format!("sqlite://{path}"));
            refuses(&gone, &["BAILIWICK_DATABASE_URL", "BAILIWICK_DATA_DIR", &path]);
            let empty = tempfile::NamedTempFile::new().unwrap();
            let empty_path = empty.path().display().to_string();
            refuses(&other_directory(&format!("sqlite://{empty_path}")), &[&empty_path, "it is empty"]);
            let strange = rusqlite::Connection::open(empty.path()).unwrap();
            strange.execute_batch("CREATE TABLE strange (number INTEGER)").unwrap();
            let before = std::fs::read(empty.path()).unwrap();
            refuses(&other_directory(&format!("sqlite://{empty_path}")), &[&empty_path, "no tables of this program"]);
            assert!(std::fs::read(empty.path()).unwrap() == before, "nothing was changed");
        }
        Engine::Postgres => {
            let empty = Cluster::shared().create_database().unwrap();
            let program = desk.program.clone().with("BAILIWICK_DATABASE_URL", empty.url());
            refuses(&lost(program), &["BAILIWICK_DATABASE_URL", "no tables of this program"]);
            let tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'";
            assert_eq!(peek::number_at(empty.url(), tables).await, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_checked_and_not_made_on_sqlite() {
    nothing_is_made(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_checked_and_not_made_on_postgres() {
    nothing_is_made(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_reads_what_was_done_to_the_audit_log_on_sqlite() {
    story(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_reads_what_was_done_to_the_audit_log_on_postgres() {
    story(Engine::Postgres).await;
}
