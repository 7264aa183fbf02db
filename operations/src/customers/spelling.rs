//! Names that are found although they were mistyped: by one letter too many, too few, another, or two that changed places.
//!
//! Each word is known by itself without any one of its letters; so is what was typed. Two words that differ by one letter
//! have one of these in common, and a database needs no more than an index to find it.

/// Words with fewer letters are too short to be told apart when they are mistyped.
const SHORTEST: usize = 4;
/// Longer ones are no names.
const LONGEST: usize = 40;
/// From so many letters on, two may be wrong.
const LONG: usize = 8;

/// Whether a word may be mistyped: a number, an address or a label is as it is.
pub(super) fn is_name(word: &str) -> bool {
    let letters = word.chars().count();
    (SHORTEST..=LONGEST).contains(&letters)
        && word.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '-' | '\'' | '’'))
}

/// A word, and the word without any one of its letters.
pub(super) fn forms(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let without = |place: usize| {
        let kept = letters.iter().enumerate().filter(|(index, _)| *index != place);
        kept.map(|(_, letter)| *letter).collect::<String>()
    };
    let mut forms: Vec<String> = (0..letters.len()).map(without).collect();
    forms.push(word.to_owned());
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Whether what was typed may stand for a word.
pub(super) fn is_close(typed: &str, word: &str) -> bool {
    let most = if typed.chars().count() >= LONG { 2 } else { 1 };
    strsim::damerau_levenshtein(typed, word) <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_differs_by_one_letter_has_a_form_in_common() {
        for (typed, word) in [
            ("jhon", "john"),
            ("mueller", "müller"),
            ("smth", "smith"),
            ("smiith", "smith"),
            ("smoth", "smith"),
        ] {
            let meet = forms(typed).iter().any(|form| forms(word).contains(form));
            let close = is_close(typed, word);
            assert_eq!(meet && close, typed != "mueller", "{typed} and {word}");
        }
        assert!(!is_close("anna", "hanno"));
    }

    #[test]
    fn numbers_and_addresses_are_as_they_are() {
        for word in ["ann", "4930123456", "ada@example.com", "#vip", "c-1000001"] {
            assert!(!is_name(word), "{word}");
        }
        assert!(is_name("müller-lüdenscheidt") && is_name("o'neill"));
    }
}
