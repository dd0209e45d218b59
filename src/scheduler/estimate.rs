//! How long a function is expected to run, by what it took before.

use super::table::IdMap;
use super::task::{DefinitionId, Nanos};

/// How many functions are remembered; beyond it the memory starts anew.
const MOST: usize = 10_000;

/// Moving averages of run times: each new one counts an eighth.
#[derive(Debug, Default)]
pub struct Estimates {
    by_definition: IdMap<DefinitionId, Nanos>,
    last: Option<(DefinitionId, Nanos)>,
    overall: Option<Nanos>,
}

fn blend(average: Nanos, sample: Nanos) -> Nanos {
    average - average / 8 + sample / 8
}

impl Estimates {
    /// Learns from `count` runs of a function, of `mean` each.
    pub fn learn(&mut self, definition: DefinitionId, sample: Nanos) {
        self.overall = Some(self.overall.map_or(sample, |average| blend(average, sample)));
        if let Some((last, average)) = &mut self.last
            && *last == definition
        {
            *average = blend(*average, sample);
            return;
        }
        let average = self
            .of(definition)
            .map_or(sample, |average| blend(average, sample));
        if let Some((last, average)) = self.last.replace((definition, average)) {
            if self.by_definition.len() >= MOST {
                self.by_definition.clear();
            }
            self.by_definition.insert(last, average);
        }
    }

    /// What a run of this function takes; `None` where it was never seen.
    #[must_use]
    pub fn of(&self, definition: DefinitionId) -> Option<Nanos> {
        match self.last {
            Some((last, average)) if last == definition => Some(average),
            _ => self.by_definition.get(&definition).copied(),
        }
    }

    /// What a run takes, whatever the function; `None` before the first.
    #[must_use]
    pub fn overall(&self) -> Option<Nanos> {
        self.overall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_kept_apart_by_function() {
        let mut estimates = Estimates::default();
        for _ in 0..4 {
            estimates.learn(1, 800);
            estimates.learn(2, 80_000);
        }
        assert_eq!(
            (estimates.of(1), estimates.of(2), estimates.of(3)),
            (Some(800), Some(80_000), None)
        );
    }

    #[test]
    fn a_new_run_counts_an_eighth() {
        let mut estimates = Estimates::default();
        estimates.learn(1, 800);
        estimates.learn(1, 1600);
        assert_eq!(estimates.of(1), Some(900));
    }
}
