//! Many connections at once, for a while, and what came of it.

use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::LocalSet;

use crate::Load;
use crate::client::Connection;
use crate::script::Script;

/// Asked before the measurement begins, so that caches and pools are filled.
const WARM_UP: Duration = Duration::from_millis(500);

/// What was measured.
#[derive(Debug)]
pub(crate) struct Report {
    rate: f64,
    /// Every answer's time, in microseconds, in order.
    latencies: Vec<u32>,
}

impl Report {
    /// The time within which this part of the answers came, in microseconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index of a list of some thousands"
    )]
    fn quantile(&self, part: f64) -> u32 {
        let index = (self.latencies.len() as f64 * part) as usize;
        self.latencies.get(index).or(self.latencies.last()).copied().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, late, longest) = (self.quantile(0.5), self.quantile(0.99), self.quantile(1.0));
        write!(formatter, "rate={} p50={median} p99={late} max={longest}", self.rate)
    }
}

/// Asks as the load says. Everything on one thread: the server has the rest of the machine.
pub(crate) fn run(load: &Load, script: impl Fn(usize) -> Script) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let begin = Instant::now() + WARM_UP;
        let end = begin + Duration::from_secs_f64(load.seconds);
        let load = Rc::new(load.clone());
        let clients: Vec<_> = (0..load.connections)
            .map(|number| tokio::task::spawn_local(client(Rc::clone(&load), script(number), begin, end)))
            .collect();
        let mut latencies = Vec::new();
        for one in clients {
            latencies.extend(one.await??);
        }
        latencies.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "some millions at the most")]
        let rate = latencies.len() as f64 / load.seconds;
        Ok(Report { rate, latencies })
    })
}

/// One connection's life; gives the times of the answers that came while it was measured.
async fn client(load: Rc<Load>, mut script: Script, begin: Instant, end: Instant) -> Result<Vec<u32>> {
    let mut connection = Connection::open(&load.address).await?;
    let mut latencies = Vec::with_capacity(64 * 1024);
    loop {
        let request = script.next();
        let asked = Instant::now();
        let answer = connection.ask(&request).await?;
        let answered = Instant::now();
        script.learn(&answer)?;
        if answered >= end {
            return Ok(latencies);
        }
        if answered >= begin {
            latencies.push(u32::try_from((answered - asked).as_micros()).unwrap_or(u32::MAX));
        }
        if load.pause_milliseconds > 0 {
            tokio::time::sleep(Duration::from_millis(load.pause_milliseconds)).await;
        }
    }
}
