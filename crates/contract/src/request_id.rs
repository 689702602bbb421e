//! A name for each request.

use std::sync::{Mutex, PoisonError};

use bailiwick_app::context::Context;
use bailiwick_domain::id::{IdEntropy, RequestId};

/// Random bytes that are asked for at once: for 128 requests.
const STOCK: usize = 128 * size_of::<IdEntropy>();

/// Makes the ids of requests from a small stock of chance, so that not every
/// request has to ask the operating system. Nothing secret comes from it.
#[derive(Debug)]
pub(crate) struct RequestIds {
    stock: Mutex<Stock>,
}

#[derive(Debug)]
struct Stock {
    bytes: [u8; STOCK],
    used: usize,
}

impl RequestIds {
    /// Without a stock: the first request fetches one.
    pub(crate) const fn new() -> Self {
        Self { stock: Mutex::new(Stock { bytes: [0; STOCK], used: STOCK }) }
    }

    /// The next id.
    pub(crate) fn next(&self, context: &Context) -> RequestId {
        let now = context.clock.now();
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let rest = stock.bytes.get(stock.used..).and_then(<[u8]>::first_chunk);
            if let Some(entropy) = rest.copied() {
                stock.used += size_of::<IdEntropy>();
                return RequestId::new(now, entropy);
            }
            *stock = Stock { bytes: context.random.bytes(), used: 0 };
        }
    }
}
