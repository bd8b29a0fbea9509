//! How long a server may be silent. A transfer may take hours as long as bytes move; an answer may not.
//! What is done about a silent server is the caller's business.

use tokio::sync::Notify;

use crate::limits::SILENCE_MAX;

/// Nothing has moved for too long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Silence;

/// Waits for work that says "moved" whenever a bit of it is done, and gives up when it stops saying so.
pub(crate) async fn while_moving<T>(moved: &Notify, work: impl Future<Output = T>) -> Result<T, Silence> {
    tokio::select! {
        done = work => Ok(done),
        () = standstill(moved) => Err(Silence),
    }
}

async fn standstill(moved: &Notify) {
    while tokio::time::timeout(SILENCE_MAX, moved.notified()).await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn slow_work_is_waited_for_as_long_as_it_moves() {
        let moved = Notify::new();
        let work = async {
            for _ in 0..10 {
                sleep(SILENCE_MAX / 2).await;
                moved.notify_one();
            }
            "done"
        };
        assert_eq!(while_moving(&moved, work).await, Ok("done"));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_stands_still_is_given_up() {
        let moved = Notify::new();
        assert_eq!(while_moving(&moved, sleep(SILENCE_MAX * 2)).await, Err(Silence));
    }
}
