//! The program itself: settings, the commands of an operator, and what is never logged.

use std::process::Output;
use std::time::Duration;

use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::http;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::operator::refusal;
use bailiwick_testkit::process::{Program, Running};
use reqwest::Client;
use serde_json::{Value, json};

use crate::invitations::{NEWCOMER, REGISTER, mailed, newcomer as invited};
use crate::reset::{FORGOT, PAGE, RESET};
use crate::support::{API_KEYS, Jwt, REFRESH, SIGN_IN, SYSTEMS, Strict, key_set, made_key, mailed_token};

/// Who the program is set up with.
pub(crate) const EMAIL: &str = "ann@acme.example";
/// Every setting's environment variable (contract, section 1, and our own additions).
const SETTINGS: [&str; 15] = [
    "BAILIWICK_LISTEN",
    "BAILIWICK_BASE_URL",
    "BAILIWICK_DATA_DIR",
    "BAILIWICK_DATABASE_URL",
    "BAILIWICK_REGISTRATION",
    "BAILIWICK_UNCONFIRMED",
    "BAILIWICK_SYSTEM_TYPES",
    "BAILIWICK_OUTBOUND_ALLOW",
    "BAILIWICK_TRUSTED_PROXIES",
    "BAILIWICK_HEARTBEAT_DEAD_AFTER",
    "BAILIWICK_SMTP_URL",
    "BAILIWICK_MAIL_FROM",
    "BAILIWICK_METRICS_LISTEN",
    "BAILIWICK_LOG",
    "BAILIWICK_LOG_FORMAT",
];

/// Runs `admin bootstrap` with these values.
pub(crate) fn bootstrap(program: &Program, organisation: &str, email: &str, name: &str, password: &str) -> Output {
    let arguments = ["--organisation", organisation, "--email", email, "--name", name, "--password-stdin"];
    program.run(&[&["admin", "bootstrap"], arguments.as_slice()].concat(), &format!("{password}\n")).unwrap()
}

pub(crate) async fn sign_in(client: &Client, server: &Running, email: &str) -> Answer {
    Answer::of(client.post(server.at(SIGN_IN)).json(&json!({ "Username": email, "Password": PASSWORD }))).await
}

pub(crate) async fn read(client: &Client, server: &Running, token: &str) -> u16 {
    Answer::of(client.get(server.at(SYSTEMS)).bearer_auth(token)).await.status
}

/// A server that is set up and runs.
pub(crate) async fn running(engine: Engine) -> (Program, Running) {
    let mut program = Program::on(engine).unwrap();
    let server = program.start().await.unwrap();
    program.set_up("Acme", EMAIL, "Ann").unwrap();
    (program, server)
}

async fn an_operator_sets_the_server_up_once(engine: Engine) {
    let mut program = Program::on(engine).unwrap();
    let output = bootstrap(&program, "Acme", EMAIL, "Ann", PASSWORD);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(EMAIL), "{output:?}");
    assert!(!format!("{output:?}").contains(PASSWORD), "the password is shown");
    for email in [EMAIL, "bob@acme.example"] {
        let refused = refusal(&bootstrap(&program, "Other", email, "Bob", PASSWORD));
        assert!(refused.contains("already set up"), "{refused}");
    }
    let server = program.start().await.unwrap();
    assert!(!server.output().contains("/setup?token="), "no link for a server that is set up");
    let client = http::client().unwrap();
    let answer = sign_in(&client, &server, EMAIL).await;
    assert_eq!(read(&client, &server, &answer.text("AccessToken")).await, 200);
    assert_eq!(sign_in(&client, &server, "bob@acme.example").await.status, 401);
}

#[tokio::test]
async fn an_operator_sets_the_server_up_once_on_sqlite() {
    an_operator_sets_the_server_up_once(Engine::Sqlite).await;
}

#[tokio::test]
async fn an_operator_sets_the_server_up_once_on_postgres() {
    an_operator_sets_the_server_up_once(Engine::Postgres).await;
}

