//! What `cargo xtask bench` runs, apart because it must be built for speed: a bare server to compare
//! with, bare hashing, and clients that ask without pause.
//!
//! Each command prints what it measured as one line of `name=value` pairs.

#![expect(clippy::print_stdout, reason = "a command speaks to whoever started it")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

mod bare;
mod client;
mod hashing;
mod licences;
mod pages;
mod people;
mod run;
mod script;
mod signing;

use people::Crowd;
use script::Script;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve one static JSON answer at every address until killed
    Bare { address: String },
    /// Hash with Argon2id on so many threads, and nothing else
    Hash { threads: usize, seconds: f64 },
    /// Read one address
    Read {
        #[command(flatten)]
        load: Load,
        path: String,
        bearer: String,
    },
    /// Exchange refresh tokens; each connection begins with one of them
    Refresh {
        #[command(flatten)]
        load: Load,
        bearers: Vec<String>,
    },
    /// Create systems by callback, each with a state of its own
    Callback {
        #[command(flatten)]
        load: Load,
        bearer: String,
        callback_url: String,
    },
    /// Sign in, each connection from an address of its own
    SignIn {
        #[command(flatten)]
        load: Load,
        email: String,
        password: String,
    },
    /// Register, each time another person
    Register {
        #[command(flatten)]
        load: Load,
        password: String,
    },
    /// Add a crowd to a server that is set up and does not run
    Populate {
        data_directory: PathBuf,
        database_url: String,
        /// The address of somebody who has the password that all get
        model: String,
        people: u64,
    },
    /// Add licences, and organisations that hold them, to a server that is set up and does not run
    PopulateLicences {
        database_url: String,
        /// The address of somebody who has the password that all get
        model: String,
        licences: u64,
    },
    /// Read licences, by chance
    ReadLicences {
        #[command(flatten)]
        load: Load,
        bearer: String,
        licences: u64,
    },
    /// Send one body again and again; a refusal with 409 counts as well
    Post {
        #[command(flatten)]
        load: Load,
        path: String,
        bearer: String,
        body: String,
    },
    /// Sign with Ed25519 on so many threads, and nothing else
    Sign { threads: usize, seconds: f64 },
    /// Read people of the crowd, by chance
    ReadPeople {
        #[command(flatten)]
        load: Load,
        bearer: String,
        people: u64,
    },
    /// Read each of these pages so many times, one after the other; the median of each is `page-0`, `page-1`, …
    Pages {
        /// The server, such as 127.0.0.1:8080
        address: String,
        times: usize,
        /// A bearer and a path each, with a space between them
        pages: Vec<String>,
    },
    /// Print the id of a person, of an organisation or of a licence of the crowd; a system has that of its licence
    Id {
        #[arg(value_enum)]
        what: Kind,
        number: u64,
    },
    /// Sign people of the crowd in, by chance, each connection from an address of its own
    SignInPeople {
        #[command(flatten)]
        load: Load,
        password: String,
        people: u64,
    },
}

/// What has an id.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    Person,
    Organisation,
    Licence,
}

impl Kind {
    fn id(self, number: u64) -> String {
        match self {
            Kind::Person => people::id(number).to_string(),
            Kind::Organisation => people::organisation_id(number).to_string(),
            Kind::Licence => licences::id(number).to_string(),
        }
    }
}

/// How the clients ask.
#[derive(Clone, Debug, Args)]
struct Load {
    /// The server, such as 127.0.0.1:8080
    address: String,
    /// Connections at once
    connections: usize,
    /// How long to measure
    seconds: f64,
    /// How long each connection rests between two requests
    #[arg(long, default_value_t = 0)]
    pause_milliseconds: u64,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Bare { address } => bare::serve(&address),
        Command::Hash { threads, seconds } => {
            println!("rate={}", hashing::rate(threads, Duration::from_secs_f64(seconds))?);
            Ok(())
        }
        Command::Read { load, path, bearer } => {
            ask(&load, |_| Script::fixed(&format!("GET {path}"), &[("Authorization", &bearer)], ""))
        }
        Command::Refresh { load, bearers } => ask(&load, |number| {
            let bearer = bearers.get(number % bearers.len().max(1)).cloned();
            Script::Refresh { bearer: bearer.unwrap_or_default() }
        }),
        Command::Callback { load, bearer, callback_url } => ask(&load, |number| Script::Callback {
            bearer: bearer.clone(),
            callback_url: callback_url.clone(),
            connection: number,
            posts: 0,
        }),
        Command::SignIn { load, email, password } => ask(&load, |number| {
            let body = script::credentials(&email, &password);
            Script::fixed(script::SIGN_IN, &[("X-Forwarded-For", &script::address(number))], &body)
        }),
        Command::Register { load, password } => {
            ask(&load, |number| Script::Register { password: password.clone(), connection: number, posts: 0 })
        }
        Command::Populate { data_directory, database_url, model, people } => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let tell = |what: &str, done: u64| println!("{what}={done}");
            runtime.block_on(people::populate(&data_directory, &database_url, &model, people, tell))
        }
        Command::PopulateLicences { database_url, model, licences } => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let tell = |what: &str, done: u64| println!("{what}={done}");
            runtime.block_on(licences::populate(&database_url, &model, licences, tell))
        }
        Command::ReadLicences { load, bearer, licences } => {
            ask(&load, |number| Script::ReadLicences { bearer: bearer.clone(), crowd: Crowd::of(licences, number) })
        }
        Command::Post { load, path, bearer, body } => ask(&load, |_| Script::Post {
            request: script::request(&format!("POST {path}"), &[("Authorization", &bearer)], &body),
        }),
        Command::Sign { threads, seconds } => {
            println!("rate={}", signing::rate(threads, Duration::from_secs_f64(seconds))?);
            Ok(())
        }
        Command::ReadPeople { load, bearer, people } => {
            ask(&load, |number| Script::ReadPeople { bearer: bearer.clone(), crowd: Crowd::of(people, number) })
        }
        Command::Pages { address, times, pages } => {
            let medians = pages::medians(&address, times, &pages)?;
            medians.iter().enumerate().for_each(|(number, median)| println!("page-{number}={median}"));
            Ok(())
        }
        Command::Id { what, number } => {
            println!("{}", what.id(number));
            Ok(())
        }
        Command::SignInPeople { load, password, people } => ask(&load, |number| Script::SignInPeople {
            password: password.clone(),
            address: script::address(number),
            crowd: Crowd::of(people, number),
        }),
    }
}

fn ask(load: &Load, script: impl Fn(usize) -> Script) -> Result<()> {
    println!("{}", run::run(load, script)?);
    Ok(())
}
