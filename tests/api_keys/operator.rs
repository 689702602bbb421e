//! What an operator sees of keys and does about them at the command line, while the server runs.

use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::patience::within_a_second;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::operator::{refusal, says};
use bailiwick_testkit::process::{Program, Running};
use reqwest::Client;
use serde_json::{Value, json};

use crate::support::{KEYS, Made, SYSTEMS, number};

const ANN: &str = "ann@acme.example";

/// A server that is set up and runs, somebody who is signed in, and the operator beside them.
struct Stage {
    program: Program,
    server: Running,
    client: Client,
    token: String,
}

impl Stage {
    async fn set(engine: Engine) -> Self {
        let mut program = Program::on(engine).unwrap();
        let server = program.start().await.unwrap();
        program.set_up("Acme", ANN, "Ann").unwrap();
        let client = bailiwick_testkit::http::client().unwrap();
        let credentials = json!({ "Username": ANN, "Password": PASSWORD });
        let tokens = Answer::of(client.post(server.at("/auth/authenticate/signin")).json(&credentials)).await;
        let token = text(&tokens.json, "AccessToken").to_owned();
        Self { program, server, client, token }
    }

    async fn make(&self, name: &str, access: &str) -> Made {
        let request = self.client.post(self.server.at(KEYS)).bearer_auth(&self.token);
        Made::of(&Answer::of(request.json(&json!({ "name": name, "access": access }))).await)
    }

    async fn read(&self, key: &str) -> u16 {
        Answer::of(self.client.get(self.server.at(SYSTEMS)).bearer_auth(key)).await.status
    }

    fn says(&self, arguments: &[&str]) -> String {
        says(&self.program.admin(arguments).unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[arguments, &["--json"]].concat())).unwrap()
    }

    fn refuses(&self, arguments: &[&str]) -> String {
        refusal(&self.program.admin(arguments).unwrap())
    }
}

async fn an_operator_lists_and_revokes_the_keys_of_people(engine: Engine) {
    let stage = Stage::set(engine).await;
    let list = ["api-key", "list", "--user", ANN];
    assert_eq!(stage.says(&list), "Ann <ann@acme.example> has no API keys.\n");
    let (first, second) = (stage.make("export", "read").await, stage.make("deploy", "write").await);
    assert_eq!([stage.read(&first.key).await, stage.read(&second.key).await], [200, 200]);

    let table = stage.says(&list);
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("NAME    ACCESS  STATE   CREATED"), "{table}");
    assert!(lines[1].starts_with("deploy  write   active  ") && lines[1].ends_with(&second.id), "{table}");
    assert!(lines[2].starts_with("export  read    active  ") && lines[2].ends_with(&first.id), "{table}");
    let listed = stage.json(&list);
    assert_eq!((&listed["api_keys"][1]["id"], &listed["api_keys"][1]["access"]), (&json!(first.id), &json!("read")));
    assert!(![&table, &listed.to_string()].iter().any(|text| text.contains(&first.key[4..])), "no key is shown");

    let revoked = stage.says(&["api-key", "revoke", &first.id]);
    assert_eq!(revoked, format!("the API key export of Ann <ann@acme.example> is revoked ({})\n", first.id));
    within_a_second(401, async || stage.read(&first.key).await).await;
    assert_eq!(stage.read(&second.key).await, 200);
    let again = stage.refuses(&["api-key", "revoke", &first.id]);
    assert!(again.contains("there is no API key with the id") && again.contains("api-key list"), "{again}");
    assert!(stage.refuses(&["api-key", "revoke", &second.key]).contains("must be a UUID"));
    assert!(stage.refuses(&["api-key", "list", "--user", "zoe@acme.example"]).contains("nobody with the address"));

    let ended = stage.says(&["user", "end-sessions", ANN]);
    assert!(ended.contains("1 session was ended; 1 API key was revoked"), "{ended}");
    within_a_second(401, async || stage.read(&second.key).await).await;
    let audited = "SELECT COUNT(*) FROM audit WHERE action = 'api_key.revoked' AND actor_kind = 'operator'";
    assert_eq!(number(&stage.program.database_url(), audited).await, 2);
}

#[tokio::test]
async fn an_operator_lists_and_revokes_the_keys_of_people_on_sqlite() {
    an_operator_lists_and_revokes_the_keys_of_people(Engine::Sqlite).await;
}

#[tokio::test]
async fn an_operator_lists_and_revokes_the_keys_of_people_on_postgres() {
    an_operator_lists_and_revokes_the_keys_of_people(Engine::Postgres).await;
}