#[test]
fn what_an_operator_got_wrong_is_named_and_nothing_is_created() {
    let program = Program::built().unwrap();
    let tell = |organisation, email, name, password| refusal(&bootstrap(&program, organisation, email, name, password));
    for (refused, named) in [
        (tell("Acme", EMAIL, "Ann", "too short"), "password must be"),
        (tell("Acme", EMAIL, "Ann", "passwordpassword"), "password must be"),
        (tell("Acme Appliances", EMAIL, "Ann", "acme appliances"), "password must be"),
        (tell("Acme", EMAIL, "Ann", ""), "password"),
        (tell("Acme", "ann", "Ann", PASSWORD), "--email must be"),
        (tell(" ", EMAIL, "Ann", PASSWORD), "--organisation must be"),
        (tell("Acme", EMAIL, "", PASSWORD), "--name must be"),
    ] {
        assert!(refused.contains(named), "{refused}");
        assert!(!refused.contains(PASSWORD) && !refused.contains("too short"), "the password is shown: {refused}");
    }
    let arguments = ["admin", "bootstrap", "--organisation", "Acme", "--email", EMAIL, "--name", "Ann"];
    let output = program.run(&arguments, PASSWORD).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--password-stdin"), "{output:?}");
    let output = bootstrap(&program, "Acme", EMAIL, "Ann", PASSWORD);
    assert!(output.status.success(), "nothing was there before: {output:?}");
}

