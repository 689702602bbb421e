//! Changes at the same moment: none is lost, on either engine.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bailiwick_app::caller::{Caller, Credential, Origin};
use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_app::context::Context;
use bailiwick_app::operator::{NewPerson, UserKey};
use bailiwick_app::random::SystemRandom;
use bailiwick_app::settings::{BaseUrl, Settings};
use bailiwick_app::setup::{Beginning, SetupWarrant};
use bailiwick_app::system::{SystemChange, SystemDraft};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{RequestId, SessionId};
use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::{Right, Role};
use bailiwick_store::Database;
use bailiwick_testkit::postgres::Cluster;

async fn open(directory: &std::path::Path, url: &str) -> Context {
    let settings = Settings::new(BaseUrl::parse_text("https://id.example.org").unwrap(), directory.to_owned());
    let database = Database::open(url).await.unwrap();
    Context::open(settings, database, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap()
}

/// The first super admin of a fresh server, in the middle of a request.
async fn super_admin(context: &Context) -> Caller {
    let beginning = || Beginning {
        organisation: Parse::parse_text("Northwind").unwrap(),
        email: Parse::parse_text("ann@example.org").unwrap(),
        name: Parse::parse_text("Ann").unwrap(),
        password: Parse::parse_text("correct zebra battery lantern").unwrap(),
    };
    let user = context.set_up(beginning(), SetupWarrant::CommandLine).await.unwrap();
    let now = SystemClock.now();
    let principal = Principal {
        user,
        email: beginning().email,
        name: beginning().name,
        is_super_admin: true,
        is_confirmed: true,
        current_organisation: None,
        memberships: Vec::new(),
        impersonator: None,
    };
    let origin = Origin {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        request_id: RequestId::new(now, Default::default()),
        browser: None,
    };
    let credential = Credential::Session(SessionId::new(now, Default::default()));
    Caller { principal: Arc::new(principal), credential, origin, right: Some(Right::ManageSystems) }
}

async fn parallel_changes_of_different_members_both_last(context: Context) {
    let caller = super_admin(&context).await;
    let organisations = context.organisations_for_systems(&caller).await.unwrap();
    let draft = SystemDraft {
        name: Parse::parse_text("before").unwrap(),
        kind: Parse::parse_text("ns8").unwrap(),
        custom_data: None,
        organisation: organisations.first().map(|organisation| organisation.id),
    };
    for _ in 0..20 {
        let id = context.create_system(&caller, draft.clone()).await.unwrap().system.id;
        let rename = SystemChange { name: Some(Parse::parse_text("after").unwrap()), ..SystemChange::default() };
        let maintain = SystemChange { in_maintenance: Some(true), ..SystemChange::default() };
        let (renamed, maintained) =
            tokio::join!(context.change_system(&caller, id, rename), context.change_system(&caller, id, maintain));
        renamed.unwrap();
        maintained.unwrap();
        let system = context.show_system(&caller, id).await.unwrap();
        assert_eq!((system.name.as_str(), system.in_maintenance), ("after", true));
        let (one, other) = tokio::join!(context.delete_system(&caller, id), context.delete_system(&caller, id));
        assert_ne!(one.is_ok(), other.is_ok(), "a system is deleted once");
    }
}

/// Two commands of the operator, each with the database open for itself.
async fn one_of_two_super_admins_who_are_suspended_at_once_stays(context: Context, command: Context) {
    let ann = UserKey::Id(super_admin(&context).await.principal.user);
    let ben = NewPerson {
        email: Parse::parse_text("ben@example.org").unwrap(),
        name: Parse::parse_text("Ben").unwrap(),
        organisation: Parse::parse_text("Northwind").unwrap(),
        role: Role::Reader,
        is_super_admin: true,
        password: Parse::parse_text("quiet harbour violin sunrise").unwrap(),
    };
    let ben = UserKey::Id(context.create_user_as_operator(ben).await.unwrap().id);
    for _ in 0..50 {
        let (one, other) = tokio::join!(context.suspend_user_as_operator(&ann), command.suspend_user_as_operator(&ben));
        assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
        let suspended = if one.is_ok() { &ann } else { &ben };
        assert!(context.reactivate_user_as_operator(suspended).await.unwrap().has_changed);
    }
}

async fn races(url: &str, directory: &std::path::Path) {
    let contexts = (open(directory, url).await, open(directory, url).await);
    one_of_two_super_admins_who_are_suspended_at_once_stays(contexts.0, contexts.1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_lost_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("test.db").display());
    parallel_changes_of_different_members_both_last(open(directory.path(), &url).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_lost_on_postgres() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Cluster::shared().create_database().unwrap();
    parallel_changes_of_different_members_both_last(open(directory.path(), guard.url()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_is_left_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("test.db").display());
    Box::pin(races(&url, directory.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_is_left_on_postgres() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Cluster::shared().create_database().unwrap();
    Box::pin(races(guard.url(), directory.path())).await;
}
