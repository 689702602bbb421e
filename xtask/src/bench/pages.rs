//! Pages of the lists of a large tree, against those of a small one, as different people see them; and what happens to
//! a large subtree.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::report::{Aim, Row};
use super::server::{EMAIL, Server};
use super::stage::{Crowd, Duel, Engine, Stage, median};
use super::tool::{Load, Measured};
use super::{http, tool};

/// Who looks, by the number of a person in the crowd where it is one: those who see less and less.
const SIGHTS: [(&str, Option<u64>); 6] = [
    ("a super admin", None),
    ("support of the owner", Some(1)),
    ("a distributor", Some(0)),
    ("a reseller", Some(10)),
    ("a customer", Some(20)),
    ("a customer's reader", Some(21)),
];
/// The lists, and what is asked of each.
const LISTS: [(&str, &str, &[&str]); 2] = [
    (
        "organisations",
        "/api/organizations",
        &[
            "",
            "page=10",
            "sort_direction=desc",
            "sort_by=type",
            "sort_by=created_at&sort_direction=desc",
            "search=company",
            "search=company+2",
            "search=nobody",
            "type=distributor",
            "type=reseller",
            "type=customer&sort_by=created_at",
            "is_suspended=true",
            "is_suspended=false",
        ],
    ),
    (
        "people",
        "/api/users",
        &[
            "",
            "page=10",
            "sort_direction=desc",
            "sort_by=email",
            "sort_by=created_at&sort_direction=desc",
            "search=person",
            "search=verdi",
            "search=person-21%40example",
            "search=nobody",
            "role=admin",
            "role=support",
            "is_suspended=true",
            "is_suspended=false&sort_by=email",
        ],
    ),
];
/// How often each page is read in a round.
pub(crate) const TIMES: &str = "7";
/// The organisations of the subtree that is moved and suspended.
const SUBTREE: u64 = 10_000;
/// The number of the reseller at its root, and of the distributors that it moves between.
const ROOT: u64 = 10_001;
const DISTRIBUTORS: [u64; 2] = [20_000, 10_000];

/// Milliseconds of a page that nobody notices, however much less it takes where there is next to nothing on it.
const UNNOTICED: f64 = 1.0;

/// Milliseconds that nobody who reads minds to wait once.
const LONGEST_READ: f64 = 300.0;

/// How many steps of the progress bar these have.
pub(crate) const fn steps(rounds: usize) -> u64 {
    (LISTS.len() * (2 * rounds) + 2) as u64
}

/// Each list, and the acts on a subtree where there is such a one.
pub(crate) fn measure(stage: &Stage, engine: Engine, small: &Crowd<'_>, large: &Crowd<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, path, queries) in LISTS {
        rows.push(list(stage, engine, (what, path, queries), [small, large])?);
    }
    if large.people >= 3 * 10 * SUBTREE {
        rows.extend(subtree(stage, engine, large)?);
    }
    Ok(rows)
}

/// The page of a list that is slowed down most, of those that take long enough to be noticed.
fn list(
    stage: &Stage,
    engine: Engine,
    (what, path, queries): (&str, &str, &[&str]),
    crowds: [&Crowd<'_>; 2],
) -> Result<Row> {
    let queries: Vec<String> = queries.iter().map(|query| (*query).to_owned()).collect();
    let pages = Pages { what, path, sights: &SIGHTS, queries: [queries.clone(), queries] };
    let [small, large] = [crowds[0].people / 10, crowds[1].people / 10];
    let duels = slowest(stage, engine, &pages, crowds.map(|crowd| &crowd.server))?;
    let (name, most) = duels.first().context("no page was read")?;
    let what = format!(
        "The most slowed of {} pages of {what} that take 1 ms or more, of {large} organisations, {}",
        duels.len(),
        engine.name()
    );
    Ok(Row::of_times(&what, &format!("the same of {small}: {name}"), *most, Aim::AtMost(3.0)))
}

/// Pages of one list, each as several people see it.
pub(crate) struct Pages<'p> {
    /// How the list is called.
    pub(crate) what: &'p str,
    /// Where it is.
    pub(crate) path: &'p str,
    /// Who looks, by the number of a person in the crowd where it is one.
    pub(crate) sights: &'p [(&'p str, Option<u64>)],
    /// What each of them asks of the smaller server, and of the larger one.
    pub(crate) queries: [Vec<String>; 2],
}

impl Pages<'_> {
    fn names(&self) -> Vec<String> {
        let of = |(sight, _): &(&str, _)| {
            self.queries[1].iter().map(|query| format!("`?{query}` as {sight}")).collect::<Vec<_>>()
        };
        self.sights.iter().flat_map(of).collect()
    }

    /// What is asked of a server, by people who sign in for it.
    fn lines(&self, server: &Server, queries: &[String]) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for (_, person) in self.sights {
            let email = person.map_or_else(|| EMAIL.to_owned(), |number| format!("person-{number}@example.net"));
            let (access, _) = server.sign_in_as(&email, 1)?;
            lines.extend(queries.iter().map(|query| format!("{access} {}?{query}", self.path)));
        }
        Ok(lines)
    }
}

