//! Brings a fresh Debian machine with Rust to where every test can run.

use std::{
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{paths, postgres};

/// The version of schemathesis, from the Python package index: its checks change between versions, so it is fixed.
const SCHEMATHESIS: &str = "4.32.5";

/// The version of aiosmtpd, the mail server of the tests, from the Python package index.
const AIOSMTPD: &str = "1.4.6";

/// The version of sclblpy, a published client of the API, from the Python package index: the one that the tests run.
const SCLBLPY: &str = "0.1.10";

/// The version of axe-core, which judges whether everybody can use a page, from the npm registry: its rules change
/// between versions, so it is fixed.
const AXE_CORE: &str = "4.14.1";

/// The version of cargo-fuzz, from crates.io.
const CARGO_FUZZ: &str = "0.13.2";

/// Something that comes as Debian packages.
struct Need {
    packages: &'static str,
    why: &'static str,
    is_there: fn() -> bool,
}

const RUST_NEEDS: [Need; 5] = [
    COMPILERS,
    POSTGRESQL,
    Need {
        packages: "chromium chromium-driver",
        why: "the pages are tried in a real browser",
        is_there: || chromium().is_some() && paths::find(&["chromedriver"]).is_some(),
    },
    Need {
        packages: "python3 python3-venv",
        why: "schemathesis, the tests' mail server and a published client of the API are in Python",
        is_there: || succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
    },
    Need {
        packages: "npm",
        why: "axe-core, which judges whether everybody can use a page, comes from the npm registry",
        is_there: || paths::find(&["npm"]).is_some(),
    },
];

const COMPILERS: Need = Need {
    packages: "build-essential",
    why: "SQLite and ring are written in C, libFuzzer in C++",
    is_there: || paths::find(&["cc"]).is_some() && paths::find(&["c++"]).is_some(),
};

const POSTGRESQL: Need = Need {
    packages: "postgresql",
    why: "what touches the data is tried and measured on PostgreSQL too, in a throw-away cluster of its own",
    is_there: || postgres::find_programs().is_some(),
};

/// Where the tools of the Rust tests are.
#[derive(Debug)]
pub(crate) struct RustTools {
    pub(crate) postgres: PathBuf,
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
    pub(crate) schemathesis: PathBuf,
    pub(crate) axe: PathBuf,
    /// The Python of the tests, with the mail server and the published client.
    pub(crate) python: PathBuf,
}

/// Installs what `cargo test` needs and says where it is.
pub(crate) fn for_rust_tests() -> Result<RustTools> {
    install(&RUST_NEEDS)?;
    let environment = python_environment()?;
    Ok(RustTools {
        postgres: postgres::find_programs()
            .with_context(|| format!("the installed PostgreSQL is older than {}", postgres::OLDEST_MAJOR))?,
        chromium: chromium().context("chromium is installed but not in PATH")?,
        chromedriver: paths::find(&["chromedriver"]).context("chromedriver is installed but not in PATH")?,
        schemathesis: environment.join("bin/schemathesis"),
        axe: axe_core()?,
        python: environment.join("bin/python3"),
    })
}

/// Installs what benchmarks need and gives the directory of PostgreSQL's programs.
pub(crate) fn for_benchmarks() -> Result<PathBuf> {
    install(&[COMPILERS, POSTGRESQL])?;
    postgres::find_programs()
        .with_context(|| format!("the installed PostgreSQL is older than {}", postgres::OLDEST_MAJOR))
}

/// Installs what fuzzing needs and gives cargo-fuzz.
pub(crate) fn for_fuzzing() -> Result<PathBuf> {
    install(&[COMPILERS])?;
    let is_right = |file: &Path| prints(Command::new(file).args(["fuzz", "--version"]), CARGO_FUZZ);
    if let Some(file) = paths::find(&["cargo-fuzz"]).filter(|file| is_right(file)) {
        return Ok(file);
    }
    let tools = paths::target()?.join("tools");
    let file = tools.join("bin/cargo-fuzz");
    if !is_right(&file) {
        println!("Installing cargo-fuzz {CARGO_FUZZ} into {}: it runs the fuzz targets.", tools.display());
        // Unoptimised: it only starts other programs, and is built in half a minute so.
        let mut command = Command::new(paths::cargo());
        command.args(["install", "--quiet", "--locked", "--debug", "--version", CARGO_FUZZ, "--root"]).arg(&tools);
        run(command.arg("cargo-fuzz"))?;
    }
    Ok(file)
}

fn chromium() -> Option<PathBuf> {
    paths::find(&["chromium", "chromium-browser", "google-chrome"])
}

/// Makes a Python environment under `target` with what is in Python, where it is not yet.
fn python_environment() -> Result<PathBuf> {
    let environment = paths::target()?.join("venv");
    let wanted = [("schemathesis", SCHEMATHESIS), ("aiosmtpd", AIOSMTPD), ("sclblpy", SCLBLPY)];
    let is_there = |(name, version): &(&str, &str)| {
        let ask = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";
        output_of(Command::new(environment.join("bin/python3")).args(["-c", ask, name])).as_deref() == Some(*version)
    };
    if wanted.iter().all(is_there) {
        return Ok(environment);
    }
    let packages = wanted.map(|(name, version)| format!("{name}=={version}"));
    println!("Installing {} into {}.", packages.join(", "), environment.display());
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    run(Command::new(environment.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(&packages))?;
    match wanted.iter().find(|one| !is_there(one)) {
        Some((name, _)) => bail!("{name} was installed and is not found"),
        None => Ok(environment),
    }
}

/// Puts axe-core under `target`, where it is not yet, and gives its script.
fn axe_core() -> Result<PathBuf> {
    let folder = paths::target()?.join("npm");
    let package = folder.join("node_modules/axe-core");
    let version = format!("\"version\": \"{AXE_CORE}\"");
    let is_there = || fs::read_to_string(package.join("package.json")).is_ok_and(|text| text.contains(&version));
    if !is_there() {
        println!(
            "Installing axe-core {AXE_CORE} into {}: it judges whether everybody can use a page.",
            folder.display()
        );
        fs::create_dir_all(&folder)?;
        // Nothing of the package runs here: it is one script for a browser.
        let mut command = Command::new("npm");
        command.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
        run(command.arg(format!("axe-core@{AXE_CORE}")))?;
        ensure!(is_there(), "axe-core was installed and is not found");
    }
    Ok(package.join("axe.min.js"))
}

/// Installs the Debian packages of the needs that are not met.
fn install(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("The tests need what this machine does not have yet:");
    for need in &missing {
        println!("  {}: {}", need.packages, need.why);
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages.split(' ')).collect();
    let by_hand = format!("apt-get update && apt-get install --no-install-recommends {}", packages.join(" "));
    let Some(prefix) = become_root().filter(|_| paths::find(&["apt-get"]).is_some()) else {
        bail!("install it as root, then run this again; on Debian:\n    {by_hand}");
    };
    println!("Installing: {by_hand}");
    run(&mut apt_get(prefix, &["update", "--quiet"]))?;
    let mut command = apt_get(prefix, &["install", "--quiet", "--yes", "--no-install-recommends"]);
    run(command.args(&packages))?;
    match missing.iter().find(|need| !(need.is_there)()) {
        Some(need) => bail!("{} is installed, but what it was installed for is still not found", need.packages),
        None => Ok(()),
    }
}

/// What has to stand before a command so that root runs it; `None` where we cannot become root.
fn become_root() -> Option<&'static [&'static str]> {
    if output_of(Command::new("id").arg("-u")).as_deref() == Some("0") {
        return Some(&[]);
    }
    // With a person at the terminal, sudo may ask for the password.
    let can = succeeds(Command::new("sudo").args(["-n", "true"]))
        || (paths::find(&["sudo"]).is_some() && io::stdin().is_terminal());
    can.then_some(&["sudo"])
}

fn apt_get(prefix: &[&str], arguments: &[&str]) -> Command {
    // env carries the setting through sudo. Another apt-get that runs now is waited for.
    let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=600"]];
    let mut words = words.into_iter().flatten();
    let mut command = Command::new(words.next().unwrap_or(&"env"));
    command.args(words).args(arguments);
    command
}

/// Runs a command and shows what it prints.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} does not run", command.get_program().display()))?;
    ensure!(status.success(), "{command:?} failed, {status}");
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn prints(command: &mut Command, text: &str) -> bool {
    output_of(command).is_some_and(|output| output.contains(text))
}

/// What a command prints, without white space around it; `None` where it fails.
fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
