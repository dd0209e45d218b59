//! Text from users, cut to a length that we are willing to keep.

/// What everything beyond a limit is counted as.
pub(super) const OTHER: &str = "(other)";

/// The longest beginning of `text` that has at most `limit` bytes and whole characters.
pub(super) fn beginning(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

/// Writes `text` into `kept`, whose memory is used again; where it was cut, an ellipsis says so.
pub(super) fn keep(kept: &mut String, text: &str, limit: usize) {
    let beginning = beginning(text, limit);
    kept.clear();
    kept.push_str(beginning);
    if beginning.len() < text.len() {
        kept.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(beginning("aé😀", 0), "");
        assert_eq!(beginning("aé😀", 2), "a");
        assert_eq!(beginning("aé😀", 3), "aé");
        assert_eq!(beginning("aé😀", 6), "aé");
        assert_eq!(beginning("aé😀", 7), "aé😀");
        assert_eq!(beginning("aé😀", 8), "aé😀");
    }

    #[test]
    fn shows_where_it_was_cut() {
        let mut kept = String::from("before");
        keep(&mut kept, "abc", 3);
        assert_eq!(kept, "abc");
        keep(&mut kept, "abcd", 3);
        assert_eq!(kept, "abc…");
    }
}
