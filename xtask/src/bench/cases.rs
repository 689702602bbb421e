//! What is measured, each against what it cannot exceed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};

use super::report::{Aim, Row};
use super::server::{EMAIL, PASSWORD, Server};
use super::stage::{Crowd, Engine, MANY, Stage, median};
use super::tool::{CONNECTIONS, Load, Measured};
use super::{Case, licences, pages};

/// How often a start is measured.
const STARTS: usize = 5;
/// How long a server is left alone after its start before its memory is looked at.
const SETTLE: Duration = Duration::from_secs(2);
/// How long each connection rests between two reads when lateness is measured: the question is how late an
/// answer is on a server that is not at its limit.
const REST_BETWEEN_READS: &str = "--pause-milliseconds=5";

pub(crate) fn measure(stage: &mut Stage, case: Case) -> Result<Vec<Row>> {
    let engines = Engine::ALL.into_iter();
    match case {
        Case::Reads => engines.map(|engine| reads(stage, engine)).collect(),
        Case::Refresh => engines.map(|engine| refresh(stage, engine)).collect(),
        Case::OwnUser => engines.map(|engine| own_user(stage, engine)).collect(),
        Case::Registration => engines.map(|engine| registration(stage, engine)).collect(),
        Case::People => Ok(engines.map(|engine| people(stage, engine)).collect::<Result<Vec<_>>>()?.concat()),
        Case::Licences => {
            Ok(engines.map(|engine| licences::measure(stage, engine)).collect::<Result<Vec<_>>>()?.concat())
        }
        Case::Callbacks => engines.map(|engine| callbacks(stage, engine)).collect(),
        Case::SignIn => Ok(vec![sign_in(stage)?]),
        Case::Lateness => Ok(vec![lateness(stage)?]),
        Case::StartUp => Ok(vec![start_up(stage)?]),
        Case::Memory => memory(stage),
    }
}

fn read(server: &Server, path: &str, access: &str, seconds: f64) -> Result<Measured> {
    Load::on(server.address, "read", seconds, &[path, access])?.finish()
}

fn reads(stage: &mut Stage, engine: Engine) -> Result<Row> {
    let aim = if engine == Engine::Sqlite { Aim::AtLeast(0.5) } else { Aim::None };
    signed_in_read(stage, engine, "`GET /api/systems/{id}`, signed in", aim, |ours, access| {
        Ok(format!("/api/systems/{}", ours.create_system(access)?))
    })
}

fn own_user(stage: &mut Stage, engine: Engine) -> Result<Row> {
    signed_in_read(stage, engine, "`GET /auth/user/{uuid}`, oneself", Aim::None, |ours, access| {
        Ok(format!("/auth/user/{}", ours.own_id(access)?))
    })
}

/// Reads of one address, which `prepare` makes sure is there, against a bare server.
fn signed_in_read(
    stage: &mut Stage,
    engine: Engine,
    what: &str,
    aim: Aim,
    prepare: impl FnOnce(&Server, &str) -> Result<String>,
) -> Result<Row> {
    stage.bailiwick(engine, |stage, bailiwick, bare| {
        let ours = bailiwick.start()?;
        let (access, _) = ours.sign_in(0)?;
        let path = prepare(&ours, &access)?;
        let what = format!("{what}, {}", engine.name());
        let seconds = stage.seconds();
        let duel = stage.duel(
            &what,
            || read(bare, "/", &access, seconds),
            || read(&ours, &path, &access, seconds),
            Measured::rate,
        )?;
        Ok(Row::of_rates(&what, "bare server", duel, aim))
    })
}

fn registration(stage: &mut Stage, engine: Engine) -> Result<Row> {
    stage.bailiwick(engine, |stage, bailiwick, bare| {
        let ours = bailiwick.start()?;
        let ask = |server: &Server| Load::on(server.address, "register", stage.seconds(), &[PASSWORD])?.finish();
        let what = format!("`POST /auth/user`, {}", engine.name());
        let duel = stage.duel(&what, || ask(bare), || ask(&ours), Measured::rate)?;
        Ok(Row::of_rates(&what, "bare server", duel, Aim::None))
    })
}

