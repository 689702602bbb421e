//! Hashing passwords with Argon2id on every core (RFC 9106; contract, section 2).
//!
//! A thread for each core keeps its working memory from hash to hash, because
//! taking 19 MiB afresh each time costs more than a tenth of the work. A thread
//! that has had nothing to do for a while gives the memory back.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::password::Password;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::Span;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::random::Random;

/// Memory in KiB (contract, section 2).
pub const MEMORY_KIBIBYTES: u32 = 19_456;
/// Passes over the memory (contract, section 2).
pub const PASSES: u32 = 2;
/// Lanes (contract, section 2).
pub const LANES: u32 = 1;
/// Bytes of a hash.
const OUTPUT_LENGTH: usize = 32;
/// Bytes of a salt.
const SALT_LENGTH: usize = 16;
/// Hashes that may wait for each core: about a second of work.
const QUEUE_PER_CORE: usize = 64;
/// How long a thread without work keeps its memory.
const MEMORY_KEPT_FOR: Duration = Duration::from_secs(5);
/// Room that a thread's memory is reserved with, in bytes, of which only what a hash uses becomes real.
/// Above 32 MiB the C library takes memory from the system and gives it back there, whereas smaller
/// pieces stay in its own hands once one of them was freed (`M_MMAP_THRESHOLD`, mallopt(3)).
const MEMORY_RESERVED: usize = 33 * 1024 * 1024;
/// No page of ordinary size is larger, in bytes, on any processor that Linux runs on.
const PAGE_SIZE_MAX: usize = 64 * 1024;
/// How much these threads give way to those that answer requests.
const NICENESS: i32 = 12;

/// The outcome of checking a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and here is a hash of it with today's parameters.
    RightButOutdated(SecretText),
}

enum Work {
    /// Hash with a new salt.
    Hash { salt: [u8; SALT_LENGTH] },
    /// Compare with a stored hash; where there is none, do the same work for nothing.
    Verify { stored: Option<SecretText>, new_salt: [u8; SALT_LENGTH] },
}

enum Done {
    Hashed(SecretText),
    Verified(Verdict),
}

struct Job {
    password: Password,
    work: Work,
    reply: oneshot::Sender<Result<Done, argon2::Error>>,
}

/// The hashing threads.
#[derive(Debug)]
pub struct Hasher {
    queue: Arc<Queue>,
}

/// What waits for a thread.
#[derive(Debug)]
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
    length_max: usize,
}

#[derive(Debug, Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the job back when the queue is full.
    fn push(&self, job: Job) -> Result<(), Job> {
        let mut state = self.lock();
        if state.jobs.len() >= self.length_max {
            return Err(job);
        }
        state.jobs.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job; nothing once the queue is closed. Each thread that finds no work for a while
    /// does `when_bored` once, and goes on waiting.
    fn next(&self, when_bored: impl FnOnce()) -> Option<Job> {
        let is_idle = |state: &mut QueueState| state.jobs.is_empty() && !state.is_closed;
        let waited = self.changed.wait_timeout_while(self.lock(), MEMORY_KEPT_FOR, is_idle);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            when_bored();
            state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
        }
        state.jobs.pop_front()
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Job(…)")
    }
}

/// Why a password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
enum HashError {
    #[error("the hashing threads are gone")]
    Gone,
    #[error("argon2: {0}")]
    Argon2(argon2::Error),
}

