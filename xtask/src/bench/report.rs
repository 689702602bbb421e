//! The table, and the document around it.

use super::stage::Duel;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    None,
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
}

impl Aim {
    /// The aim in words, and whether the figure reaches it.
    fn judge(self, figure: f64) -> String {
        let (words, is_met) = match self {
            Self::None => return String::new(),
            Self::AtLeast(least) => (format!("≥ {least}"), figure >= least),
            Self::AtMost(most) => (format!("≤ {most}"), figure <= most),
            Self::Below(limit) => (format!("< {limit}"), figure < limit),
        };
        format!("{words}: {}", if is_met { "yes" } else { "**no**" })
    }
}

/// A line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row([String; 5]);

impl Row {
    /// Answers a second, against those of something else.
    pub(crate) fn of_rates(what: &str, against: &str, duel: Duel, aim: Aim) -> Self {
        let rate = |rate: f64| if rate < 100.0 { format!("{rate:.1}/s") } else { format!("{rate:.0}/s") };
        Self::of_duel(what, &format!("{} ({against})", rate(duel.first)), rate(duel.second), duel, aim)
    }

    /// Milliseconds, against those of something else.
    pub(crate) fn of_times(what: &str, against: &str, duel: Duel, aim: Aim) -> Self {
        Self::of_duel(what, &format!("{:.2} ms ({against})", duel.first), format!("{:.2} ms", duel.second), duel, aim)
    }

    fn of_duel(what: &str, against: &str, ours: String, duel: Duel, aim: Aim) -> Self {
        // Of what takes a hash, two digits would leave nothing.
        let ratio = if duel.ratio < 0.01 { format!("{:.4}", duel.ratio) } else { format!("{:.2}", duel.ratio) };
        Self([what.to_owned(), ours, against.to_owned(), ratio, aim.judge(duel.ratio)])
    }

    /// What there is of it, on one line.
    pub(crate) fn line(&self) -> String {
        let cells: Vec<&str> = self.0.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        cells.join(" | ")
    }

    /// A figure that stands for itself.
    pub(crate) fn of_value(what: &str, unit: &str, figure: f64, aim: Aim) -> Self {
        let judged = aim.judge(figure);
        Self([what.to_owned(), format!("{figure:.0} {unit}"), String::new(), String::new(), judged])
    }
}

/// The table of a document with these rows in the place of those of the same name; those without one come last.
pub(crate) fn replaced(document: &str, mut fresh: Vec<Row>) -> Vec<Row> {
    let lines = document.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| --"));
    let cells = lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()));
    // The first line is the heading.
    let old = cells.filter_map(|cells| <[String; 5]>::try_from(cells.collect::<Vec<_>>()).ok()).skip(1).map(Row);
    let mut rows: Vec<Row> = Vec::new();
    for row in old {
        let found = fresh.iter().position(|one| one.0.first() == row.0.first());
        rows.push(found.map_or(row, |place| fresh.remove(place)));
    }
    rows.extend(fresh);
    rows
}

/// The table as Markdown, its columns in line.
pub(crate) fn table(rows: &[Row]) -> String {
    let heading = Row(["", "Bailiwick", "Against", "Ratio", "Aim"].map(str::to_owned));
    let all = || std::iter::once(&heading).chain(rows);
    let widths: [usize; 5] = std::array::from_fn(|column| {
        all().filter_map(|row| row.0.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    });
    let line = |cells: &[String; 5]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let rule: [String; 5] = widths.map(|width| "-".repeat(width));
    let mut lines = vec![line(&heading.0), line(&rule)];
    lines.extend(rows.iter().map(|row| line(&row.0)));
    lines.concat()
}

/// The document that `--write` writes.
pub(crate) fn document(table: &str, facts: &[String], disturbance: Option<&str>) -> String {
    let disturbance = disturbance.map(|sentence| format!("{sentence}\n\n")).unwrap_or_default();
    format!(
        "# Benchmarks\n\n\
         `cargo xtask bench --write` wrote this page: {version}, on {facts}. Clients, servers and databases share\n\
         that machine, so read the ratios and not the rates; run it on yours to compare. `--only` in addition replaces the\n\
         figures that it names.\n\n\
         {disturbance}{table}\n\
         How it is measured:\n\n\
         - The bare server is axum with one static JSON answer of the size of a system. 16 connections ask without\n\
         \x20 pause, first it, then Bailiwick, and again; each figure is the median of five rounds, each ratio the median\n\
         \x20 of the five ratios; of sign-ins thirty rounds, each half as long.\n\
         - Writes are on the disk before they are answered: SQLite with `synchronous=FULL`, PostgreSQL with `fsync`, and\n\
         \x20 with 2 GB of shared buffers. The bare server writes nothing.\n\
         - A registration hashes a password and creates a person, their organisation, a session and a mail, in one commit.\n\
         - Anybody is drawn by chance, anew for each request, from all that the server knows; whoever reads them is a super\n\
         \x20 admin. The same generator fills both databases, with an entry of the audit log for each person; all of them are\n\
         \x20 checked while the server runs. PostgreSQL has read everything into its buffers before; SQLite has not.\n\
         - Pages are read by six people who see less and less: a super admin, support of the owner, a distributor with\n\
         \x20 10,000 organisations, a reseller with 20, a customer, and a reader there. Each asks the list for a page in\n\
         \x20 each of its orders, with each of its filters and with searches that find all, many, one and nothing, on two\n\
         \x20 servers with ten people in each organisation; a page's time is the median of seven reads, and the row is\n\
         \x20 the page that the larger server slows down most, of those that take it a millisecond or more, or of all where\n\
         \x20 none does. What is moved and suspended is a reseller with 9,998 customers and 99,990 people, while 16\n\
         \x20 connections read.\n\
         - A refresh exchanges both tokens. A created system is called back before the answer; the receiver is a bare\n\
         \x20 server on the same machine.\n\
         - Bare Argon2id hashes with the same parameters (19 MiB, 2 passes, 1 lane) and does nothing else, in memory as a\n\
         \x20 program gets it; Bailiwick asks for huge pages, which is how it can come near, or above, while it answers.\n\
         - Lateness is measured on 16 connections that rest 5 ms between two reads, without and with 16 others that\n\
         \x20 sign in without pause.\n\
         - Start-up is from the start of the process to the first 200 of `/readyz`. Memory is what the kernel counts as\n\
         \x20 resident (`VmRSS`); the load before the rest is reads, lists of 100, callbacks and sign-ins.\n",
        version = concat!("version ", env!("CARGO_PKG_VERSION")),
        facts = facts.join(", "),
    )
}
