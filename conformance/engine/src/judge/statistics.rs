//! Whether a share of good runs is proven: exact binomial bounds, without a normal distribution to lean on.

/// What some runs say of the share of all runs that are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// At least as great as wanted, with the confidence wanted.
    Reached,
    /// Less than wanted, with the confidence wanted.
    Missed,
    /// Too few runs to say.
    Open,
}

/// What `good` of `runs` say: whether a share of `accept` or more, or of less, is unlikely to show so.
pub fn share(runs: u32, good: u32, accept: f64, confidence: f64) -> Share {
    let doubt = 1.0 - confidence;
    if at_least(runs, good, accept) <= doubt {
        Share::Reached
    } else if 1.0 - at_least(runs, good + 1, accept) <= doubt {
        Share::Missed
    } else {
        Share::Open
    }
}

/// The least share of good runs that is compatible with these (Clopper and Pearson, one side).
pub fn lower_bound(runs: u32, good: u32, confidence: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_least(runs, good, middle) <= 1.0 - confidence { low = middle } else { high = middle }
    }
    low
}

/// How likely so many good runs or more are, if each is good with this chance.
fn at_least(runs: u32, good: u32, chance: f64) -> f64 {
    if good == 0 {
        return 1.0;
    }
    if chance <= 0.0 || good > runs {
        return 0.0;
    }
    if chance >= 1.0 {
        return 1.0;
    }
    // In logarithms: the likelihood of a thousand runs is below what a number can be.
    let mut ways = 0.0_f64;
    let mut sum = 0.0;
    for count in 0..=runs {
        if count > 0 {
            ways += f64::from(runs - count + 1).ln() - f64::from(count).ln();
        }
        if count >= good {
            sum +=
                (ways + f64::from(count) * chance.ln() + f64::from(runs - count) * (1.0 - chance).ln()).exp();
        }
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_all_runs_good_the_bound_is_reached_where_the_tables_say() {
        for (accept, runs) in [(0.80, 14), (0.90, 29), (0.95, 59), (0.99, 299)] {
            assert_eq!(share(runs, runs, accept, 0.95), Share::Reached, "{accept}");
            assert_eq!(share(runs - 1, runs - 1, accept, 0.95), Share::Open, "{accept}");
        }
    }

    #[test]
    fn few_good_runs_are_a_share_that_is_missed() {
        assert_eq!(share(30, 20, 0.9, 0.95), Share::Missed);
        assert_eq!(share(30, 27, 0.9, 0.95), Share::Open);
        assert_eq!(share(1000, 999, 0.99, 0.95), Share::Reached);
        assert_eq!(share(5, 0, 0.9, 0.95), Share::Missed);
    }

    #[test]
    fn the_bound_is_that_of_clopper_and_pearson() {
        // 27 of 30: 0.7614 for 95 % on one side.
        assert!((lower_bound(30, 27, 0.95) - 0.7614).abs() < 0.0005, "{}", lower_bound(30, 27, 0.95));
        assert!(lower_bound(30, 0, 0.95) < 1e-9);
    }
}
