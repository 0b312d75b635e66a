//! The circuit breaker: after several failures in a row the service is left alone for a while, then tried with one call.

use super::ModelError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Failures in a row after which the service is left alone.
const FAILURES: u32 = 5;
const SHORTEST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(120);

#[derive(Default)]
pub(super) struct Breaker(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    failures: u32,
    /// Rests so far without a success between; each is twice as long as the one before.
    rests: u32,
    resting_until: Option<Instant>,
    /// Whether a call is out that decides whether the rest is over.
    trying: bool,
}

/// Leave to make one call. Dropped without a word, it counts for nothing.
pub(super) struct Pass {
    state: Arc<Mutex<State>>,
    is_trial: bool,
    is_told: bool,
}

impl Breaker {
    pub(super) fn pass(&self) -> Result<Pass, ModelError> {
        let mut state = lock(&self.0);
        let is_trial = match state.resting_until {
            None => false,
            Some(until) if Instant::now() >= until && !state.trying => true,
            Some(_) => return Err(ModelError::Resting),
        };
        state.trying |= is_trial;
        drop(state);
        Ok(Pass {
            state: Arc::clone(&self.0),
            is_trial,
            is_told: false,
        })
    }

    pub(super) fn is_open(&self) -> bool {
        lock(&self.0).resting_until.is_some()
    }
}

impl Pass {
    /// The service did its part.
    pub(super) fn succeeded(mut self) {
        self.is_told = true;
        *lock(&self.state) = State::default();
    }

    /// The call failed; what the service cannot help is no reason to leave it alone.
    pub(super) fn failed(mut self, error: &ModelError) {
        self.is_told = true;
        let mut state = lock(&self.state);
        if !error.is_illness() {
            *state = State::default();
            return;
        }
        state.trying &= !self.is_trial;
        state.failures += 1;
        if self.is_trial || (state.failures >= FAILURES && state.resting_until.is_none()) {
            let rest = SHORTEST_REST * 2u32.saturating_pow(state.rests.min(16));
            state.rests += 1;
            state.resting_until = Some(Instant::now() + rest.min(LONGEST_REST));
        }
    }

    /// The call was never made.
    pub(super) fn release(self) {}
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.is_told && self.is_trial {
            lock(&self.state).trying = false;
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn fail(breaker: &Breaker) {
        breaker.pass().unwrap().failed(&ModelError::Unreachable);
    }

    #[tokio::test(start_paused = true)]
    async fn rests_after_failures_in_a_row_and_tries_with_one_call() {
        let breaker = Breaker::default();
        (0..FAILURES).for_each(|_| fail(&breaker));
        assert!(breaker.pass().is_err() && breaker.is_open());
        advance(SHORTEST_REST).await;
        let trial = breaker.pass().unwrap();
        assert!(breaker.pass().is_err(), "only one call tries");
        trial.failed(&ModelError::TimedOut);
        advance(SHORTEST_REST).await;
        assert!(breaker.pass().is_err(), "the second rest is longer");
        advance(SHORTEST_REST).await;
        breaker.pass().unwrap().succeeded();
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn a_guest_cannot_make_it_rest_and_a_lost_trial_is_given_back() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES * 3 {
            breaker.pass().unwrap().failed(&ModelError::Refused);
        }
        assert!(!breaker.is_open());
        (0..FAILURES).for_each(|_| fail(&breaker));
        advance(SHORTEST_REST).await;
        drop(breaker.pass().unwrap());
        assert!(breaker.pass().is_ok());
    }
}
