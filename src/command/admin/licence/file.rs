//! `bailiwick admin licence file`: the licence file of a system that reaches no network.

use std::fs::File;
use std::io::{Read, Write, stdin, stdout};

use anyhow::{Context as _, Result, bail};
use bailiwick_app::caller::Authority;
use bailiwick_domain::id::SystemId;
use bailiwick_domain::time::Timestamp;
use bailiwick_licence::{CLOCK_TOLERANCE, LicenceRequest, REQUEST_MAX};
use clap::{Arg, ArgMatches, Command};

use super::super::licensing::{failed, flag};
use super::super::{Desk, eprint, moment, parse};

pub(super) fn line() -> Command {
    Command::new("file")
        .about("Write the signed licence file of a system to standard output, to be carried where no network is")
        .arg(Arg::new("system").value_name("UUID").required(true).help("Which system: its id"))
        .arg(flag(
            "request",
            "FILE",
            "The request file of the appliance: it must be of this system; - is standard input",
        ))
}

pub(super) async fn write(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let system: SystemId = parse(arguments, "system", "the id of the system")?;
    let made = match arguments.get_one::<String>("request") {
        Some(name) => Some(made(name, system)?),
        None => None,
    };
    let context = desk.open().await?;
    let file = context.issue_licence_file(Authority::Operator, system).await.map_err(failed)?;
    if let Some(made) = made {
        warn(made, context.now())?;
    }
    // Every byte of it is signed.
    let mut out = stdout().lock();
    out.write_all(file.as_bytes())?;
    Ok(out.flush()?)
}

/// What the clock of the system showed when it asked; refuses what another system asked for.
fn made(name: &str, system: SystemId) -> Result<Timestamp> {
    let bytes = read(name).with_context(|| format!("{name} cannot be read"))?;
    let request = LicenceRequest::open(&bytes);
    let request = request.map_err(|refusal| anyhow::anyhow!("{name} is no request for a licence file: {refusal}"))?;
    if request.system != system.to_string() {
        bail!("{name} is the request of the system {}, and not of {system}", request.system);
    }
    Ok(Timestamp::from_seconds(request.made))
}

/// The request, or as much of it as tells that it is too long.
fn read(name: &str) -> Result<Vec<u8>> {
    let input: Box<dyn Read> = if name == "-" { Box::new(stdin()) } else { Box::new(File::open(name)?) };
    let mut bytes = Vec::new();
    input.take(REQUEST_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Tells people, aside of the file, of a clock by which the file will not be believed.
fn warn(made: Timestamp, now: Timestamp) -> Result<()> {
    let apart = now.seconds().saturating_sub(made.seconds()).saturating_abs();
    if apart <= CLOCK_TOLERANCE {
        return Ok(());
    }
    eprint(&format!(
        "warning: the system's clock showed {} when it asked, and it is {} here; set it right, or it may not believe the \
         file\n",
        moment(made),
        moment(now)
    ))
}
