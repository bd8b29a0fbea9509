"""Raw requests to the proxied artifact routes, and the headers of what they serve."""

from harness.rows import Long, replay
from harness.session import only_for_line

BASE = "/api/2.0/mlflow-artifacts/"

ROWS = [
    ("PUT", BASE + "artifacts/{root}/a.txt", "content a"),
    ("PUT", BASE + "artifacts/{root}/deep/er/b.txt", "content b"),
    ("PUT", BASE + "artifacts/{root}/empty", ""),
    ("PUT", BASE + "artifacts/{root}/page.html", "<script>1</script>"),
    ("PUT", BASE + "artifacts/{root}/ünï ✓.txt", "unicode"),
    ("PUT", BASE + "artifacts/{root}/a%20b.txt", "encoded once"),
    ("PUT", BASE + "artifacts/{root}/a%2520b.txt", "encoded twice"),
    ("PUT", "/ajax-api/2.0/mlflow-artifacts/artifacts/{root}/by-ajax.txt", "x"),
    ("PUT", BASE + "artifacts/", "x"),
    ("PUT", BASE + "artifacts", "x"),
    ("POST", BASE + "artifacts/{root}/posted.txt", "x"),
    ("PUT", BASE + "artifacts/{root}/%2e%2e/%2e%2e/up.txt", "x"),
    ("PUT", BASE + "artifacts/{root}/..%2fup.txt", "x"),
    ("PUT", BASE + "artifacts/{root}/%252e%252e/up.txt", "x"),
    ("PUT", BASE + "artifacts/%2fetc/up.txt", "x"),
    ("PUT", BASE + "artifacts/{root}-odd/nul%00.txt", "x"),
    ("PUT", BASE + "artifacts/{root}-odd/a:b.txt", "x"),
    ("PUT", BASE + "artifacts/{root}-odd/..%20/x", "x"),
    ("PUT", BASE + "artifacts/{root}-odd/s3:/x", "x"),
    ("PUT", BASE + "artifacts/{root}-odd/what%3fnow", "x"),
    ("PUT", BASE + "artifacts/{root}/longest", Long(10)),
    ("GET", BASE + "artifacts", {"path": "{root}"}),
    ("GET", BASE + "artifacts", {"path": "{root}/"}),
    ("GET", BASE + "artifacts", {"path": "{root}/deep"}),
    ("GET", BASE + "artifacts", {"path": "{root}/a.txt"}),
    ("GET", BASE + "artifacts", {"path": "{root}/nothing"}),
    ("GET", BASE + "artifacts", {"path": ".."}),
    ("GET", BASE + "artifacts", {"path": "{root}/../.."}),
    ("GET", BASE + "artifacts", {"path": "/etc"}),
    ("GET", BASE + "artifacts", {"path": "%2e%2e"}),
    ("GET", BASE + "artifacts", {"path": "%252e%252e"}),
    ("GET", BASE + "artifacts", {"path": "file:///etc"}),
    ("GET", BASE + "artifacts", {"path": "{root}\\..\\.."}),
    ("GET", BASE + "artifacts/{root}/a.txt", {}),
    ("GET", BASE + "artifacts/{root}/deep/er/b.txt", {}),
    ("GET", BASE + "artifacts/{root}/empty", {}),
    ("GET", BASE + "artifacts/{root}/nothing.txt", {}),
    ("GET", BASE + "artifacts/{root}/deep", {}),
    ("GET", BASE + "artifacts/{root}/a.txt/more", {}),
    ("GET", BASE + "artifacts/{root}/..%2f..%2fetc", {}),
    ("GET", BASE + "artifacts/{root}/%2e%2e/x", {}),
    ("GET", "/ajax-api/2.0/mlflow-artifacts/artifacts/{root}/a.txt", {}),
    ("GET", BASE + "artifacts/{root}/a.txt", {}, {"Range": "bytes=0-3"}),
    ("GET", BASE + "artifacts/{root}/a.txt", {}, {"Range": "bytes=99-"}),
    ("POST", BASE + "mpu/create/{root}/parts.bin", {}),
    ("POST", BASE + "mpu/create/{root}/parts.bin", {"path": "{root}/parts.bin", "num_parts": 2}),
    ("POST", BASE + "mpu/create/{root}/parts.bin", {"path": "parts.bin", "num_parts": "x"}),
    ("POST", BASE + "mpu/complete/{root}/parts.bin", {"path": "parts.bin", "upload_id": "x", "parts": []}),
    ("POST", BASE + "mpu/complete/{root}/parts.bin", {}),
    ("POST", BASE + "mpu/abort/{root}/parts.bin", {"path": "parts.bin", "upload_id": "x"}),
    ("POST", BASE + "mpu/abort/{root}/parts.bin", {}),
    ("POST", BASE + "mpu/create/..%2fx", {"path": "x", "num_parts": 2}),
    ("GET", BASE + "presigned/{root}/a.txt", {}),
    ("GET", BASE + "presigned/{root}/nothing.txt", {}),
    ("GET", BASE + "presigned/..%2fx", {}),
    ("POST", "artifacts/presigned-upload-url", {}),
    ("POST", "artifacts/presigned-upload-url", {"run_id": "{run}", "path": "a.txt"}),
    ("POST", "artifacts/presigned-download-url", {}),
    ("POST", "artifacts/presigned-download-url", {"run_id": "{run}", "path": "a.txt"}),
    ("DELETE", BASE + "artifacts/{root}/a.txt", ""),
    ("DELETE", BASE + "artifacts/{root}/a.txt", ""),
    ("DELETE", BASE + "artifacts/{root}/nothing", ""),
    ("DELETE", BASE + "artifacts/{root}/deep", ""),
    ("DELETE", BASE + "artifacts/{root}/..%2f..", ""),
    ("DELETE", BASE + "artifacts/", ""),
    ("DELETE", BASE + "artifacts", ""),
    ("GET", BASE + "artifacts", {"path": "{root}"}),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact", {}),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=up/loaded.txt", "by the page"),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=../up.txt", "x"),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}", "x"),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?path=x.txt", "x"),
]

