//! With what somebody signed in, in words that they recognise.

/// Names in a `User-Agent` and what people call the program, the most particular first: most
/// browsers also name those that they want to be taken for.
const PROGRAMS: [(&str, &str); 9] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same for what the program runs on.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// A device in a few words, from what it says of itself: `Firefox on Windows`, `curl`.
#[must_use]
pub fn device(user_agent: Option<&str>) -> String {
    let Some(user_agent) = user_agent.map(str::trim).filter(|text| !text.is_empty()) else {
        return "Unknown device".to_owned();
    };
    let named = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (named(&PROGRAMS), named(&SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(program), None) => program.to_owned(),
        // No browser: the first product names the program (RFC 9110, 10.1.5).
        (None, _) => user_agent.split(['/', ' ']).next().unwrap_or(user_agent).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn devices_are_called_what_people_call_them() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, words) in [
            (format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/150.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/150.0 Safari/537.36 Edg/150.0"),
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (Windows NT 10.0; rv:150.0) Gecko/20100101 Firefox/150.0".into(), "Firefox on Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) AppleWebKit/605 Version/20.0 Safari/604.1"
                    .into(),
                "Safari on iPhone",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 16) {webkit} Chrome/150.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            ("curl/8.14.1".into(), "curl"),
            ("python-requests/2.32.0".into(), "python-requests"),
            ("PostmanRuntime 7".into(), "PostmanRuntime"),
        ] {
            assert_eq!(device(Some(&user_agent)), words, "{user_agent}");
        }
        for nothing in [None, Some(""), Some("  ")] {
            assert_eq!(device(nothing), "Unknown device");
        }
    }
}