/// Sign-ins and reads of people by chance, few people against many; then the audit log that the many have, and the
/// pages of their lists.
fn people(stage: &mut Stage, engine: Engine) -> Result<Vec<Row>> {
    stage.crowds(engine, |stage, [small, more, large]| {
        let row = |what: &str, ask: &dyn Fn(&Crowd<'_>) -> Result<Measured>| -> Result<Row> {
            let what = format!("{what}, anybody of {}, {}", large.people, engine.name());
            let duel = stage.duel(&what, || ask(small), || ask(large), Measured::rate)?;
            Ok(Row::of_rates(&what, &format!("anybody of {}", small.people), duel, Aim::AtLeast(0.8)))
        };
        let seconds = stage.seconds();
        let read = row("`GET /auth/user/{uuid}`", &|Crowd { server, people, .. }| {
            let (access, _) = server.sign_in(0)?;
            Load::on(server.address, "read-people", seconds, &[&access, &people.to_string()])?.finish()
        })?;
        let sign_in = row("Sign-in", &|Crowd { server, people, .. }| {
            Load::on(server.address, "sign-in-people", seconds, &[PASSWORD, &people.to_string()])?.finish()
        })?;
        let what = format!("`bailiwick audit verify`, {} entries, {}", large.people, engine.name());
        stage.step(&what);
        let checked = Row::of_value(&what, "entries/s", large.bailiwick.check_audit_log()?, Aim::None);
        let mut rows = vec![read, sign_in, checked];
        rows.extend(pages::measure(stage, engine, more, large)?);
        Ok(rows)
    })
}

fn refresh(stage: &mut Stage, engine: Engine) -> Result<Row> {
    stage.bailiwick(engine, |stage, bailiwick, bare| {
        let ours = bailiwick.start()?;
        let ask = |server: &Server| {
            let tokens: Result<Vec<String>> = (0..CONNECTIONS).map(|number| Ok(ours.sign_in(number)?.1)).collect();
            let tokens = tokens?;
            let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
            Load::on(server.address, "refresh", stage.seconds(), &tokens)?.finish()
        };
        let what = format!("Refresh, both tokens rotated, {}", engine.name());
        let duel = stage.duel(&what, || ask(bare), || ask(&ours), Measured::rate)?;
        Ok(Row::of_rates(&what, "bare server", duel, Aim::None))
    })
}

fn callbacks(stage: &mut Stage, engine: Engine) -> Result<Row> {
    stage.bailiwick(engine, |stage, bailiwick, bare| {
        let ours = bailiwick.start()?;
        let (access, _) = ours.sign_in(0)?;
        let url = format!("http://{}/callback", bare.address);
        let ask = |server: &Server| Load::on(server.address, "callback", stage.seconds(), &[&access, &url])?.finish();
        let what = format!("`POST /api/systems/callback`, called back, {}", engine.name());
        let duel = stage.duel(&what, || ask(bare), || ask(&ours), Measured::rate)?;
        Ok(Row::of_rates(&what, "bare server", duel, Aim::None))
    })
}

fn sign_in(stage: &mut Stage) -> Result<Row> {
    stage.bailiwick(Engine::Sqlite, |stage, bailiwick, _| {
        let ours = bailiwick.start()?;
        // What the machine does besides differs more from one round to the next than the two sides do.
        let (rounds, seconds) = (stage.rounds() * usize::try_from(MANY)?, stage.seconds() / 2.0);
        let threads = thread::available_parallelism()?.to_string();
        let what = "Sign-in";
        let duel = stage.duel_of(
            rounds,
            what,
            || Load::start(&["hash", &threads, &seconds.to_string()])?.finish(),
            || signing_in(&ours, seconds)?.finish(),
            Measured::rate,
        )?;
        let against = format!("bare Argon2id, {threads} threads");
        Ok(Row::of_rates(what, &against, duel, Aim::AtLeast(0.95)))
    })
}

