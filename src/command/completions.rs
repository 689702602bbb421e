//! `bailiwick completions`: what a shell needs to complete our command line.

use std::io::Write;

use anyhow::{Result, anyhow};
use clap::{Arg, ArgMatches, Command};
use clap_complete::Shell;

/// The shells that we write for.
const SHELLS: [(&str, Shell); 3] = [("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish)];

pub(super) fn line() -> Command {
    Command::new("completions")
        .about("Print a script that completes this command line, for a shell to read")
        .arg(Arg::new("shell").required(true).value_name("SHELL").value_parser(SHELLS.map(|(name, _)| name)))
}

pub(super) fn run(arguments: &ArgMatches) -> Result<()> {
    let wanted = arguments.get_one::<String>("shell").map(String::as_str);
    let shell = SHELLS.iter().find(|(name, _)| Some(*name) == wanted).map(|(_, shell)| *shell);
    let mut script = Vec::new();
    clap_complete::generate(
        shell.ok_or_else(|| anyhow!("name a shell"))?,
        &mut super::line(),
        "bailiwick",
        &mut script,
    );
    Ok(std::io::stdout().write_all(&script)?)
}
