//! Counts that depend on the machine: `'cpu_count * 2'`.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = factor { ("*" | "/") factor }
//! factor  = integer | "cpu_count" | "(" sum ")"
//! ```
//!
//! The arithmetic is exact (fractions of integers), so `cpu_count / 3 * 3` is `cpu_count`; only the end
//! result is rounded down. What does not fit is an error, never a wrong number.

/// Deeper nesting is a mistake or an attack, and would only cost stack.
const DEEPEST: usize = 64;

/// The value of an expression, rounded down, or what is wrong with it, as half a sentence.
pub fn evaluate(text: &str, cpu_count: u32) -> Result<i128, String> {
    let mut parser = Parser {
        text,
        at: 0,
        cpu_count,
        depth: 0,
    };
    let value = parser.sum()?;
    match parser.peek() {
        None => Ok(value.above.div_euclid(value.below)),
        Some(found) => Err(parser.complain(&format!("unexpected `{}`", found.escape_debug()))),
    }
}

/// `above / below`, in lowest terms, `below` positive.
#[derive(Clone, Copy)]
struct Fraction {
    above: i128,
    below: i128,
}

impl Fraction {
    fn new(above: i128, below: i128) -> Option<Self> {
        let divisor = gcd(above.checked_abs()?, below.checked_abs()?);
        let sign = below.signum();
        Some(Self {
            above: (above / divisor).checked_mul(sign)?,
            below: (below / divisor).checked_mul(sign)?,
        })
    }

    /// `None`: it no longer fits. Division by zero is the caller's to exclude.
    fn apply(self, operator: char, other: Self) -> Option<Self> {
        let cross = |a: i128, b: i128| a.checked_mul(b);
        let below = cross(self.below, other.below);
        match operator {
            '+' => Self::new(
                cross(self.above, other.below)?.checked_add(cross(other.above, self.below)?)?,
                below?,
            ),
            '-' => Self::new(
                cross(self.above, other.below)?.checked_sub(cross(other.above, self.below)?)?,
                below?,
            ),
            '*' => Self::new(cross(self.above, other.above)?, below?),
            _ => Self::new(cross(self.above, other.below)?, cross(self.below, other.above)?),
        }
    }
}

/// At least 1, as one of the two always is not zero.
fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offset of the next character.
    at: usize,
    cpu_count: u32,
    depth: usize,
}

impl Parser<'_> {
    fn complain(&self, what: &str) -> String {
        let column = self.text[..self.at].chars().count() + 1;
        format!("{what} at column {column}")
    }

    /// The next character that is not blank, not taken yet.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed.chars().next()
    }

    /// Takes as long as the characters fit.
    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let length = rest.find(|next| !fits(next)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn sum(&mut self) -> Result<Fraction, String> {
        let mut value = self.product()?;
        while let Some(operator @ ('+' | '-')) = self.peek() {
            value = self.operate(value, operator, Self::product)?;
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<Fraction, String> {
        let mut value = self.factor()?;
        while let Some(operator @ ('*' | '/')) = self.peek() {
            value = self.operate(value, operator, Self::factor)?;
        }
        Ok(value)
    }

    fn operate(
        &mut self,
        left: Fraction,
        operator: char,
        operand: fn(&mut Self) -> Result<Fraction, String>,
    ) -> Result<Fraction, String> {
        let here = self.at;
        self.at += operator.len_utf8();
        let right = operand(self)?;
        let result = match operator {
            '/' if right.above == 0 => Err("division by zero"),
            _ => left.apply(operator, right).ok_or("the result is too large"),
        };
        result.map_err(|what| {
            self.at = here;
            self.complain(what)
        })
    }

    fn factor(&mut self) -> Result<Fraction, String> {
        match self.peek() {
            Some('(') => self.group(),
            Some('0'..='9') => {
                let digits = self.take_while(|next| next.is_ascii_digit());
                match digits.parse() {
                    Ok(above) => Ok(Fraction { above, below: 1 }),
                    Err(_) => Err("a number in it is too large".to_owned()),
                }
            }
            Some(next) if next.is_alphabetic() || next == '_' => self.name(),
            Some(next) => Err(self.complain(&format!("unexpected `{}`", next.escape_debug()))),
            None => Err("it ends where a value should follow".to_owned()),
        }
    }

    fn name(&mut self) -> Result<Fraction, String> {
        let here = self.at;
        let name = self.take_while(|next| next.is_alphanumeric() || next == '_');
        if name == "cpu_count" {
            return Ok(Fraction {
                above: self.cpu_count.into(),
                below: 1,
            });
        }
        let shown: String = name.chars().take(DEEPEST).collect();
        self.at = here;
        Err(self.complain(&format!("unknown name `{shown}`")))
    }

    fn group(&mut self) -> Result<Fraction, String> {
        if self.depth == DEEPEST {
            return Err(self.complain("nested too deeply"));
        }
        self.at += 1;
        self.depth += 1;
        let value = self.sum()?;
        self.depth -= 1;
        match self.peek() {
            Some(')') => {
                self.at += 1;
                Ok(value)
            }
            _ => Err(self.complain("a `)` is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn the_four_operations_and_parentheses_count() {
        for (text, value) in [
            ("4", 4),
            ("cpu_count", 6),
            (" cpu_count * 2 ", 12),
            ("cpu_count-1", 5),
            ("2 + 3 * 4", 14),
            ("(2 + 3) * 4", 20),
            ("20 / 2 / 5", 2),
            ("10 - 3 - 2", 5),
            ("cpu_count / 4", 1),
            ("cpu_count / 4 * 4", 6),
            ("(1 - 2) / 2", -1),
            ("1 / (0 - 2)", -1),
            ("0 / 5", 0),
        ] {
            assert_eq!(evaluate(text, 6), Ok(value), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_column() {
        for (text, complaint) in [
            ("4 / 0", "division by zero at column 3"),
            ("4 / (2 - 2)", "division by zero at column 3"),
            ("cpus * 2", "unknown name `cpus` at column 1"),
            ("2 2", "unexpected `2` at column 3"),
            ("2 ** 2", "unexpected `*` at column 4"),
            ("-1", "unexpected `-` at column 1"),
            ("1.5", "unexpected `.` at column 2"),
            ("(1", "a `)` is missing at column 3"),
            ("1)", "unexpected `)` at column 2"),
            ("é", "unknown name `é` at column 1"),
            ("", "it ends where a value should follow"),
            ("2 *", "it ends where a value should follow"),
        ] {
            assert_eq!(evaluate(text, 6), Err(complaint.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let huge = "9".repeat(38);
        assert!(evaluate(&format!("{huge} * {huge}"), 1).is_err());
        assert!(evaluate(&format!("1/{huge} + 1/{}", "7".repeat(38)), 1).is_err());
        assert!(evaluate(&"9".repeat(1000), 1).is_err());
        assert!(evaluate(&"(".repeat(1_000_000), 1).is_err());
        assert!(evaluate(&format!("{}1{}", "(".repeat(64), ")".repeat(64)), 1).is_ok());
        assert!(evaluate(&format!("1{}", "+1".repeat(100_000)), 1).is_ok());
    }
}
