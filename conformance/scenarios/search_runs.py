"""Run search: filters, orders, views and pages over one broad set of runs."""

import math

from mlflow.entities import Metric, Param, RunTag, ViewType

# name, start, status, metrics, params, tags
RUNS = (
    ("ash", 100, "FINISHED", {"loss": 0.5, "acc": 0.9}, {"model": "tree", "depth": "3"}, {"team": "red"}),
    ("Birch", 200, "FAILED", {"loss": 0.25, "acc": 0.8}, {"model": "Tree", "depth": "10"}, {"team": "blue"}),
    ("cedar", 300, "RUNNING", {"loss": 2.0}, {"model": "linear"}, {"team": "red", "special key": "x"}),
    ("oak_1", 400, "KILLED", {"loss": math.nan}, {"model": "100%"}, {"a.b/c": "dotted"}),
    ("oakx1", 500, "SCHEDULED", {"loss": math.inf}, {"model": "it's"}, {"team": ""}),
    ("pine", 600, "FINISHED", {"loss": -math.inf, "my metric": 1.0}, {}, {}),
    ("yew", 700, "FINISHED", {"acc": 0.9, "loss": 0.5}, {"depth": "3"}, {"team": "green"}),
)


def _forest(session):
    client, experiment_id = session.client, session.experiment()
    for name, start, status, metrics, params, tags in RUNS:
        run_id = client.create_run(experiment_id, start_time=start, run_name=name).info.run_id
        client.log_batch(
            run_id,
            [Metric(key, value, 1, 0) for key, value in metrics.items()],
            [Param(key, value) for key, value in params.items()],
            [RunTag(key, value) for key, value in tags.items()],
        )
        if status == "RUNNING":
            continue
        if status == "SCHEDULED":
            client.update_run(run_id, status=status)
        else:
            client.set_terminated(run_id, status, end_time=start + 50)
    return experiment_id


