//! The loads and the bare server, which are an example of this package built for speed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, ensure};

use crate::paths;

/// Connections at once, in every load.
pub(crate) const CONNECTIONS: usize = 16;

/// What a load measured, by name.
#[derive(Clone, Debug)]
pub(crate) struct Measured(HashMap<String, f64>);

impl Measured {
    fn read(output: &Output) -> Result<Self> {
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "a load failed, {}; it has said why", output.status);
        let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
        Ok(Self(pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()))
    }

    /// What it measured by this name.
    pub(crate) fn get(&self, name: &str) -> Result<f64> {
        self.0.get(name).copied().with_context(|| format!("the load did not say its {name}"))
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> Result<f64> {
        self.get("rate")
    }

    /// The time within which 99 of 100 answers came, in milliseconds.
    pub(crate) fn p99(&self) -> Result<f64> {
        Ok(self.get("p99")? / 1000.0)
    }
}

/// A load that runs.
#[derive(Debug)]
pub(crate) struct Load(Child);

impl Load {
    /// Starts a command of the example.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        // What goes wrong it says to whoever started the benchmark: a pipe that nobody empties would hold it up.
        let child = command()?.args(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
        Ok(Self(child.context("the loads do not run")?))
    }

    /// A load of this kind on a server; `rest` is what this kind needs to know.
    pub(crate) fn on(server: SocketAddr, kind: &str, seconds: f64, rest: &[&str]) -> Result<Self> {
        let (address, connections, seconds) = (server.to_string(), CONNECTIONS.to_string(), seconds.to_string());
        Self::start(&[&[kind, &address, &connections, &seconds], rest].concat())
    }

    /// Waits for its end and tells each line that it prints.
    pub(crate) fn finish_telling(mut self, tell: impl Fn(&str)) -> Result<()> {
        let output = self.0.stdout.take().context("a load has no output")?;
        for line in BufReader::new(output).lines() {
            tell(&line?);
        }
        let status = self.0.wait()?;
        ensure!(status.success(), "a load failed, {status}; it has said why");
        Ok(())
    }

    /// Waits for its end and gives what it measured.
    pub(crate) fn finish(self) -> Result<Measured> {
        Measured::read(&self.0.wait_with_output()?)
    }
}

/// The id of a person or an organisation of the crowd.
pub(crate) fn id(what: &str, number: u64) -> Result<String> {
    let output = command()?.args(["id", what, &number.to_string()]).output()?;
    ensure!(output.status.success(), "there is no id of {what} {number}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The command line of the example.
pub(crate) fn command() -> Result<Command> {
    let file: PathBuf = release("examples/load")?;
    let mut command = Command::new(file);
    command.stdin(Stdio::null());
    Ok(command)
}

/// A file among what was built for speed.
pub(crate) fn release(name: &str) -> Result<PathBuf> {
    Ok(paths::target()?.join("release").join(name))
}