/// Rotating keys under a running server harms nobody.
async fn keys_are_rotated_while_the_server_runs(engine: Engine) {
    let (program, server) = running(engine).await;
    let client = http::client().unwrap();
    let before = sign_in(&client, &server, EMAIL).await;
    let (access, refresh) = (before.text("AccessToken"), before.text("RefreshToken"));
    let old_keys = key_set(&client, server.origin()).await;
    let output = program.run(&["admin", "rotate-keys"], "").unwrap();
    assert!(output.status.success(), "{output:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;

    let keys = key_set(&client, server.origin()).await;
    let list = |keys: &Value| keys.get("keys").and_then(Value::as_array).unwrap().clone();
    assert_eq!(list(&keys).len(), 5, "old and new, of tokens and of callbacks, and the one of licence files");
    for old in list(&old_keys) {
        assert!(list(&keys).contains(&old), "{old} is not published any more");
    }
    assert_eq!(read(&client, &server, &access).await, 200, "an old access token");
    let call = || client.post(server.at(REFRESH)).bearer_auth(&refresh);
    let renewed = Answer::of(call().json(&json!({ "GrantType": "refresh_token" }))).await;
    assert_eq!(renewed.status, 200, "an old refresh token: {renewed:?}");
    for token in [renewed.text("AccessToken"), sign_in(&client, &server, EMAIL).await.text("AccessToken")] {
        let token = Jwt::of(&token);
        assert!(!list(&old_keys).iter().any(|old| old.get("kid") == token.header.get("kid")), "signed with an old key");
        token.verify(&keys);
    }
    Jwt::of(&access).verify(&keys);
    assert_eq!(read(&client, &server, &renewed.text("AccessToken")).await, 200);
}

#[tokio::test]
async fn keys_are_rotated_while_the_server_runs_on_sqlite() {
    keys_are_rotated_while_the_server_runs(Engine::Sqlite).await;
}

#[tokio::test]
async fn keys_are_rotated_while_the_server_runs_on_postgres() {
    keys_are_rotated_while_the_server_runs(Engine::Postgres).await;
}

#[tokio::test]
async fn the_description_is_the_same_printed_and_served() {
    let mut program = Program::built().unwrap();
    let printed = program.run(&["openapi"], "").unwrap();
    assert!(printed.status.success(), "{printed:?}");
    assert!(!program.data_dir().exists(), "printing needs no data directory");
    let server = program.start().await.unwrap();
    let answer = http::client().unwrap().get(server.at("/openapi.json")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.bytes().await.unwrap(), printed.stdout);
}

#[test]
fn the_help_names_every_setting_and_every_command() {
    let program = Program::built().unwrap();
    let output = program.run(&["--help"], "").unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let help = String::from_utf8(output.stdout).unwrap();
    for setting in SETTINGS {
        let flag = setting.trim_start_matches("BAILIWICK_").to_lowercase().replace('_', "-");
        assert!(help.contains(setting) && help.contains(&format!("--{flag} ")), "{setting} is missing in:\n{help}");
    }
    for command in ["serve", "admin", "openapi", "completions", "--config"] {
        assert!(help.contains(command), "{command} is missing in:\n{help}");
    }
    assert_eq!(help.matches("[env:").count(), SETTINGS.len(), "a setting that this test does not know:\n{help}");
    let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
    let broken = help.lines().filter(|line| line.len() < 40 && line.ends_with(['.', ';']) && !line.starts_with(' '));
    assert!(widest <= 100, "{widest} columns do not fit a terminal:\n{help}");
    assert_eq!(broken.collect::<Vec<_>>(), Vec::<&str>::new(), "lines broken where nobody meant to:\n{help}");
}

#[test]
fn a_setting_that_cannot_be_used_stops_the_start_with_one_line_that_names_it() {
    for (variable, value) in [
        ("BAILIWICK_LISEN", "127.0.0.1:8080"),
        ("BAILIWICK_LISTEN", "8080"),
        ("BAILIWICK_LISTEN", "192.0.2.1:8080"),
        ("BAILIWICK_BASE_URL", "https://id.example.org/path"),
        ("BAILIWICK_DATA_DIR", "/proc/nowhere"),
        ("BAILIWICK_DATABASE_URL", "mysql://root@localhost/x"),
        ("BAILIWICK_DATABASE_URL", "sqlite:///proc/nowhere/bailiwick.db"),
        ("BAILIWICK_DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
        ("BAILIWICK_REGISTRATION", "maybe"),
        ("BAILIWICK_UNCONFIRMED", "some"),
        ("BAILIWICK_SYSTEM_TYPES", "NS 8"),
        ("BAILIWICK_OUTBOUND_ALLOW", "example.org"),
        ("BAILIWICK_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("BAILIWICK_HEARTBEAT_DEAD_AFTER", "soon"),
        ("BAILIWICK_SMTP_URL", "mail.example.org"),
        ("BAILIWICK_MAIL_FROM", "nobody"),
        ("BAILIWICK_METRICS_LISTEN", "9100"),
        ("BAILIWICK_LOG", "a=b=c"),
        ("BAILIWICK_LOG_FORMAT", "xml"),
    ] {
        let program = Program::built().unwrap();
        let line = refusal(&program.with(variable, value).run(&["serve"], "").unwrap());
        assert!(line.contains(variable), "{variable}={value}: {line}");
    }
}

#[test]
fn the_settings_file_and_the_flags_are_held_to_the_same() {
    for (file, named) in [
        ("lisen = \"127.0.0.1:8080\"", "lisen"),
        ("registration = \"maybe\"", "registration"),
        ("registration = true", "registration"),
        ("registration = ", "bailiwick.toml"),
        ("[server]\nlisten = \"127.0.0.1:8080\"", "server"),
    ] {
        let program = Program::built().unwrap();
        let directory = program.data_dir().parent().unwrap().to_owned();
        std::fs::write(directory.join("bailiwick.toml"), file).unwrap();
        let line = refusal(&program.run(&[], "").unwrap());
        assert!(line.contains(named), "{file}: {line}");
    }
    let program = Program::built().unwrap();
    let line = refusal(&program.run(&["--registration", "maybe"], "").unwrap());
    assert!(line.contains("registration"), "{line}");
    let line = refusal(&program.run(&["--config", "nowhere.toml"], "").unwrap());
    assert!(line.contains("nowhere.toml"), "{line}");
}

/// Somebody registers and confirms their address, and somebody else is invited and joins; gives the tokens of both links.
async fn followed_links(client: &Client, server: &Running, program: &Program) -> [String; 2] {
    let newcomer = json!({
        "Email": "ada@example.org", "Password": PASSWORD, "Name": "Ada", "Company": "Her own", "AcceptEULA": true,
    });
    assert_eq!(Answer::of(client.post(server.at(REGISTER)).json(&newcomer)).await.status, 201);
    let confirmation = mailed_token(&program.data_dir(), "/confirm").await;
    Answer::of(client.get(server.at(&format!("/confirm?token={confirmation}")))).await;
    let confirm = client.post(server.at("/auth/authenticate/confirm-address"));
    Answer::of(confirm.json(&json!({ "Token": confirmation }))).await.message(200);
    let invite = ["admin", "user", "invite", "--email", NEWCOMER, "--organisation", "Acme"];
    let output = program.run(&invite, "").unwrap();
    assert!(output.status.success(), "{output:?}");
    let (invitation, _) = mailed(&program.data_dir(), NEWCOMER).await;
    Answer::of(client.get(server.at(&format!("/invitation?token={invitation}")))).await;
    let joined = Answer::of(client.post(server.at(REGISTER)).json(&invited(NEWCOMER, &invitation))).await;
    assert_eq!(joined.status, 201, "{joined:?}");
    [confirmation, invitation]
}

/// Whatever is logged, it holds no credential, even when it came where none belongs.
async fn nothing_that_opens_a_door_is_logged(engine: Engine) {
    const CANARY: &str = "canary-in-the-address";
    let program = Program::on(engine).unwrap();
    let mut program = program.with("BAILIWICK_LOG", "trace").with("BAILIWICK_LOG_FORMAT", "json");
    let server = program.start().await.unwrap();
    let link = server.setup_link().await.unwrap();
    let setup_token = link.split_once("token=").unwrap().1.to_owned();
    let client = http::client().unwrap();
    Answer::of(client.get(&link)).await;
    let output = bootstrap(&program, "Acme", EMAIL, "Ann", PASSWORD);
    assert!(output.status.success(), "{output:?}");
    for query in [format!("Password={CANARY}"), format!("Username=ann&Password={CANARY}"), format!("{CANARY}=1")] {
        Answer::of(client.get(server.at(&format!("{SIGN_IN}?{query}")))).await;
    }
    Answer::of(client.post(server.at(SIGN_IN)).json(&json!({ "Username": EMAIL, "Password": CANARY })))
        .await
        .message(401);
    let tokens = sign_in(&client, &server, EMAIL).await;
    let (access, refresh) = (tokens.text("AccessToken"), tokens.text("RefreshToken"));
    let api_key = made_key(client.post(server.at(API_KEYS)).bearer_auth(&access)).await;
    assert_eq!([read(&client, &server, &access).await, read(&client, &server, &api_key).await], [200, 200]);
    assert_eq!(read(&client, &server, &format!("{access}{CANARY}")).await, 401);
    let renewed = Answer::of(client.post(server.at(REFRESH)).bearer_auth(&refresh).json(&json!({}))).await;
    let form = client.post(server.at("/login")).header("Origin", server.origin());
    let page = Answer::of(http::with_form(form, [("email", EMAIL), ("password", PASSWORD)])).await;
    let cookie = page.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    assert!(cookie.len() > 20, "{page:?}");

    let forgot = client.post(server.at(FORGOT)).json(&json!({ "Email": EMAIL }));
    assert_eq!(Answer::of(forgot).await.status, 200);
    let link = mailed_token(&program.data_dir(), PAGE).await;
    for path in [PAGE, "/confirm"] {
        Answer::of(client.get(server.at(&format!("{path}?token={link}")))).await;
    }
    let body = json!({ "Token": link, "NewPassword": CANARY });
    Answer::of(client.post(server.at(RESET)).json(&body)).await.message(200);
    let [confirmation, invitation] = followed_links(&client, &server, &program).await;

    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    let log = format!("{}{}", server.stderr(), String::from_utf8(output.stderr).unwrap());
    assert!(log.lines().filter(|line| line.contains("answered")).count() >= 10, "the log says too little:\n{log}");
    for (what, secret) in [
        ("a credential in the address or a wrong password", CANARY.to_owned()),
        ("a password", PASSWORD.to_owned()),
        ("a form's password", PASSWORD.replace(' ', "+")),
        ("an access token", signature(&access)),
        ("a refresh token", signature(&refresh)),
        ("an API key", api_key.rsplit_once('_').unwrap().1.to_owned()),
        ("a renewed token", signature(&renewed.text("AccessToken"))),
        ("a cookie", cookie),
        ("the setup link's token", setup_token),
        ("a mailed link's token", link),
        ("the token of a confirmation", confirmation),
        ("the token of an invitation", invitation),
        ("the hash of a password", "$argon2id$".to_owned()),
    ] {
        assert!(
            !log.contains(&secret),
            "{what} is logged:\n{}",
            log.lines().find(|line| line.contains(&secret)).unwrap()
        );
    }
}

#[tokio::test]
async fn nothing_that_opens_a_door_is_logged_on_sqlite() {
    nothing_that_opens_a_door_is_logged(Engine::Sqlite).await;
}

#[tokio::test]
async fn nothing_that_opens_a_door_is_logged_on_postgres() {
    nothing_that_opens_a_door_is_logged(Engine::Postgres).await;
}
