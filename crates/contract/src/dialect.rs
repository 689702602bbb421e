//! The three JSON dialects, told apart by the path.

/// How an endpoint wraps what it says (contract, sections 3 and 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `PascalCase`, bare bodies, faults as the Message object: everything under `/auth`.
    Authorisation,
    /// `snake_case` in `{code, message, data}`: everything under `/api`.
    Systems,
    /// Bare bodies, faults as in the Systems API: the paths that belong to neither.
    Plain,
}

/// Prefixes under which the Systems API answers too (contract, section 4).
pub const SYSTEMS_ALIASES: [&str; 2] = ["/backend", "/collect"];

impl Dialect {
    /// The dialect of an endpoint with this path.
    #[must_use]
    pub fn of_endpoint(path: &str) -> Self {
        Self::of_unknown(path).unwrap_or(Self::Plain)
    }

    /// In which dialect a path that nobody declared is answered; a page where none fits.
    #[must_use]
    pub fn of_unknown(path: &str) -> Option<Self> {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            "auth" => Some(Self::Authorisation),
            "api" | "backend" | "collect" => Some(Self::Systems),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_decides() {
        for (path, dialect) in [
            ("/auth", Some(Dialect::Authorisation)),
            ("/auth/user", Some(Dialect::Authorisation)),
            ("/authority", None),
            ("/api/systems", Some(Dialect::Systems)),
            ("/backend/api/systems", Some(Dialect::Systems)),
            ("/collect", Some(Dialect::Systems)),
            ("/", None),
            ("/login", None),
        ] {
            assert_eq!(Dialect::of_unknown(path), dialect, "{path}");
        }
    }
}
