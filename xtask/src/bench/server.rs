//! The servers that are measured.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::{http, tool};

/// Who signs in.
pub(crate) const EMAIL: &str = "owner@example.org";
/// With what.
pub(crate) const PASSWORD: &str = "correct zebra battery lantern";
/// A server that is not ready by then will not be.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// A running server; it ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first good answer.
    pub(crate) ready_after: Duration,
}

impl Server {
    fn start(command: &mut Command, address: SocketAddr, ready: &str) -> Result<Self> {
        let started = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server = Self { child: child.context("a server does not run")?, address, ready_after: Duration::ZERO };
        while started.elapsed() < READY_LIMIT {
            if http::ask(address, ready, &[], "").is_ok_and(|(status, _)| status == 200) {
                server.ready_after = started.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("a server ended at its start, {status}");
            }
            thread::sleep(Duration::from_millis(1));
        }
        bail!("a server is not ready after {READY_LIMIT:?}")
    }

    /// The bare one.
    pub(crate) fn bare() -> Result<Self> {
        let address = free_address()?;
        Self::start(tool::command()?.args(["bare", &address.to_string()]), address, "GET /")
    }

    /// Its resident memory, in MB.
    pub(crate) fn resident(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a server has ended")?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024.0 / 1e6)
    }

    /// Signs in from an address of its own; gives access and refresh token.
    pub(crate) fn sign_in(&self, number: usize) -> Result<(String, String)> {
        self.sign_in_as(EMAIL, number)
    }

    /// The same as somebody who has the same password.
    pub(crate) fn sign_in_as(&self, email: &str, number: usize) -> Result<(String, String)> {
        let body = format!(r#"{{"Username":"{email}","Password":"{PASSWORD}"}}"#);
        let from = format!("10.200.{}.{}", number / 256, number % 256);
        let headers = [("X-Forwarded-For", from.as_str())];
        let answer = http::expect(self.address, "POST /auth/authenticate/signin", &headers, &body)?;
        Ok((http::member(&answer, "AccessToken")?.to_owned(), http::member(&answer, "RefreshToken")?.to_owned()))
    }

    /// The id of whoever has this token.
    pub(crate) fn own_id(&self, access: &str) -> Result<String> {
        let answer = http::expect(self.address, "GET /api/me", &[("Authorization", access)], "")?;
        Ok(http::member(&answer, "id")?.to_owned())
    }

    /// Creates a system; gives its id.
    pub(crate) fn create_system(&self, access: &str) -> Result<String> {
        let headers = [("Authorization", access)];
        let answer = http::expect(self.address, "POST /api/systems", &headers, r#"{"name":"bench","type":"ns8"}"#)?;
        Ok(http::member(&answer, "id")?.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bailiwick with data of its own, set up and not running.
#[derive(Debug)]
pub(crate) struct Bailiwick<'data> {
    directory: &'data Path,
    database_url: Option<String>,
    receiver: SocketAddr,
}

impl<'data> Bailiwick<'data> {
    /// Sets it up in this directory, which must not be in memory: what is acknowledged waits for the disk.
    pub(crate) fn set_up(directory: &'data Path, database_url: Option<String>, receiver: SocketAddr) -> Result<Self> {
        let server = Self { directory, database_url, receiver };
        let bootstrap =
            ["admin", "bootstrap", "--organisation", "Owner", "--email", EMAIL, "--name", "Owner", "--password-stdin"];
        let mut child = server.command()?.args(bootstrap).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        child.stdin.take().context("a command without an input")?.write_all(PASSWORD.as_bytes())?;
        ensure!(child.wait()?.success(), "the server cannot be set up");
        Ok(server)
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(tool::release("bailiwick")?);
        command
            .current_dir(self.directory)
            .env("BAILIWICK_DATA_DIR", self.directory)
            .env("BAILIWICK_OUTBOUND_ALLOW", self.receiver.to_string())
            // Each connection comes from an address of its own, as from behind a proxy.
            .env("BAILIWICK_TRUSTED_PROXIES", "127.0.0.0/8");
        if let Some(url) = &self.database_url {
            command.env("BAILIWICK_DATABASE_URL", url);
        }
        Ok(command)
    }

    /// Its database.
    fn database_url(&self) -> String {
        let file = || format!("sqlite://{}", self.directory.join("bailiwick.db").display());
        self.database_url.clone().unwrap_or_else(file)
    }

    /// Adds so many people, all with the password of the one who is there; `tell` learns how many of what there are.
    pub(crate) fn populate(&self, people: u64, tell: impl Fn(&str)) -> Result<()> {
        let directory = self.directory.to_str().context("a directory whose name is no text")?;
        let arguments = ["populate", directory, &self.database_url(), EMAIL, &people.to_string()];
        tool::Load::start(&arguments)?.finish_telling(tell)
    }

    /// Adds so many licences, and organisations that hold them.
    pub(crate) fn populate_licences(&self, licences: u64, tell: impl Fn(&str)) -> Result<()> {
        let arguments = ["populate-licences", &self.database_url(), EMAIL, &licences.to_string()];
        tool::Load::start(&arguments)?.finish_telling(tell)
    }

    /// Checks the whole audit log by the command for it; gives entries a second.
    pub(crate) fn check_audit_log(&self) -> Result<f64> {
        let started = Instant::now();
        let output = self.command()?.args(["audit", "verify", "--json"]).stdin(Stdio::null()).output()?;
        let seconds = started.elapsed().as_secs_f64();
        ensure!(output.status.success(), "the audit log: {}", String::from_utf8_lossy(&output.stdout));
        let report = String::from_utf8(output.stdout)?;
        let entries = report.split_once("\"entries\":").map(|(_, rest)| rest.trim_start());
        let digits = entries.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        let entries: f64 = digits.context("a report without its entries")?.parse()?;
        Ok(entries / seconds)
    }

    /// Starts it.
    pub(crate) fn start(&self) -> Result<Server> {
        let address = free_address()?;
        Server::start(self.command()?.env("BAILIWICK_LISTEN", address.to_string()), address, "GET /readyz")
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
