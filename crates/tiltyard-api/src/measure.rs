//! What is counted about requests, for `/metrics`. Handles are made once a route, so that counting costs nanoseconds.

use std::time::Instant;

use metrics::{Counter, Histogram, counter, histogram};

/// The instruments of one route.
pub(crate) struct Instruments {
    answered: [Counter; 5],
    seconds: Histogram,
}

impl Instruments {
    /// Registers the instruments of a route.
    pub(crate) fn of_route(method: &str, path: &str) -> Self {
        let answered = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            counter!("tiltyard_http_requests_total", "method" => method.to_owned(), "route" => path.to_owned(), "status" => class)
        });
        let seconds = histogram!("tiltyard_http_request_seconds", "method" => method.to_owned(), "route" => path.to_owned());
        Self { answered, seconds }
    }

    /// Counts an answer.
    pub(crate) fn record(&self, status: u16, begun: Instant) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.answered[class].increment(1);
        self.seconds.record(begun.elapsed().as_secs_f64());
    }
}
