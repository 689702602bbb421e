//! All endpoints and pages of the server, each declared once.

use std::collections::HashSet;

use crate::endpoint::{Endpoint, EndpointInfo};
use crate::page::{Page, PageInfo};

/// All endpoints and pages.
pub struct Registry {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) pages: Vec<Page>,
}

/// Two declarations that cannot both be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two things have one name.
    #[error("two endpoints or pages are called {0}")]
    Name(&'static str),
    /// What is about people and how they come in takes no API key.
    #[error("{0} is about people and how they come in, and would take API keys")]
    ApiKeys(&'static str),
    /// Two things answer to one method and path.
    #[error("two endpoints or pages answer to {0} {1}")]
    Route(String, &'static str),
}

/// Where no API key is taken, whatever a declaration says: it acts as a person, and proves nobody.
const KEYLESS: [&str; 2] = ["/api/me", "/api/invitations"];

/// Whether an API key may be taken at this path, or one below it.
/// What of the Authorisation API is about licences, and not about people and how they come in.
const LICENSING: [&str; 3] = ["/auth/license", "/auth/licenses", "/auth/admin"];

fn may_take_api_keys(path: &str) -> bool {
    let is_within = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_keyless = KEYLESS.into_iter().any(is_within);
    path.starts_with("/api/") && !is_keyless || LICENSING.into_iter().any(is_within)
}

impl Registry {
    /// Puts the declarations together.
    pub fn new(endpoints: Vec<Endpoint>, pages: Vec<Page>) -> Result<Self, RegistryError> {
        let endpoint_rows = endpoints.iter().map(|Endpoint { info, .. }| (&info.method, info.path, info.name));
        let page_rows = pages.iter().map(|Page { info, .. }| (&info.method, info.path, info.name));
        let mut keyed = endpoints.iter().map(|Endpoint { info, .. }| info).filter(|info| info.key_access.is_some());
        if let Some(info) = keyed.find(|info| !may_take_api_keys(info.path)) {
            return Err(RegistryError::ApiKeys(info.name));
        }
        let (mut names, mut routes) = (HashSet::new(), HashSet::new());
        for (method, path, name) in endpoint_rows.chain(page_rows) {
            if !names.insert(name) {
                return Err(RegistryError::Name(name));
            }
            if !routes.insert((method, path)) {
                return Err(RegistryError::Route(method.to_string(), path));
            }
        }
        Ok(Self { endpoints, pages })
    }

    /// What each endpoint declares, in the order of the declarations.
    pub fn endpoints(&self) -> impl Iterator<Item = &EndpointInfo> {
        self.endpoints.iter().map(|endpoint| &endpoint.info)
    }

    /// What each page declares, in the order of the declarations.
    pub fn pages(&self) -> impl Iterator<Item = &PageInfo> {
        self.pages.iter().map(|page| &page.info)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let endpoints: Vec<_> = self.endpoints().collect();
        formatter.debug_struct("Registry").field("endpoints", &endpoints).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::may_take_api_keys;

    #[test]
    fn what_is_about_people_and_how_they_come_in_takes_no_api_key() {
        for path in ["/auth/status", "/api/me", "/api/me/api-keys", "/api/invitations/{id}", "/healthz", "/", "/apis"] {
            assert!(!may_take_api_keys(path), "{path}");
        }
        for path in ["/api/systems", "/api/systems/{id}", "/api/metrics", "/api/organizations"] {
            assert!(may_take_api_keys(path), "{path}");
        }
    }
}
