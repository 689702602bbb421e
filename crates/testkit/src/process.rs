//! The real program, started as an operator starts it: settings in the
//! environment, a directory for its data, signals to end it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{http, postgres, tools};

pub mod operator;

/// A program that is not ready within this time will not be.
const READY_LIMIT: Duration = Duration::from_mins(1);

/// How often a change in the program is looked for; also the precision of the times reported.
const GLANCE: Duration = Duration::from_millis(2);

/// How the program is started. It can be started again and again on the same data, as after a crash.
#[derive(Clone, Debug)]
pub struct Program {
    binary: PathBuf,
    home: Arc<TempDir>,
    settings: Vec<(String, String)>,
    port: u16,
    /// Its database, where that is not in its data directory.
    database: Option<Arc<postgres::Database>>,
}

impl Program {
    /// The executable in `binary`, with an empty data directory and a free port.
    pub fn new(binary: impl Into<PathBuf>) -> Result<Self> {
        let home = TempDir::with_prefix("bailiwick-").context("no temporary directory")?;
        let (home, settings) = (Arc::new(home), Vec::new());
        Ok(Self { binary: binary.into(), home, settings, port: free_port()?, database: None })
    }

    /// The executable that Cargo built beside the running test.
    pub fn built() -> Result<Self> {
        Self::new(tools::server_binary()?)
    }

    /// The same with one setting more, such as `BAILIWICK_REGISTRATION`. The last one of a name counts.
    #[must_use]
    pub fn with(mut self, setting: &str, value: impl Into<String>) -> Self {
        self.settings.push((setting.to_owned(), value.into()));
        self
    }

    /// A second node: the same data directory and settings, another port.
    pub fn second_node(&self) -> Result<Self> {
        Ok(Self { port: free_port()?, ..self.clone() })
    }

