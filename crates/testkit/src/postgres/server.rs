//! A PostgreSQL server of our own, in a directory that is thrown away.
//!
//! `cargo xtask` compiles this file too (it starts one server for a whole run
//! before anything else is built), so nothing here may need more than the
//! standard library, `anyhow` and `tempfile`.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// The oldest PostgreSQL that Bailiwick supports.
pub const OLDEST_MAJOR: u32 = 15;

/// The superuser of the server; it signs in without a password, from this machine only.
const SUPERUSER: &str = "bailiwick";

/// A server that cannot start within this time will not start.
const START_LIMIT: Duration = Duration::from_mins(1);

/// What the log says when another program took the port between our choice and the start.
const PORT_TAKEN: &str = "Address already in use";

/// Runs PostgreSQL on a leash: the shell reads its standard input, which ends
/// when our process ends for whatever reason (kill -9 included), and then stops
/// the server and removes its directory. Its first argument is the directory,
/// the rest is the server's command line.
const LEASH: &str = r#"
directory=$1
shift
( "$@" >"$directory/log" 2>&1; : >"$directory/ended" ) &
read -r _
until [ -e "$directory/ended" ]; do
    if read -r server <"$directory/data/postmaster.pid"; then kill -QUIT "$server" && break; fi
    sleep 0.1
done 2>/dev/null
wait
rm -rf "$directory"
"#;

/// A running PostgreSQL that ends with its owner, however its owner ends.
#[derive(Debug)]
pub struct Server {
    shell: Child,
    leash: Option<ChildStdin>,
    port: u16,
    /// Removes what the shell leaves: the directory itself, when it is not the shell's to remove.
    directory: TempDir,
}

impl Server {
    /// Makes a cluster with the programs in `programs` (the directory that holds `initdb` and
    /// `postgres`) and starts it on a free port of 127.0.0.1, with every commit on the disk and room for
    /// what is read often, as on a real machine: to be measured.
    ///
    /// PostgreSQL refuses to run as root; then it runs as `postgres`, or `nobody`.
    pub fn start(programs: &Path) -> Result<Self> {
        Self::start_with(programs, &["-c", "fsync=on", "-c", "shared_buffers=2GB"])
    }

    /// The same for tests, which kill our program but never PostgreSQL or the machine: without
    /// waiting for the disk they take half as long.
    pub fn start_for_tests(programs: &Path) -> Result<Self> {
        Self::start_with(programs, &["-c", "fsync=off", "-c", "full_page_writes=off"])
    }

    fn start_with(programs: &Path, settings: &[&str]) -> Result<Self> {
        let mut attempts = 3;
        loop {
            attempts -= 1;
            match Self::attempt(programs, settings) {
                Err(error) if attempts > 0 && error.to_string().contains(PORT_TAKEN) => {}
                settled => return settled,
            }
        }
    }

    fn attempt(programs: &Path, settings: &[&str]) -> Result<Self> {
        let directory = TempDir::with_prefix("bailiwick-postgres-").context("no temporary directory")?;
        let account = Account::other_than_root(directory.path())?;
        if let Some(account) = account {
            chown(directory.path(), Some(account.user), Some(account.group))
                .context("the temporary directory cannot be given away")?;
        }
        initialise(programs, directory.path(), account)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut shell = launch(programs, directory.path(), account, port, settings)?;
        let leash = shell.stdin.take();
        let server = Self { shell, leash, port, directory };
        server.wait_until_ready(programs)?;
        Ok(server)
    }

    /// The address of the cluster's own database, `postgres://…/postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&self, programs: &Path) -> Result<()> {
        let directory = self.directory.path();
        let started = Instant::now();
        loop {
            let ended = directory.join("ended").exists();
            if ended || started.elapsed() > START_LIMIT {
                let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start; its log says:\n{log}");
            }
            let ready = Command::new(programs.join("pg_isready"))
                .args(["--quiet", "--port", &self.port.to_string(), "--host"])
                .arg(directory)
                .status()
                .context("pg_isready does not run")?;
            if ready.success() {
                return Ok(());
            }
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.leash.take());
        // The shell tidies up by itself; waiting only makes sure that it is done.
        let _ = self.shell.wait();
    }
}

/// The directory of PostgreSQL's programs: `BAILIWICK_TEST_POSTGRES_BIN`, else what is in `PATH`,
/// else the newest under `/usr/lib/postgresql`; `None` where there is none, or only an older one
/// than Bailiwick supports.
#[must_use]
pub fn find_programs() -> Option<PathBuf> {
    let named = env::var_os("BAILIWICK_TEST_POSTGRES_BIN").map(PathBuf::from);
    let in_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    // Debian keeps the server's programs out of PATH, one directory for each version.
    let mut packaged: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    packaged.sort_by_key(|directory| std::cmp::Reverse(major_version(directory)));
    named
        .into_iter()
        .chain(in_path)
        .chain(packaged)
        // A link in PATH stands alone: its neighbours are where it points to.
        .filter_map(|directory| Some(directory.join("initdb").canonicalize().ok()?.parent()?.to_owned()))
        .find(|directory| directory.join("pg_isready").exists() && major_version(directory) >= Some(OLDEST_MAJOR))
}

/// The first number of `postgres --version`, "postgres (PostgreSQL) 15.18 (Debian …)".
fn major_version(programs: &Path) -> Option<u32> {
    let answer = Command::new(programs.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let digits = text.split_whitespace().nth(2)?;
    digits.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Who runs the server.
#[derive(Clone, Copy, Debug)]
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account to change to, where we are root: the owner of a directory just made tells.
    fn other_than_root(made_by_us: &Path) -> Result<Option<Self>> {
        if fs::metadata(made_by_us)?.uid() != 0 {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        let found = ["postgres", "nobody"].into_iter().find_map(|name| Self::named(name, &accounts));
        found.map(Some).context("PostgreSQL refuses to run as root, and there is no account postgres or nobody")
    }

    fn named(name: &str, accounts: &str) -> Option<Self> {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    }

    fn run(account: Option<Self>, command: &mut Command) -> &mut Command {
        match account {
            Some(account) => command.uid(account.user).gid(account.group),
            None => command,
        }
    }
}

fn initialise(programs: &Path, directory: &Path, account: Option<Account>) -> Result<()> {
    let mut command = Command::new(programs.join("initdb"));
    command
        .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync"])
        .args(["--username", SUPERUSER, "--pgdata"])
        .arg(directory.join("data"))
        .current_dir(directory);
    let answer = Account::run(account, &mut command).output().context("initdb does not run")?;
    ensure!(answer.status.success(), "initdb failed: {}", String::from_utf8_lossy(&answer.stderr));
    Ok(())
}

fn launch(programs: &Path, directory: &Path, account: Option<Account>, port: u16, settings: &[&str]) -> Result<Child> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(LEASH).arg("postgres-leash").arg(directory);
    command.arg(programs.join("postgres")).arg("-D").arg(directory.join("data"));
    command.arg("-k").arg(directory).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    command.args(["-c", "max_connections=400"]).args(settings);
    // A process group of its own: Ctrl-C in a terminal reaches us alone, and the leash does the rest.
    command.current_dir(directory).stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
    Account::run(account, &mut command).spawn().context("sh does not run")
}
