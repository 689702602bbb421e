//! Lists of a million licences against those of a thousand, single licences, one pool that everybody wants a seat of, and
//! licence files.

use std::thread;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::pages::{Pages, TIMES, slowest};
use super::report::{Aim, Row};
use super::server::Server;
use super::stage::{Engine, Licensed, Stage};
use super::tool::{CONNECTIONS, Load, Measured};
use super::{http, tool};

/// Who looks, by the number of a person where it is one: those who see less and less.
const SIGHTS: [(&str, Option<u64>); 4] =
    [("a super admin", None), ("a distributor", Some(0)), ("a reseller", Some(10)), ("a customer", Some(20))];
/// Every order of one thing, and some of several.
const ORDERS: [&str; 16] = [
    "",
    "AgreementName",
    "-AgreementName",
    "LicenseKey",
    "-LicenseKey",
    "StartsAt",
    "-StartsAt",
    "ExpiresAt",
    "-ExpiresAt",
    "AgreementName,StartsAt",
    "-AgreementName,-ExpiresAt",
    "StartsAt,LicenseKey",
    "-StartsAt,AgreementName",
    "-ExpiresAt,StartsAt",
    "ExpiresAt,-AgreementName",
    "AgreementName,-ExpiresAt,StartsAt,LicenseKey",
];
/// What is filtered by.
const FILTERS: [&str; 7] =
    ["", "Kind=trial", "Kind=subscription", "Agreement=Vision", "Agreement=nobody", "q=vision", "Offset=400"];
/// The slowest that a page may be on the larger server, in milliseconds: far inside of the deadline of 5 s.
const PAGE_MAX: f64 = 500.0;
/// The slowest that a search may be that finds a tenth of all licences, each of which it has to look at to say how many.
const SEARCH_MAX: f64 = 1000.0;
/// Seats of the pool from which everybody issues as fast as they can, and of the one in which everybody wants the last.
const SEATS: [u64; 2] = [1_000_000, 100];

/// How many steps of the progress bar these have.
pub(crate) const fn steps(rounds: usize) -> u64 {
    (2 + 2 * rounds + 1 + 4 * rounds + 1 + 2 * rounds) as u64
}

pub(crate) fn measure(stage: &mut Stage, engine: Engine) -> Result<Vec<Row>> {
    stage.licensed(engine, |stage, [small, large], bare| {
        let mut rows = lists(stage, engine, [small, large])?;
        rows.push(much_found(stage, engine, large)?);
        rows.extend(single(stage, engine, large, bare)?);
        rows.push(hot_pool(stage, engine, &large.server)?);
        rows.push(files(stage, engine, &large.server)?);
        Ok(rows)
    })
}

/// The page that is slowed down most, and the slowest of all.
fn lists(stage: &Stage, engine: Engine, servers: [&Licensed; 2]) -> Result<Vec<Row>> {
    let device = format!("Device={}", tool::id("licence", 0)?);
    let queries = servers.map(|server| {
        let searched = searched(server.licences);
        let filters = FILTERS.into_iter().chain([device.as_str(), searched.as_str()]);
        filters.flat_map(|filter| ORDERS.iter().map(move |order| query(filter, order))).collect()
    });
    let pages = Pages { what: "licences", path: "/auth/licenses", sights: &SIGHTS, queries };
    let [small, large] = servers.map(|server| server.licences);
    let duels = slowest(stage, engine, &pages, servers.map(|server| &server.server))?;
    let (name, most) = duels.first().context("no page was read")?;
    let what = format!(
        "The most slowed of {} pages of licences that take 1 ms or more, of {large} licences, {}",
        duels.len(),
        engine.name()
    );
    let longest = duels.iter().map(|(_, duel)| duel.second).fold(0.0, f64::max);
    let slowest = format!("The slowest page of {large} licences, {}", engine.name());
    Ok(vec![
        Row::of_times(&what, &format!("the same of {small}: {name}"), *most, Aim::AtMost(3.0)),
        Row::of_value(&slowest, "ms", longest, Aim::AtMost(PAGE_MAX)),
    ])
}

/// A search that finds very much, as somebody who sees a part of it.
fn much_found(stage: &Stage, engine: Engine, large: &Licensed) -> Result<Row> {
    let (sight, query) = ("a distributor", "q=box&OrderBy=-StartsAt");
    let what =
        format!("`?{query}` as {sight}, which looks at a tenth of {} licences, {}", large.licences, engine.name());
    stage.step(&what);
    let (access, _) = large.server.sign_in_as("person-0@example.net", 1)?;
    let line = format!("{access} /auth/licenses?{query}");
    let measured = Load::start(&["pages", &large.server.address.to_string(), TIMES, &line])?.finish()?;
    Ok(Row::of_value(&what, "ms", measured.get("page-0")? / 1000.0, Aim::AtMost(SEARCH_MAX)))
}

