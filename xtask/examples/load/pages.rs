//! Pages of lists, one after the other, on one connection.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::client::Connection;
use crate::script::Script;

/// The median time of each page, in microseconds. A first look at each does not count: it plans the statement.
pub(crate) fn medians(address: &str, times: usize, pages: &[String]) -> Result<Vec<u128>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(address).await?;
        let mut medians = Vec::new();
        for page in pages {
            let (bearer, path) = page.split_once(' ').context("a page is a bearer and a path")?;
            let request = Script::fixed(&format!("GET {path}"), &[("Authorization", bearer)], "").next();
            let mut taken = Vec::new();
            for _ in 0..=times {
                let asked = Instant::now();
                let answer = connection.ask(&request).await?;
                taken.push(asked.elapsed().as_micros());
                ensure!(answer.status == 200, "{path}: status {}", answer.status);
            }
            let mut taken = taken.split_off(1);
            taken.sort_unstable();
            medians.push(taken.get(taken.len() / 2).copied().context("a page is read at least once")?);
        }
        Ok(medians)
    })
}
