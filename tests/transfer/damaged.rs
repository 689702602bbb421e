//! Files that are not as they were exported: each is refused with its own reason, and nothing is touched.

use std::fs;
use std::path::Path;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::process::operator::refusal;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::tempdir;

use crate::life::{Life, export, import, program, setup_path, successor};
use crate::rows::{Look, Rows};

/// Files that chance damages.
const DAMAGES: usize = 40;

/// A server that was started once and never set up, and what it has.
struct Target {
    program: Program,
    rows: Rows,
    file: Option<Vec<u8>>,
}

impl Target {
    async fn new(engine: Engine, of: &Program) -> Self {
        let mut program = successor(engine, of);
        let mut running = program.start().await.unwrap();
        setup_path(&running).await;
        running.terminate(std::time::Duration::from_secs(20)).await.unwrap();
        let rows = Look::at(&program.database_url()).rows().await;
        assert_eq!((rows["setup_links"].len(), rows["properties"].len()), (1, 1));
        assert!(!rows["signing_keys"].is_empty());
        let file = (engine == Engine::Sqlite).then(|| database_file(&program));
        Self { program, rows, file }
    }

    /// Tries to import a file that must be refused.
    fn refuses(&self, file: &Path) -> String {
        let said = refusal(&self.program.run(&["import", file.to_str().unwrap()], "").unwrap());
        let said = said.strip_prefix("bailiwick: ").unwrap_or_else(|| panic!("{said}"));
        said.trim_end().replace(file.to_str().unwrap(), "FILE")
    }

    async fn assert_untouched(&self) {
        if let Some(file) = &self.file {
            assert!(database_file(&self.program) == *file, "the file of the database was changed");
        }
        assert_eq!(Look::at(&self.program.database_url()).rows().await, self.rows);
    }
}

fn database_file(program: &Program) -> Vec<u8> {
    fs::read(program.data_dir().join("bailiwick.db")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_refused_with_its_reason_and_touches_nothing_on_sqlite() {
    damaged(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_refused_with_its_reason_and_touches_nothing_on_postgres() {
    damaged(Engine::Postgres).await;
}

async fn damaged(engine: Engine) {
    let directory = tempdir().unwrap();
    let (good, bad) = (directory.path().join("good.jsonl"), directory.path().join("bad.jsonl"));
    let mut old = program(Engine::Sqlite);
    Life::of(&mut old).await;
    export(&old, &good);
    let text = fs::read_to_string(&good).unwrap();
    let target = Target::new(engine, &old).await;

    for (damaged, reason) in damages(&text) {
        fs::write(&bad, damaged).unwrap();
        let said = target.refuses(&bad);
        assert!(said.starts_with("FILE: line ") && said.contains(reason), "{said}\nexpected: {reason}");
        // A row is nobody's business who reads a log.
        assert!(!said.contains("example.org"), "{said}");
    }
    target.assert_untouched().await;

    let seed = rand::random::<u32>().into();
    println!("BAILIWICK_TEST_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..DAMAGES {
        let mut bytes = text.clone().into_bytes();
        let at = random.random_range(0..bytes.len());
        let what = match random.random_range(0..3) {
            0 => {
                bytes[at] ^= 1 << random.random_range(0..8);
                "a bit was flipped"
            }
            1 => {
                bytes.truncate(at);
                "the end was cut off"
            }
            _ => {
                bytes.remove(at);
                "a byte was taken out"
            }
        };
        fs::write(&bad, bytes).unwrap();
        let said = target.refuses(&bad);
        assert!(said.starts_with("FILE: line "), "{what} at {at}: {said}");
    }
    target.assert_untouched().await;
    // It is the files that were refused.
    import(&target.program, &good);
}

/// The file with one thing wrong, and a part of what is said of it.
fn damages(text: &str) -> Vec<(String, &'static str)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let place = |beginning: &str| {
        let found = lines.iter().position(|line| line.starts_with(beginning));
        found.unwrap_or_else(|| panic!("no line begins with {beginning}"))
    };
    let with = |index: usize, change: &dyn Fn(&str) -> String| {
        let changed = change(lines[index]);
        assert_ne!(changed, lines[index]);
        [&lines[..index], &[changed.as_str()], &lines[index + 1..]].concat().concat()
    };
    let replace = |index: usize, from: &str, to: &str| with(index, &|line| line.replacen(from, to, 1));
    let user = place("{\"table\":\"users\",\"row\"");
    let end_of_users = place("{\"table\":\"users\",\"rows\"");
    let closing = lines.len() - 1;
    let swapped = [&lines[..user], &[lines[user + 1], lines[user]], &lines[user + 2..]].concat().concat();
    let twice = [&lines[..=user], &lines[user..]].concat().concat();
    let without_row = [&lines[..user], &lines[user + 1..]].concat().concat();
    let without_table_end = [&lines[..end_of_users], &lines[end_of_users + 1..]].concat().concat();
    let step = bailiwick_store::transfer::schema().unwrap().step;
    let ours = format!("\"schema\":{step}");
    vec![
        (String::new(), "this is no export of Bailiwick"),
        ("{\"licence\":1}\n".to_owned(), "this is no export of Bailiwick"),
        (lines[..closing].concat(), "the file ends before its closing line"),
        (text[..text.len() / 2].to_owned(), "the file ends before its closing line"),
        (replace(0, "\"version\":1", "\"version\":2"), "the file is of version 2 of the format"),
        (replace(0, &ours, &format!("\"schema\":{}", step + 1)), "of a newer version of this program, "),
        (replace(0, &ours, &format!("\"schema\":{}", step - 1)), "start this version once on the old database"),
        (replace(0, "\"program\":\"", "\"program\":\"1"), "the first line is not the one that was exported"),
        (replace(user, "\"users\"", "\"losers\""), "there is no table losers"),
        (
            replace(user, "\"users\"", "\"systems\""),
            "this is about systems, and a row of users or the line that ends it",
        ),
        (replace(user, "\"email\"", "\"letters\""), "users has no column letters"),
        (replace(user, "\"theme\":null", "\"language\":null"), "the row of users lacks the column theme"),
        (replace(user, "\"newsletter\":false", "\"newsletter\":0"), "users.newsletter must be true or false"),
        (replace(user, "\"created_at\":", "\"created_at\":1."), "users.created_at must be a whole number of 64 bits"),
        (with(user, &|line| line.replacen("\"name\":\"Owner\"", "\"name\":null", 1)), "users.name must be text"),
        (with(user, &|line| line.replacen("Owner", "Owmer", 1)), "the rows of users are not those that were exported"),
        (swapped, "the rows of users must stand in the order of their keys"),
        (twice, "this row of users has the key of the row before it"),
        (without_row, "rows of users, and the line says"),
        (without_table_end, "and a row of users or the line that ends it must stand here"),
        (replace(end_of_users, "\"sha256\":\"", "\"sha256\":\"0"), "the rows of users are not those"),
        (replace(closing, "\"rows\":", "\"rows\":1"), "the whole is not what was exported"),
        (format!("{text}{}", lines[closing]), "nothing may stand after the closing line"),
    ]
}
