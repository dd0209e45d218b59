//! Environment variables as a layer of options.

use super::error::{ConfigError, join, nearest};
use super::input::Input;
use super::{Layer, size};

const PREFIX: &str = "TASKLETS_";

/// What a variable stands for.
struct Variable {
    name: &'static str,
    group: &'static str,
    option: &'static str,
}

const fn variable(name: &'static str, group: &'static str, option: &'static str) -> Variable {
    Variable { name, group, option }
}

const VARIABLES: &[Variable] = &[
    variable(WORKERS, "workers", "max"),
    variable("TASKLETS_MIN_WORKERS", "workers", "min"),
    variable("TASKLETS_MAX_WORKERS", "workers", "max"),
    variable("TASKLETS_TIMEOUT", "timeout", "default"),
    variable("TASKLETS_MAX_MEMORY", "memory", "limit"),
    variable("TASKLETS_MAX_QUEUE", "queue", "maxSize"),
    variable("TASKLETS_LOG_LEVEL", "logging", "level"),
    variable("TASKLETS_LOG_FORMAT", "logging", "format"),
    variable("TASKLETS_LOG_DESTINATION", "logging", "destination"),
];

/// Alone it is `workers: value`, with all that this form implies; beside a minimum it is the maximum.
const WORKERS: &str = "TASKLETS_WORKERS";

/// The `TASKLETS_` variables among those given. One that is empty is as good as unset; one that means nothing is
/// an error, as a typing error would otherwise go unnoticed.
pub fn from_env<K, V>(variables: impl IntoIterator<Item = (K, V)>) -> Result<Layer, ConfigError>
where
    K: AsRef<str>,
    V: AsRef<str>,
{
    let mut given: Vec<(&Variable, Input)> = Vec::new();
    for (name, value) in variables {
        let (name, value) = (name.as_ref(), value.as_ref().trim());
        if !is_ours(name) || value.is_empty() {
            continue;
        }
        let variable = find(name)?;
        let same = |(other, _): &&(&Variable, Input)| {
            (other.group, other.option) == (variable.group, variable.option)
        };
        if let Some((other, _)) = given.iter().find(same) {
            return Err(ConfigError::new(
                variable.name,
                format!("unset where `{}` is set, as both mean the same", other.name),
                Input::Text(value.to_owned()).describe(),
            ));
        }
        given.push((variable, read(value)));
    }
    Ok(lay_out(given))
}

fn lay_out(given: Vec<(&Variable, Input)>) -> Layer {
    let of_workers = given
        .iter()
        .filter(|(variable, _)| variable.group == "workers")
        .count();
    let mut origins = Vec::new();
    let mut groups: Vec<(String, Input)> = Vec::new();
    for (variable, value) in given {
        let group = variable.group.to_owned();
        if variable.name == WORKERS && of_workers == 1 {
            origins.push((group.clone(), variable.name.to_owned()));
            groups.push((group, value));
            continue;
        }
        origins.push((join(&group, variable.option), variable.name.to_owned()));
        let entry = (variable.option.to_owned(), value);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, Input::Object(entries))) => entries.push(entry),
            _ => groups.push((group, Input::Object(vec![entry]))),
        }
    }
    Layer {
        input: Input::Object(groups),
        origins,
    }
}

/// Windows does not tell upper from lower case in names of variables.
fn is_ours(name: &str) -> bool {
    let start = name.get(..PREFIX.len()).unwrap_or_default();
    start == PREFIX || (cfg!(windows) && start.eq_ignore_ascii_case(PREFIX))
}

fn find(name: &str) -> Result<&'static Variable, ConfigError> {
    let same = |known: &str| known == name || (cfg!(windows) && known.eq_ignore_ascii_case(name));
    VARIABLES
        .iter()
        .find(|variable| same(variable.name))
        .ok_or_else(|| {
            let names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
            // The prefix is never the mistake, and would make everything look alike.
            let endings: Vec<&str> = names.iter().map(|known| &known[PREFIX.len()..]).collect();
            let near = nearest(&name[PREFIX.len()..], &endings);
            ConfigError {
                suggestion: near.map(|ending| format!("{PREFIX}{ending}")),
                ..ConfigError::unknown("", name, &names)
            }
        })
}

/// Variables are texts; those that spell a number are meant as one.
fn read(value: &str) -> Input {
    if value == "Infinity" {
        return Input::Number(f64::INFINITY);
    }
    let spells_number = value
        .strip_prefix('-')
        .unwrap_or(value)
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    match value.parse::<f64>() {
        Ok(number) if spells_number && number.abs() <= size::LARGEST as f64 => Input::Number(number),
        _ => Input::Text(value.to_owned()),
    }
}
