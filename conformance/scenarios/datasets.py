"""Data sets logged to runs: inputs, their tags, and finding runs and data sets by them."""

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag


def _input(name, digest="d1", context=None, **more):
    tags = [InputTag("mlflow.data.context", context)] if context else []
    dataset = Dataset(name, digest, "local", more.get("source", "{}"), more.get("schema"), more.get("profile"))
    return DatasetInput(dataset, tags)


def inputs_of_a_run(session):
    client = session.client
    run_id = client.create_run(session.experiment()).info.run_id
    client.log_inputs(run_id, [_input("train", context="training", schema="{}", profile="{}"), _input("test", "d2")])
    client.log_inputs(run_id, [_input("train", context="training", schema="{}", profile="{}")])
    client.log_inputs(run_id, [_input("train", "d3", context="validation")])
    found = client.get_run(run_id).inputs.dataset_inputs
    session.see("inputs", sorted(found, key=lambda item: (item.dataset.name, item.dataset.digest)))
    session.refused("unknown run", client.log_inputs, "0" * 32, [_input("train")])
    session.refused("name too long", client.log_inputs, run_id, [_input("n" * 501)])
    session.refused("digest too long", client.log_inputs, run_id, [_input("n", "d" * 37)])
    session.refused("tag key too long", client.log_inputs, run_id, [DatasetInput(_input("n").dataset, [InputTag("k" * 256, "v")])])
    session.refused("nothing", client.log_inputs, run_id, [])
    client.delete_run(run_id)
    session.refused("deleted run", client.log_inputs, run_id, [_input("train")])


def searches(session):
    client, experiment_id = session.client, session.experiment()
    for name, inputs in (
        ("one", [_input("train", "d1", "training")]),
        ("two", [_input("train", "d2", "training"), _input("test", "d1", "testing")]),
        ("three", [_input("test", "d1", "validation")]),
        ("four", []),
    ):
        run_id = client.create_run(experiment_id, run_name=name).info.run_id
        if inputs:
            client.log_inputs(run_id, inputs)
    for text in (
        "dataset.name = 'train'", "datasets.name = 'train'", "dataset.name != 'train'", "dataset.name LIKE 't%'", "dataset.name ILIKE 'TEST'",
        "dataset.digest = 'd1'", "dataset.context = 'training'", "dataset.context LIKE '%ing'", "dataset.name = 'train' AND dataset.digest = 'd1'",
        "dataset.name = 'train' AND dataset.context = 'testing'", "dataset.digest IN ('d1', 'd2')", "dataset.name IN ('test')",
        "dataset.context IN ('training')", "dataset.name > 'a'", "dataset.source = 'x'", "dataset.`name` = 'train'",
    ):  # fmt: skip
        session.outcome(text, lambda text=text: sorted(run.info.run_name for run in client.search_runs([experiment_id], text)))


def search_of_datasets(session):
    client = session.client
    first, second = session.experiment("first"), session.experiment("second")
    for experiment_id, inputs in ((first, [_input("a", "1", "train"), _input("b", "2")]), (second, [_input("a", "1", "test")])):
        client.log_inputs(client.create_run(experiment_id).info.run_id, inputs)
    for ids in ([first], [second], [first, second], ["987654"], []):
        answer = session.http("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", json={"experiment_ids": ids})
        summaries = answer.json().get("dataset_summaries", answer.json())
        if isinstance(summaries, list):
            summaries = sorted(summaries, key=lambda item: (item["experiment_id"], item["name"], item.get("context", "")))
        session.see(f"of {len(ids)} experiments", {"status": answer.status_code, "summaries": summaries})


def pandas_data(session):
    import pandas

    session.experiment()
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]})
    dataset = mlflow.data.from_pandas(frame, source="https://example.org/data.csv", name="small", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"kind": "toy"})
    session.see("inputs", mlflow.get_run(run.info.run_id).inputs.dataset_inputs)
    found = mlflow.data.get_source(mlflow.get_run(run.info.run_id).inputs.dataset_inputs[0])
    session.see("source", found.to_dict())
