"""Every route of the reference, called without parameters: does the server know it?

The routes are read from MLflow's own application, so that a newer MLflow brings its new routes along. Families that
Tiltyard leaves out stand in `differences.toml` like every other difference.
"""

import re

from harness.session import only_for_line

# Routes that MLflow adds outside that list.
BESIDE = (
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/version"),
    ("GET", "/get-artifact"),
    ("GET", "/model-versions/get-artifact"),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk"),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"),
    ("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets"),
    ("POST", "/ajax-api/2.0/mlflow/runs/create-promptlab-run"),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact"),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/<model_id>/artifacts/files"),
    ("GET", "/ajax-api/2.0/mlflow/get-trace-artifact"),
)
ACTING = ("/demo/", "/ui-telemetry", "/graphql", "/invoke", "/gateway-proxy", "/gateway/supported-", "/gateway/provider-config")


@only_for_line("3")
def known_routes(session):
    for verb, path in _routes():
        url = re.sub(r"[<{][^>}]*[>}]", "nothing", path)
        options = {} if verb == "GET" else {"json": {}}
        session.see(f"{verb} {path}", _verdict(session.http(verb, url, **options)))


def _routes():
    from mlflow.server.handlers import get_endpoints

    listed = {(verb, path) for path, _, verbs in get_endpoints() for verb in verbs}
    calm = [(verb, path) for verb, path in listed | set(BESIDE) if not any(part in path for part in ACTING)]
    return sorted(calm, key=lambda route: (route[1], route[0]))


def _verdict(answer):
    try:
        body = answer.json()
    except ValueError:
        body = {}
    code = body.get("error_code") if isinstance(body, dict) else None
    if code == "ENDPOINT_NOT_FOUND" or answer.status_code == 404 and code is None:
        return "unknown"
    if answer.status_code == 405:
        return "another verb"
    return "fails" if answer.status_code in (500, 502, 503) else "answers"
