//! Signs that the journal may have grown, on this replica or another. A sign says no more than that it is time to look;
//! several may be told as one, and one may be given for nothing.

use tokio::sync::watch;

/// Who gives signs. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signs {
    count: watch::Sender<u64>,
}

/// Waits for signs.
#[derive(Debug)]
pub struct Changes {
    count: watch::Receiver<u64>,
}

impl Signs {
    /// Wakes whoever waits.
    pub(crate) fn give(&self) {
        self.count.send_modify(|count| *count += 1);
    }

    /// From the next sign on.
    pub(crate) fn changes(&self) -> Changes {
        Changes { count: self.count.subscribe() }
    }
}

impl Changes {
    /// Marks the last sign as seen, and gives its number. Whoever reads the journal after this and then waits misses nothing.
    pub fn mark(&mut self) -> u64 {
        *self.count.borrow_and_update()
    }

    /// Waits for a sign that is not marked.
    pub async fn next(&mut self) {
        if self.count.changed().await.is_err() {
            // The store is gone, and nothing will happen any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_sign_wakes_everybody_once_and_is_not_missed_between_mark_and_wait() {
        let signs = Signs::default();
        let (mut early, mut late) = (signs.changes(), signs.changes());
        let mark = early.mark();
        signs.give();
        signs.give();
        early.next().await;
        late.next().await;
        assert_eq!(early.mark(), mark + 2);
        assert!(timeout(Duration::from_secs(1), early.next()).await.is_err());
    }
}
