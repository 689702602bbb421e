//! Stories about personal API keys, told over HTTP on both databases: what opens to them and what does not, who may
//! have them, and what becomes of them when something becomes of their owner.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod audited;
mod doors;
mod making;
mod operator;
mod owner;
mod support;
