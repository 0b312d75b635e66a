//! Books of counters that never pass their limits: the rule of the script in Redis, for one process.

use super::{Claim, Reservation};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The books of one process.
#[derive(Default)]
pub(super) struct Ledger {
    books: Mutex<HashMap<String, Book>>,
}

struct Book {
    counters: HashMap<String, u64>,
    over: Instant,
}

impl Ledger {
    pub(super) fn reserve(&self, book: &str, claims: &[Claim], keep: Duration) -> Reservation {
        let now = Instant::now();
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.retain(|_, book| book.over > now);
        let book = books.entry(book.to_owned()).or_insert_with(|| Book {
            counters: HashMap::new(),
            over: now + keep,
        });
        for (at, claim) in claims.iter().enumerate() {
            let used = book.counters.get(&claim.counter).copied().unwrap_or(0);
            if used.saturating_add(claim.amount) > claim.limit {
                return Reservation::Denied(at);
            }
        }
        for claim in claims {
            *book.counters.entry(claim.counter.clone()).or_default() += claim.amount;
        }
        Reservation::Held
    }

    pub(super) fn give_back(&self, book: &str, counter: &str, amount: u64) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = books.get_mut(book).map(|b| &mut b.counters);
        if let Some(used) = counters.and_then(|c| c.get_mut(counter)) {
            *used = used.saturating_sub(amount);
        }
    }

    pub(super) fn counted(&self, book: &str, counter: &str) -> u64 {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let book = books.get(book).filter(|b| b.over > Instant::now());
        book.and_then(|b| b.counters.get(counter))
            .copied()
            .unwrap_or(0)
    }
}
