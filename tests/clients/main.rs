//! Published clients, as others wrote them and people have them installed, do their work against this server.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod sclblpy;
