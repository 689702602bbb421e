//! Tables for people: columns that stand under each other.

use super::plain::one_line;

/// A table with a head; the columns are as wide as what is in them, two spaces apart.
///
/// What would steer a terminal is replaced, in the head too: some of it was sent by strangers.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(one_line);
    let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(|cell| one_line(cell))).collect();
    let mut widths = head.each_ref().map(|cell| width(cell));
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let line = |cells: &[String; N]| {
        let mut line = String::new();
        for (cell, widest) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', widest - width(cell) + 2));
        }
        format!("{}\n", line.trim_end())
    };
    std::iter::once(&head).chain(&rows).map(line).collect()
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["Jörg".to_owned(), "x".to_owned()], ["Al".to_owned(), String::new()]];
        assert_eq!(table(["NAME", "ID"], &rows), "NAME  ID\nJörg  x\nAl\n");
    }

    #[test]
    fn nothing_in_a_cell_steers_the_terminal() {
        let shown = table(["A\u{202e}"], &[["\u{1b}[2J\u{9b}2J\n\u{202e}".to_owned()]]);
        assert_eq!(shown, "A\u{fffd}\n\u{fffd}[2J\u{fffd}2J\u{fffd}\u{fffd}\n");
    }
}
