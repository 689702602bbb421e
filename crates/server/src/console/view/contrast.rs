//! Every pair of ink and ground that pages use, against WCAG 2.2 (1.4.3 and 1.4.11).

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

/// Text: at least 4.5 to 1.
const TEXT: [(&str, &str); 25] = [
    ("ink", "canvas"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink", "hover"),
    ("ink", "accent-soft"),
    ("ink", "harm-soft"),
    ("ink", "caution-soft"),
    ("ink-soft", "canvas"),
    ("ink-soft", "surface"),
    ("ink-soft", "sunken"),
    ("ink-soft", "hover"),
    ("accent", "canvas"),
    ("accent", "surface"),
    ("accent", "sunken"),
    ("accent", "hover"),
    ("accent", "accent-soft"),
    ("on-accent", "accent-fill"),
    ("on-accent", "accent-fill-hover"),
    ("harm", "canvas"),
    ("harm", "surface"),
    ("harm", "sunken"),
    ("harm", "harm-soft"),
    ("good", "canvas"),
    ("canvas", "ink"),
    ("caution", "caution-soft"),
];

/// Borders of controls and shapes that mean something: at least 3 to 1.
const SHAPES: [(&str, &str); 9] = [
    ("edge", "canvas"),
    ("edge", "surface"),
    ("accent", "canvas"),
    ("accent", "surface"),
    ("good", "surface"),
    ("good", "hover"),
    ("caution", "surface"),
    ("caution", "hover"),
    ("harm", "surface"),
];

#[test]
fn ink_stands_out_from_its_ground() {
    let colours = colours();
    for (pairs, least) in [(&TEXT[..], 4.5), (&SHAPES[..], 3.0)] {
        for (ink, ground) in pairs {
            for theme in [0, 1] {
                let ratio = contrast(colours[*ink][theme], colours[*ground][theme]);
                assert!(ratio >= least, "{ink} on {ground}, theme {theme}: {ratio:.2}");
            }
        }
    }
}

/// The colours of the tokens: light, dark.
fn colours() -> BTreeMap<String, [u32; 2]> {
    let sheet = String::from_utf8(crate::assets::find("css/tokens.css").unwrap().bytes.into_owned()).unwrap();
    let tokens = sheet.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": "));
    let pair = |value: &str| match value.strip_prefix("light-dark(").and_then(|rest| rest.strip_suffix(')')) {
        Some(both) => both.split_once(", ").and_then(|(light, dark)| Some([colour(light)?, colour(dark)?])),
        None => colour(value).map(|one| [one, one]),
    };
    tokens.filter_map(|(name, value)| Some((name.to_owned(), pair(value)?))).collect()
}

/// Reads `#rrggbb`.
fn colour(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    Some(u32::from_str_radix(digits, 16).expect("a colour in hexadecimal"))
}

/// WCAG's contrast ratio of two colours.
fn contrast(one: u32, other: u32) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// WCAG's relative luminance of an sRGB colour.
fn luminance(colour: u32) -> f64 {
    let [_, red, green, blue] = colour.to_be_bytes().map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[test]
fn black_on_white_is_twenty_one_to_one() {
    assert!((contrast(0, 0x00ff_ffff) - 21.0).abs() < 0.01);
}
