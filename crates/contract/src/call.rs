//! What a handler is given.

use std::borrow::Cow;
use std::sync::Arc;

use bailiwick_app::caller::Origin;
use bailiwick_app::context::Context;
use bytes::Bytes;
use http::Uri;

use crate::input::{NoBody, NoHeaders, NoPath, NoQuery};
use crate::registry::Registry;

/// One call of an endpoint, checked and read: all that its handler gets to see.
///
/// The types say what is in it: who calls, and what the path, the query, the
/// body and the declared headers hold.
pub struct Call<Caller = (), Path = NoPath, Query = NoQuery, Body = NoBody, Headers = NoHeaders> {
    /// What every use case works with.
    pub context: Arc<Context>,
    /// All endpoints and pages, for those that speak about the API itself.
    pub registry: Arc<Registry>,
    /// Who calls, as the endpoint's access decides.
    pub caller: Caller,
    /// What the path holds.
    pub path: Path,
    /// What the query holds.
    pub query: Query,
    /// What the body holds.
    pub body: Body,
    /// The body as it came, for what must tell two bodies apart; empty without a declared body.
    pub body_bytes: Bytes,
    /// What the declared headers hold.
    pub headers: Headers,
    /// From where the call came.
    pub origin: Origin,
    pub(crate) uri: Uri,
}

impl<Caller, Path, Query, Body, Headers> Call<Caller, Path, Query, Body, Headers> {
    /// The names of all query members, declared or not, as often as they were sent.
    pub fn query_names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let query = self.uri.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name)
    }
}
