"""Artifacts of runs: upload, listing, download, deletion; files of many kinds, names and sizes."""

import hashlib
import json
import os
from pathlib import Path

import mlflow
from mlflow.artifacts import download_artifacts, list_artifacts, load_dict, load_text

from harness.session import only_for_line

MIB = 1024 * 1024


def _run(session):
    return session.client.create_run(session.experiment()).info.run_id


def _listing(session, run_id, path=None):
    found = session.client.list_artifacts(run_id, path)
    return [[info.path, info.is_dir, info.file_size] for info in found]


def _tree(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def files_and_folders(session):
    client, run_id = session.client, _run(session)
    session.see("empty run", _listing(session, run_id))
    client.log_artifact(run_id, session.file("one.txt", "one"))
    client.log_artifact(run_id, session.file("empty.bin", b""), "deep/er")
    for name in ("tree/a.txt", "tree/b/c.txt", "tree/b/d/e.bin"):
        session.file(name, name)
    client.log_artifacts(run_id, str(session.folder / "tree"))
    client.log_artifacts(run_id, str(session.folder / "tree"), "copy/of")
    for path in (None, "", "copy", "copy/of", "copy/of/b", "b", "one.txt", "nothing", "deep/er/empty.bin"):
        session.see(f"listing of {path!r}", _listing(session, run_id, path))
    session.see("all", _tree(client.download_artifacts(run_id, "", _folder(session, "all"))))
    session.see("part", _tree(client.download_artifacts(run_id, "copy", _folder(session, "part"))))
    session.see("one file", Path(client.download_artifacts(run_id, "copy/of/b/c.txt", _folder(session, "file"))).read_text())
    session.refused("missing file", client.download_artifacts, run_id, "nothing.txt", _folder(session, "none"))


def _folder(session, name):
    folder = session.folder / name
    folder.mkdir()
    return str(folder)


def contents_of_every_kind(session):
    client, run_id = session.client, _run(session)
    client.log_text(run_id, "täxt ✓\n", "notes/text.txt")
    client.log_text(run_id, "<b>markup</b>", "page.html")
    client.log_dict(run_id, {"a": [1, 2, {"b": None}]}, "d.json")
    client.log_dict(run_id, {"a": [1, 2]}, "d.yaml")
    figure, axes = __import__("matplotlib.pyplot").pyplot.subplots()
    axes.plot([1, 2, 3])
    client.log_figure(run_id, figure, "plots/line.png")
    client.log_table(run_id, {"x": [1, 2], "y": ["a", "b"]}, "table.json")
    client.log_table(run_id, {"x": [3], "y": ["c"]}, "table.json")
    uri = f"runs:/{run_id}/"
    session.see("text", load_text(uri + "notes/text.txt"))
    session.see("markup", load_text(uri + "page.html"))
    session.see("dictionary", load_dict(uri + "d.json"))
    session.see("yaml", load_text(uri + "d.yaml"))
    session.see("table", json.loads(load_text(uri + "table.json")))
    session.see("figure starts as", Path(download_artifacts(uri + "plots/line.png")).read_bytes()[:8])
    session.see("names", sorted(info.path for info in client.list_artifacts(run_id)))
    session.see("tag of tables", client.get_run(run_id).data.tags.get("mlflow.loggedArtifacts"))


NAMES = (
    "with space.txt", "ünï ✓ 実験.txt", "per%cent%20.txt", "plus+and&amp=.txt", "quo'te.txt", "semi;colon.txt", "at@sign.txt",
    "bra[ck]et{s}.txt", "comma,.txt", "dollar$.txt", "tilde~.txt", ".hidden", "..dots", "dots..", "double  space", "exclam!.txt",
    "equals=.txt", "caret^.txt", "back`tick.txt", "pipe|.txt", "paren(s).txt", "x" * 200,
)  # fmt: skip


def names_of_every_kind(session):
    client, run_id = session.client, _run(session)
    for name in NAMES:
        path = session.file(f"names/{name}", name)
        session.outcome(f"up {name[:30]}", client.log_artifact, run_id, path, "a folder/ünter")
        session.outcome(f"down {name[:30]}", lambda name=name: load_text(f"runs:/{run_id}/a folder/ünter/{name}"))
    session.see("listing", sorted(info.path for info in client.list_artifacts(run_id, "a folder/ünter")))
    for name in ("hash#.txt", "question?.txt", "star*.txt", "col:on.txt", "less<than>.txt", 'quote".txt', "a:b.txt", "C:y.txt", "...", " "):
        path = session.file(f"names/{name}", name)
        session.outcome(f"up {name!r}", client.log_artifact, run_id, path, "odd")
    session.see("odd listing", sorted(info.path for info in client.list_artifacts(run_id, "odd")))
    for name in ("new\nline.txt", "back\\slash.txt"):
        session.outcome(f"up {name!r}", client.log_artifact, run_id, session.file(f"names/{name}", name), "odder")


def overwriting(session):
    client, run_id = session.client, _run(session)
    client.log_text(run_id, "first, and longer", "a.txt")
    client.log_text(run_id, "second", "a.txt")
    session.see("content", load_text(f"runs:/{run_id}/a.txt"))
    session.see("listing", _listing(session, run_id))


def a_file_where_a_folder_is_needed(session):
    client, run_id = session.client, _run(session)
    client.log_text(run_id, "first", "a.txt")
    session.refused("refusal", client.log_text, run_id, "x", "a.txt/b.txt")


def a_folder_where_a_file_is_wanted(session):
    client, run_id = session.client, _run(session)
    client.log_text(run_id, "first", "folder/a.txt")
    session.refused("refusal", client.log_text, run_id, "x", "folder")


def big_files(session):
    client, run_id = session.client, _run(session)
    content = bytes(range(256)) * (24 * MIB // 256)
    client.log_artifact(run_id, session.file("big.bin", content))
    session.see("listing", _listing(session, run_id))
    back = Path(client.download_artifacts(run_id, "big.bin", _folder(session, "back")))
    session.see("the same bytes came back", back.read_bytes() == content)


def multipart_uploads(session):
    """A client that is told to upload in parts must end with the file in place, whether the store can or not."""
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(6 * MIB)
    os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 * MIB)
    client, run_id = session.client, _run(session)
    content = b"joust " * (13 * MIB // 6)
    session.outcome("upload", client.log_artifact, run_id, session.file("parts.bin", content))
    session.see("listing", _listing(session, run_id))
    back = Path(client.download_artifacts(run_id, "parts.bin", _folder(session, "back")))
    session.see("the same bytes came back", back.read_bytes() == content)


def many_files(session):
    client, run_id = session.client, _run(session)
    for number in range(60):
        session.file(f"many/{number % 4}/file-{number:03}.txt", str(number))
    client.log_artifacts(run_id, str(session.folder / "many"), "many")
    session.see("folders", _listing(session, run_id, "many"))
    session.see("one folder", _listing(session, run_id, "many/3"))
    session.see("all of them", len(_tree(client.download_artifacts(run_id, "many", _folder(session, "back")))))


def paths_that_climb(session):
    client, run_id = session.client, _run(session)
    client.log_text(run_id, "inside", "folder/inside.txt")
    for path in ("..", "../..", "folder/../..", "/etc", "folder/../folder", ".", "./folder", "folder//"):
        _climb(session, run_id, path)
    session.see("after", _listing(session, run_id))
    _climb(session, run_id, "folder\\..\\..")


def _climb(session, run_id, path):
    session.refused(f"listing of {path}", session.client.list_artifacts, run_id, path)
    session.refused(f"text to {path}/x.txt", session.client.log_text, run_id, "x", f"{path}/x.txt")


def fluent_functions(session):
    session.experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "greeting.txt")
        mlflow.log_dict({"k": 1}, "conf.json")
        mlflow.log_artifact(session.file("loose.csv", "a,b\n1,2\n"), "data")
        session.see("address", mlflow.get_artifact_uri("data"))
    listed = list_artifacts(run_id=run.info.run_id)
    session.see("list", [[info.path, info.is_dir, info.file_size] for info in listed])
    session.see("dictionary", load_dict(f"{run.info.artifact_uri}/conf.json"))
    local = download_artifacts(run_id=run.info.run_id, artifact_path="data", dst_path=_folder(session, "down"))
    session.see("download", _tree(local))
    session.see("download by run address", _tree(download_artifacts(f"runs:/{run.info.run_id}/data", dst_path=_folder(session, "down2"))))


def deletion(session):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    client, run_id = session.client, _run(session)
    for name in ("a.txt", "folder/b.txt", "folder/deep/c.txt", "other/d.txt"):
        client.log_text(run_id, name, name)
    repository = get_artifact_repository(client.get_run(run_id).info.artifact_uri)
    for path in ("a.txt", "folder/deep", "other", "nothing"):
        session.outcome(f"delete {path}", repository.delete_artifacts, path)
        session.see(f"after {path}", [_listing(session, run_id), _listing(session, run_id, "folder")])
    session.outcome("delete everything", repository.delete_artifacts)
    session.see("after everything", _listing(session, run_id))
    client.log_text(run_id, "again", "a.txt")
    session.see("written again", _listing(session, run_id))


def deleted_runs_keep_their_files(session):
    client, run_id = session.client, _run(session)
    client.log_text(run_id, "kept", "a.txt")
    client.delete_run(run_id)
    session.outcome("listing", _listing, session, run_id)
    session.outcome("text", load_text, f"runs:/{run_id}/a.txt")
    session.refused("new file", client.log_text, run_id, "x", "b.txt")
    session.refused("listing of an unknown run", client.list_artifacts, "0" * 32)


@only_for_line("3")
def streams(session):
    import io

    client, run_id = session.client, _run(session)
    client.log_stream(run_id, io.BytesIO(b"streamed " * 1000), "deep/stream.bin")
    session.see("length", len(load_text(f"runs:/{run_id}/deep/stream.bin")))


def images(session):
    import numpy

    client, run_id = session.client, _run(session)
    picture = numpy.zeros((4, 4, 3), dtype=numpy.uint8)
    client.log_image(run_id, picture, "picture.png")
    client.log_image(run_id, picture, key="canvas", step=3, timestamp=77)
    session.see("files", sorted(info.path for info in client.list_artifacts(run_id)))
    stepped = [info.path for info in client.list_artifacts(run_id, "images")]
    session.see("stepped images", sorted(path.split("%")[0].split("+")[0] for path in stepped))