impl Hasher {
    /// Starts a thread for each core.
    pub fn start() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let queue = Queue { state: Mutex::default(), changed: Condvar::new(), length_max: cores * QUEUE_PER_CORE };
        let hasher = Self { queue: Arc::new(queue) };
        for number in 0..cores {
            let queue = Arc::clone(&hasher.queue);
            std::thread::Builder::new().name(format!("bailiwick-hash-{number}")).spawn(move || work(&queue))?;
        }
        Ok(hasher)
    }

    /// Hashes a new password; returns its PHC string.
    pub async fn hash(&self, password: &Password, random: &dyn Random) -> Result<SecretText, Fault> {
        match self.run(password, Work::Hash { salt: random.bytes() }).await? {
            Done::Hashed(hash) => Ok(hash),
            Done::Verified(_) => Err(Fault::broken(HashError::Gone)),
        }
    }

    /// Compares a password with a stored hash. Without one it takes just as long and is wrong.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<SecretText>,
        random: &dyn Random,
    ) -> Result<Verdict, Fault> {
        match self.run(password, Work::Verify { stored, new_salt: random.bytes() }).await? {
            Done::Verified(verdict) => Ok(verdict),
            Done::Hashed(_) => Err(Fault::broken(HashError::Gone)),
        }
    }

    async fn run(&self, password: &Password, work: Work) -> Result<Done, Fault> {
        let (reply, outcome) = oneshot::channel();
        if self.queue.push(Job { password: password.clone(), work, reply }).is_err() {
            metrics::counter!("password_hash_queue_full_total").increment(1);
            return Err(Fault::new(Code::Unavailable).with_retry_after(Span::seconds(1)));
        }
        let outcome = outcome.await.map_err(|_| Fault::broken(HashError::Gone))?;
        outcome.map_err(|error| Fault::broken(HashError::Argon2(error)))
    }
}

impl Drop for Hasher {
    /// Lets the threads end once the queue is empty.
    fn drop(&mut self) {
        self.queue.lock().is_closed = true;
        self.queue.changed.notify_all();
    }
}

/// A hashing thread's life.
fn work(queue: &Queue) {
    // Where the system refuses, hashing competes with answering: slower, still right.
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "hashing threads keep their priority");
    }
    let mut memory = Vec::new();
    while let Some(job) = queue.next(|| memory = Vec::new()) {
        // Nobody waits for a request that was given up.
        if !job.reply.is_closed() {
            let done = carry_out(&job.password, job.work, &mut memory);
            let _ = job.reply.send(done);
        }
    }
}

fn carry_out(password: &Password, work: Work, memory: &mut Vec<Block>) -> Result<Done, argon2::Error> {
    match work {
        Work::Hash { salt } => phc(password, &salt, memory).map(Done::Hashed),
        Work::Verify { stored, new_salt } => {
            let stored = stored.as_ref().and_then(|stored| PasswordHash::new(stored.expose()).ok());
            let Some(stored) = stored else {
                let _ = raw_hash(password, &new_salt, &todays_parameters()?, memory)?;
                return Ok(Done::Verified(Verdict::Wrong));
            };
            compare(password, &stored, &new_salt, memory).map(Done::Verified)
        }
    }
}

fn compare(
    password: &Password,
    stored: &PasswordHash,
    new_salt: &[u8; SALT_LENGTH],
    memory: &mut Vec<Block>,
) -> Result<Verdict, argon2::Error> {
    let today = todays_parameters()?;
    let parts = Params::try_from(stored).ok().zip(stored.salt.as_ref().zip(stored.hash.as_ref()));
    let Some((parameters, (salt, expected))) = parts else {
        let _ = raw_hash(password, new_salt, &today, memory)?;
        return Ok(Verdict::Wrong);
    };
    let actual = raw_hash(password, salt, &parameters, memory)?;
    if !bool::from(actual.ct_eq(expected.as_bytes())) {
        return Ok(Verdict::Wrong);
    }
    let costs = |parameters: &Params| (parameters.m_cost(), parameters.t_cost(), parameters.p_cost());
    if costs(&parameters) == costs(&today) {
        return Ok(Verdict::Right);
    }
    phc(password, new_salt, memory).map(Verdict::RightButOutdated)
}

fn todays_parameters() -> Result<Params, argon2::Error> {
    Params::new(MEMORY_KIBIBYTES, PASSES, LANES, Some(OUTPUT_LENGTH))
}