/// Each page by its name, on a smaller and a larger server: those that are noticed first, the most slowed first.
pub(crate) fn slowest(
    stage: &Stage,
    engine: Engine,
    pages: &Pages<'_>,
    servers: [&Server; 2],
) -> Result<Vec<(String, Duel)>> {
    let mut rounds: Vec<[Measured; 2]> = Vec::new();
    for round in 1..=stage.rounds() {
        let read = |server: &Server, queries: &[String]| {
            stage.step(format!("Pages of {}, {}, round {round} of {}", pages.what, engine.name(), stage.rounds()));
            // In each round anew: all rounds may take longer than an access token is good for.
            let (address, lines) = (server.address.to_string(), pages.lines(server, queries)?);
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            Load::start(&[&["pages", &address, TIMES], lines.as_slice()].concat())?.finish()
        };
        rounds.push([read(servers[0], &pages.queries[0])?, read(servers[1], &pages.queries[1])?]);
    }
    let mut duels = Vec::new();
    for (number, name) in pages.names().into_iter().enumerate() {
        duels.push((name, duel(&rounds, &format!("page-{number}"))?));
    }
    let is_noticed = |duel: &Duel| duel.second >= UNNOTICED;
    duels.sort_by(|(_, one), (_, other)| {
        is_noticed(other).cmp(&is_noticed(one)).then(other.ratio.total_cmp(&one.ratio))
    });
    for (name, duel) in duels.iter().take(5) {
        let times = format!("{:.2} ms against {:.2} ms", duel.second, duel.first);
        stage.tell(&format!("{}, {}: {name}: {times}", pages.what, engine.name()));
    }
    Ok(duels)
}

/// One page on both sides, in milliseconds.
fn duel(rounds: &[[Measured; 2]], page: &str) -> Result<Duel> {
    let mut pairs = Vec::new();
    for [first, second] in rounds {
        pairs.push((first.get(page)? / 1000.0, second.get(page)? / 1000.0));
    }
    Ok(Duel {
        first: median(pairs.iter().map(|pair| pair.0)),
        second: median(pairs.iter().map(|pair| pair.1)),
        ratio: median(pairs.iter().map(|pair| pair.1 / pair.0)),
    })
}

/// What is done to a subtree of ten thousand organisations, and how long the longest read takes meanwhile.
fn subtree(stage: &Stage, engine: Engine, large: &Crowd<'_>) -> Result<Vec<Row>> {
    let (access, _) = large.server.sign_in(1)?;
    let root = tool::id("organisation", ROOT)?;
    let path = format!("/api/organizations/{root}");
    let act = |line: &str, body: &str| -> Result<f64> {
        let started = Instant::now();
        http::expect(large.server.address, line, &[("Authorization", &access)], body)?;
        Ok(started.elapsed().as_secs_f64() * 1000.0)
    };
    let mut rows = Vec::new();
    let own = format!("/auth/user/{}", large.server.own_id(&access)?);
    let mut measured = |what: &str, acts: &dyn Fn() -> Result<f64>| -> Result<()> {
        stage.step(format!("{what}, {}", engine.name()));
        let reads = Load::on(large.server.address, "read", 10.0, &["--pause-milliseconds=5", &own, &access])?;
        thread::sleep(Duration::from_millis(1500));
        let taken = acts()?;
        let reads = reads.finish()?;
        let acted = format!("{what} {SUBTREE} organisations, {}", engine.name());
        rows.push(Row::of_value(&acted, "ms", taken, Aim::AtMost(10_000.0)));
        let longest = format!("The longest read meanwhile ({}), {}", what.to_lowercase(), engine.name());
        rows.push(Row::of_value(&longest, "ms", reads.get("max")? / 1000.0, Aim::AtMost(LONGEST_READ)));
        Ok(())
    };
    measured("Suspend", &|| {
        let taken = act(&format!("PATCH {path}/suspend"), "")?;
        act(&format!("PATCH {path}/reactivate"), "")?;
        Ok(taken)
    })?;
    measured("Move", &|| {
        let mut longest: f64 = 0.0;
        for distributor in DISTRIBUTORS {
            let body = format!(r#"{{"parent_id":"{}"}}"#, tool::id("organisation", distributor)?);
            longest = longest.max(act(&format!("PUT {path}/parent"), &body)?);
        }
        Ok(longest)
    })?;
    ensure!(rows.len() == 4, "four figures were to be measured");
    Ok(rows)
}
