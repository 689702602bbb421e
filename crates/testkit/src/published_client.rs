//! A published client of the Authorisation API: the Python package sclblpy, unmodified but for the URL it calls.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result};
use bailiwick_domain::time::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tools::Tool;

/// The client as one person has it installed: it remembers tokens and password in files of its own.
#[derive(Debug)]
pub struct PublishedClient {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    about: Value,
    /// The person's home directory, with the copy of the package.
    _home: TempDir,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the function gave back.
    pub gave: Value,
    /// The exception that it ended in, where it did.
    pub raised: Option<String>,
    /// What it told the person on the terminal.
    pub printed: String,
    /// What the person had ready to type and was not asked for.
    pub left: String,
}

impl PublishedClient {
    /// Starts the client of somebody who never used it before, on the API at this URL, such as
    /// `http://127.0.0.1:4711/auth`.
    pub fn start(url: &str) -> Result<Self> {
        let home = TempDir::with_prefix("sclblpy-").context("no temporary directory")?;
        let mut child = Command::new(Tool::Python.find()?)
            .args(["-B", "-c", include_str!("published_client.py"), url])
            .arg(home.path())
            // No proxy and no settings of the developer's own reach it.
            .env_clear()
            .env("HOME", home.path())
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the published client does not start")?;
        let input = child.stdin.take().context("the published client has no input")?;
        let output = child.stdout.take().context("the published client has no output")?;
        let mut client = Self { child, input, lines: BufReader::new(output).lines(), about: Value::Null, _home: home };
        client.about = client.read().context("run `cargo xtask test`, which installs the published client")?;
        Ok(client)
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        self.about.get("version").and_then(Value::as_str).unwrap_or_default()
    }

    /// The SHA-256 of its files, in hexadecimal: name, a zero byte and content of each, in the order of the names.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.about.get("digest").and_then(Value::as_str).unwrap_or_default()
    }

    /// Calls a function of the package at this moment and waits for its end. The person has `typed` ready, for
    /// what the client asks on the terminal.
    pub fn call(&mut self, now: Timestamp, name: &str, arguments: &[Value], typed: &[&str]) -> Result<Outcome> {
        let call = json!({ "now": now.seconds(), "name": name, "arguments": arguments, "typed": typed });
        writeln!(self.input, "{call}").context("the published client has ended")?;
        let outcome = self.read()?;
        let member = |name: &str| outcome.get(name).cloned().unwrap_or_default();
        let text = |name: &str| member(name).as_str().unwrap_or_default().to_owned();
        let raised = member("raised").as_str().map(str::to_owned);
        Ok(Outcome { gave: member("gave"), raised, printed: text("printed"), left: text("left") })
    }

    fn read(&mut self) -> Result<Value> {
        let line = self.lines.next().context("the published client has ended")??;
        serde_json::from_str(&line).with_context(|| format!("the published client says {line:?}"))
    }
}

impl Drop for PublishedClient {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
