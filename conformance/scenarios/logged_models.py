"""Logged models, the 3.x client's own entity: life cycle, tags, params, metrics, files and search."""

import mlflow
from mlflow import entities

from harness.session import only_for_line


@only_for_line("3")
def life_cycle(session):
    client, experiment_id = session.client, session.experiment()
    run_id = client.create_run(experiment_id).info.run_id
    model = client.create_logged_model(experiment_id, "lance", run_id, {"a": "1"}, {"p": "1"}, "agent")
    session.see("created", model)
    session.see("finalized", client.finalize_logged_model(model.model_id, "READY"))
    session.see("read", client.get_logged_model(model.model_id))
    session.outcome("finalized again", lambda: client.finalize_logged_model(model.model_id, "FAILED").status)
    client.delete_logged_model(model.model_id)
    session.refused("read after delete", client.get_logged_model, model.model_id)
    session.refused("delete twice", client.delete_logged_model, model.model_id)
    session.see("without a name", len(client.create_logged_model(experiment_id).name) > 0)


@only_for_line("3")
def refusals(session):
    client, experiment_id = session.client, session.experiment()
    for name in ("", "a/b", "a:b", "a.b", "a%b", "a'b", 'a"b', "n" * 257, "n" * 500, "ünï"):
        session.outcome(f"name {name[:20]!r} ({len(name)})", lambda name=name: len(client.create_logged_model(experiment_id, name).name) > 0)
    session.refused("unknown experiment", client.create_logged_model, "987654", "x")
    session.refused("unknown run", client.create_logged_model, experiment_id, "x", "0" * 32)
    session.refused("unknown model", client.get_logged_model, "m-" + "0" * 32)
    session.refused("finalize of an unknown one", client.finalize_logged_model, "m-" + "0" * 32, "READY")
    session.refused("tags of an unknown one", client.set_logged_model_tags, "m-" + "0" * 32, {"a": "b"})
    session.refused("params of an unknown one", client.log_model_params, "m-" + "0" * 32, {"a": "b"})
    session.refused("files of an unknown one", client.list_logged_model_artifacts, "m-" + "0" * 32)
    session.refused("param too long", client.create_logged_model, experiment_id, "x", params={"p": "v" * 6001})
    session.refused("param key too long", client.create_logged_model, experiment_id, "x", params={"p" * 251: "v"})
    session.refused("tag value too long", client.create_logged_model, experiment_id, "x", tags={"t": "v" * 8001})


@only_for_line("3")
def tags_and_params(session):
    client, experiment_id = session.client, session.experiment()
    model_id = client.create_logged_model(experiment_id, "m", tags={"a": "1"}, params={"p": "1"}).model_id
    client.set_logged_model_tags(model_id, {"a": "2", "b": 3, "ü ✓": "x"})
    client.log_model_params(model_id, {"q": "2"})
    session.refused("param changed", client.log_model_params, model_id, {"p": "changed"})
    session.refused("param again", client.log_model_params, model_id, {"p": "1"})
    client.delete_logged_model_tag(model_id, "b")
    session.refused("missing tag", client.delete_logged_model_tag, model_id, "b")
    model = client.get_logged_model(model_id)
    session.see("tags", model.tags)
    session.see("params", model.params)
    many = {f"p{number}": "v" for number in range(150)}
    session.see("many params at creation", len(client.create_logged_model(experiment_id, "many", params=many).params))


@only_for_line("3")
def metrics(session):
    client, experiment_id = session.client, session.experiment()
    run_id = client.create_run(experiment_id).info.run_id
    model_id = client.create_logged_model(experiment_id, "m", run_id).model_id
    client.log_metric(run_id, "loss", 0.5, timestamp=10, step=1, model_id=model_id)
    client.log_metric(run_id, "loss", 0.25, timestamp=20, step=2, model_id=model_id, dataset_name="d", dataset_digest="x")
    client.log_batch(run_id, [entities.Metric("acc", 0.9, 30, 1, model_id=model_id), entities.Metric("loose", 1.0, 30, 1)])
    model = client.get_logged_model(model_id)
    session.see("metrics of the model", sorted(model.metrics or [], key=lambda metric: (metric.key, metric.step)))
    session.see("metrics of the run", client.get_run(run_id).data.metrics)
    session.see("history", client.get_metric_history(run_id, "loss"))
    session.refused("of an unknown model", client.log_metric, run_id, "x", 1.0, timestamp=1, model_id="m-" + "0" * 32)


