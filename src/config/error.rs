//! What is wrong with an option, in the one sentence that all bad arguments share.

use super::input::Input;

/// An option that cannot be taken. The message reads
/// ``Expected `workers.max` to be an integer from 1 up, got `0` (number)``.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Expected `{option}` to be {expected}, got {received}{}", .suggestion.as_deref().map(did_you_mean).unwrap_or_default())]
pub struct ConfigError {
    /// The dotted path of the option, `workers.max`.
    pub option: String,
    /// What would have been right, after "to be".
    pub expected: String,
    /// What came, after "got": the value as `describe` shows it, then the reason and the file, if any.
    pub received: String,
    /// The nearest known option, where a name was unknown.
    pub suggestion: Option<String>,
}

fn did_you_mean(name: &str) -> String {
    format!("; did you mean `{name}`?")
}

impl ConfigError {
    /// The code that users match, as in the contract.
    pub const CODE: &str = "ERR_TASKLETS_CONFIG";

    pub fn new(option: impl Into<String>, expected: impl Into<String>, received: impl Into<String>) -> Self {
        Self {
            option: option.into(),
            expected: expected.into(),
            received: received.into(),
            suggestion: None,
        }
    }

    /// A text that was not right, and why.
    pub fn about_text(option: &str, expected: &str, text: &str, reason: impl std::fmt::Display) -> Self {
        let received = Input::Text(text.to_owned()).describe();
        Self::new(option, expected, format!("{received}: {reason}"))
    }

    /// A name that no option has. `path` is where it stood, empty at the top.
    pub fn unknown(path: &str, name: &str, known: &[&str]) -> Self {
        let list: Vec<String> = known.iter().map(|option| format!("`{option}`")).collect();
        let expected = format!("one of the options {}", list.join(", "));
        Self {
            suggestion: nearest(name, known).map(|near| join(path, near)),
            ..Self::new(join(path, name), expected, "an unknown name")
        }
    }

    /// The same error, saying where the value came from (a file with line and column, a variable).
    pub fn found_in(mut self, origin: &str) -> Self {
        self.received.push_str(" in ");
        self.received.push_str(origin);
        self
    }
}

/// `workers` and `max` make `workers.max`.
pub fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Longer names are not typing errors of ours; comparing them would only cost time.
const LONGEST_NAME: usize = 64;

/// The known name that a typing error of at most a third of its letters would turn into `name`.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let wanted = name.to_lowercase();
    known
        .iter()
        .map(|&option| (distance(&wanted, &option.to_lowercase()), option))
        .min_by_key(|&(edits, _)| edits)
        .filter(|&(edits, option)| edits <= option.chars().count().div_ceil(3))
        .map(|(_, option)| option)
}

/// Edits (insert, remove, replace) from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, &other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_the_sentence_of_the_house() {
        let error = ConfigError::new("workers.max", "an integer from 1 up", "`0` (number)");
        assert_eq!(
            error.to_string(),
            "Expected `workers.max` to be an integer from 1 up, got `0` (number)"
        );
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_known_one() {
        let error = ConfigError::unknown("workers", "mx", &["min", "max", "spare"]);
        assert_eq!(error.option, "workers.mx");
        assert_eq!(error.suggestion.as_deref(), Some("workers.max"));
        assert!(error.to_string().ends_with("did you mean `workers.max`?"));
        assert_eq!(nearest("TIMEOUT", &["timeout", "queue"]), Some("timeout"));
        assert_eq!(nearest("zebra", &["timeout", "queue"]), None);
        assert_eq!(nearest(&"x".repeat(100_000), &["timeout"]), None);
        assert_eq!(nearest("", &["timeout"]), None);
    }
}
