//! Whoever steals the database alone can sign in as nobody: no secret is in it
//! in any spelling, and no server starts on it without the key file.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_app::random::SystemRandom;
use bailiwick_app::vault::Vault;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::signing_key;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::http;
use bailiwick_testkit::people::{PASSWORD, state_token};
use bailiwick_testkit::postgres;
use bailiwick_testkit::process::{Program, Running};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};
use reqwest::Client;
use serde_json::{Value, json};
use tokio_postgres::SimpleQueryMessage;

use crate::reset::FORGOT;
use crate::support::{API_KEYS, REFRESH, SIGN_IN, Strict, made_key, mailed_token};

/// How the super admin of this story signs in; it is stored in the clear, so it shows that the search finds things.
const EMAIL: &str = "ann@acme.example";
/// What an outside application hid in its callback address.
const CALLBACK_CANARY: &str = "canary-in-the-callback-address";

/// Something that must not be found, and what it is.
type Canary = (&'static str, Vec<u8>);

/// Uses the server in every way that makes a secret, and returns them all.
async fn leave_secrets(client: &Client, server: &Running, data_dir: &Path) -> Vec<Canary> {
    let link = server.setup_link().await.unwrap();
    let setup_token = link.split_once("token=").unwrap().1.to_owned();
    let encoded = |text: &str| text.replace('@', "%40").replace(' ', "+");
    let submit = async |path: &str, form: String| {
        let request = client.post(server.at(path)).header("Origin", server.origin()).body(form);
        Answer::of(request.header("Content-Type", "application/x-www-form-urlencoded")).await
    };
    let (email, password) = (encoded(EMAIL), encoded(PASSWORD));
    let form = format!("token={setup_token}&organisation=Acme&name=Ann&email={email}&password={password}");
    assert_eq!(submit("/setup", form).await.status, 303);
    let page = submit("/login", format!("email={email}&password={password}")).await;
    let cookie = page.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();

    let body = json!({ "Username": EMAIL, "Password": PASSWORD, "KeepLoggedIn": true });
    let tokens = Answer::of(client.post(server.at(SIGN_IN)).json(&body)).await;
    let (access, first) = (tokens.text("AccessToken"), tokens.text("RefreshToken"));
    let rotate = client.post(server.at(REFRESH)).bearer_auth(&first).json(&json!({ "GrantType": "RefreshToken" }));
    let second = Answer::of(rotate).await.text("RefreshToken");

    let callback = json!({
        "name": "a system", "type": "ns8", "callback_state": state_token(SystemClock.now().milliseconds(), "of the stolen story"),
        "callback_url": format!("https://nowhere.invalid/callback?token={CALLBACK_CANARY}"),
    });
    let request = client.post(server.at("/api/systems/callback")).bearer_auth(&access).json(&callback);
    let created = Answer::of(request.header("Idempotency-Key", "of the stolen story")).await;
    assert_eq!(created.status, 201, "{created:?}");
    let created = created.json();
    let secret = created.pointer("/data/system/secret").and_then(Value::as_str).unwrap().to_owned();
    let secret_part = secret.split_once('.').unwrap().1.to_owned();

    let api_key = made_key(client.post(server.at(API_KEYS)).bearer_auth(&access)).await;
    let key_part = api_key.rsplit_once('_').unwrap().1.to_owned();

    let forgot = client.post(server.at(FORGOT)).json(&json!({ "Email": EMAIL }));
    assert_eq!(Answer::of(forgot).await.status, 200);
    let reset_token = mailed_token(data_dir, "/reset-password").await;

    let signature = |token: &str| token.rsplit('.').next().unwrap().as_bytes().to_vec();
    vec![
        ("an access token's signature", signature(&access)),
        ("a used refresh token's signature", signature(&first)),
        ("a refresh token's signature", signature(&second)),
        ("a refresh token", second.into_bytes()),
        ("a cookie", cookie.clone().into_bytes()),
        ("a cookie's bytes", BASE64URL_NOPAD.decode(cookie.as_bytes()).unwrap()),
        ("the setup link's token", setup_token.clone().into_bytes()),
        ("the setup link's bytes", BASE64URL_NOPAD.decode(setup_token.as_bytes()).unwrap()),
        ("a mailed link's token", reset_token.clone().into_bytes()),
        ("a mailed link's bytes", BASE64URL_NOPAD.decode(reset_token.as_bytes()).unwrap()),
        ("a password", PASSWORD.as_bytes().to_vec()),
        ("a system's secret", secret_part.clone().into_bytes()),
        ("a system's secret's bytes", HEXLOWER.decode(secret_part.as_bytes()).unwrap()),
        ("an API key's secret part", key_part.clone().into_bytes()),
        ("an API key's secret part's bytes", HEXLOWER.decode(key_part.as_bytes()).unwrap()),
        ("a callback's address", CALLBACK_CANARY.as_bytes().to_vec()),
    ]
}

/// The master key and what it seals, opened as only the server itself can.
async fn keys_of(program: &Program, url: &str) -> Vec<Canary> {
    let database = bailiwick_store::Database::open(url).await.unwrap();
    let vault = Vault::open(&program.data_dir(), &database, &SystemRandom).await.unwrap();
    let mut canaries = vec![("the master key", fs::read(key_file(&program.data_dir())).unwrap())];
    let keys = signing_key::living(&mut database.read().await.unwrap(), Timestamp::default()).await.unwrap();
    for key in keys {
        let place = format!("signing_keys/{}", key.kid);
        let secret = vault.open_sealed(&place, &key.sealed_private_key.unwrap()).unwrap();
        canaries.push(("a private key", secret.to_vec()));
    }
    assert_eq!(canaries.len(), 4, "the master key and one for each purpose");
    canaries
}

fn key_file(data_dir: &Path) -> PathBuf {
    data_dir.join("keys").join("master.key")
}

/// Everything that a thief of the database has: the files of SQLite, or the rows of every table of PostgreSQL.
async fn loot(program: &Program, url: &str) -> Vec<u8> {
    if url.starts_with("sqlite://") {
        let files = fs::read_dir(program.data_dir()).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<_> = files.filter(|path| path.is_file()).collect();
        assert!(files.iter().any(|file| file.to_string_lossy().ends_with("-wal")), "the journal is there: {files:?}");
        return files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
    }
    let client = postgres::connect(url).await.unwrap();
    let tables = client.query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", &[]).await.unwrap();
    let mut loot = String::new();
    for table in tables {
        let table: String = table.get(0);
        for message in client.simple_query(&format!("SELECT t::text FROM \"{table}\" t")).await.unwrap() {
            if let SimpleQueryMessage::Row(row) = message {
                loot.push_str(row.get(0).unwrap());
                loot.push('\n');
            }
        }
    }
    // Bytes are shown as digits: a text that was stored as bytes must be found, too.
    let plain: Vec<u8> = loot
        .split("\\x")
        .skip(1)
        .flat_map(|rest| {
            let end = rest.find(|character: char| !character.is_ascii_hexdigit()).unwrap_or(rest.len());
            HEXLOWER_PERMISSIVE.decode(rest.get(..end).unwrap().as_bytes()).unwrap()
        })
        .collect();
    [loot.into_bytes(), plain].concat()
}

/// Whether the loot holds this in any usual spelling.
fn holds(loot: &[u8], canary: &[u8]) -> bool {
    let spellings = [
        canary.to_vec(),
        HEXLOWER.encode(canary).into_bytes(),
        HEXUPPER.encode(canary).into_bytes(),
        BASE64.encode(canary).trim_end_matches('=').as_bytes().to_vec(),
        BASE64URL_NOPAD.encode(canary).into_bytes(),
    ];
    spellings.iter().any(|spelling| loot.windows(spelling.len()).any(|window| window == spelling.as_slice()))
}

/// A thief's own machine: the same settings, another data directory, with what of the database is a file.
fn thief(program: &Program, url: &str) -> Program {
    let thief = Program::built().unwrap();
    fs::DirBuilder::new().mode(0o700).create(thief.data_dir()).unwrap();
    if !url.starts_with("sqlite://") {
        return thief.with("BAILIWICK_DATABASE_URL", url);
    }
    for entry in fs::read_dir(program.data_dir()).unwrap() {
        let from = entry.unwrap().path();
        if from.is_file() {
            fs::copy(&from, thief.data_dir().join(from.file_name().unwrap())).unwrap();
        }
    }
    thief
}

/// Puts a key file into a data directory.
fn put_key(data_dir: &Path, key: &[u8], mode: u32) {
    let file = key_file(data_dir);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, key).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
}