FILTERS = (
    "metrics.loss < 1",
    "metrics.loss <= 0.5",
    "metrics.loss > 0.25",
    "metrics.loss >= 0.25",
    "metrics.loss = 0.5",
    "metrics.loss != 0.5",
    "metrics.loss = .5",
    "metrics.loss > -1e300",
    "metrics.loss < 1e300",
    "metrics.loss > 1E-3",
    "metric.loss < 1",
    "metrics.`my metric` > 0",
    'metrics."my metric" > 0',
    "metrics.missing > 0",
    "metrics.missing != 0",
    "metrics.loss < 1 AND metrics.acc > 0.85",
    "metrics.loss < 1 and params.model = 'tree' and tags.team = 'red'",
    "metrics.loss > 0 AND metrics.loss < 1",
    "metrics.loss = 'NaN'",
    "metrics.loss = NaN",
    "metrics.loss = Infinity",
    "metrics.loss LIKE '0%'",
    "metrics.loss IN (0.5, 2)",
    "metrics.loss > '0.25'",
    "params.model = 'tree'",
    "params.model != 'tree'",
    "params.model LIKE 'tre%'",
    "params.model LIKE 'TRE%'",
    "params.model ILIKE 'TRE%'",
    "params.model LIKE '%ee'",
    "params.model LIKE '100\\%'",
    "params.model LIKE '100%'",
    'params.model = "it\'s"',
    "params.model = 'it''s'",
    "params.depth = '3'",
    "params.depth = 3",
    "params.depth > '2'",
    "param.model = 'tree'",
    "parameter.model = 'tree'",
    "parameters.model = 'tree'",
    "params.`model` = 'tree'",
    "params.model = 'TREE'",
    "params.missing = 'x'",
    "tags.team = 'red'",
    "tags.team != 'red'",
    "tags.team = ''",
    "tag.team = 'red'",
    "tags.`special key` = 'x'",
    "tags.\"a.b/c\" = 'dotted'",
    "tags.a.b/c = 'dotted'",
    "tags.mlflow.runName = 'ash'",
    "tags.`mlflow.runName` LIKE 'oak%'",
    "tags.team IS NULL",
    "tags.team IS NOT NULL",
    "params.model IS NULL",
    "params.model is not null",
    "metrics.acc IS NULL",
    "attributes.status = 'FINISHED'",
    "attributes.status = 'finished'",
    "attributes.status != 'FINISHED'",
    "attribute.status = 'RUNNING'",
    "status = 'FAILED'",
    "run.status = 'FAILED'",
    "attributes.run_name = 'ash'",
    "attributes.run_name LIKE 'oak_1'",
    "attributes.run_name ILIKE 'BIRCH'",
    "attributes.run_name != 'ash'",
    "run_name = 'ash'",
    "attributes.`run name` = 'ash'",
    "attributes.`Run name` = 'ash'",
    "attributes.start_time > 300",
    "attributes.start_time >= 300 AND attributes.start_time < 600",
    "start_time = 300",
    "attributes.created < 300",
    "attributes.Created < 300",
    "attributes.end_time > 500",
    "end_time <= 250",
    "attributes.end_time != 150",
    "attributes.start_time > '300'",
    "attributes.start_time > 300.5",
    "attributes.duration > 1",
    "attributes.user_id = 'unknown'",
    "attributes.user_id LIKE '%'",
    "attributes.artifact_uri LIKE '%artifacts'",
    "attributes.run_id = 'nothing'",
    "attributes.run_id IN ('nothing', 'nobody')",
    "run_id NOT IN ('nothing')",
    "attributes.run_id IN ()",
    "attributes.run_id IN ('nothing'",
    "attributes.run_name IN ('ash', 'yew')",
    "attributes.status IN ('FINISHED', 'FAILED')",
    "tags.team IN ('red', 'blue')",
    "params.model IN ('tree', 'linear')",
    "attributes.lifecycle_stage = 'active'",
    "attributes.experiment_id = '1'",
    "attributes.nonsense = 'x'",
    "dataset.name = 'train'",
    "datasets.name = 'train'",
    "dataset.digest = 'abc'",
    "dataset.context = 'train'",
    "dataset.nonsense = 'x'",
    "nonsense.x = 'y'",
    "nonsense",
    "metrics.loss",
    "metrics.loss <",
    "< 1",
    "metrics.loss < 1 AND",
    "AND metrics.loss < 1",
    "metrics.loss < 1 OR metrics.loss > 1",
    "NOT metrics.loss < 1",
    "(metrics.loss < 1)",
    "metrics.loss << 1",
    "metrics.loss == 1",
    "metrics.loss <> 0.5",
    "1 < metrics.loss",
    "metrics.loss < metrics.acc",
    "metrics.loss < one",
    "params.model = tree",
    "params.model = \"tree\"",
    "params.model = 'unclosed",
    "params.'model' = 'tree'",
    "metrics. < 1",
    ".loss < 1",
    "metrics..loss < 1",
    "metrics.`loss < 1",
    "METRICS.loss < 1",
    "Params.model = 'tree'",
    "metrics.loss < 1; metrics.loss > 0",
    "metrics.loss < 1 -- comment",
    "metrics.loss /* c */ < 1",
    "  metrics.loss\n<\t1  ",
    "metrics.loss<1",
    "metrics.loss<1 AND metrics.acc>0.85",
    "params.model='tree'",
    "tags.team BETWEEN 'a' AND 'z'",
    "metrics.loss < 1 AND attributes.status = 'FINISHED' AND params.model LIKE '%' AND tags.team != 'x'",
)

ORDERS = (
    ["metrics.loss"],
    ["metrics.loss ASC"],
    ["metrics.loss DESC"],
    ["metrics.loss desc"],
    ["metric.acc DESC", "attributes.start_time"],
    ["metrics.acc DESC", "params.model ASC"],
    ["metrics.`my metric` DESC"],
    ['metrics."my metric" DESC'],
    ["metrics.missing"],
    ["params.model"],
    ["params.model DESC"],
    ["params.depth ASC"],
    ["tags.team"],
    ["tags.team DESC", "attributes.start_time DESC"],
    ["tags.`special key`"],
    ["attributes.start_time"],
    ["attributes.start_time DESC"],
    ["start_time ASC"],
    ["attribute.end_time"],
    ["attributes.end_time DESC"],
    ["attributes.run_name"],
    ["run_name DESC"],
    ["attributes.status"],
    ["attributes.`Run Name` DESC"],
    ["attributes.`run name`"],
    ["Created"],
    ["attributes.created DESC"],
    ["attributes.user_id", "attributes.start_time"],
    ["attributes.run_id"],
    ["start_time", "start_time DESC"],
    ["metrics.loss", "metrics.loss DESC"],
    [],
    ["attributes.artifact_uri"],
    ["dataset.name"],
    ["nonsense"],
    ["metrics.loss SIDEWAYS"],
    ["metrics.loss ASC DESC"],
    ["metrics.loss, metrics.acc"],
    [""],
    ["metrics"],
    ["DESC"],
    ["nonsense.x"],
    ["attributes.nonsense"],
)

