//! Pages of whom a search finds, in the order of what it finds them by.

use bailiwick_domain::page::{Direction, Page};

use super::people_passing::{has_place, suspension_passes};
use super::people_rows::{found_by, page, people_of};
use super::user_list::ListedUser;
use super::way::Sight;
use crate::error::Result;
use crate::link::Link;
use crate::statement::{Statement, statements};
use crate::value::Value;

/// Everybody whom a search finds by the first of their words, or by the first of their later ones. Of either half as
/// many are read as there are up to the end of the page (`$13`), in the order of an index.
macro_rules! page_of_matches {
    ($order:literal => $shown:expr, $by_first:expr, $by_later:expr) => {
        page!(
            $order => $shown,
            "$11",
            "$12",
            " FROM (SELECT h.id, h.found_by FROM (",
            $by_first,
            " LIMIT $13) AS h UNION ALL SELECT h.id, h.found_by FROM (",
            $by_later,
            " LIMIT $13) AS h) AS u"
        )
    };
}

/// Those of a source of people whom the search finds by the first of their words.
macro_rules! by_first {
    ($found_by:literal, $people:expr, $order:literal) => {
        concat!(
            "SELECT u.id, ",
            $found_by,
            " AS found_by",
            $people,
            $found_by,
            " >= $6 AND ",
            $found_by,
            " < CAST($7 AS TEXT) AND ",
            suspension_passes!(),
            " AND ",
            has_place!(),
            " ORDER BY ",
            $order
        )
    };
}

/// Those whom it finds by a later word only, if they stand in `$list` where there is one.
macro_rules! by_later {
    ($list:literal, $is_there:literal, $order:literal) => {
        concat!(
            "SELECT s.user_id AS id, s.start AS found_by FROM user_search_starts s",
            $list,
            " CROSS JOIN users u WHERE s.start >= $6 AND s.start < CAST($7 AS TEXT)",
            $is_there,
            " AND u.id = s.user_id AND NOT (u.search_text >= $6 AND u.search_text < CAST($7 AS TEXT)) \
             AND NOT EXISTS (SELECT 1 FROM user_search_starts es \
                 WHERE es.user_id = s.user_id AND es.start >= $6 AND es.start < s.start LIMIT 1 OFFSET 0) AND ",
            suspension_passes!(),
            " AND ",
            has_place!(),
            " ORDER BY ",
            $order
        )
    };
}

/// A page of all whom somebody sees.
macro_rules! of_everybody {
    ($order:literal => $shown:expr, $by_first:literal, $by_later:literal) => {
        page_of_matches!($order => $shown, by_first!("u.search_text", " FROM users u WHERE ", $by_first),
            by_later!("", "", $by_later))
    };
}

/// A page of those below the partner `$14`: of everybody else no more is looked at than that they are not among them,
/// one by one, and not the other way round, from everybody who is.
macro_rules! of_partner {
    ($order:literal => $shown:expr, $by_first:literal, $by_later:literal) => {
        page_of_matches!($order => $shown,
            by_first!("b.search_text", concat!(people_of!("$14"), " AND "), $by_first),
            by_later!(" CROSS JOIN partner_people b",
                " AND b.user_id = s.user_id AND COALESCE(b.partner_id, b.user_id) = $14", $by_later))
    };
}

statements! {
    List UP = of_everybody!("u.found_by, u.id" => concat!(found_by!(), ", u.id"),
        "u.search_text, u.id", "s.start, s.user_id");
    List DOWN = of_everybody!("u.found_by DESC, u.id DESC" => concat!(found_by!(), " DESC, u.id DESC"),
        "u.search_text DESC, u.id DESC", "s.start DESC, s.user_id DESC");
    List OF_PARTNER_UP = of_partner!("u.found_by, u.id" => concat!(found_by!(), ", u.id"),
        "b.search_text, b.user_id", "s.start, s.user_id");
    List OF_PARTNER_DOWN = of_partner!("u.found_by DESC, u.id DESC" => concat!(found_by!(), " DESC, u.id DESC"),
        "b.search_text DESC, b.user_id DESC", "s.start DESC, s.user_id DESC");
}

/// A page of them for somebody who sees so much; `shared` is what the conditions are asked with.
pub(super) async fn page(
    link: &mut Link,
    sight: Sight,
    shared: &[Value],
    direction: Direction,
    page: Page,
) -> Result<Vec<ListedUser>> {
    let up_to = page.offset() + page.limit();
    let mut values = shared.to_vec();
    values.extend([page.limit().into(), page.offset().into(), up_to.into()]);
    let statements: [&'static Statement; 2] = match sight {
        Sight::Partner(partner) => {
            values.push(partner.into());
            [&OF_PARTNER_UP, &OF_PARTNER_DOWN]
        }
        Sight::Everything | Sight::Scattered => [&UP, &DOWN],
    };
    link.all(direction.of(statements), &values).await
}
