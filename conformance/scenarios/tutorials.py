"""Whole tutorials as users type them, from training to roll-back."""

import mlflow
import numpy
from sklearn.datasets import make_regression
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split


def the_classic_registry(session):
    """Train, log, register, describe, stage, search, load, replace, roll back, archive, delete."""
    name, client = session.unique("forest"), session.client
    mlflow.set_experiment(session.unique("experiment"))
    data, target = make_regression(n_features=4, n_informative=2, random_state=0, shuffle=False)
    train, test, train_target, test_target = train_test_split(data, target, test_size=0.2, random_state=42)
    for depth in (2, 4):
        _train(session, name, depth, train, test, train_target, test_target)
    client.update_registered_model(name, description="Forests for the tutorial.")
    client.update_model_version(name, 1, description="The shallow one.")
    client.transition_model_version_stage(name, 1, "Production")
    client.transition_model_version_stage(name, 2, "Staging")
    session.see("production", _first_predictions(name, "Production", test))
    session.see("staging", _first_predictions(name, "Staging", test))
    client.transition_model_version_stage(name, 2, "Production", archive_existing_versions=True)
    session.see("after promotion", [[v.version, v.current_stage] for v in client.search_model_versions(f"name='{name}'", order_by=["version_number"])])
    session.see("promoted", _first_predictions(name, "Production", test))
    client.transition_model_version_stage(name, 1, "Production", archive_existing_versions=True)
    session.see("rolled back", _first_predictions(name, "Production", test))
    client.set_registered_model_alias(name, "champion", 1)
    session.see("champion", numpy.round(mlflow.sklearn.load_model(f"models:/{name}@champion").predict(test[:2]), 6))
    client.rename_registered_model(name, f"{name}-renamed")
    session.see("renamed", _first_predictions(f"{name}-renamed", "Production", test))
    client.delete_model_version(f"{name}-renamed", 2)
    client.delete_registered_model(f"{name}-renamed")
    session.refused("deleted", client.get_registered_model, f"{name}-renamed")


def _train(session, name, depth, train, test, train_target, test_target):
    with mlflow.start_run(run_name=f"depth {depth}") as run:
        model = RandomForestRegressor(max_depth=depth, n_estimators=10, random_state=42).fit(train, train_target)
        mlflow.log_params({"max_depth": depth, "random_state": 42})
        mlflow.log_metric("mse", mean_squared_error(test_target, model.predict(test)))
        signature = mlflow.models.infer_signature(test, model.predict(test))
        key = "name" if mlflow.__version__ >= "3" else "artifact_path"
        options = {key: "sklearn-model", "serialization_format": "cloudpickle", "pip_requirements": ["scikit-learn"]}
        mlflow.sklearn.log_model(model, signature=signature, registered_model_name=name, **options)
    session.see(f"mse at depth {depth}", round(session.client.get_run(run.info.run_id).data.metrics["mse"], 6))


def _first_predictions(name, stage, test):
    return numpy.round(mlflow.pyfunc.load_model(f"models:/{name}/{stage}").predict(test[:2]), 6)


def the_quickstart(session):
    """Log one run, find it as the best, register it under an alias and serve a prediction from it."""
    mlflow.set_experiment(session.unique("quickstart"))
    for rate in (0.1, 0.5, 1.0):
        with mlflow.start_run(run_name=f"rate {rate}"):
            mlflow.log_param("rate", rate)
            for step in range(3):
                mlflow.log_metric("loss", (1 - rate / 2) ** step, step=step)
    frame = mlflow.search_runs(experiment_names=[session.unique("quickstart")], order_by=["metrics.loss ASC"])
    session.see("best first", [[rate, loss] for rate, loss in zip(frame["params.rate"], frame["metrics.loss"])])
    best = frame.iloc[0]["run_id"]
    session.client.create_registered_model(session.unique("best"))
    source = session.client.get_run(best).info.artifact_uri + "/model"
    version = session.client.create_model_version(session.unique("best"), source, best)
    session.see("version of a run without a model", [version.status, version.version])


def the_registry_by_run_addresses(session):
    """The registry's guide: models are registered by the run that made them, and loaded by everything that can name them."""
    name, client = session.unique("iris"), session.client
    experiment = mlflow.set_experiment(session.unique("experiment"))
    data, target = make_regression(n_samples=30, n_features=3, random_state=1)
    key = "name" if mlflow.__version__ >= "3" else "artifact_path"
    with mlflow.start_run(tags={"Training Info": "a ridge"}) as run:
        model = Ridge(alpha=0.5).fit(data, target)
        mlflow.log_params(model.get_params())
        mlflow.sklearn.log_model(model, **{key: "model"}, input_example=data[:2], pip_requirements=["scikit-learn"])
        mlflow.log_input(mlflow.data.from_numpy(data, targets=target, name="made up"), context="training")
        mlflow.log_table({"question": ["how many?"], "answer": ["three"]}, "answers.json")
    address = f"runs:/{run.info.run_id}/model"
    session.see("registered", [mlflow.register_model(address, name).version, mlflow.register_model(address, name, tags={"v": "2"}).version])
    client.set_model_version_tag(name, "1", "validation_status", "approved")
    client.set_registered_model_tag(name, "task", "regression")
    client.update_model_version(name, "2", description="A **gentle** ridge.")
    client.set_registered_model_alias(name, "challenger", "2")
    client.transition_model_version_stage(name, "2", "Staging")
    for version in ("1", "2", "latest", "Staging"):
        session.see(f"by {version}", _first_predictions(name, version, data))
    session.see("by alias", numpy.round(mlflow.pyfunc.load_model(f"models:/{name}@challenger").predict(data[:2]), 6))
    for model in client.search_registered_models(f"name = '{name}'"):
        session.see("found", [model.name, model.tags, [[v.version, v.current_stage, v.description] for v in model.latest_versions]])
    copied = client.copy_model_version(f"models:/{name}@challenger", f"{name}-prod")
    session.see("copied", [copied.name, copied.version, type(mlflow.sklearn.load_model(f"models:/{name}-prod/1")).__name__])
    session.see("data set", [item.dataset.name for item in mlflow.get_run(run.info.run_id).inputs.dataset_inputs])
    session.see("table", mlflow.load_table("answers.json", run_ids=[run.info.run_id], extra_columns=[]))
    found = mlflow.search_runs([experiment.experiment_id], "tags.`Training Info` LIKE '%ridge%'", output_format="list")
    session.see("runs found", [found[0].info.run_id == run.info.run_id, len(found)])
    mlflow.delete_run(run.info.run_id)
    session.see("loaded although its run is deleted", _first_predictions(name, "1", data))
