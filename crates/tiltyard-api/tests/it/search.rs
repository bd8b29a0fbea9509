//! Searches over HTTP: pages, tokens, and what is refused.

use serde_json::{Value, json};
use tiltyard_testkit::TestServer;

async fn with_experiments(count: usize) -> TestServer {
    let server = TestServer::start().await;
    for index in 0..count {
        server.clock.advance_ms(1);
        let tags = json!([{"key": "even", "value": (index % 2 == 0).to_string()}]);
        server.post("experiments/create", json!({"name": format!("e{index}"), "tags": tags})).await.ok();
    }
    server
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let items = answer[list].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn experiments_are_found_by_either_verb_newest_first_with_their_tags() {
    let server = with_experiments(3).await;
    let got = server.get("experiments/search?max_results=2").await.ok();
    let posted = server.post("experiments/search", json!({"maxResults": "2"})).await.ok();
    assert_eq!(got, posted);
    assert_eq!(names(&got, "experiments"), ["e2", "e1"]);
    assert_eq!(got["experiments"][0]["tags"], json!([{"key": "even", "value": "true"}]));
    let token = got["next_page_token"].as_str().unwrap();
    let next = server.get(&format!("experiments/search?max_results=2&page_token={token}")).await.ok();
    assert_eq!(names(&next, "experiments"), ["e0", "Default"]);
    assert_eq!(next.get("next_page_token"), None);
}

#[tokio::test]
async fn filters_orders_and_views_narrow_experiments() {
    let server = with_experiments(4).await;
    let found = server
        .post(
            "experiments/search",
            json!({"max_results": 9, "filter": "tags.even = 'true' AND name LIKE 'e%'", "order_by": ["name ASC"]}),
        )
        .await
        .ok();
    assert_eq!(names(&found, "experiments"), ["e0", "e2"]);
    server.post("experiments/delete", json!({"experiment_id": "1"})).await.ok();
    let deleted = server.get("experiments/search?max_results=9&view_type=DELETED_ONLY").await.ok();
    assert_eq!(names(&deleted, "experiments"), ["e0"]);
    let all = server.get("experiments/search?max_results=9&view_type=ALL").await.ok();
    assert_eq!(names(&all, "experiments").len(), 5);
}

#[tokio::test]
async fn a_token_is_refused_by_any_other_search_and_so_is_junk() {
    let server = with_experiments(3).await;
    let first = server.get("experiments/search?max_results=1").await.ok();
    let token = first["next_page_token"].as_str().unwrap();
    for query in [
        format!("max_results=1&view_type=ALL&page_token={token}"),
        format!("max_results=1&filter=name+%21%3D+%27x%27&page_token={token}"),
        format!("max_results=1&order_by=name&page_token={token}"),
        "max_results=1&page_token=junk".to_owned(),
        "max_results=1&page_token=%21".to_owned(),
        "max_results=1&page_token=eyJvZmZzZXQiOiAxfQ%3D%3D".to_owned(),
    ] {
        let answer = server.get(&format!("experiments/search?{query}")).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE", "{query}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.starts_with("Invalid page token"), "{query}: {message}");
    }
}

#[tokio::test]
async fn sizes_filters_and_orders_that_cannot_be_read_are_refused() {
    let server = TestServer::start().await;
    for query in [
        "",
        "max_results=0",
        "max_results=-3",
        "max_results=60000",
        "max_results=1&filter=nonsense",
        "max_results=1&filter=tags.a+%3D+1",
        "max_results=1&order_by=tags.a",
        "max_results=1&view_type=SOME",
    ] {
        let answer = server.get(&format!("experiments/search?{query}")).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE", "{query}");
    }
}
