//! On what it was measured.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

/// The facts that a reader needs to judge the figures, one a line.
pub(crate) fn facts(postgres: &Path) -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = value_of("/proc/cpuinfo", "model name", ':');
    let memory = value_of("/proc/meminfo", "MemTotal", ':').and_then(|text| {
        let kibibytes: u64 = text.trim_end_matches("kB").trim().parse().ok()?;
        Some(format!("{} GiB of memory", kibibytes.div_ceil(1024 * 1024)))
    });
    let system = value_of("/etc/os-release", "PRETTY_NAME", '=').map(|name| name.trim_matches('"').to_owned());
    let database = Command::new(postgres.join("postgres")).arg("--version").output().ok();
    let database = database.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let first = format!("{cores} cores{}", processor.map(|name| format!(" ({name})")).unwrap_or_default());
    [Some(first), memory, system, database].into_iter().flatten().collect()
}

/// What to say when others are at work on this machine: ratios are rough then, and rates worth nothing.
pub(crate) fn disturbance() -> Option<String> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    let load: f64 = load.split(' ').next()?.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "no machine has so many cores")]
    let is_busy = load > cores as f64 / 4.0;
    is_busy.then(|| format!("Others were at work on the machine when this began (a load of {load} on {cores} cores): run it again in quiet."))
}

/// What stands behind a name in a file of names and values.
fn value_of(file: &str, name: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(separator)?.1.trim().to_owned())
}
