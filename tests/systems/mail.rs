//! Mails: queued with a change, sent afterwards by a real mail server or into files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_app::context::Context;
use bailiwick_app::mail::{Mail, MailKind};
use bailiwick_app::random::SystemRandom;
use bailiwick_app::settings::{BaseUrl, Settings};
use bailiwick_domain::account::Language;
use bailiwick_domain::field::Parse;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::Database;
use bailiwick_store::query::retention;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::mail_server::{Handed, MailServer, Wishes};
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::process::{Program, free_port};
use data_encoding::BASE64_MIME;

use crate::peek;
use crate::support::{eventually, let_the_outbox_look};

const ADDRESS: &str = "ann@acme.example";
const LINK: &str = "https://id.example.org/confirm?token=c2VjcmV0IG9mIHRoZSBsaW5r";
/// Longer than the first rung of the ladder.
const FIRST_RUNG: Span = Span::seconds(6);

fn mail(kind: MailKind) -> Mail {
    Mail { user: None, to: Parse::parse_text(ADDRESS).unwrap(), language: Language::German, kind }
}

fn welcome(expires_at: Timestamp) -> Mail {
    mail(MailKind::Welcome { link: SecretText::new(LINK), expires_at })
}

async fn queue(context: &Context, mail: &Mail) {
    let mut transaction = context.database.write().await.unwrap();
    context.queue_mail(&mut transaction, mail, context.now()).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Queues a welcome whose link is good for a day.
async fn queue_welcome(bench: &Bench) {
    queue(&bench.context, &welcome(bench.context.now().plus(Span::hours(24)))).await;
}

/// A server whose mails go to this port of this machine.
async fn sending_to(engine: Engine, port: u16) -> Bench {
    Bench::start_with(engine, |settings| set_mail_server(settings, port)).await
}

fn set_mail_server(settings: &mut Settings, port: u16) {
    settings.smtp_url = Some(Parse::parse_text(&format!("smtp://127.0.0.1:{port}")).unwrap());
    settings.mail_from = Some(Parse::parse_text("bailiwick@acme.example").unwrap());
}

/// Waits until the one mail has this status and was tried so often; gives why it failed last.
async fn until(bench: &Bench, status: &str, attempts: &str) -> String {
    eventually(&format!("a mail that is {status} after {attempts}"), async || {
        let rows = peek::rows(bench, "SELECT status, attempts, last_failure FROM mails").await;
        let row = rows.first()?;
        let is_so = row[0].as_deref() == Some(status) && row[1].as_deref() == Some(attempts);
        is_so.then(|| row[2].clone().unwrap_or_default())
    })
    .await
}

async fn handed(server: &MailServer) -> Handed {
    eventually("a mail at the mail server", async || server.handed().first().cloned()).await
}

fn files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory.join("mail")).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

on_both_engines! {
    async fn without_a_mail_server_mails_become_files_for_the_owner_alone(bench: Bench) {
        queue_welcome(&bench).await;
        assert_eq!(until(&bench, "sent", "1").await, "");
        let files = files(bench.directory());
        assert_eq!(files.len(), 1);
        assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&files[0]).unwrap();
        assert!(text.lines().any(|line| line == LINK), "{text}");
        assert!(text.contains("Der Link gilt 24 Stunden"), "{text}");
        let left = peek::rows(&bench, "SELECT LENGTH(sealed_content) FROM mails").await;
        assert_eq!(left, [[Some("0".to_owned())]], "what the mail said is kept");
    }

    async fn a_mail_is_sent_only_when_its_change_was_committed(bench: Bench) {
        let mut transaction = bench.context.database.write().await.unwrap();
        let now = bench.context.now();
        bench.context.queue_mail(&mut transaction, &mail(MailKind::PasswordChanged { at: now }), now).await.unwrap();
        drop(transaction);
        let_the_outbox_look().await;
        assert_eq!(files(bench.directory()), Vec::<PathBuf>::new());
    }

    async fn neither_links_nor_addresses_of_queued_mails_can_be_read_in_the_database(bench: Bench) {
        // The time stands still at a moment before the mail is due.
        let later = bench.context.now().plus(Span::hours(1));
        let mut transaction = bench.context.database.write().await.unwrap();
        let mail = welcome(later.plus(Span::hours(24)));
        bench.context.queue_mail(&mut transaction, &mail, later).await.unwrap();
        transaction.commit().await.unwrap();
        let loot = peek::everything(&bench).await;
        for secret in [ADDRESS, "c2VjcmV0IG9mIHRoZSBsaW5r"] {
            assert!(!loot.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }

    async fn what_became_of_a_mail_is_known_for_thirty_days(bench: Bench) {
        queue_welcome(&bench).await;
        until(&bench, "sent", "1").await;
        let left_after = async |span| {
            bench.clock.advance(span);
            retention::run(&bench.context.database, bench.context.now()).await.unwrap();
            peek::number(&bench, "SELECT COUNT(*) FROM mails").await
        };
        assert_eq!(left_after(Span::days(30)).await, 1);
        assert_eq!(left_after(Span::seconds(1)).await, 0);
    }

    async fn a_mail_whose_link_is_good_no_longer_is_not_sent(bench: Bench) {
        queue(&bench.context, &welcome(bench.context.now())).await;
        assert_eq!(until(&bench, "dead", "1").await, "expired");
        assert_eq!(files(bench.directory()), Vec::<PathBuf>::new());
    }
}

/// Runs each story on both engines.
macro_rules! with_an_engine {
    ($($name:ident)*) => { $(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(Engine::Postgres).await;
            }
        }
    )* };
}

