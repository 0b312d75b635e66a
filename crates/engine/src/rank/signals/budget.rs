//! Closeness of the price to what a gift of this budget usually costs. The limit itself is no signal: it is the range that is read.

use crate::profile::Budget;

/// The usual price and how far from it a price may lie before it counts for nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    usual: f32,
    reach: f32,
}

/// Guests give towards the upper end of the budget that they name.
const TOWARDS_MAX: f32 = 0.7;

impl Target {
    pub(super) fn of(budget: Budget) -> Self {
        let (usual, reach) = match (budget.min as f32, budget.max) {
            (min, Some(max)) => {
                let max = max as f32;
                let low = if min > 0.0 { min } else { max * 0.3 };
                (low + TOWARDS_MAX * (max - low), (max - low).max(max * 0.1))
            }
            (min, None) if min > 0.0 => (min * 1.3, min * 2.0),
            // No budget at all: gifts between friends, 10,000 to 50,000 won (`domain.md`, inference).
            _ => (35_000.0, 60_000.0),
        };
        Self { usual, reach }
    }

    /// The usual price.
    pub(super) fn usual(self) -> u32 {
        self.usual as u32
    }

    /// 1 at the usual price, falling to 0.
    pub(super) fn closeness(self, price: u32) -> f32 {
        (1.0 - (price as f32 - self.usual).abs() / self.reach).max(0.0)
    }
}