HEADERS = ("Content-Type", "Content-Disposition", "X-Content-Type-Options", "X-Frame-Options", "Content-Length")


@only_for_line("3")
def rows(session):
    run_id = session.client.create_run(session.experiment()).info.run_id
    replay(session, ROWS, {"root": session.unique("root"), "run": run_id})


@only_for_line("3")
def headers(session):
    run_id = session.client.create_run(session.experiment()).info.run_id
    for name in ("a.txt", "page.html", "image.svg", "data.json", "MLmodel", "noextension", "ünï ✓.txt", "archive.tar.gz", "model.pkl", "quo\"te.txt"):
        session.client.log_text(run_id, "content", f"folder/{name}")
        for path, query in (("/get-artifact", {"run_id": run_id, "path": f"folder/{name}"}),):
            answer = session.http("GET", path, params=query)
            session.see(f"{path} {name}", {header: answer.headers.get(header) for header in HEADERS})
        uri = session.client.get_run(run_id).info.artifact_uri.removeprefix("mlflow-artifacts:/")
        answer = session.http("GET", f"/api/2.0/mlflow-artifacts/artifacts/{uri}/folder/{name}")
        session.see(f"proxied {name}", {header: answer.headers.get(header) for header in HEADERS})


@only_for_line("3")
def headers_of_json(session):
    for path in ("/health", "/version", "/api/2.0/mlflow/experiments/get?experiment_id=0", "/api/2.0/mlflow/experiments/get?experiment_id=987654"):
        answer = session.http("GET", path)
        session.see(path, {header: answer.headers.get(header) for header in HEADERS[:4]})
    answer = session.http("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0")
    session.see("layout of the JSON", answer.text.splitlines()[:3])
    answer = session.http("POST", "/api/2.0/mlflow/runs/search", json={"experiment_ids": ["987654"]})
    session.see("layout of an empty answer", answer.text)
    for origin in ("http://localhost:3000", "http://evil.example.org"):
        answer = session.http("POST", "/api/2.0/mlflow/runs/search", json={"experiment_ids": ["987654"]}, headers={"Origin": origin})
        session.see(f"origin {origin}", [answer.status_code, answer.headers.get("Access-Control-Allow-Origin")])
    for host in ("localhost", "127.0.0.1:5000", "evil.example.org", "10.0.0.5:5000", "192.168.1.1"):
        for path in ("/health", "/api/2.0/mlflow/experiments/get?experiment_id=0"):
            answer = session.http("GET", path, headers={"Host": host})
            session.see(f"host {host} {path}", [answer.status_code, "" if answer.ok else answer.text])
