//! Statements: static SQL, declared once, known as a list.

use std::sync::OnceLock;

/// What a statement may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It only reads.
    Read,
    /// It only reads a page of a list, or counts one: along an index and looking up one row after the other, as it is
    /// written. To think of something else takes PostgreSQL several times as long as to read the page.
    List,
    /// The same of a list that is known to have an index for its order: tables are joined in the order in which they are
    /// written, and what is equal in the first thing alone is put in order. PostgreSQL thinks of every list as one of
    /// medium length, for which neither pays.
    Walk,
    /// It changes something.
    Write,
}

/// One SQL statement with parameters `$1`, `$2`, …
///
/// The two engines share the text unless the statement is a fork; a test counts
/// the forks and prepares every statement on both engines.
#[derive(Debug)]
pub struct Statement {
    name: &'static str,
    access: Access,
    shared: &'static str,
    /// What PostgreSQL needs at the end of the shared text.
    postgres_suffix: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Statement {
    /// A statement that both engines understand. Use [`statements!`](crate::query) to declare one.
    pub(crate) const fn new(name: &'static str, access: Access, shared: &'static str) -> Self {
        Self::forked(name, access, shared, "")
    }

    /// A statement to which PostgreSQL needs an addition.
    pub(crate) const fn forked(
        name: &'static str,
        access: Access,
        shared: &'static str,
        postgres_suffix: &'static str,
    ) -> Self {
        Self { name, access, shared, postgres_suffix, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The name that it is declared by.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it may do.
    #[must_use]
    pub const fn access(&self) -> Access {
        self.access
    }

    /// Whether the engines need different texts.
    #[must_use]
    pub const fn is_fork(&self) -> bool {
        !self.postgres_suffix.is_empty()
    }

    /// The text for SQLite, where a numbered parameter is `?1` and `$1` would
    /// be a name, bound in the order of appearance.
    #[must_use]
    pub fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| self.shared.replace('$', "?"))
    }

    /// The text for PostgreSQL.
    #[must_use]
    pub fn postgres(&self) -> &str {
        self.postgres.get_or_init(|| format!("{}{}", self.shared, self.postgres_suffix))
    }
}

/// Declares statements and the list of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $access:ident $name:ident = $text:expr $(, postgres: $suffix:literal)?;)*) => {
        $(
            $(#[$doc])*
            static $name: $crate::Statement = statements!(@one $name $access $text $(, $suffix)?);
        )*

        /// Every statement of this module.
        pub(crate) static STATEMENTS: &[&$crate::Statement] = &[$(&$name,)*];
    };
    (@one $name:ident $access:ident $text:expr) => {
        $crate::Statement::new(concat!(module_path!(), "::", stringify!($name)), $crate::Access::$access, $text)
    };
    (@one $name:ident $access:ident $text:expr, $suffix:literal) => {
        $crate::Statement::forked(
            concat!(module_path!(), "::", stringify!($name)), $crate::Access::$access, $text, $suffix)
    };
}
pub(crate) use statements;
