"""Raw requests about logged models."""

from harness.rows import Long, replay
from harness.session import only_for_line

ROWS = [
    ("POST", "logged-models", {}),
    ("POST", "logged-models", {"experiment_id": "{experiment}"}),
    ("POST", "logged-models", {"experiment_id": "987654", "name": "m"}),
    ("POST", "logged-models", {"experiment_id": "soup", "name": "m"}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "m"}),
    ("POST", "logged-models", {"experimentId": "{experiment}", "name": "m", "modelType": "t", "sourceRunId": "{run}"}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "experimentId": "{experiment}", "name": "m"}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": 5}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "a/b"}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "m", "params": [{"key": "a", "value": "b"}], "tags": [{"key": "c", "value": "d"}]}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "m", "params": [{"key": "a"}]}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "m", "params": "x"}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "m", "params": [{"key": "a", "value": Long(6001)}]}),
    ("GET", "logged-models", {}),
    ("GET", "logged-models/{logged}", {}),
    ("GET", "logged-models/m-nothing", {}),
    ("GET", "logged-models/a%2Fb", {}),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/{logged}", {}),
    ("PATCH", "logged-models/{logged}", {}),
    ("PATCH", "logged-models/{logged}", {"status": "LOGGED_MODEL_READY"}),
    ("PATCH", "logged-models/{logged}", {"status": "READY"}),
    ("PATCH", "logged-models/{logged}", {"status": 2}),
    ("PATCH", "logged-models/{logged}", {"status": "LOGGED_MODEL_UPLOAD_FAILED", "model_id": "m-other"}),
    ("PATCH", "logged-models/m-nothing", {"status": "LOGGED_MODEL_READY"}),
    ("PATCH", "logged-models/{logged}/tags", {}),
    ("PATCH", "logged-models/{logged}/tags", {"tags": []}),
    ("PATCH", "logged-models/{logged}/tags", {"tags": [{"key": "a", "value": "1"}]}),
    ("PATCH", "logged-models/{logged}/tags", {"tags": [{"value": "1"}]}),
    ("PATCH", "logged-models/{logged}/tags", {"tags": [{"key": "a", "value": Long(8001)}]}),
    ("PATCH", "logged-models/m-nothing/tags", {"tags": [{"key": "a", "value": "1"}]}),
    ("DELETE", "logged-models/{logged}/tags/a", ""),
    ("DELETE", "logged-models/{logged}/tags/never", ""),
    ("DELETE", "logged-models/m-nothing/tags/a", ""),
    ("POST", "logged-models/{logged}/params", {}),
    ("POST", "logged-models/{logged}/params", {"params": [{"key": "p", "value": "1"}]}),
    ("POST", "logged-models/{logged}/params", {"params": [{"key": "p", "value": "2"}]}),
    ("POST", "logged-models/m-nothing/params", {"params": [{"key": "p", "value": "1"}]}),
    ("GET", "logged-models/{logged}/artifacts/directories", {}),
    ("GET", "logged-models/{logged}/artifacts/directories", {"artifact_directory_path": "sub"}),
    ("GET", "logged-models/{logged}/artifacts/directories", {"artifact_directory_path": ".."}),
    ("GET", "logged-models/m-nothing/artifacts/directories", {}),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/{logged}/artifacts/files", {}),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/{logged}/artifacts/files", {"artifact_file_path": "sub/a.txt"}),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/{logged}/artifacts/files", {"artifact_file_path": "nothing.txt"}),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/{logged}/artifacts/files", {"artifact_file_path": "../x"}),
    ("POST", "logged-models/search", {}),
    ("POST", "logged-models/search", {"experiment_ids": []}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"]}),
    ("POST", "logged-models/search", {"experimentIds": ["{only}"], "maxResults": 1}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "max_results": 0}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "max_results": "x"}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "max_results": 51}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "filter": "nonsense"}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "filter": "name = 'single'"}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "order_by": [{"field_name": "nonsense"}]}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "order_by": [{}]}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "order_by": ["name"]}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "datasets": [{}]}),
    ("POST", "logged-models/search", {"experiment_ids": ["{only}"], "page_token": "junk"}),
    ("DELETE", "logged-models/m-nothing", ""),
    ("DELETE", "logged-models/{logged}", ""),
    ("DELETE", "logged-models/{logged}", ""),
    ("GET", "logged-models/{logged}", {}),
]


@only_for_line("3")
def rows(session):
    client, experiment_id, only = session.client, session.experiment(), session.experiment("only")
    run_id = client.create_run(experiment_id).info.run_id
    logged = client.create_logged_model(experiment_id, "m").model_id
    client.log_model_artifact(logged, session.file("a.txt", "content"), "sub")
    client.create_logged_model(only, "single")
    replay(session, ROWS, {"experiment": experiment_id, "run": run_id, "logged": logged, "only": only})
