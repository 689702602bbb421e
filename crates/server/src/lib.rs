//! The edges: the two APIs, the console, the listener. No rules live here.

pub mod api;
pub mod assets;
pub mod console;
pub mod listener;
pub mod metrics;

use std::sync::Arc;

use axum::Router;
use bailiwick_app::context::Context;
use bailiwick_contract::registry::{Registry, RegistryError};
use bailiwick_contract::router::router;

pub use api::openapi_document;

/// Everything that this program serves, each declared once.
///
/// # Errors
/// When two declarations collide.
pub fn registry() -> Result<Registry, RegistryError> {
    Registry::new(api::endpoints(), console::pages())
}

/// The routes of everything in the registry.
pub fn routes(registry: Arc<Registry>, context: Arc<Context>) -> Router {
    router(registry, context, console::fault::render)
}
