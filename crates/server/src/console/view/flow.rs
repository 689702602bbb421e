//! The picture of seats flowing down the tree: a bar for each pool, as wide as it has seats, and below the part that it
//! gave away the bars of those who were given it.

use std::collections::BTreeMap;

use super::list::quantity;

/// How wide the picture is, in its own units.
const WIDTH: f64 = 960.0;
/// How high a bar is.
const BAR: f64 = 58.0;
/// How much of that the parts take: what was given, what is used, what is free.
const PARTS: f64 = 18.0;
/// How much lies between two rows of bars.
const BETWEEN: f64 = 26.0;
/// What a letter takes.
const LETTER: f64 = 7.0;
/// What lies before and after a word.
const MARGIN: f64 = 8.0;
/// The shortest beginning of a name that still says whose it is, in letters.
const SHORTEST: usize = 5;

/// A pool as the picture needs it.
#[derive(Clone, Debug)]
pub struct FlowPool {
    /// Its id.
    pub id: String,
    /// The id of the pool that it was given out of.
    pub parent: Option<String>,
    /// Who holds it.
    pub name: String,
    /// The seats that it has.
    pub seats: i64,
    /// What was given out of it.
    pub given: i64,
    /// What is used.
    pub used: i64,
}

/// The picture.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Its bars.
    pub bars: Vec<Bar>,
    /// What flows from bar to bar.
    pub bands: Vec<Rectangle>,
    /// Words for bars that are too narrow for theirs.
    pub notes: Vec<Words>,
    /// Its height.
    pub height: String,
}

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Where it is.
    pub place: Rectangle,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// Its words.
    pub words: Vec<Words>,
}

/// A part of a bar.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it is.
    pub place: Rectangle,
    /// How it looks: `given`, `used`, `free`.
    pub style: &'static str,
    /// What it says.
    pub words: Option<Words>,
}

/// A place, in the units of the picture.
#[derive(Clone, Debug)]
pub struct Rectangle {
    /// From the left.
    pub x: String,
    /// From the top.
    pub y: String,
    /// How wide.
    pub width: String,
    /// How high.
    pub height: String,
}

/// Words at a place.
#[derive(Clone, Debug)]
pub struct Words {
    /// From the left.
    pub x: String,
    /// From the top, of the line that they stand on.
    pub y: String,
    /// The words.
    pub text: String,
    /// Whether it is a name.
    pub is_name: bool,
}

impl Flow {
    /// The picture of these pools; those below one that is not among them begin a tree of their own.
    #[must_use]
    pub fn of(pools: &[FlowPool]) -> Self {
        let mut drawing = Drawing { pools, flow: Self::default(), rows: BTreeMap::new() };
        let is_root =
            |pool: &&FlowPool| pool.parent.as_ref().is_none_or(|parent| pools.iter().all(|it| it.id != *parent));
        let roots: Vec<&FlowPool> = pools.iter().filter(is_root).collect();
        let whole: f64 = roots.iter().map(|pool| pool.weight()).sum();
        let mut x = 0.0;
        for pool in roots {
            let width = WIDTH * pool.weight() / whole.max(1.0);
            drawing.bar(pool, x, width, 0);
            x += width;
        }
        drawing.finish()
    }
}

impl FlowPool {
    /// How much it has to show: more than its seats where it has given or used more.
    fn weight(&self) -> f64 {
        number(self.seats.max(self.given + self.used).max(1))
    }
}

struct Drawing<'pools> {
    pools: &'pools [FlowPool],
    flow: Flow,
    /// Where the last bar of each row ends, and the words of those that have no room for theirs.
    rows: BTreeMap<usize, (f64, Vec<String>)>,
}

impl Drawing<'_> {
    fn bar(&mut self, pool: &FlowPool, x: f64, width: f64, depth: usize) {
        let y = row(depth);
        let scale = width / pool.weight();
        let seats = quantity(pool.seats, "seat", "seats");
        let mut words = Vec::new();
        match fitting(&pool.name, width) {
            Some(name) => {
                words.push(Words { text: name, is_name: true, ..at(x + MARGIN, y + 17.0) });
                let figure = fitting(&seats, width).filter(|text| *text == seats);
                words.extend(figure.map(|text| Words { text, ..at(x + MARGIN, y + 33.0) }));
            }
            None => self.row(depth).1.push(format!("{} {}", pool.name, pool.seats)),
        }
        let end = x + width;
        let furthest = self.row(depth);
        furthest.0 = furthest.0.max(end);
        let top = y + BAR - PARTS;
        let mut from = x;
        let mut parts = Vec::new();
        let free = (pool.seats - pool.given - pool.used).max(0);
        for (style, seats) in [("given", pool.given), ("used", pool.used), ("free", free)] {
            let long = number(seats.max(0)) * scale;
            let text = format!("{seats} {style}");
            let words = fitting(&text, long).filter(|fits| *fits == text);
            let words = words.map(|text| Words { text, ..at(from + MARGIN, top + 13.0) });
            if long > 0.0 {
                parts.push(Part { place: rectangle(from, top, long, PARTS), style, words });
            }
            from += long;
        }
        self.flow.bars.push(Bar { place: rectangle(x, y, width, BAR), parts, words });
        let mut below = x;
        for child in self.pools.iter().filter(|child| child.parent.as_ref() == Some(&pool.id)) {
            let long = number(child.seats.max(0)) * scale;
            self.flow.bands.push(rectangle(below, y + BAR, long, BETWEEN));
            self.bar(child, below, long, depth + 1);
            below += long;
        }
    }

    fn row(&mut self, depth: usize) -> &mut (f64, Vec<String>) {
        self.rows.entry(depth).or_default()
    }

    fn finish(mut self) -> Flow {
        for (depth, (end, names)) in &self.rows {
            let text = names.join(" · ");
            let room = WIDTH - end;
            if let Some(text) = fitting(&text, room) {
                self.flow.notes.push(Words { text, ..at(end + MARGIN, row(*depth) + 33.0) });
            }
        }
        let rows = self.rows.len().max(1);
        self.flow.height = pixels(row(rows) - BETWEEN);
        self.flow
    }
}