with_an_engine! {
    a_mail_server_on_this_machine_is_handed_mails
    a_mail_to_nobody_is_dead_at_once
    what_a_mail_server_has_against_the_sender_or_us_loses_no_mail
    a_mail_that_is_not_taken_now_is_tried_again
    mails_wait_for_an_absent_server_and_survive_a_restart
    a_mail_is_given_up_after_three_days
}

async fn a_mail_server_on_this_machine_is_handed_mails(engine: Engine) {
    let server = MailServer::start(&Wishes::default()).unwrap();
    let bench = sending_to(engine, server.port()).await;
    queue_welcome(&bench).await;
    until(&bench, "sent", "1").await;
    let mail = handed(&server).await;
    assert_eq!((mail.from(), mail.to()), ("bailiwick@acme.example", vec![ADDRESS]));
    assert!(mail.content().contains("From: Bailiwick <bailiwick@acme.example>\r\n"), "{}", mail.content());
    assert!(!mail.is_encrypted() && mail.user().is_none());
    let_the_outbox_look().await;
    assert_eq!(server.handed().len(), 1, "what was sent is not sent again");
}

async fn a_mail_to_nobody_is_dead_at_once(engine: Engine) {
    for (answer, failure) in [("550 no such user", "refused 550"), ("550 5.1.1 unknown", "refused 550")] {
        let recipients = vec![answer.to_owned()];
        let server = MailServer::start(&Wishes { recipients, ..Wishes::default() }).unwrap();
        let bench = sending_to(engine, server.port()).await;
        queue_welcome(&bench).await;
        assert_eq!(until(&bench, "dead", "1").await, failure);
        bench.clock.advance(Span::hours(2));
        let_the_outbox_look().await;
        assert_eq!(until(&bench, "dead", "1").await, failure, "the dead stay dead");
        assert!(server.handed().is_empty());
    }
}

/// A sender that is set wrong, and a list of unwanted senders that we are on, are things that an operator mends.
async fn what_a_mail_server_has_against_the_sender_or_us_loses_no_mail(engine: Engine) {
    let answers = |answers: &[&str]| answers.iter().map(|answer| (*answer).to_owned()).collect();
    let server = MailServer::start(&Wishes {
        greetings: answers(&["554 no service for you"]),
        senders: answers(&["550 who is that", "553 5.1.8 no such sender", "250 known"]),
        recipients: answers(&["550 5.7.1 no relaying for you"]),
        answers: answers(&["554 5.7.1 nobody wants that"]),
        ..Wishes::default()
    })
    .unwrap();
    let bench = sending_to(engine, server.port()).await;
    queue(&bench.context, &mail(MailKind::PasswordChanged { at: bench.context.now() })).await;
    let rungs = [Span::seconds(5), Span::minutes(5), Span::minutes(30), Span::hours(2), Span::hours(5)];
    for (number, (code, rung)) in ["554", "550", "553", "550", "554"].into_iter().zip(rungs).enumerate() {
        let failure = until(&bench, "pending", &(number + 1).to_string()).await;
        assert_eq!(failure, format!("not_taken {code}"), "number {number}");
        bench.clock.advance(rung);
    }
    until(&bench, "sent", "6").await;
    assert_eq!(handed(&server).await.to(), [ADDRESS]);
}