fn phc(password: &Password, salt: &[u8; SALT_LENGTH], memory: &mut Vec<Block>) -> Result<SecretText, argon2::Error> {
    let parameters = todays_parameters()?;
    let output = raw_hash(password, salt, &parameters, memory)?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&parameters).map_err(|_| argon2::Error::ThreadsTooMany)?,
        salt: Some(Salt::new(salt).map_err(|_| argon2::Error::SaltTooLong)?),
        hash: Some(Output::new(&output).map_err(|_| argon2::Error::OutputTooLong)?),
    };
    Ok(SecretText::new(hash.to_string()))
}

fn raw_hash(
    password: &Password,
    salt: &[u8],
    parameters: &Params,
    memory: &mut Vec<Block>,
) -> Result<[u8; OUTPUT_LENGTH], argon2::Error> {
    let blocks = parameters.block_count();
    if memory.len() < blocks {
        memory.reserve_exact(blocks.max(MEMORY_RESERVED / Block::SIZE));
        prefer_huge_pages(memory);
        memory.resize(blocks, Block::new());
    }
    let mut output = [0; OUTPUT_LENGTH];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters.clone());
    argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut output, memory.as_mut_slice())?;
    Ok(output)
}

/// Asks the kernel to back this memory, of which nothing is used yet, with huge pages: a hash jumps about in it, and
/// spends a twentieth of its time on looking small pages up.
#[expect(unsafe_code, reason = "no library gives this advice for memory of somebody else's type without it")]
fn prefer_huge_pages(memory: &mut Vec<Block>) {
    let room = memory.spare_capacity_mut();
    let range = room.as_mut_ptr_range();
    let start = range.start.map_addr(|address| address.next_multiple_of(PAGE_SIZE_MAX));
    // Whole pages only: the advice is for nothing that lies behind.
    let length = range.end.addr().saturating_sub(start.addr()) / PAGE_SIZE_MAX * PAGE_SIZE_MAX;
    // SAFETY: the range lies inside of memory that the list owns, and the advice changes neither what the memory holds
    // nor who may use it (madvise(2), MADV_HUGEPAGE).
    let advised = unsafe { rustix::mm::madvise(start.cast(), length, rustix::mm::Advice::LinuxHugepage) };
    if let Err(error) = advised {
        tracing::debug!(%error, "hashing uses small pages");
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]
    use super::*;
    use crate::random::SystemRandom;
    use bailiwick_domain::field::Parse;

    fn password(text: &str) -> Password {
        Password::parse_text(text).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other() {
        let hasher = Hasher::start().unwrap();
        let hash = hasher.hash(&password("correct zebra"), &SystemRandom).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "other parameters");
        let check = |text: &str, stored: Option<&str>| {
            let (password, stored) = (password(text), stored.map(SecretText::new));
            let hasher = &hasher;
            async move { hasher.verify(&password, stored, &SystemRandom).await.unwrap() }
        };
        assert_eq!(check("correct zebra", Some(hash.expose())).await, Verdict::Right);
        assert_eq!(check("wrong zebra", Some(hash.expose())).await, Verdict::Wrong);
        assert_eq!(check("correct zebra", None).await, Verdict::Wrong);
        assert_eq!(check("correct zebra", Some("no PHC string")).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn an_outdated_hash_is_replaced_when_the_password_is_right() {
        // Made with m=4096, t=3 for "correct zebra".
        let parameters = Params::new(4096, 3, 1, Some(OUTPUT_LENGTH)).unwrap();
        let mut memory = Vec::new();
        let output = raw_hash(&password("correct zebra"), &[7; 16], &parameters, &mut memory).unwrap();
        let outdated = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(19),
            params: ParamsString::try_from(&parameters).unwrap(),
            salt: Some(Salt::new(&[7; 16]).unwrap()),
            hash: Some(Output::new(&output).unwrap()),
        };
        let hasher = Hasher::start().unwrap();
        let verdict =
            hasher.verify(&password("correct zebra"), Some(SecretText::new(outdated.to_string())), &SystemRandom).await;
        let Ok(Verdict::RightButOutdated(fresh)) = verdict else { panic!("{verdict:?}") };
        let verdict = hasher.verify(&password("correct zebra"), Some(fresh), &SystemRandom).await.unwrap();
        assert_eq!(verdict, Verdict::Right);
    }
}
