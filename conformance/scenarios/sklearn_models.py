"""scikit-learn models: trained, logged, registered, loaded by every kind of address, their predictions compared."""

import json

import mlflow
import numpy
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression, LogisticRegression

from harness.session import only_for_line

DATA = numpy.array([[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [3.0, 2.0], [4.0, 5.0], [5.0, 4.0]])
TARGET = numpy.array([1.0, 2.0, 5.0, 6.0, 9.0, 10.0])
LABELS = numpy.array([0, 0, 0, 1, 1, 1])


def _fitted(slope=1.0):
    return LinearRegression().fit(DATA, TARGET * slope)


def _log(model, **options):
    """The model's name has another keyword in each client line; given requirements save a slow inference."""
    key = "name" if mlflow.__version__ >= "3" else "artifact_path"
    options.setdefault("pip_requirements", ["scikit-learn"])
    return mlflow.sklearn.log_model(model, **{key: "model"}, **options)


def _predictions(uri):
    return [round(float(value), 9) for value in mlflow.pyfunc.load_model(uri).predict(DATA)]


def log_register_load(session):
    session.experiment()
    name, client = session.unique("model"), session.client
    model = _fitted()
    with mlflow.start_run() as run:
        info = _log(model, signature=infer_signature(DATA, TARGET), input_example=DATA[:2])
    expected = [round(float(value), 9) for value in model.predict(DATA)]
    session.see("loaded from the log equals the original", _predictions(info.model_uri) == expected)
    session.see("loaded by run address equals the original", _predictions(f"runs:/{run.info.run_id}/model") == expected)
    version = mlflow.register_model(info.model_uri, name, tags={"k": "v"})
    session.see("registered", version)
    client.transition_model_version_stage(name, version.version, "Production")
    client.set_registered_model_alias(name, "champion", version.version)
    for address in ("1", "Production", "production", "latest"):
        session.see(f"loaded by /{address}", _predictions(f"models:/{name}/{address}") == expected)
    session.see("loaded by alias", _predictions(f"models:/{name}@champion") == expected)
    session.see("flavour loads too", type(mlflow.sklearn.load_model(f"models:/{name}/1")).__name__)
    for address in (f"models:/{name}/2", f"models:/{name}/Staging", f"models:/{name}@nobody", "models:/nobody/1", "models:/nobody/latest"):
        session.refused(f"load of {address}", mlflow.pyfunc.load_model, address)


def model_files(session):
    session.experiment()
    with mlflow.start_run() as run:
        info = _log(_fitted(), registered_model_name=session.unique("model"), pip_requirements=None)
    session.see("signature", info.signature)
    session.see("flavours", sorted(info.flavors))
    local = mlflow.artifacts.download_artifacts(f"models:/{session.unique('model')}/1", dst_path=str(session.folder / "down"))
    session.see("files", sorted(path.name for path in (session.folder / "down").rglob("*") if path.is_file()))
    session.see("loaded from the folder", [round(float(v), 9) for v in mlflow.sklearn.load_model(local).predict(DATA)])
    info = mlflow.models.get_model_info(f"models:/{session.unique('model')}/1")
    session.see("model info", [sorted(info.flavors), info.run_id == run.info.run_id, info.mlflow_version])
    listed = session.client.list_artifacts(run.info.run_id)
    session.see("artifacts of the run", [info.path for info in listed])
    listed = session.client.list_artifacts(run.info.run_id, "model")
    session.see("artifacts under the model", [info.path for info in listed])


def version_after_version(session):
    session.experiment()
    name, client = session.unique("model"), session.client
    for slope in (1.0, 2.0, 3.0):
        with mlflow.start_run():
            _log(_fitted(slope), registered_model_name=name)
    for version, stage in (("1", "Production"), ("2", "Staging")):
        client.transition_model_version_stage(name, version, stage)
    session.see("latest", _predictions(f"models:/{name}/latest"))
    session.see("production", _predictions(f"models:/{name}/Production"))
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    session.see("production after promotion", _predictions(f"models:/{name}/Production"))
    client.transition_model_version_stage(name, "1", "Production", archive_existing_versions=True)
    session.see("production after going back", _predictions(f"models:/{name}/Production"))
    session.see("archived", _predictions(f"models:/{name}/Archived"))
    client.set_registered_model_alias(name, "champion", 3)
    session.see("champion", _predictions(f"models:/{name}@champion"))
    copied = client.copy_model_version(f"models:/{name}@champion", session.unique("copy"))
    session.see("copied", [copied.name, copied.version])
    session.see("loaded from the copy", _predictions(f"models:/{session.unique('copy')}/1"))
    client.delete_model_version(name, "3")
    session.outcome("copy after its source is gone", _predictions, f"models:/{session.unique('copy')}/1")
    session.outcome("alias after the version is gone", _predictions, f"models:/{name}@champion")


def autologging(session):
    session.experiment()
    mlflow.sklearn.autolog(log_datasets=True, log_input_examples=True, registered_model_name=session.unique("auto"))
    with mlflow.start_run() as run:
        LogisticRegression(random_state=7).fit(DATA, LABELS)
    mlflow.sklearn.autolog(disable=True)
    logged = session.client.get_run(run.info.run_id)
    session.see("params", logged.data.params)
    session.see("metrics", {key: round(value, 9) for key, value in logged.data.metrics.items()})
    session.see("estimator", [logged.data.tags["estimator_name"], logged.data.tags["estimator_class"]])
    session.see("data sets", [[item.dataset.name, item.dataset.digest, item.tags] for item in logged.inputs.dataset_inputs])
    session.see("artifacts", sorted(info.path for info in session.client.list_artifacts(run.info.run_id)))
    session.see("registered", session.client.get_registered_model(session.unique("auto")).latest_versions[0].version)
    session.see("predictions", _predictions(f"models:/{session.unique('auto')}/1"))


def a_search_over_parameters(session):
    from sklearn.model_selection import GridSearchCV

    experiment_id = session.experiment()
    mlflow.sklearn.autolog(max_tuning_runs=3, log_models=False)
    with mlflow.start_run() as run:
        GridSearchCV(LogisticRegression(random_state=7), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(DATA, LABELS)
    mlflow.sklearn.autolog(disable=True)
    children = session.client.search_runs([experiment_id], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    session.see("children by C", sorted([child.data.params["C"], child.data.metrics["mean_test_score"]] for child in children))
    session.see("best", session.client.get_run(run.info.run_id).data.params["best_C"])


def custom_python_model(session):
    session.experiment()

    class Doubler(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return [2 * value for value in model_input]

    key = "name" if mlflow.__version__ >= "3" else "artifact_path"
    with mlflow.start_run():
        note = session.file("note.txt", "a note")
        info = mlflow.pyfunc.log_model(**{key: "doubler"}, python_model=Doubler(), artifacts={"note": note}, pip_requirements=[])
    name = session.unique("doubler")
    mlflow.register_model(info.model_uri, name)
    session.see("prediction", mlflow.pyfunc.load_model(f"models:/{name}/1").predict([1, 2, 3]))


@only_for_line("3")
def logged_model_behind_a_version(session):
    session.experiment()
    name = session.unique("model")
    with mlflow.start_run():
        info = _log(_fitted(), params={"slope": 1}, registered_model_name=name)
        mlflow.log_metric("rmse", 0.25, model_id=info.model_id)
    session.see("version", session.client.get_model_version(name, "1"))
    model = mlflow.get_logged_model(info.model_id)
    session.see("logged model", {key: value for key, value in dict(model).items() if key not in ("tags", "model_uri")})
    session.see("loaded by its own address", _predictions(f"models:/{info.model_id}"))
    session.see("its files", sorted(file.path for file in session.client.list_logged_model_artifacts(info.model_id)))


@only_for_line("3")
def versions_of_a_logged_model(session):
    """Server and client write the list in turn, with numbers and with texts; a copy is on neither's list."""
    session.experiment()
    name, client = session.unique("model"), session.client
    with mlflow.start_run() as run:
        info = _log(_fitted(), registered_model_name=name)
    mlflow.register_model(f"runs:/{run.info.run_id}/model", name)
    mlflow.register_model(info.model_uri, name)
    client.copy_model_version(f"models:/{name}/1", session.unique("copy"))
    session.see("the list", mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"])
    client.set_logged_model_tags(info.model_id, {"mlflow.modelVersions": '[{"version":"1"}, null]'})
    client.create_model_version(name, info.model_uri, model_id=info.model_id)
    listed = mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"]
    session.see("what was written by hand", json.loads(listed))