/// A search for systems that finds as many of any number of licences: a hundred or so.
fn searched(licences: u64) -> String {
    let digits = licences.to_string().len();
    format!("q=box+4{}", "0".repeat(digits.saturating_sub(4)))
}

fn query(filter: &str, order: &str) -> String {
    let order = if order.is_empty() { String::new() } else { format!("OrderBy={order}") };
    [filter.to_owned(), order].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&")
}

/// One licence that is asked for again and again, and any of a million, against a bare server.
fn single(stage: &Stage, engine: Engine, large: &Licensed, bare: &Server) -> Result<[Row; 2]> {
    let (access, _) = large.server.sign_in(0)?;
    let (seconds, licences) = (stage.seconds(), large.licences.to_string());
    let of_bare = || Load::on(bare.address, "read", seconds, &["/", &access])?.finish();
    let list =
        http::expect(large.server.address, "GET /auth/licenses?Limit=1", &[("Authorization", access.as_str())], "")?;
    let path = format!("/auth/license/{}", http::own_id(&list)?);
    let one = format!("`GET /auth/license/{{uuid}}`, one of {licences}, {}", engine.name());
    let of_one = || Load::on(large.server.address, "read", seconds, &[&path, &access])?.finish();
    let duel = stage.duel(&one, of_bare, of_one, Measured::rate)?;
    let one = Row::of_rates(&one, "bare server", duel, Aim::AtLeast(0.4));
    let any = format!("`GET /auth/license/{{uuid}}`, any of {licences}, {}", engine.name());
    let of_any = || Load::on(large.server.address, "read-licences", seconds, &[&access, &licences])?.finish();
    let duel = stage.duel(&any, of_bare, of_any, Measured::rate)?;
    Ok([one, Row::of_rates(&any, "bare server", duel, Aim::None)])
}

/// All connections issue from one pool, of which as many seats are used as there are licences; and from one that has no
/// seat left soon and long before they stop.
fn hot_pool(stage: &Stage, engine: Engine, server: &Server) -> Result<Row> {
    let (access, _) = server.sign_in(0)?;
    let headers = [("Authorization", access.as_str())];
    let ask = |line: &str, body: &str| http::expect(server.address, line, &headers, body);
    let holder = tool::id("organisation", 2)?;
    let what = format!("Licences issued from one pool by {CONNECTIONS} connections, {}", engine.name());
    stage.step(&what);
    let mut rates = Vec::new();
    for seats in SEATS {
        let agreement = ask("POST /auth/admin/agreements", r#"{"Name":"Hot","Kind":"subscription"}"#)?;
        let agreement = http::own_id(&agreement)?.to_owned();
        ask(&format!("POST /auth/admin/agreements/{agreement}/publish"), "")?;
        let made = ask("POST /auth/admin/pools", &format!(r#"{{"Agreement":"{agreement}","Seats":{seats}}}"#))?;
        let body = format!(r#"{{"Agreement":"{agreement}","Organisation":"{holder}"}}"#);
        let measured =
            Load::on(server.address, "post", stage.seconds(), &["/auth/admin/licenses", &access, &body])?.finish()?;
        rates.push(measured.rate()?);
        let pool = ask(&format!("GET /auth/admin/pools/{}", http::own_id(&made)?), "")?;
        let used: u64 = http::number(&pool, "Used")?;
        // As many licences are there as seats are used, and not one more.
        let after = |passed: u64| ask(&format!("GET /auth/licenses?Agreement={agreement}&Limit=1&Offset={passed}"), "");
        ensure!(used > 0 && after(used - 1)?.len() > 2 && after(used)? == "[]", "more or fewer are issued: {pool}");
        ensure!(used <= seats && (used == seats || seats > 1000), "more or fewer seats are used: {pool}");
    }
    let rate = rates.first().copied().context("no rate was measured")?;
    Ok(Row::of_value(&what, "licences/s", rate, Aim::None))
}

/// Licence files, against signatures and nothing else.
fn files(stage: &Stage, engine: Engine, server: &Server) -> Result<Row> {
    let (access, _) = server.sign_in(0)?;
    let headers = [("Authorization", access.as_str())];
    let created = http::expect(server.address, "POST /api/systems", &headers, r#"{"name":"bench","type":"ns8"}"#)?;
    let credentials = format!("{}:{}", http::member(&created, "id")?, http::member(&created, "secret")?);
    let basic = format!("Basic {}", STANDARD.encode(credentials));
    let threads = thread::available_parallelism()?.to_string();
    let seconds = stage.seconds();
    let what = format!("Licence files, {}", engine.name());
    let duel = stage.duel(
        &what,
        || Load::start(&["sign", &threads, &seconds.to_string()])?.finish(),
        || Load::on(server.address, "read", seconds, &["/api/systems/licence/file", &basic])?.finish(),
        Measured::rate,
    )?;
    Ok(Row::of_rates(&what, &format!("bare Ed25519 signatures, {threads} threads"), duel, Aim::None))
}
