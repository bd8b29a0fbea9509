//! Reading lists page by page, as far as was asked for.
//! What is in the pages is the command's business.

use serde::Serialize;
use tiltyard_client::ClientError;

use super::failure::Failure;
use super::output::Output;
use crate::limits::PAGE_MAX;

/// The beginning of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<T> {
    /// As many items as were asked for, or all.
    pub(super) items: Vec<T>,
    /// Whether the server has more.
    pub(super) more: bool,
}

/// Reads pages until the limit or the end. `fetch` gets a page's size and token, and gives its items and the next token.
pub(super) async fn up_to<T, F>(limit: usize, mut fetch: F) -> Result<Found<T>, ClientError>
where
    F: AsyncFnMut(i64, Option<String>) -> Result<(Vec<T>, Option<String>), ClientError>,
{
    let mut items = Vec::new();
    let mut token = None;
    loop {
        let size = (limit - items.len()).min(PAGE_MAX);
        let (page, next) = fetch(i64::try_from(size).unwrap_or(i64::MAX), token).await?;
        // A server may give more than was asked for.
        let fits = page.len() <= limit - items.len();
        items.extend(page.into_iter().take(limit - items.len()));
        token = next.filter(|token| !token.is_empty());
        if token.is_none() || items.len() == limit {
            return Ok(Found { items, more: token.is_some() || !fits });
        }
    }
}

impl<T: Serialize> Found<T> {
    /// Prints the list, and for people whether it is empty or goes on.
    pub(super) fn show(&self, output: Output, text: impl FnOnce(&[T]) -> String) -> Result<(), Failure> {
        if self.items.is_empty() {
            output.remark("Nothing was found.");
        }
        output.show(&self.items, |items| text(items))?;
        if self.more {
            output.remark("There are more; raise --limit to see them.");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, up_to};

    async fn numbers(limit: usize, total: usize) -> Found<usize> {
        let fetch = async |size: i64, token: Option<String>| {
            let start: usize = token.map_or(0, |token| token.parse().unwrap());
            let end = total.min(start + usize::try_from(size).unwrap());
            Ok(((start..end).collect(), (end < total).then(|| end.to_string())))
        };
        up_to(limit, fetch).await.unwrap()
    }

    #[tokio::test]
    async fn pages_are_read_up_to_the_limit() {
        assert_eq!(numbers(5, 3).await, Found { items: vec![0, 1, 2], more: false });
        assert_eq!(numbers(3, 3).await, Found { items: vec![0, 1, 2], more: false });
        assert_eq!(numbers(2, 3).await, Found { items: vec![0, 1], more: true });
        let all = numbers(500, 450).await;
        assert_eq!((all.items.len(), all.more), (450, false));
    }
}
