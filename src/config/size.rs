//! Byte counts as people write them: `'512MB'`, `'1.5 gb'`. The units are powers of 1024.

/// Bytes, rounded down, or what is wrong with the text, as half a sentence.
pub fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let unit_at = text
        .find(|next: char| !next.is_ascii_digit() && next != '.')
        .unwrap_or(text.len());
    let (amount, unit) = text.split_at(unit_at);
    let power = match unit.trim_start().to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "KB" => 1,
        "MB" => 2,
        "GB" => 3,
        "TB" => 4,
        _ if amount.is_empty() => return Err("it does not begin with a number".to_owned()),
        _ => return Err("the unit is none of B, KB, MB, GB and TB".to_owned()),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    if !digits(whole) || !digits(fraction) {
        return Err(format!("`{}` is not a number", shorten(amount)));
    }
    let amount: f64 = amount.parse().unwrap_or(f64::INFINITY);
    let bytes = amount * 1024_f64.powi(power);
    if bytes > LARGEST as f64 {
        return Err("it is too large".to_owned());
    }
    Ok(bytes as u64)
}

/// The largest integer that JavaScript holds exactly.
pub const LARGEST: u64 = (1 << 53) - 1;

fn shorten(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, parse};

    #[test]
    fn units_are_powers_of_1024_in_any_case() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("1B", 1),
            ("1kb", 1024),
            ("512MB", 512 << 20),
            (" 1.5 Gb ", 3 << 29),
            ("2TB", 2 << 40),
            ("0.1KB", 102),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        assert_eq!(parse("9007199254740991"), Ok(LARGEST));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "MB",
            "-1MB",
            "1e3",
            "1.MB",
            ".5MB",
            "1.2.3",
            "1 M B",
            "1MiB",
            "1KB1",
            "NaN",
            "Infinity",
            "٣MB",
            "9007199254740993",
            "99999999TB",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"9".repeat(1 << 20)).is_err());
    }
}
