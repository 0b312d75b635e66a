//! One call for one question: whoever asks the same at the same time waits for the same answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What a call brought: bytes to keep, or why there are none.
pub type Landed = Result<Arc<[u8]>, &'static str>;
/// A call that is under way.
pub type Flight = watch::Receiver<Option<Landed>>;

/// The calls that are under way in this process.
#[derive(Default)]
pub struct Flights(Arc<Mutex<HashMap<String, Flight>>>);

/// The duty to land a flight. Dropped without a landing, those who wait are told that it was lost.
pub struct Pilot {
    flights: Arc<Mutex<HashMap<String, Flight>>>,
    key: String,
    told: watch::Sender<Option<Landed>>,
}

impl Flights {
    /// How many are under way.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The flight of a key, and the duty to fly it for whoever asked first.
    pub fn join(&self, key: &str) -> (Flight, Option<Pilot>) {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(key) {
            return (flight.clone(), None);
        }
        let (told, flight) = watch::channel(None);
        flights.insert(key.to_owned(), flight.clone());
        let pilot = Pilot {
            flights: Arc::clone(&self.0),
            key: key.to_owned(),
            told,
        };
        (flight, Some(pilot))
    }
}

impl Pilot {
    /// Tells everybody who waits.
    pub fn land(self, landed: Landed) {
        self.told.send_replace(Some(landed));
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_who_ask_at_once_get_the_answer_of_one_call() {
        let flights = Flights::default();
        let (mut first, pilot) = flights.join("a");
        let (mut second, none) = flights.join("a");
        assert!(pilot.is_some() && none.is_none() && flights.join("b").1.is_some());
        pilot.unwrap().land(Ok(Arc::from(*b"answer")));
        for flight in [&mut first, &mut second] {
            let landed = flight.wait_for(Option::is_some).await.unwrap().clone();
            assert_eq!(landed.unwrap().unwrap().as_ref(), b"answer");
        }
        assert!(flights.join("a").1.is_some(), "the next one flies again");
        let (mut lost, pilot) = flights.join("c");
        drop(pilot);
        assert!(lost.wait_for(Option::is_some).await.is_err());
    }
}
