//! Passwords: what is a good one, and how one travels until it is hashed.

use unicode_normalization::UnicodeNormalization;

use crate::field::{Parse, Refusal};
use crate::secret::SecretText;

/// The shortest password, in code points (contract, section 2).
pub const LENGTH_MIN: usize = 12;
/// The longest password, in code points (contract, section 2).
pub const LENGTH_MAX: usize = 256;
/// The zxcvbn score that a password needs, of 4 (contract, section 2).
pub const SCORE_MIN: u8 = 3;
/// How much of a password the estimate looks at: its cost grows with the square.
const ESTIMATED_LENGTH_MAX: usize = 100;

/// A password that somebody typed to prove who they are.
///
/// Normalised with NFKC, so that every keyboard types the same one.
#[derive(Clone, Debug)]
pub struct Password(SecretText);

impl Password {
    /// The normalised text, to be hashed.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Parse for Password {
    const SECRET: bool = true;

    fn parse_text(text: &str) -> Result<Self, Refusal> {
        // A bound before normalising, which may lengthen: nothing longer was ever accepted.
        if text.is_empty() {
            return Err(Refusal::new("required", "given"));
        }
        if text.chars().count() > LENGTH_MAX * 4 {
            return Err(Refusal::new("max", "at most 256 characters long"));
        }
        Ok(Self(SecretText::new(text.nfkc().collect::<String>())))
    }
}

crate::inline_schema!(Password, { "type": "string", "format": "password", "minLength": 1, "maxLength": LENGTH_MAX * 4 });

/// A password that somebody chooses, as it comes from outside: whether it will do depends on what is known of
/// the person, and is for [`NewPassword::accept`] to say.
#[derive(Clone, Debug)]
pub struct ChosenPassword(pub Password);

impl Parse for ChosenPassword {
    const SECRET: bool = true;

    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Password::parse_text(text).map(Self)
    }
}

crate::inline_schema!(ChosenPassword, {
    "type": "string", "format": "password", "minLength": LENGTH_MIN, "maxLength": LENGTH_MAX,
    "examples": ["seven quiet marmots on bicycles"],
});

/// A password that meets the rules for a new one.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Accepts a password of 12 to 256 code points that is hard to guess for
    /// somebody who knows the person's name, address and organisation.
    ///
    /// # Errors
    /// A refusal with the estimate's advice.
    pub fn accept(password: Password, known_about_person: &[&str]) -> Result<Self, Refusal> {
        Self::accept_once(password, known_about_person, estimate)
    }

    /// How hard a password is to guess, and why it would be refused, where it would; one estimate tells both.
    #[must_use]
    pub fn judge(password: Password, known_about_person: &[&str]) -> (Strength, Option<Refusal>) {
        let strength = estimate(&password, known_about_person);
        let refusal = Self::accept_once(password, known_about_person, |_, _| strength.clone()).err();
        (strength, refusal)
    }

    fn accept_once(
        password: Password,
        known_about_person: &[&str],
        estimate: impl FnOnce(&Password, &[&str]) -> Strength,
    ) -> Result<Self, Refusal> {
        let length = password.expose().chars().count();
        if length < LENGTH_MIN {
            return Err(Refusal::new("min", "at least 12 characters long"));
        }
        if length > LENGTH_MAX {
            return Err(Refusal::new("max", "at most 256 characters long"));
        }
        if is_made_of(&password, known_about_person) {
            return Err(Refusal::new("strength", "harder to guess. It is made of what others know about you."));
        }
        let strength = estimate(&password, known_about_person);
        if strength.score < SCORE_MIN {
            let advice = strength.advice.join(" ");
            return Err(Refusal::new("strength", format!("harder to guess. {advice}").trim_end().to_owned()));
        }
        Ok(Self(password))
    }

    /// The password.
    #[must_use]
    pub const fn password(&self) -> &Password {
        &self.0
    }
}

/// How hard a password is to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strength {
    /// zxcvbn's score, 0 (at once) to 4 (never).
    pub score: u8,
    /// What would make it harder, as sentences.
    pub advice: Vec<String>,
}