fn signing_in(server: &Server, seconds: f64) -> Result<Load> {
    Load::on(server.address, "sign-in", seconds, &[EMAIL, PASSWORD])
}

fn lateness(stage: &mut Stage) -> Result<Row> {
    stage.bailiwick(Engine::Sqlite, |stage, bailiwick, _| {
        let ours = bailiwick.start()?;
        let (access, _) = ours.sign_in(0)?;
        let path = format!("/api/systems/{}", ours.create_system(&access)?);
        let seconds = stage.seconds();
        let read = || Load::on(ours.address, "read", seconds, &[REST_BETWEEN_READS, &path, &access])?.finish();
        let what = "p99 of reads while 16 connections sign in";
        let duel = stage.duel(
            what,
            read,
            || {
                let others = signing_in(&ours, seconds + 1.5)?;
                thread::sleep(Duration::from_millis(500));
                let measured = read();
                others.finish()?;
                measured
            },
            Measured::p99,
        )?;
        Ok(Row::of_times(what, "the same, quiet", duel, Aim::AtMost(3.0)))
    })
}

fn start_up(stage: &mut Stage) -> Result<Row> {
    stage.bailiwick(Engine::Sqlite, |stage, bailiwick, _| {
        stage.step("Start-up");
        let mut times = Vec::new();
        for _ in 0..STARTS {
            times.push(bailiwick.start()?.ready_after.as_secs_f64() * 1000.0);
        }
        Ok(Row::of_value("Start on an existing database", "ms", median(times.into_iter()), Aim::AtMost(300.0)))
    })
}

fn memory(stage: &mut Stage) -> Result<Vec<Row>> {
    stage.bailiwick(Engine::Sqlite, |stage, bailiwick, bare| {
        stage.step("Memory after the start");
        let ours = bailiwick.start()?;
        thread::sleep(SETTLE);
        let idle = ours.resident()?;
        stage.step("Memory under load");
        let loaded = watched(&ours, || every_load(&ours, bare, stage.seconds()))?;
        stage.step(format!("Memory after {} s of rest", stage.rest().as_secs()));
        thread::sleep(stage.rest());
        let rested = ours.resident()?;
        let after_rest = format!("Memory, {} s after the load", stage.rest().as_secs());
        Ok(vec![
            Row::of_value("Memory, after the start", "MB", idle, Aim::Below(40.0)),
            Row::of_value("Memory, the most under load", "MB", loaded, Aim::None),
            Row::of_value(&after_rest, "MB", rested, Aim::Below(40.0)),
        ])
    })
}

/// Every kind of load, one after the other.
fn every_load(ours: &Server, bare: &Server, seconds: f64) -> Result<()> {
    let (access, refresh) = ours.sign_in(0)?;
    let path = format!("/api/systems/{}", ours.create_system(&access)?);
    let url = format!("http://{}/callback", bare.address);
    Load::on(ours.address, "read", seconds, &[&path, &access])?.finish()?;
    Load::on(ours.address, "callback", seconds, &[&access, &url])?.finish()?;
    // One token for all connections: a crowd around one session.
    Load::on(ours.address, "read", seconds, &["/api/systems?page_size=100", &access])?.finish()?;
    signing_in(ours, seconds)?.finish()?;
    let exchange = [("Authorization", refresh.as_str())];
    super::http::expect(ours.address, "POST /auth/authenticate/refresh-token", &exchange, "")?;
    Ok(())
}

/// The most memory that a server has while something happens, in MB.
fn watched(server: &Server, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = 0.0_f64;
            while !is_done.load(Ordering::SeqCst) {
                most = most.max(server.resident().unwrap_or_default());
                thread::sleep(Duration::from_millis(50));
            }
            most
        });
        let outcome = work();
        is_done.store(true, Ordering::SeqCst);
        let most = watcher.join().map_err(|_| anyhow!("the thread that watches memory panicked"))?;
        outcome.map(|()| most)
    })
}
