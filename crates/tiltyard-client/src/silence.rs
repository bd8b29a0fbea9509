//! How long a server may be silent. A transfer may take hours as long as bytes move; an answer may not.
//! What is done about a silent server is the caller's business.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::limits::NOTICE_AFTER;

/// Hears that an answer takes its time. What it gives is dropped when the wait is over.
pub type Waiting = Arc<dyn Fn() -> Box<dyn Any + Send> + Send + Sync>;

/// Nothing has moved for too long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Silence;

/// Waits for work that says "moved" whenever a bit of it is done, and gives up when it has not said so for `longest`.
pub(crate) async fn while_moving<T>(
    longest: Duration,
    moved: &Notify,
    work: impl Future<Output = T>,
) -> Result<T, Silence> {
    tokio::select! {
        done = work => Ok(done),
        () = standstill(longest, moved) => Err(Silence),
    }
}

async fn standstill(longest: Duration, moved: &Notify) {
    while tokio::time::timeout(longest, moved.notified()).await.is_ok() {}
}

/// Waits for an answer, and gives up after `longest`. When it does not come at once, somebody is told until it comes.
pub(crate) async fn while_told<T>(
    longest: Duration,
    waiting: Option<&Waiting>,
    answer: impl Future<Output = T>,
) -> Result<T, Silence> {
    let told = async {
        tokio::time::sleep(NOTICE_AFTER).await;
        let _shown = waiting.map(|begin| begin());
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = tokio::time::timeout(longest, answer) => answer.map_err(|_| Silence),
        () = told => Err(Silence),
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;
    use crate::limits::SILENCE_MAX;

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
        assert_eq!(while_moving(SILENCE_MAX, &moved, work).await, Ok("done"));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_stands_still_is_given_up() {
        let moved = Notify::new();
        assert_eq!(while_moving(SILENCE_MAX, &moved, sleep(SILENCE_MAX * 2)).await, Err(Silence));
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_is_told_of_answers_that_take_their_time_and_when_they_came() {
        let shown = Arc::new(());
        let told = Arc::clone(&shown);
        let waiting: Waiting = Arc::new(move || Box::new(Arc::clone(&told)));
        let heard = async |after| {
            sleep(after).await;
            Arc::strong_count(&shown)
        };
        assert_eq!(while_told(SILENCE_MAX, Some(&waiting), heard(NOTICE_AFTER / 2)).await, Ok(2));
        assert_eq!(while_told(SILENCE_MAX, Some(&waiting), heard(NOTICE_AFTER * 2)).await, Ok(3));
        assert_eq!(Arc::strong_count(&shown), 2);
        assert_eq!(while_told(SILENCE_MAX, None, sleep(SILENCE_MAX * 2)).await, Err(Silence));
    }
}