@only_for_line("3")
def inputs_and_outputs(session):
    client, experiment_id = session.client, session.experiment()
    first, second = (client.create_run(experiment_id).info.run_id for _ in range(2))
    model_id = client.create_logged_model(experiment_id, "m", first).model_id
    client.log_outputs(first, [entities.LoggedModelOutput(model_id, 3)])
    client.log_inputs(second, [entities.DatasetInput(entities.Dataset("d", "x", "local", "{}"))], [entities.LoggedModelInput(model_id)])
    session.see("outputs", client.get_run(first).outputs)
    session.see("inputs", client.get_run(second).inputs)
    session.refused("output of an unknown run", client.log_outputs, "0" * 32, [entities.LoggedModelOutput(model_id, 0)])
    session.refused("unknown model as output", client.log_outputs, first, [entities.LoggedModelOutput("m-" + "0" * 32, 0)])
    session.refused("unknown model as input", client.log_inputs, first, [], [entities.LoggedModelInput("m-" + "0" * 32)])


@only_for_line("3")
def files(session):
    client, experiment_id = session.client, session.experiment()
    model_id = client.create_logged_model(experiment_id, "m").model_id
    client.log_model_artifact(model_id, session.file("one.txt", "one"))
    client.log_model_artifact(model_id, session.file("two.txt", "two"), "deep/er")
    session.file("tree/a/b.txt", "b")
    client.log_model_artifacts(model_id, str(session.folder / "tree"))
    for path in (None, "deep", "deep/er", "a", "nothing"):
        found = client.list_logged_model_artifacts(model_id, path)
        session.see(f"listing of {path}", [[info.path, info.is_dir, info.file_size] for info in found])
    local = mlflow.artifacts.download_artifacts(f"models:/{model_id}", dst_path=str(session.folder / "down"))
    session.see("downloaded", sorted(str(p.relative_to(local)) for p in (session.folder / "down").rglob("*") if p.is_file()))
    session.refused("listing above", client.list_logged_model_artifacts, model_id, "../..")


FILTERS = (
    "name = 'ash'", "name != 'ash'", "name LIKE 'a%'", "name ILIKE 'A%'", "name IN ('ash')", "attributes.name = 'ash'", "status = 'READY'",
    "status = 'ready'", "status != 'READY'", "model_type = 'agent'", "params.depth = '3'", "params.depth > '2'", "params.kind LIKE 't%'", "tags.team = 'red'",
    "tags.team != 'red'", "tags.`team` ILIKE 'RED'", "metrics.loss < 1", "metrics.loss >= 0.5", "metrics.`loss` != 0.5", "metrics.loss = 0.5",
    "metrics.missing > 0", "creation_time > 5", "creation_timestamp > 5", "last_updated_timestamp > 5", "source_run_id = 'x'", "model_id = 'x'",
    "experiment_id = '1'", "name = 'ash' AND metrics.loss < 1", "name = 'ash' OR name = 'elm'", "nonsense", "nonsense.x = 'y'", "name =", "name = 5",
    "metrics.loss < 'x'", "metrics.loss LIKE 'x'", "(name = 'ash')", "params.depth = 3", "artifact_location = 'x'", "lifecycle_stage = 'active'", "",
)  # fmt: skip


@only_for_line("3")
def search_filters(session):
    experiment_id = _grove(session)
    for text in FILTERS:
        session.outcome(f"filter {text}", _names, session, experiment_id, filter_string=text)