/// Where a row begins.
fn row(depth: usize) -> f64 {
    number(i64::try_from(depth).unwrap_or_default()) * (BAR + BETWEEN)
}

fn at(x: f64, y: f64) -> Words {
    Words { x: pixels(x), y: pixels(y), text: String::new(), is_name: false }
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Rectangle {
    Rectangle { x: pixels(x), y: pixels(y), width: pixels(width), height: pixels(height) }
}

fn pixels(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn number(number: i64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// As much of a text as there is room for; nothing where that would say nothing.
fn fitting(text: &str, width: f64) -> Option<String> {
    let room = width - 2.0 * MARGIN;
    let mut letters = 0;
    let mut taken = LETTER;
    while taken <= room {
        letters += 1;
        taken += LETTER;
    }
    let length = text.chars().count();
    if length == 0 || (length > letters && letters < SHORTEST + 1) {
        return None;
    }
    if length <= letters {
        return Some(text.to_owned());
    }
    let kept: String = text.chars().take(letters - 1).collect();
    Some(format!("{}…", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(id: &str, parent: Option<&str>, seats: i64, given: i64, used: i64) -> FlowPool {
        let parent = parent.map(str::to_owned);
        FlowPool { id: id.to_owned(), parent, name: format!("Holder {id}"), seats, given, used }
    }

    fn widths(flow: &Flow) -> Vec<&str> {
        flow.bars.iter().map(|bar| bar.place.width.as_str()).collect()
    }

    #[test]
    fn a_bar_is_as_wide_as_its_seats_and_stands_below_what_gave_it() {
        let flow = Flow::of(&[
            pool("a", None, 1000, 700, 100),
            pool("b", Some("a"), 500, 250, 0),
            pool("c", Some("a"), 200, 0, 50),
            pool("d", Some("b"), 250, 0, 0),
        ]);
        assert_eq!(widths(&flow), ["960", "480", "240", "192"]);
        let places: Vec<_> = flow.bars.iter().map(|bar| (bar.place.x.as_str(), bar.place.y.as_str())).collect();
        assert_eq!(places, [("0", "0"), ("0", "84"), ("0", "168"), ("480", "84")]);
        assert_eq!(flow.bands.len(), 3);
        let root: Vec<_> = flow.bars.first().into_iter().flat_map(|bar| &bar.parts).map(|part| part.style).collect();
        assert_eq!(root, ["given", "used", "free"]);
        assert_eq!(flow.height, "226");
    }

    #[test]
    fn what_has_no_room_for_its_words_is_named_beside() {
        let flow = Flow::of(&[pool("a", None, 1000, 20, 0), pool("b", Some("a"), 20, 0, 0)]);
        assert_eq!(flow.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["Holder b 20"]);
        assert!(flow.bars.iter().any(|bar| bar.words.is_empty()));
    }

    #[test]
    fn what_is_owed_stays_within_the_bar_and_nothing_is_divided_by() {
        let flow = Flow::of(&[pool("a", None, 100, 100, 0), pool("b", Some("a"), 100, 0, 150)]);
        assert_eq!(widths(&flow), ["960", "960"]);
        for pools in [vec![], vec![pool("a", None, 0, 0, 0)], vec![pool("a", Some("elsewhere"), 5, 0, 0)]] {
            assert_eq!(Flow::of(&pools).bars.len(), pools.len());
        }
    }

    #[test]
    fn names_are_cut_where_they_still_say_something() {
        assert_eq!(fitting("Alpine Networks", 200.0).as_deref(), Some("Alpine Networks"));
        assert_eq!(fitting("Alpine Networks", 86.0).as_deref(), Some("Alpine Ne…"));
        assert_eq!(fitting("Alpine Networks", 40.0), None);
    }
}