/// Estimates how hard a password is to guess (zxcvbn).
#[must_use]
fn estimate(password: &Password, known_about_person: &[&str]) -> Strength {
    let head: String = password.expose().chars().take(ESTIMATED_LENGTH_MAX).collect();
    let known = words_of(known_about_person);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let entropy = zxcvbn::zxcvbn(&head, &known);
    let advice = entropy.feedback().map_or_else(Vec::new, |feedback| {
        let warning = feedback.warning().map(|warning| warning.to_string());
        warning.into_iter().chain(feedback.suggestions().iter().map(ToString::to_string)).collect()
    });
    Strength { score: entropy.score() as u8, advice }
}

/// Whether hardly anything is left of a password without what is known about the person: the estimate
/// takes each word for a guess of its own, however near they stand together.
fn is_made_of(password: &Password, known_about_person: &[&str]) -> bool {
    const OWN_CHARACTERS_MIN: usize = 4;
    let mut words = words_of(known_about_person);
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let all = password.expose().to_lowercase();
    let rest = words.iter().fold(all.clone(), |rest, word| rest.replace(&word.to_lowercase(), " "));
    rest != all && rest.chars().filter(|c| c.is_alphanumeric()).count() < OWN_CHARACTERS_MIN
}

/// The whole texts, the sides of addresses, and the words in them, because people use parts of their own names.
/// What is so short that it stands in every other password is none of them.
fn words_of(texts: &[&str]) -> Vec<String> {
    const WORD_LENGTH_MIN: usize = 3;
    let sides = texts.iter().filter(|text| text.contains('@')).flat_map(|text| text.split('@'));
    let words = texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let all = texts.iter().copied().chain(sides).chain(words).map(str::trim);
    all.filter(|part| part.chars().count() >= WORD_LENGTH_MIN).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;

    fn accept(text: &str, known: &[&str]) -> Result<NewPassword, Refusal> {
        NewPassword::accept(Password::parse_text(text).unwrap(), known)
    }

    #[test]
    fn length_is_counted_in_code_points_after_normalising() {
        assert_eq!(accept("elf zeichen", &[]).unwrap_err().rule, "min");
        assert!(accept("🦊 quokka vexillum 7", &[]).is_ok());
        // U+FB03 is one ligature and three letters once normalised.
        assert!(accept("\u{fb03}xq vzwmjk 9", &[]).is_ok());
        assert_eq!(accept(&"ab1c".repeat(65), &[]).unwrap_err().rule, "max");
    }

    #[test]
    fn what_others_know_about_a_person_is_no_password() {
        assert_eq!(accept("Ann@Example.org1", &["ann@example.org"]).unwrap_err().rule, "strength");
        assert_eq!(accept("Ann.Bicycle7Marmot", &["ann.bicycle7marmot@example.org"]).unwrap_err().rule, "strength");
        let known = ["ann@example.org", "Ann Verdi", "Hotel Bellavista"];
        assert_eq!(accept("Hotel Bellavista Ann Verdi 12", &known).unwrap_err().rule, "strength");
        assert!(accept("Hotel Bellavista has 12 marmots", &known).is_ok());
        assert_eq!(accept("passwordpassword", &[]).unwrap_err().rule, "strength");
        assert!(accept("correct zebra battery lantern", &["ann@example.org"]).is_ok());
    }

    #[test]
    fn nothing_is_said_of_what_others_know_where_nothing_is_known() {
        for password in ["😀".repeat(12), "\u{0}".repeat(20)] {
            let refusal = accept(&password, &["Ann Verdi"]).err();
            let said = refusal.map(|refusal| refusal.expected.into_owned()).unwrap_or_default();
            assert!(!said.contains("what others know"), "{said}");
        }
    }

    #[test]
    fn a_name_of_one_letter_takes_no_letters_from_a_password() {
        assert!(accept("e?e!e.e,e;e:e-e_e", &["ann@example.org", "E"]).is_ok());
    }

    #[test]
    fn a_password_does_not_print() {
        assert!(!format!("{:?}", Password::parse_text("hunter2hunter2").unwrap()).contains("hunter"));
    }

    #[test]
    fn no_password_slows_the_estimate_down_without_bound() {
        assert!(estimate(&Password::parse_text(&"aA1!".repeat(200)).unwrap(), &[]).score <= 4);
    }
}
