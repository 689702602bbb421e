//! Ed25519 and nothing else: what no server that signs licence files can exceed.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use ed25519_dalek::{Signer, SigningKey};

/// As much as a licence file of one licence has to be signed of, in bytes.
const FILE_BYTES: usize = 480;

/// Signatures a second on so many threads.
pub(crate) fn rate(threads: usize, time: Duration) -> Result<f64> {
    let begun = Instant::now();
    let workers: Vec<_> = (0..threads).map(|_| thread::spawn(move || sign_until(begun + time))).collect();
    let mut signatures = 0;
    for worker in workers {
        signatures += worker.join().map_err(|_| anyhow!("a signing thread panicked"))?;
    }
    Ok(f64::from(signatures) / begun.elapsed().as_secs_f64())
}

fn sign_until(end: Instant) -> u32 {
    let key = SigningKey::from_bytes(&[7; 32]);
    let mut file = [b'a'; FILE_BYTES];
    let mut signatures: u32 = 0;
    while Instant::now() < end {
        // What was signed before goes into what is signed next, so that nothing is left out.
        let signature = key.sign(&file).to_bytes();
        for (byte, signed) in file.iter_mut().zip(signature) {
            *byte = signed;
        }
        signatures += 1;
    }
    signatures
}
