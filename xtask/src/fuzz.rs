//! A short run of every fuzz target.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    thread,
};

use anyhow::{Context, Result, anyhow, ensure};

use crate::{count::Count, paths};

/// Our code is safe Rust, in which a memory sanitizer finds nothing but makes the build thrice as long.
const WITHOUT_SANITIZER: [&str; 2] = ["-s", "none"];
/// How long each target runs. Long runs are for a person: `cargo fuzz run NAME`.
const SECONDS: u32 = 6;

/// Builds all targets and runs those whose name contains one of `filter` (all, where it is empty);
/// each counts as one test.
pub(crate) fn run(cargo_fuzz: &Path, filter: &[String]) -> Result<Count> {
    let mut targets = targets()?;
    ensure!(!targets.is_empty(), "there is no fuzz target in fuzz/fuzz_targets");
    targets.retain(|target| filter.is_empty() || filter.iter().any(|part| target.contains(part)));
    let mut count = Count::default();
    if targets.is_empty() {
        return Ok(count);
    }
    let build =
        command(cargo_fuzz)?.arg("build").args(WITHOUT_SANITIZER).status().context("cargo-fuzz does not run")?;
    if !build.success() {
        count.add(false);
        return Ok(count);
    }
    // Each has a processor of its own.
    let at_once = thread::available_parallelism()?.get();
    for some in targets.chunks(at_once) {
        let outputs = thread::scope(|scope| {
            let runs: Vec<_> = some.iter().map(|target| scope.spawn(|| fuzz(cargo_fuzz, target))).collect();
            runs.into_iter().map(|run| run.join().map_err(|_| anyhow!("a fuzz target was not run"))?).collect()
        });
        let outputs: Result<Vec<Output>> = outputs;
        for (target, output) in some.iter().zip(outputs?) {
            count.add(output.status.success());
            let report = String::from_utf8_lossy(&output.stderr);
            // "Done 812345 runs in 9 second(s)"
            let runs = report.lines().find(|line| line.starts_with("Done ")).unwrap_or("no inputs were tried");
            if output.status.success() {
                println!("fuzz {target} ... ok ({runs})");
            } else {
                println!("fuzz {target} ... FAILED\n{report}");
            }
        }
    }
    Ok(count)
}

/// The targets' names, in order.
fn targets() -> Result<Vec<String>> {
    let directory = paths::root()?.join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| format!("{} cannot be read", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn command(cargo_fuzz: &Path) -> Result<Command> {
    let mut command = Command::new(cargo_fuzz);
    // Coverage is a flag of the nightly compiler; this variable opens it in the stable one.
    command.arg("fuzz").current_dir(paths::root()?.join("fuzz")).env("RUSTC_BOOTSTRAP", "1");
    Ok(command)
}

/// Runs one target on its committed seeds; what it finds of interest it keeps in `fuzz/corpus`, out of git.
fn fuzz(cargo_fuzz: &Path, target: &str) -> Result<Output> {
    let fuzz = paths::root()?.join("fuzz");
    let corpus = fuzz.join("corpus").join(target);
    let seeds = fuzz.join("seeds").join(target);
    fs::create_dir_all(&corpus)?;
    let mut command = command(cargo_fuzz)?;
    command.arg("run").args(WITHOUT_SANITIZER).arg(target).arg(corpus);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args(["--", &format!("-max_total_time={SECONDS}"), "-timeout=5", "-rss_limit_mb=2048"]);
    command.output().context("cargo-fuzz does not run")
}