# Orders by what holds a random id.
RANDOM_ORDERS = (["attributes.run_id"], ["attributes.artifact_uri"])


def _try(session, label, experiment_id, text, order):
    def names():
        found = session.client.search_runs([experiment_id], text, ViewType.ACTIVE_ONLY, order_by=order)
        names = [run.info.run_name for run in found]
        return sorted(names) if order in RANDOM_ORDERS else names

    session.outcome(label, names)


def filters(session):
    experiment_id = _forest(session)
    for text in FILTERS:
        _try(session, f"filter {text}", experiment_id, text, None)


def orders(session):
    experiment_id = _forest(session)
    for order in ORDERS:
        _try(session, f"order {order}", experiment_id, "", order)
        _try(session, f"order {order}, filtered", experiment_id, "metrics.loss < 1", order)


def pages(session):
    client, experiment_id = session.client, _forest(session)
    for order in (["attributes.start_time"], ["metrics.loss DESC"], ["params.model"], ["tags.team DESC"], None):
        for size in (1, 2, 3, 7, 100):
            _all_pages(session, client, experiment_id, order, size)
    for size in (0, -1, 50001):
        session.refused(f"page size {size}", client.search_runs, [experiment_id], max_results=size)
    session.refused("token of junk", client.search_runs, [experiment_id], page_token="junk")


def _all_pages(session, client, experiment_id, order, size):
    token, pages = None, []
    for _ in range(20):
        page = client.search_runs([experiment_id], max_results=size, order_by=order, page_token=token)
        pages.append(" ".join(run.info.run_name for run in page))
        token = page.token
        if not token:
            break
    session.see(f"pages of {size} by {order}", [page for page in pages if page])
    session.see(f"pages of {size} by {order} end", token)


def views_and_experiments(session):
    client, first, second = session.client, _forest(session), session.experiment("second")
    other = client.create_run(second, run_name="lime", start_time=350).info.run_id
    gone = client.create_run(second, run_name="gone", start_time=360).info.run_id
    client.delete_run(gone)
    by_time = ["attributes.start_time"]
    for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL):
        found = client.search_runs([first, second], run_view_type=view, order_by=by_time)
        session.see(f"both, {ViewType.to_string(view)}", [run.info.run_name for run in found])
    session.see("no experiment", len(client.search_runs([])))
    session.see("unknown experiment", len(client.search_runs(["987654"])))
    session.refused("experiment that is no number", client.search_runs, ["soup"])
    found = client.search_runs([second], f"attributes.run_id = '{other}'")
    session.see("by id", [run.info.run_name for run in found])
    found = client.search_runs([second], f"attributes.run_id IN ('{other}', '{gone}')", ViewType.ALL, order_by=by_time)
    session.see("by ids", [run.info.run_name for run in found])
    session.see("one run in full", client.search_runs([first], "run_name = 'ash'")[0])


def as_a_data_frame(session):
    import mlflow

    experiment_id = _forest(session)
    frame = mlflow.search_runs([experiment_id], order_by=["attributes.start_time"])
    session.see("columns", sorted(frame.columns))
    session.see("names", list(frame["tags.mlflow.runName"]))
    session.see("losses", [str(value) for value in frame["metrics.loss"]])
    session.see("by experiment name", len(mlflow.search_runs(experiment_names=[session.unique("experiment")])))
    session.see("search of experiments", len(mlflow.search_experiments(filter_string=f"name = '{session.unique('experiment')}'")))
