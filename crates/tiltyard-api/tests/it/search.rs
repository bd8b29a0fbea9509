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

/// A run with a metric `a` and a param `p`.
async fn logged(server: &TestServer, a: f64, p: &str) -> String {
    let made = server.post("runs/create", json!({"experiment_id": "0", "start_time": 1})).await.ok();
    let id = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let metrics = json!([{"key": "a", "value": a, "timestamp": 1, "step": 0}]);
    let batch = json!({"run_id": id, "metrics": metrics, "params": [{"key": "p", "value": p}]});
    server.post("runs/log-batch", batch).await.ok();
    id
}

fn run_ids(answer: &Value) -> Vec<String> {
    let runs = answer["runs"].as_array().cloned().unwrap_or_default();
    runs.iter().map(|run| run["info"]["run_id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn runs_are_found_by_metric_and_param_sorted_by_the_metric_page_by_page() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for (a, p) in [(0.9, "x"), (0.2, "x"), (0.7, "y"), (0.8, "x"), (0.6, "x")] {
        ids.push(logged(&server, a, p).await);
    }
    let search = json!({"experiment_ids": ["0", "77"], "filter": "metrics.a > 0.5 AND params.p = 'x'",
                        "order_by": ["metrics.a DESC"], "max_results": 2});
    let first = server.post("runs/search", search.clone()).await.ok();
    assert_eq!(run_ids(&first), [ids[0].clone(), ids[3].clone()]);
    assert_eq!(first["runs"][0]["data"]["metrics"][0]["value"], 0.9);
    assert_eq!(first["runs"][0]["data"]["params"], json!([{"key": "p", "value": "x"}]));
    let mut next = search;
    next["page_token"] = first["next_page_token"].clone();
    let second = server.post("runs/search", next).await.ok();
    assert_eq!(run_ids(&second), [ids[4].clone()]);
    assert_eq!(second.get("next_page_token"), None);
}

#[tokio::test]
async fn a_page_of_runs_takes_as_many_statements_however_long_it_is() {
    let server = TestServer::start().await;
    let search = json!({"experiment_ids": ["0"], "order_by": ["metrics.a"], "max_results": 10});
    let mut counts = Vec::new();
    for _ in 0..3 {
        for _ in 0..3 {
            logged(&server, 0.5, "x").await;
        }
        let before = server.context.statement_count();
        server.post("runs/search", search.clone()).await.ok();
        counts.push(server.context.statement_count() - before);
    }
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
}

#[tokio::test]
async fn no_experiments_and_unknown_ones_hold_no_runs() {
    let server = TestServer::start().await;
    logged(&server, 0.5, "x").await;
    for body in [json!({}), json!({"experiment_ids": []}), json!({"experiment_ids": ["77"]})] {
        assert_eq!(server.post("runs/search", body).await.ok(), json!({}));
    }
    let many: Vec<String> = (0..5_000).map(|id: i32| id.to_string()).collect();
    let found = server.post("runs/search", json!({"experiment_ids": many})).await.ok();
    assert_eq!(run_ids(&found).len(), 1);
    for ids in [json!([""]), json!(["x"]), json!([[]])] {
        let answer = server.post("runs/search", json!({"experiment_ids": ids})).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE");
    }
}

#[tokio::test]
async fn models_and_versions_are_found_with_aliases_and_prompts_stay_apart() {
    let server = TestServer::start().await;
    for (name, source, tags) in [
        ("fraud", "s3://bucket/m", json!([])),
        ("greeting", "dummy-source", json!([{"key": "mlflow.prompt.is_prompt", "value": "true"}])),
    ] {
        server.post("registered-models/create", json!({"name": name, "tags": tags})).await.ok();
        server
            .post("model-versions/create", json!({"name": name, "source": source, "tags": tags}))
            .await
            .ok();
    }
    let alias = json!({"name": "fraud", "alias": "champion", "version": "1"});
    server.post("registered-models/alias", alias).await.ok();
    let models = server.get("registered-models/search").await.ok();
    assert_eq!(names(&models, "registered_models"), ["fraud"]);
    assert_eq!(models["registered_models"][0]["aliases"], json!([{"alias": "champion", "version": "1"}]));
    assert_eq!(models["registered_models"][0]["latest_versions"][0]["version"], "1");
    let versions = server.get("model-versions/search").await.ok();
    assert_eq!(names(&versions, "model_versions"), ["fraud"]);
    let by_name = server.get("model-versions/search?filter=name+%3D+%27fraud%27").await.ok();
    assert_eq!(by_name["model_versions"][0]["aliases"], json!(["champion"]));
    let prompts = "filter=tags.%60mlflow.prompt.is_prompt%60+%3D+%27true%27";
    let found = server.get(&format!("registered-models/search?{prompts}")).await.ok();
    assert_eq!(names(&found, "registered_models"), ["greeting"]);
    let found = server.get(&format!("model-versions/search?{prompts}")).await.ok();
    assert_eq!(names(&found, "model_versions"), ["greeting"]);
}

#[tokio::test]
async fn logged_models_are_found_newest_first() {
    let server = TestServer::start().await;
    for name in ["one", "two"] {
        server.clock.advance_ms(1);
        let tags = json!([{"key": "t", "value": name}]);
        server.post("logged-models", json!({"experiment_id": "0", "name": name, "tags": tags})).await.ok();
    }
    let found = server.post("logged-models/search", json!({"experiment_ids": ["0"]})).await.ok();
    assert_eq!(found["models"][0]["info"]["name"], "two");
    assert_eq!(found["models"].as_array().unwrap().len(), 2);
    let search = json!({"experiment_ids": ["0"], "filter": "tags.t = 'one'",
                        "order_by": [{"field_name": "metrics.a", "ascending": false}]});
    let found = server.post("logged-models/search", search).await.ok();
    assert_eq!(found["models"][0]["info"]["tags"], json!([{"key": "t", "value": "one"}]));
    for bad in [
        json!({}),
        json!({"experiment_ids": ["0"], "max_results": -1}),
        json!({"experiment_ids": ["0"], "page_token": "zz"}),
        json!({"experiment_ids": ["0"], "datasets": [{"dataset_digest": "d"}]}),
    ] {
        let answer = server.post("logged-models/search", bad).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE");
    }
}
