//! Argon2id and nothing else: what no server can exceed.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Hashes a second on so many threads, with the parameters of the contract, section 2.
pub(crate) fn rate(threads: usize, time: Duration) -> Result<f64> {
    let begun = Instant::now();
    let workers: Vec<_> = (0..threads).map(|_| thread::spawn(move || hash_until(begun + time))).collect();
    let mut hashes = 0;
    for worker in workers {
        hashes += worker.join().map_err(|_| anyhow!("a hashing thread panicked"))??;
    }
    Ok(f64::from(hashes) / begun.elapsed().as_secs_f64())
}

fn hash_until(end: Instant) -> Result<u32> {
    let parameters = Params::new(19_456, 2, 1, Some(32)).map_err(|error| anyhow!("{error}"))?;
    let mut memory = vec![Block::new(); parameters.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    let (mut hashes, mut output) = (0, [0; 32]);
    while Instant::now() < end {
        argon2
            .hash_password_into_with_memory(b"correct zebra battery lantern", &[7; 16], &mut output, &mut memory)
            .map_err(|error| anyhow!("{error}"))?;
        hashes += 1;
    }
    Ok(hashes)
}