/// Holds that neither the server nor a command works here, and that one line says why and names the key file.
fn does_not_start(program: &Program, because: &str) {
    for command in [["serve"].as_slice(), &["admin", "rotate-keys"]] {
        let output = program.run(command, "").unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}: {line}");
        let last = line.lines().last().unwrap();
        let file = key_file(&program.data_dir());
        assert!(last.contains(because) && last.contains(file.to_str().unwrap()), "{command:?}: {line}");
    }
}

async fn a_stolen_database_signs_nobody_in(engine: Engine) {
    let mut program = Program::on(engine).unwrap();
    let url = program.database_url();
    let client = http::client().unwrap();
    let mut server = program.start().await.unwrap();
    let mut canaries = leave_secrets(&client, &server, &program.data_dir()).await;
    // While it runs, the newest rows are in SQLite's journal only.
    let mut stolen = loot(&program, &url).await;
    let ended = server.terminate(Duration::from_secs(15)).await.unwrap();
    assert!(ended.status.success(), "{}", server.output());
    canaries.extend(keys_of(&program, &url).await);

    assert!(holds(&stolen, EMAIL.as_bytes()), "the search finds what is stored in the clear");
    assert!(holds(&stolen, b"$argon2id$v=19$m=19456,t=2,p=1$"), "and what is stored as a hash");
    for (what, canary) in &canaries {
        assert!(!holds(&stolen, canary), "{what} is in the database");
    }
    let control = canaries.first().unwrap().1.clone();
    stolen.extend(BASE64.encode(&control).into_bytes());
    assert!(holds(&stolen, &control), "the search finds other spellings");

    let thief = thief(&program, &url);
    does_not_start(&thief, "is missing");
    assert!(!key_file(&thief.data_dir()).exists(), "no new key takes the place of the lost one");
    let key = fs::read(key_file(&program.data_dir())).unwrap();
    put_key(&thief.data_dir(), &[7; 32], 0o600);
    does_not_start(&thief, "does not belong to this database");
    put_key(&thief.data_dir(), key.get(1..).unwrap(), 0o600);
    does_not_start(&thief, "32 bytes");
    put_key(&thief.data_dir(), &key, 0o644);
    does_not_start(&thief, "0600");
    // The refusals broke nothing: its own machine starts again.
    let server = program.start().await.unwrap();
    let body = json!({ "Username": EMAIL, "Password": PASSWORD });
    assert_eq!(Answer::of(client.post(server.at(SIGN_IN)).json(&body)).await.status, 200);
}

#[tokio::test]
async fn a_stolen_database_signs_nobody_in_on_sqlite() {
    a_stolen_database_signs_nobody_in(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_stolen_database_signs_nobody_in_on_postgres() {
    a_stolen_database_signs_nobody_in(Engine::Postgres).await;
}
