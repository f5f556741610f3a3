//! How much dearer one thing is than another: both timed in turns, compared by a ratio with its interval.
//!
//! A machine is never quiet. What disturbs it disturbs both sides alike if they take turns, in random order
//! so that no side always runs behind the other. The interval is a block bootstrap: neighbours in time are
//! drawn together, because they share their disturbances.

use std::{fmt, iter, time::Instant};

use fastrand::Rng;

/// How often a bootstrap draws.
const DRAWS: usize = 1000;
/// Neighbours that a bootstrap draws together.
const BLOCK: usize = 16;

/// Times of two sides, in nanoseconds per call; the n-th of one was taken beside the n-th of the other.
#[derive(Clone, Debug)]
pub struct Pairs(Vec<[f64; 2]>);

impl Pairs {
    /// Takes `pairs` samples of each side, each of `calls` calls, after a tenth as many that do not count.
    pub fn take(pairs: usize, calls: u32, mut a: impl FnMut(), mut b: impl FnMut()) -> Self {
        let mut order = Rng::with_seed(1); // a fixed order is as good as any, and can be repeated
        let warm_up = pairs.div_ceil(10);
        let timed = iter::repeat_with(|| {
            if order.bool() {
                let first = time(calls, &mut a);
                [first, time(calls, &mut b)]
            } else {
                let first = time(calls, &mut b);
                [time(calls, &mut a), first]
            }
        });
        Self(timed.skip(warm_up).take(pairs).collect())
    }

    /// How many.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `statistic` of either side, in nanoseconds.
    pub fn each(&self, statistic: Statistic) -> [f64; 2] {
        let side = |of: fn(&[f64; 2]) -> f64| statistic.of(&mut self.0.iter().map(of).collect::<Vec<_>>());
        [side(|[a, _]| *a), side(|[_, b]| *b)]
    }

    /// A / B by `statistic`, with the interval that holds it 95 times of 100.
    pub fn ratio(&self, statistic: Statistic) -> Ratio {
        let quotient = |[a, b]: [f64; 2]| a / b;
        let blocks: Vec<&[[f64; 2]]> = self.0.chunks(BLOCK).collect();
        let mut random = Rng::with_seed(2);
        let mut draws: Vec<f64> = iter::repeat_with(|| {
            let drawn = iter::repeat_with(|| random.choice(&blocks)).take(blocks.len()).flatten();
            let drawn = drawn.flat_map(|block| block.iter().copied()).collect();
            quotient(Self(drawn).each(statistic))
        })
        .take(DRAWS)
        .collect();
        draws.sort_by(f64::total_cmp);
        let quantile = |per_mille: usize| draws.get(per_mille).copied().unwrap_or(f64::NAN);
        Ratio { value: quotient(self.each(statistic)), low: quantile(24), high: quantile(975) }
    }
}

/// Nanoseconds per call.
fn time(calls: u32, call: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

/// What stands for many samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Blind to the rare sample that the machine disturbed.
    Median,
    /// What a service pays in sum.
    Mean,
}

impl Statistic {
    fn of(self, values: &mut [f64]) -> f64 {
        let mid = values.len() / 2;
        match self {
            _ if values.is_empty() => f64::NAN,
            Self::Median => *values.select_nth_unstable_by(mid, f64::total_cmp).1,
            #[expect(clippy::cast_precision_loss, reason = "there are not 2^53 samples")]
            Self::Mean => values.iter().sum::<f64>() / values.len() as f64,
        }
    }
}

/// A quotient and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The quotient.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.value, self.low, self.high)
    }
}

/// What a ratio must keep to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// For costs.
    AtMost(f64),
    /// For rates.
    AtLeast(f64),
}

impl Bar {
    /// Whether the whole interval keeps to it: what noise could explain does not count as kept.
    pub fn holds(self, ratio: &Ratio) -> bool {
        match self {
            Self::AtMost(bar) => ratio.high <= bar,
            Self::AtLeast(bar) => ratio.low >= bar,
        }
    }
}