@only_for_line("3")
def search_orders_and_pages(session):
    client, experiment_id = session.client, _grove(session)
    for field in ("name", "metrics.loss", "creation_timestamp", "last_updated_timestamp", "model_id", "status", "params.depth", "nonsense", ""):
        for ascending in (True, False):
            order = [{"field_name": field, "ascending": ascending}]
            session.outcome(f"order {field} {ascending}", _names, session, experiment_id, order_by=order)
    order = [{"field_name": "metrics.loss", "dataset_name": "train", "dataset_digest": "x"}]
    session.outcome("order by a metric on a data set", _names, session, experiment_id, order_by=order)
    session.outcome("two orders", _names, session, experiment_id, order_by=[{"field_name": "status"}, {"field_name": "name"}])
    session.outcome("order without a field", _names, session, experiment_id, order_by=[{"ascending": True}])
    for datasets in ([{"dataset_name": "train"}], [{"dataset_name": "train", "dataset_digest": "x"}], [{"dataset_name": "nothing"}]):
        session.outcome(f"metrics on {datasets}", _names, session, experiment_id, filter_string="metrics.loss > 0", datasets=datasets)
    token, pages = None, []
    for _ in range(9):
        page = client.search_logged_models([experiment_id], max_results=2, order_by=[{"field_name": "name"}], page_token=token)
        pages.append([model.name for model in page])
        token = page.token
        if not token:
            break
    session.see("pages", [" ".join(page) for page in pages])
    for size in (0, -1, 1000, 100_000):
        session.refused(f"page size {size}", client.search_logged_models, [experiment_id], max_results=size)
    session.refused("token of junk", client.search_logged_models, [experiment_id], page_token="junk")
    session.refused("no experiments", client.search_logged_models, [])
    session.see("unknown experiment", len(client.search_logged_models(["987654"])))


def _grove(session):
    client, experiment_id = session.client, session.experiment()
    run_id = client.create_run(experiment_id).info.run_id
    for name, loss, params, tags, kind in (
        ("ash", 0.5, {"depth": "3", "kind": "tree"}, {"team": "red"}, "agent"),
        ("elm", 0.25, {"depth": "10"}, {"team": "blue"}, None),
        ("oak", None, {}, {}, "agent"),
        ("Yew", 2.0, {"kind": "line"}, {"team": "red"}, "x"),
        ("gone", 0.1, {}, {}, None),
    ):
        model = client.create_logged_model(experiment_id, name, run_id, tags, params, kind)
        if loss:
            client.log_metric(run_id, "loss", loss, timestamp=1, step=0, model_id=model.model_id, dataset_name="train", dataset_digest="x")
        if name in ("ash", "Yew"):
            client.finalize_logged_model(model.model_id, "READY")
        if name == "gone":
            client.delete_logged_model(model.model_id)
    return experiment_id


def _names(session, experiment_id, **options):
    found = session.client.search_logged_models([experiment_id], **options)
    names = [model.name for model in found]
    order = options.get("order_by")
    return names if order and order[0].get("field_name") in ("name", "metrics.loss") else sorted(names)


@only_for_line("3")
def fluent_functions(session):
    experiment_id = session.experiment()
    model = mlflow.create_external_model("outside", params={"p": "1"}, tags={"t": "1"}, model_type="agent")
    session.see("external", [model.name, model.status, model.params])
    mlflow.set_logged_model_tags(model.model_id, {"t": "2"})
    mlflow.finalize_logged_model(model.model_id, "READY")
    session.see("tags", mlflow.get_logged_model(model.model_id).tags["t"])
    found = mlflow.search_logged_models([experiment_id], output_format="list")
    session.see("found", [item.name for item in found])
    mlflow.set_active_model(name="active one")
    session.see("active", mlflow.get_active_model_id() is not None)
    with mlflow.start_run():
        mlflow.log_metric("score", 1.0, timestamp=5, step=0)
    active = mlflow.get_logged_model(mlflow.get_active_model_id())
    session.see("metric went to the active model", [[metric.key, metric.value] for metric in active.metrics or []])
