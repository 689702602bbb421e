//! What all measurements share: where data lies, how long they take, and how far they are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

use super::server::{Bailiwick, Server};
use super::tool::Measured;
use super::{Case, licences, pages};
use crate::{paths, postgres, setup};

/// How many people the smallest crowd has.
const FEW: u64 = 1000;
/// How many the next one has, who have a thousand organisations.
const MORE: u64 = 10_000;
/// How many times more rounds, each half as long, an aim takes that is nearer than two rounds are to each other.
pub(crate) const MANY: u64 = 6;
/// Has PostgreSQL read all tables and indexes into its memory, as those who ask would do in the course of a day.
const READ_EVERYTHING: &str = "SELECT pg_prewarm(oid::regclass) FROM pg_class \
    WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace";

/// The database of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Where everything is measured.
#[derive(Debug)]
pub(crate) struct Stage {
    directory: TempDir,
    postgres: postgres::Server,
    postgres_programs: PathBuf,
    databases: usize,
    bar: ProgressBar,
    is_quick: bool,
    /// How many people the larger crowd has.
    many: u64,
}

impl Stage {
    pub(crate) fn new(programs: &Path, cases: &[Case], is_quick: bool, many: u64) -> Result<Self> {
        // Beside what is built, so that it is on a disk, as in production.
        let directory = TempDir::with_prefix_in("bench-", paths::target()?).context("no directory for data")?;
        let steps: u64 = cases.iter().map(|case| steps(*case, is_quick)).sum();
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed_precise}  {msg}")?;
        let bar = ProgressBar::new(steps).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        let postgres = postgres::Server::start(programs).context("no PostgreSQL to measure on")?;
        Ok(Self { directory, postgres, postgres_programs: programs.to_owned(), databases: 0, bar, is_quick, many })
    }

    /// How often each side is measured.
    pub(crate) const fn rounds(&self) -> usize {
        rounds(self.is_quick)
    }

    /// How long each load is measured.
    pub(crate) const fn seconds(&self) -> f64 {
        if self.is_quick { 1.0 } else { 4.0 }
    }

    /// How long a server rests before its memory is looked at.
    pub(crate) const fn rest(&self) -> Duration {
        Duration::from_secs(if self.is_quick { 15 } else { 30 })
    }

    /// Says what is being measured now, and that what was before is done.
    pub(crate) fn step(&self, what: impl Into<String>) {
        self.bar.inc(1);
        self.bar.set_message(what.into());
    }

    /// Says something above the progress bar.
    pub(crate) fn tell(&self, line: &str) {
        self.bar.suspend(|| println!("{line}"));
    }

    pub(crate) fn close(&self) {
        self.bar.finish_and_clear();
    }

    /// A fresh server, set up, with a bare one that takes its callbacks.
    pub(crate) fn bailiwick<T>(
        &mut self,
        engine: Engine,
        work: impl FnOnce(&Self, &Bailiwick<'_>, &Server) -> Result<T>,
    ) -> Result<T> {
        let (directory, url) = self.place(engine)?;
        let bare = Server::bare()?;
        let bailiwick = Bailiwick::set_up(&directory, url, bare.address)?;
        work(self, &bailiwick, &bare)
    }

    /// Three fresh servers that differ in how many people they know: few, more, and many.
    pub(crate) fn crowds<T>(
        &mut self,
        engine: Engine,
        work: impl FnOnce(&Self, &[Crowd<'_>; 3]) -> Result<T>,
    ) -> Result<T> {
        let places = [self.place(engine)?, self.place(engine)?, self.place(engine)?];
        let bare = Server::bare()?;
        let mut crowds = Vec::new();
        for ((directory, url), people) in places.iter().zip([FEW, MORE, self.many]) {
            let bailiwick = Bailiwick::set_up(directory, url.clone(), bare.address)?;
            self.step(format!("Adding people, {}", engine.name()));
            bailiwick.populate(people, |done| {
                self.bar.set_message(format!("Adding {people} people, {}: {done}", engine.name()));
            })?;
            if let Some(url) = url {
                self.settle(url)?;
            }
            crowds.push(Crowd { server: bailiwick.start()?, bailiwick, people });
        }
        let crowds = <[_; 3]>::try_from(crowds).map_err(|_| anyhow!("three servers were to be started"))?;
        work(self, &crowds)
    }

    /// Two fresh servers that differ in how many licences they know, and a bare one.
    pub(crate) fn licensed<T>(
        &mut self,
        engine: Engine,
        work: impl FnOnce(&Self, [&Licensed; 2], &Server) -> Result<T>,
    ) -> Result<T> {
        let places = [self.place(engine)?, self.place(engine)?];
        let bare = Server::bare()?;
        let mut servers = Vec::new();
        for ((directory, url), licences) in places.iter().zip([FEW, self.many]) {
            let bailiwick = Bailiwick::set_up(directory, url.clone(), bare.address)?;
            self.step(format!("Adding licences, {}", engine.name()));
            bailiwick.populate_licences(licences, |done| {
                self.bar.set_message(format!("Adding {licences} licences, {}: {done}", engine.name()));
            })?;
            if let Some(url) = url {
                self.settle(url)?;
            }
            servers.push(Licensed { server: bailiwick.start()?, licences });
        }
        match servers.as_slice() {
            [small, large] => work(self, [small, large], &bare),
            _ => Err(anyhow!("two servers were to be started")),
        }
    }

    /// Has PostgreSQL do what it does by itself, sooner or later; it must not begin with that under the load.
    fn settle(&self, url: &str) -> Result<()> {
        for command in ["VACUUM ANALYZE", "CREATE EXTENSION pg_prewarm", READ_EVERYTHING, "CHECKPOINT"] {
            self.psql(url, command)?;
        }
        Ok(())
    }

    /// An empty directory and, on PostgreSQL, an empty database.
    fn place(&mut self, engine: Engine) -> Result<(PathBuf, Option<String>)> {
        self.databases += 1;
        let name = format!("bench_{}", self.databases);
        let directory = self.directory.path().join(&name);
        std::fs::create_dir(&directory)?;
        let url = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(self.create_database(&name)?),
        };
        Ok((directory, url))
    }

    fn create_database(&self, name: &str) -> Result<String> {
        let url = self.postgres.url();
        self.psql(&url, &format!("CREATE DATABASE {name}"))?;
        let (server, _) = url.rsplit_once('/').context("the address of a database")?;
        Ok(format!("{server}/{name}"))
    }

    fn psql(&self, url: &str, command: &str) -> Result<()> {
        let mut psql = Command::new(self.postgres_programs.join("psql"));
        setup::run(psql.args(["--quiet", "--output", "/dev/null", "--command", command, url]))
    }

    /// Measures two sides in turn; gives the median of each and the median of the ratios, second by first.
    pub(crate) fn duel(
        &self,
        what: &str,
        first: impl FnMut() -> Result<Measured>,
        second: impl FnMut() -> Result<Measured>,
        read: impl Fn(&Measured) -> Result<f64>,
    ) -> Result<Duel> {
        self.duel_of(self.rounds(), what, first, second, read)
    }

    /// The same with so many rounds.
    pub(crate) fn duel_of(
        &self,
        rounds: usize,
        what: &str,
        mut first: impl FnMut() -> Result<Measured>,
        mut second: impl FnMut() -> Result<Measured>,
        read: impl Fn(&Measured) -> Result<f64>,
    ) -> Result<Duel> {
        let mut pairs = Vec::new();
        for round in 1..=rounds {
            self.step(format!("{what}, round {round} of {rounds}"));
            let one = read(&first()?)?;
            self.step(format!("{what}, round {round} of {rounds}"));
            pairs.push((one, read(&second()?)?));
        }
        Ok(Duel {
            first: median(pairs.iter().map(|pair| pair.0)),
            second: median(pairs.iter().map(|pair| pair.1)),
            ratio: median(pairs.iter().map(|pair| pair.1 / pair.0)),
        })
    }
}

/// A server that knows so many people.
#[derive(Debug)]
pub(crate) struct Crowd<'data> {
    pub(crate) server: Server,
    pub(crate) bailiwick: Bailiwick<'data>,
    pub(crate) people: u64,
}

/// A server that knows so many licences.
#[derive(Debug)]
pub(crate) struct Licensed {
    pub(crate) server: Server,
    pub(crate) licences: u64,
}

/// Two sides, measured in turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duel {
    pub(crate) first: f64,
    pub(crate) second: f64,
    pub(crate) ratio: f64,
}

const fn rounds(is_quick: bool) -> usize {
    if is_quick { 1 } else { 5 }
}

/// How many steps of the progress bar a case has.
fn steps(case: Case, is_quick: bool) -> u64 {
    let pairs = 2 * rounds(is_quick) as u64;
    match case {
        Case::Reads | Case::Refresh | Case::Registration | Case::OwnUser | Case::Callbacks => 2 * pairs,
        Case::People => 2 * (3 + 2 * pairs + 1 + pages::steps(rounds(is_quick))),
        Case::Licences => 2 * licences::steps(rounds(is_quick)),
        Case::SignIn => MANY * pairs,
        Case::Lateness => pairs,
        Case::StartUp => 1,
        Case::Memory => 3,
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