/// Prints one comparison and tells whether it keeps to its bar, which by the median it must. A comparison
/// without a bar is for information.
pub fn report(name: &str, [a, b]: [&str; 2], pairs: &Pairs, bar: Option<Bar>) -> bool {
    let ratio = pairs.ratio(Statistic::Median);
    let holds = bar.is_none_or(|bar| bar.holds(&ratio));
    let verdict = match bar {
        Some(Bar::AtMost(bar) | Bar::AtLeast(bar)) => {
            format!("bar {bar:.2}: {}", if holds { "holds" } else { "does not hold" })
        }
        None => "for information".into(),
    };
    println!("ratio {name}: {ratio}, {verdict}");
    let micros = |statistic| pairs.each(statistic).map(|nanos| nanos / 1000.0);
    let ([median_a, median_b], [mean_a, mean_b]) = (micros(Statistic::Median), micros(Statistic::Mean));
    println!(
        "      {a} / {b}: medians {median_a:.2} / {median_b:.2} µs, means {mean_a:.2} / {mean_b:.2} µs, ratio of means {}, \
         {} pairs{}",
        pairs.ratio(Statistic::Mean),
        pairs.len(),
        load().map(|load| format!(", load {load}")).unwrap_or_default(),
    );
    holds
}

/// The load of the last minute, where the system tells it.
fn load() -> Option<String> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sides of the same shape, skewed as signing times are, where A costs `factor` of B.
    fn simulated(factor: f64, seed: u64) -> Pairs {
        let mut random = Rng::with_seed(seed);
        let mut sample = || 500.0 - 100.0 * (1.0 - random.f64()).ln();
        Pairs((0..500).map(|_| [factor * sample(), sample()]).collect())
    }

    #[test]
    fn a_planted_ratio_lies_in_its_interval_and_a_distant_one_does_not() {
        for statistic in [Statistic::Median, Statistic::Mean] {
            let found = (0..40).filter(|seed| {
                let ratio = simulated(1.2, *seed).ratio(statistic);
                assert!(ratio.low < ratio.value && ratio.value < ratio.high, "{ratio}");
                assert!(1.1 < ratio.low && ratio.high < 1.3, "{ratio}");
                ratio.low <= 1.2 && 1.2 <= ratio.high
            });
            // 38 are to be expected; 33 or fewer would come about once in 1,000 times.
            assert!(found.count() > 33);
        }
    }

    #[test]
    fn a_bar_asks_for_the_whole_interval() {
        let ratio = Ratio { value: 1.0, low: 0.9, high: 1.1 };
        assert!(Bar::AtMost(1.1).holds(&ratio) && !Bar::AtMost(1.05).holds(&ratio));
        assert!(Bar::AtLeast(0.9).holds(&ratio) && !Bar::AtLeast(0.95).holds(&ratio));
        let unknown = Pairs(Vec::new()).ratio(Statistic::Median);
        assert!(!Bar::AtMost(1.1).holds(&unknown) && !Bar::AtLeast(0.9).holds(&unknown));
    }

    #[test]
    fn both_sides_are_called_alike() {
        let (mut a, mut b) = (0, 0);
        let pairs = Pairs::take(100, 3, || a += 1, || b += 1);
        assert_eq!((pairs.len(), a, b), (100, 330, 330));
        assert!(pairs.each(Statistic::Mean).iter().all(|nanos| nanos.is_finite()));
    }

    #[test]
    fn the_median_ignores_the_outlier_that_the_mean_counts() {
        let pairs = Pairs([1.0, 1.0, 2.0, 3.0, 93.0].map(|a| [a, 1.0]).to_vec());
        assert_eq!(pairs.each(Statistic::Median), [2.0, 1.0]);
        assert_eq!(pairs.each(Statistic::Mean), [20.0, 1.0]);
    }
}
