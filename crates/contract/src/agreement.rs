//! What the parts of a request say of one id, and that they say the same.
//!
//! Whoever names one thing in the path and another one in the query or the body
//! hopes that one of them is checked and the other one used. An endpoint uses
//! what it declares and nothing else; that a part which it does not read
//! contradicts it is refused all the same, and not passed over.

use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Refusal;

use crate::input::{Members, PathMembers};

/// What one part of a request says.
struct Said {
    /// The member as the request spells it.
    spelled: String,
    /// The same in small letters; what the path is about is called by its parameter.
    name: String,
    value: String,
}

/// Refuses two ids for one thing, in whatever parts.
///
/// A body that cannot be read says nothing here: its reader tells what is wrong.
///
/// # Errors
/// A validation fault on the member that says something else than one before it.
pub(crate) fn check(path: &PathMembers, query: &str, body: &[u8]) -> Result<(), Fault> {
    let (ids, own): (Vec<_>, _) = (path.iter().filter(|(name, _)| is_id(name)).collect(), path.iter().count());
    // A path about one thing may have it called by the short name as well.
    let subject = ids.first().filter(|_| own == 1).map(|(name, _)| (*name).to_owned());
    let said = |spelled: &str, value: &str| {
        let name = spelled.to_ascii_lowercase();
        let is_short = matches!(name.as_str(), "id" | "uuid");
        let name = subject.clone().filter(|_| is_short).unwrap_or(name);
        Said { spelled: spelled.to_owned(), name, value: value.to_owned() }
    };
    let mut all: Vec<Said> = ids.iter().map(|(name, value)| said(name, value)).collect();
    let query = url::form_urlencoded::parse(query.as_bytes());
    all.extend(query.filter(|(name, _)| is_id(name)).map(|(name, value)| said(&name, &value)));
    // Alone, a body has nothing to contradict but itself, and that its reader refuses.
    if !all.is_empty()
        && let Ok(members) = Members::parse(body)
    {
        let texts = members.iter().filter_map(|(name, value)| value.as_str().map(|value| (name, value)));
        all.extend(texts.filter(|(name, _)| is_id(name)).map(|(name, value)| said(name, value)));
    }
    for (index, later) in all.iter().enumerate() {
        let earlier = all.iter().take(index).find(|earlier| earlier.name == later.name);
        if earlier.is_some_and(|earlier| !earlier.value.eq_ignore_ascii_case(&later.value)) {
            let refusal = Refusal::new("conflict", "the same in every part of the request that names it");
            return Err(Fault::field(later.spelled.clone(), refusal, Some(&later.value)));
        }
    }
    Ok(())
}

/// Whether a member of this name says which thing is meant.
fn is_id(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "id" | "uuid") || name.ends_with("_id")
}
