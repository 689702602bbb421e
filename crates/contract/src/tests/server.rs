//! The small server's context: real, on a database of its own for each test.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bailiwick_app::caller::Origin;
use bailiwick_app::clock::SystemClock;
use bailiwick_app::context::Context;
use bailiwick_app::random::SystemRandom;
use bailiwick_app::settings::{BaseUrl, Registration, Settings};
use bailiwick_app::setup::{Beginning, SetupWarrant};
use bailiwick_app::sign_in::Credentials;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse as _;
use bailiwick_domain::id::RequestId;
use bailiwick_domain::name::Name;
use bailiwick_domain::password::Password;

use bailiwick_domain::session::SessionKind;
use bailiwick_domain::system::SystemTypes;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::Database;

use super::fixture::registry;
use crate::router::{PageFaultContext, router};

const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery staple";

/// A server with its own database, gone with the test's thread.
pub(super) struct Server {
    pub(super) context: Arc<Context>,
    pub(super) router: Router,
    _directory: tempfile::TempDir,
}

thread_local! {
    pub(super) static SERVER: Server = start();
}

fn start() -> Server {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    // On a thread of its own: a test that holds time still must not hold this up.
    let context = std::thread::spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(open(path)));
    let context = Arc::new(context.join().unwrap());
    let router = router(Arc::new(registry()), Arc::clone(&context), page_fault);
    Server { context, router, _directory: directory }
}

async fn open(directory: PathBuf) -> Context {
    let database = Database::open(&format!("sqlite://{}/test.db", directory.display())).await.unwrap();
    let settings = Settings {
        registration: Registration::Closed,
        system_types: SystemTypes::parse_list("ns8").unwrap(),
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..Settings::new(BaseUrl::parse_text("https://bailiwick.example").unwrap(), directory)
    };
    Context::open(settings, database, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap()
}

fn page_fault(fault: &Fault, context: &PageFaultContext<'_>) -> axum::response::Response {
    axum::response::Response::new(Body::from(format!("page at {}: {}", context.path, fault.code.wire())))
}

/// Sets the server up and signs its super admin in; the access token and the session cookie.
pub(super) async fn sign_in() -> (String, String) {
    let context = SERVER.with(|server| Arc::clone(&server.context));
    let password = || Password::parse_text(PASSWORD).unwrap();
    let beginning = Beginning {
        organisation: Name::parse_text("Acme").unwrap(),
        email: EmailAddress::parse_text(EMAIL).unwrap(),
        name: Name::parse_text("Ann").unwrap(),
        password: password(),
    };
    context.set_up(beginning, SetupWarrant::CommandLine).await.unwrap();
    let origin = Origin {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        request_id: RequestId::new(Timestamp::default(), [0; 10]),
        browser: None,
    };
    let credentials = || Credentials { email: EMAIL.to_owned(), password: password() };
    let tokens = context.sign_in(credentials(), SessionKind::Standard, &origin, None).await.unwrap();
    let browser = context.sign_in_browser(credentials(), false, &origin, None).await.unwrap();
    (tokens.access.expose().to_owned(), browser.cookie.expose().to_owned())
}