async fn a_mail_that_is_not_taken_now_is_tried_again(engine: Engine) {
    let answers = vec!["451 come back later".to_owned()];
    let server = MailServer::start(&Wishes { answers, ..Wishes::default() }).unwrap();
    let bench = sending_to(engine, server.port()).await;
    queue_welcome(&bench).await;
    assert_eq!(until(&bench, "pending", "1").await, "deferred 451");
    bench.clock.advance(FIRST_RUNG);
    until(&bench, "sent", "2").await;
    let message_id =
        |mail: &Handed| mail.content().lines().find(|line| line.starts_with("Message-ID")).map(str::to_owned);
    let ids: Vec<_> = server.handed().iter().map(message_id).collect();
    assert!(ids.len() == 2 && ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
}

async fn mails_wait_for_an_absent_server_and_survive_a_restart(engine: Engine) {
    let port = free_port().unwrap();
    let bench = sending_to(engine, port).await;
    queue_welcome(&bench).await;
    assert_eq!(until(&bench, "pending", "1").await, "broken");
    let server = MailServer::start(&Wishes { port, ..Wishes::default() }).unwrap();
    let restarted = bench.another_node_with(|settings| set_mail_server(settings, port)).await;
    drop(bench);
    restarted.clock.advance(FIRST_RUNG);
    until(&restarted, "sent", "2").await;
    assert_eq!(handed(&server).await.to(), [ADDRESS]);
}

async fn a_mail_is_given_up_after_three_days(engine: Engine) {
    let bench = sending_to(engine, free_port().unwrap()).await;
    queue(&bench.context, &mail(MailKind::PasswordChanged { at: bench.context.now() })).await;
    until(&bench, "pending", "1").await;
    bench.clock.advance(Span::hours(75));
    until(&bench, "pending", "2").await;
    bench.clock.advance(Span::hours(1));
    assert_eq!(until(&bench, "dead", "3").await, "broken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_slow_costs_ten_seconds_and_no_mail() {
    let server = MailServer::start(&Wishes { answers: vec!["hang".to_owned()], ..Wishes::default() }).unwrap();
    let bench = sending_to(Engine::Sqlite, server.port()).await;
    queue_welcome(&bench).await;
    assert_eq!(until(&bench, "pending", "1").await, "timed_out");
    bench.clock.advance(FIRST_RUNG);
    until(&bench, "sent", "2").await;
    assert_eq!(server.handed().len(), 1);
}

/// The real program, whose mails go to a server that demands STARTTLS and a user, with this end of its address.
fn program(server: &MailServer, credentials: &str) -> Program {
    let url = format!("smtp://{credentials}@127.0.0.1:{}?tls=required", server.port());
    Program::built().unwrap().with("BAILIWICK_SMTP_URL", url).with("BAILIWICK_MAIL_FROM", "bailiwick@acme.example")
}

/// The form of RFC 7468.
fn pem(label: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {label}-----\r\n{}-----END {label}-----\r\n", BASE64_MIME.encode(bytes))
}

fn guarded_server(directory: &Path) -> (MailServer, PathBuf) {
    let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
    fs::write(&certificate, pem("CERTIFICATE", issued.cert.der())).unwrap();
    fs::write(&key, pem("PRIVATE KEY", &issued.signing_key.serialize_der())).unwrap();
    let user = Some(("ann@acme.example".to_owned(), "pass: word".to_owned()));
    let wishes = Wishes { certificate: Some((certificate.clone(), key)), user, ..Wishes::default() };
    (MailServer::start(&wishes).unwrap(), certificate)
}

/// Queues a welcome as another process on the data of the program.
async fn queue_beside(program: &Program) {
    let directory = program.data_dir();
    let url = format!("sqlite://{}", directory.join("bailiwick.db").display());
    let settings = Settings::new(BaseUrl::parse_text(&program.origin()).unwrap(), directory);
    let database = Database::open(&url).await.unwrap();
    let context = Context::open(settings, database, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap();
    queue(&context, &welcome(SystemClock.now().plus(Span::hours(1)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_are_handed_in_encrypted_by_a_known_user_and_nothing_of_them_is_logged() {
    let directory = tempfile::tempdir().unwrap();
    let (server, certificate) = guarded_server(directory.path());
    let mut program = program(&server, "ann%40acme.example:pass%3A%20word")
        .with("SSL_CERT_FILE", certificate.display().to_string())
        .with("BAILIWICK_LOG", "debug");
    let running = program.start().await.unwrap();
    queue_beside(&program).await;
    let mail = handed(&server).await;
    assert!(mail.is_encrypted());
    assert_eq!((mail.user(), server.sign_ins()), (Some("ann@acme.example"), 1));
    eventually("a line of the log", async || running.output().contains("a mail was sent").then_some(())).await;
    for secret in [ADDRESS, LINK, "c2VjcmV0", "pass: word", "pass%3A"] {
        assert!(!running.output().contains(secret), "{secret} was logged: {}", running.output());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_cannot_prove_who_it_is_gets_neither_password_nor_mail() {
    let directory = tempfile::tempdir().unwrap();
    let (server, _) = guarded_server(directory.path());
    let mut program = program(&server, "ann%40acme.example:pass%3A%20word");
    let running = program.start().await.unwrap();
    queue_beside(&program).await;
    let refused = async || running.output().contains("it is tried again").then_some(());
    eventually("a line of the log", refused).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(server.handed().is_empty());
    assert_eq!(server.sign_ins(), 0, "the password was offered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_for_the_mail_server_loses_no_mail() {
    let directory = tempfile::tempdir().unwrap();
    let (server, certificate) = guarded_server(directory.path());
    let mut program =
        program(&server, "ann%40acme.example:wrong").with("SSL_CERT_FILE", certificate.display().to_string());
    let running = program.start().await.unwrap();
    queue_beside(&program).await;
    let refused = async || running.output().contains("not_let_in 535").then_some(());
    eventually("a line of the log", refused).await;
    assert!(running.output().contains("it is tried again"), "{}", running.output());
    assert!(server.handed().is_empty());
}
