//! Measures of lists and their uncertainty.

use super::random::Random;
use serde::Serialize;

/// Discounted cumulative gain of gains in order of rank (Järvelin and Kekäläinen 2002).
pub fn dcg(gains: impl IntoIterator<Item = f64>) -> f64 {
    gains
        .into_iter()
        .zip(0u32..)
        .map(|(gain, rank)| gain / f64::from(rank + 2).log2())
        .sum()
}

/// Gain of a list against that of the best list there could be, 0 to 1; 1 for an empty list where nothing is right, 0 for any other.
pub fn ndcg(gains: &[f64], mut ideal: Vec<f64>, places: usize) -> f64 {
    ideal.sort_by(|a, b| b.total_cmp(a));
    let best = dcg(ideal.into_iter().take(places));
    if best == 0.0 {
        return if gains.is_empty() { 1.0 } else { 0.0 };
    }
    dcg(gains.iter().copied().take(places)) / best
}

/// A mean with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// Mean of the values and the percentile bootstrap of it (Efron 1979), 2,000 resamples, the same for the same values.
    pub fn of(values: &[f64]) -> Self {
        const RESAMPLES: usize = 2_000;
        if values.is_empty() {
            return Self {
                mean: 0.0,
                low: 0.0,
                high: 0.0,
            };
        }
        let mean = |sum: f64| sum / values.len() as f64;
        let mut random = Random::new(values.len() as u64);
        let mut means: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                mean(
                    (0..values.len())
                        .map(|_| values[random.below(values.len())])
                        .sum(),
                )
            })
            .collect();
        means.sort_by(f64::total_cmp);
        Self {
            mean: mean(values.iter().sum()),
            low: means[RESAMPLES * 25 / 1000],
            high: means[RESAMPLES * 975 / 1000],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_order_is_one_and_a_worse_one_is_less() {
        let ideal = vec![3.0, 1.0, 0.0];
        assert_eq!(ndcg(&[3.0, 1.0], ideal.clone(), 8), 1.0);
        let swapped = ndcg(&[1.0, 3.0], ideal.clone(), 8);
        assert!(swapped < 1.0 && swapped > 0.5);
        assert_eq!(ndcg(&[], ideal, 8), 0.0);
        assert_eq!((ndcg(&[], vec![], 8), ndcg(&[0.0], vec![], 8)), (1.0, 0.0));
    }

    #[test]
    fn an_interval_holds_the_mean_and_narrows_with_more_values() {
        let few: Vec<f64> = (0..20).map(|i| f64::from(i % 5)).collect();
        let many: Vec<f64> = (0..2_000).map(|i| f64::from(i % 5)).collect();
        let (few, many) = (Estimate::of(&few), Estimate::of(&many));
        assert!(few.low < few.mean && few.mean < few.high);
        assert!(many.high - many.low < (few.high - few.low) / 3.0);
        assert_eq!(Estimate::of(&[]).mean, 0.0);
    }
}