    /// Where it keeps its data.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The origin at which it answers, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A command line of the program with its settings and nothing else of ours: no setting of the
    /// developer's own reaches it, and no settings file of theirs lies where it looks.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BAILIWICK_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env("BAILIWICK_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("BAILIWICK_DATA_DIR", self.data_dir())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end, such as `admin bootstrap`, with `input` as its standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Result<Output> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{} does not run", self.binary.display()))?;
        if let Some(mut pipe) = child.stdin.take() {
            // A command that refuses its arguments ends without reading.
            let _ = pipe.write_all(input.as_bytes());
        }
        child.wait_with_output().context("the command cannot be waited for")
    }

    /// Starts the server and waits until `/readyz` answers 200.
    ///
    /// Where another program takes the port first, the server gets another one at its first start;
    /// after that it keeps its port, as its address is part of what it signs.
    pub async fn start(&mut self) -> Result<Running> {
        let mut attempts = 5;
        loop {
            attempts -= 1;
            let mut running = self.spawn()?;
            match running.wait_until_ready().await {
                Ok(()) => return Ok(running),
                Err(_) if attempts > 0 && running.output().contains("in use") => {
                    if self.data_dir().exists() {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    } else {
                        self.port = free_port()?;
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts the server and does not wait: for what must refuse to start, or is killed while it starts.
    pub fn spawn(&self) -> Result<Running> {
        self.launch(&[])
    }

    fn launch(&self, arguments: &[&str]) -> Result<Running> {
        let started = Instant::now();
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{} does not run", self.binary.display()))?;
        let stdout = Captured::of(child.stdout.take());
        let stderr = Captured::of(child.stderr.take());
        let home = Arc::clone(&self.home);
        Ok(Running { child, origin: self.origin(), stdout, stderr, started, ready_after: None, _home: home })
    }
}

/// A server process; dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    origin: String,
    stdout: Captured,
    stderr: Captured,
    started: Instant,
    ready_after: Option<Duration>,
    /// Keeps the data directory as long as somebody writes into it.
    _home: Arc<TempDir>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// From the signal, or the call, to the end.
    pub after: Duration,
}

impl Running {
    /// The origin at which it answers, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The address of one of its paths.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// From the start of the process to the first 200 of `/readyz`.
    #[must_use]
    pub fn ready_after(&self) -> Option<Duration> {
        self.ready_after
    }

    /// What it wrote to its standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it wrote to its standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Both outputs, one after the other.
    #[must_use]
    pub fn output(&self) -> String {
        format!("{}{}", self.stdout(), self.stderr())
    }

    /// Its resident memory in KiB, as the kernel counts it.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the process has ended")?;
        line.trim().trim_end_matches("kB").trim().parse().context("VmRSS is no number")
    }

    /// How long its threads of this name have worked so far, not counting what they waited; the kernel
    /// keeps 15 characters of a name.
    pub fn worked(&self, thread_name: &str) -> Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id())).context("the process has ended")? {
            let task = task?.path();
            // A thread may end while we look.
            let name = fs::read_to_string(task.join("comm")).unwrap_or_default();
            if name.trim_end().starts_with(thread_name) {
                let figures = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
                nanoseconds += figures.split_whitespace().next().map_or(Ok(0), str::parse::<u64>)?;
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The link that an empty database's first start prints.
    pub async fn setup_link(&self) -> Result<String> {
        let start = format!("{}/setup", self.origin);
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            let output = self.output();
            let link = output.split_whitespace().find(|word| word.starts_with(&start));
            if let Some(link) = link {
                return Ok(link.trim_end_matches(['"', '\'', ',', '.']).to_owned());
            }
            tokio::time::sleep(GLANCE).await;
        }
        bail!("no link {start}… was printed; the output was:\n{}", self.output())
    }

    /// Ends it as a power cut would, with SIGKILL.
    pub fn kill_9(&mut self) -> Result<()> {
        self.child.kill().context("the process cannot be killed")?;
        self.child.wait().context("the process cannot be waited for")?;
        Ok(())
    }

    /// Asks it to end, with SIGTERM, and waits until it has, `limit` at most.
    pub async fn terminate(&mut self, limit: Duration) -> Result<Ended> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("the process cannot be signalled")?;
        self.wait(limit).await
    }

    /// Waits until it has ended, `limit` at most.
    pub async fn wait(&mut self, limit: Duration) -> Result<Ended> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.stdout.finish();
                self.stderr.finish();
                return Ok(Ended { status, after: started.elapsed() });
            }
            if started.elapsed() > limit {
                bail!("the process still runs after {limit:?}; its output:\n{}", self.output());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until `/readyz` answers 200.
    pub async fn wait_until_ready(&mut self) -> Result<()> {
        let client = http::client()?;
        let address = self.at("/readyz");
        while self.started.elapsed() < READY_LIMIT {
            if let Ok(answer) = client.get(&address).send().await
                && answer.status().as_u16() == 200
            {
                self.ready_after = Some(self.started.elapsed());
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                self.stdout.finish();
                self.stderr.finish();
                bail!("the server ended at its start, {status}; its output:\n{}", self.output());
            }
            tokio::time::sleep(GLANCE).await;
        }
        bail!("the server is not ready after {READY_LIMIT:?}; its output:\n{}", self.output())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process writes, read as it comes so that it never blocks on a full pipe.
#[derive(Debug)]
struct Captured {
    text: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Captured {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let reader = pipe.map(|pipe| {
            let text = Arc::clone(&text);
            thread::spawn(move || {
                let mut lines = BufReader::new(pipe);
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                    text.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&line));
                    line.clear();
                }
            })
        });
        Self { text, reader }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the last lines of a process that has ended.
    fn finish(&mut self) {
        if let Some(reader) = self.reader.take() {
            // The reader has no way to panic; if it did, what it read before still counts.
            let _ = reader.join();
        }
    }
}

/// A port of 127.0.0.1 that is free now.
///
/// From below the range from which the system takes ports for outgoing connections, so that a server
/// that is down for a moment finds its port free again.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that run at the same time start far from each other.
    let first = u16::try_from(std::process::id() % 331).unwrap_or_default() * 61;
    for _ in 0..2000 {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 11_000 + first.wrapping_add(step) % 20_500;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on this machine")
}

/// Whether a file lies in `directory` or below that holds `needle`: for secrets that must not be stored in clear.
pub fn any_file_contains(directory: &Path, needle: &[u8]) -> Result<bool> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let found = if path.is_dir() {
            any_file_contains(&path, needle)?
        } else {
            // A file may go while we look, SQLite's journal for one.
            let bytes = fs::read(&path).unwrap_or_default();
            bytes.windows(needle.len().max(1)).any(|window| window == needle)
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
