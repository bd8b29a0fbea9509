"""The rows that record_searches.py seeds, and the filters and orders that it asks.

In filters, a line break is written \\n and a tab \\t; a doubled backslash stands for one.
"""

MARKER = "mlflow.prompt.is_prompt"
NAN, INF = float("nan"), float("inf")

# label, name, start, end, status, user, metrics, params, tags, datasets (name, digest, context)
RUNS = [
    ("r1", "alpha", 100, 200, "FINISHED", "ann", {"a": 1.0, "a b": 1.0}, {"p": "x", "lr": "0.01"}, {"t": "x"}, [("d1", "h1", "train")]),
    ("r2", "Alpha", 100, None, "RUNNING", "bob", {"a": 2.5}, {"p": "X"}, {"t": "y", "k.v": "1"}, [("d1", "h2", "eval"), ("d2", "h3", "train")]),
    ("r3", "beta", 300, 400, "FAILED", "ann", {"a": NAN}, {"p": "x_y"}, {"t": "100%"}, []),
    ("r4", "it's", 250, 260, "FINISHED", "", {"b": -1.0}, {}, {"t": "x\\y"}, [("D1", "h1", None)]),
    ("r5", "gamma", 50, 60, "KILLED", "cat", {"a": -3.0, "b": 0.0}, {"p": "été"}, {"t": "line\nbreak", "a b": "v"}, []),
    ("r6", "delta", 400, 500, "SCHEDULED", "bob", {}, {"p": ""}, {}, [("d3", "h9", "train")]),
    ("r7", "alphabet", 120, 130, "FINISHED", "ann", {"a": 1e300, "b": 5.0}, {"p": "xyz", "lr": "1"}, {"t": "X"}, []),
]
EXPERIMENTS = [  # name, created, changed, tags
    ("Default", 10, 15, {}), ("one", 20, 60, {"t": "x"}), ("One", 30, 30, {"t": "X", "a b": "v"}),
    ("two/three", 20, 40, {"t": "y"}), ("it's", 50, 50, {}),
]
MODELS = [  # name, changed, tags
    ("m1", 10, {"t": "x"}), ("M1", 20, {"t": "X", "stage": "a"}), ("m2", 20, {}), ("m10", 5, {"a b": "v"}),
    ("p1", 30, {MARKER: "true", "t": "x"}), ("p2", 1, {MARKER: "false"}), ("p3", 2, {MARKER: "True"}),
]
VERSIONS = [  # label, name, run, source, created, changed, tags
    ("v1", "m1", "run1", "s3://b/one", 10, 90, {"t": "x"}), ("v2", "m1", "run2", "s3://b/two", 20, 80, {}),
    ("v3", "m1", None, "s3://b/Two", 30, 80, {"t": "y"}), ("v4", "m2", "run1", "s3://b/one", 5, 70, {"t": "X"}),
    ("v5", "m2", "RUN1", "x_y", 6, 80, {}), ("v6", "p1", None, "prompt", 7, 1, {MARKER: "true"}),
    ("v7", "p1", None, "prompt", 8, 2, {}), ("v8", "p2", None, "prompt", 9, 3, {MARKER: "false"}),
]
LOGGED = [  # label, name, type, made, changed, params, tags, metrics (name, value, time, step, dataset)
    ("l1", "mod", "sk", 10, 50, {"lr": "0.01"}, {"t": "x"}, [("a", 1.0, 1, 0, "d1"), ("a", 9.0, 2, 1, "d2")]),
    ("l2", "Mod", None, 20, 40, {"lr": "0.02"}, {}, [("a", 5.0, 1, 0, "d1"), ("b", 1.0, 1, 0, None)]),
    ("l3", "other", "torch", 20, 30, {}, {"t": "y", "a b": "v"}, [("a", NAN, 1, 0, "d1")]),
    ("l4", "mod", "sk", 30, 20, {"lr": "x"}, {"t": "X"}, []),
    ("l5", "late", "xgb", 5, 10, {}, {}, [("b", 7.0, 1, 0, "d2")]),
]

RUN_FILTERS = r"""


\n
and
AND AND
metrics.a > 1
metrics.a>1
metric.a >= 1
metrics.a = 1
metrics.a != 1
metrics.a < 1
metrics.a <= -3
metrics.a > -5
metrics.a > .5
metrics.a > 5.
metrics.a < -.5
metrics.a > 1e3
metrics.a > 1.5e-3
metrics.a > 1E3
metrics.a > 00012
metrics.a < 1e999
metrics.a > 1e+3
metrics.a > +5
metrics.a > 0x1F
metrics.a > nan
metrics.a > inf
metrics.a > 'x'
metrics.a > 1_000
metrics.a == 1
metrics.a <> 1
metrics.a => 1
metrics.a ! = 1
metrics.a like 1
metrics.a in (1)
metrics.a is null
metrics.a is not null
metrics.a > 1 + 2
metrics.a > 1 > 2
metrics.a > metrics.b
metrics.a between 1 and 2
1 < metrics.a
metrics.`a b` = 1
metrics."a b" = 1
metrics.'a b' = 1
`metrics`.a > 1
`metrics`.`a` > 1
`metrics.a` > 1
"metrics.a" > 1
'metrics.a' > 1
metrics . a > 1
metrics .a > 1
metrics. a > 1
metrics. > 1
METRICS.a > 1
Metrics.a > 1
metrics.missing > 1
metrics.missing != 1
metrics.a-b > 1
metrics.a/b > 1
metrics.été > 1
metrics.a >
metrics.a
> 1
metrics.1 > 2
metrics.a.1 > 2
metrics.a > 1 and
and metrics.a > 1
metrics.a > 1 and and metrics.b > 2
metrics.a > 1 metrics.b > 2
metrics.a > 1 AND metrics.b > 2
metrics.a > 1\nAND\tmetrics.b<9
metrics.a > 1 or metrics.b > 1
metrics.a > 1 AND OR
not metrics.a > 1
(metrics.a > 1)
metrics.a > 1 AND (metrics.b > 2)
metrics.a > 1;
metrics.a > 1; metrics.b > 2
metrics.a > 1 , metrics.b > 2
metrics.a > 1 -- comment
metrics.a > 1 # comment
metrics.a /* c */ > 1
metrics.a > 1and metrics.b>2
params.p = 'x'
param.p = 'x'
parameter.p = 'x'
parameters.p = 'x'
params.p = "x"
params.p != 'x'
params.p = ''
params.p != ''
params.p = x
params.p = `x`
params.p = 1
params.p = null
params.p > 'x'
params.p = 'x' 'y'
params.p like 'x%'
params.p LIKE 'X%'
params.p LiKe '%'
params.p ilike 'X%'
params.p ILIKE 'x_y'
params.p LIKE 'x_y'
params.p LIKE 'x\_y'
params.p LIKE '%_y%'
params.p LIKE ''
params.p ILIKE 'ÉTÉ'
params.p LIKE '_t_'
params.p not like 'x%'
params.p RLIKE 'x'
params.p REGEXP 'x'
params.p in ('x')
params.p = ('x')
params.p is null
params.p IS NOT NULL
params.p is  not   null
params.p is
params.p isnull
params.p is null params.lr is null
params.p is not null and metrics.b > 1
params.lr = '0.01'
tags.t = 'x'
tag.t = 'x'
tags.t != 'x'
tags.t LIKE '100%'
tags.t LIKE 'x%y'
tags.t = 'x\\y'
tags.t = 'line\nbreak'
tags.t LIKE 'line%'
tags.t LIKE 'line_break'
tags.t IS NULL
tags.k.v = '1'
tags.`k.v` = '1'
tags."k.v" = '1'
tags.`a b` = 'v'
tags.a b = 'v'
tags.t='x'and tags.t!='y'
tags.``='x'
tags.''='x'
tags.`t = 'x'
tags.t = 'x
tags.t = x'
tags.t = 'it''s'
tags.t = 'it\\'s'
tags.t = "it's"
tags.t = 'a\\' and metrics.a > 1
tags.t = 'a\\' and params.p = 'x'
tags.t = '"x"'
tags.t = 'and'
tags.t = 'a;b'
tags.t='x' && tags.t='y'
tags.order = 'x'
tags.user = 'x'
tags.in = 'x'
tags.$a='x'
tags.a$b='x'
tags.a:b='x'
tags.a#b='x'
tags.mlflow.runName = 'alpha'
attributes.status = 'FINISHED'
attribute.status = 'FINISHED'
attr.status = 'FINISHED'
run.status = 'FINISHED'
status = 'FINISHED'
status = 'finished'
status ILIKE 'fin%'
status != 'FINISHED' and status !='FAILED'
status in ('FINISHED')
status > 'A'
Status = 'FINISHED'
run_id = '00000000000000000000000000000001'
run_id = 'r1'
run_id != 'r1'
run_id LIKE '%1'
run_id in ('00000000000000000000000000000001')
run_id in ('00000000000000000000000000000001','00000000000000000000000000000002')
run_id IN ("00000000000000000000000000000001", 'b',)
run_id IN('a')
run_id not in ('00000000000000000000000000000001')
run_id NOT  IN ('A')
attr.run_id in ('x')
run_id in ()
run_id in ('a', 1)
run_id in (1)
run_id in (a)
run_id in (`a`)
run_id in ('a' 'b')
run_id in ('a''b')
run_id in ('a\\'b')
run_id in (('a'))
run_id in ('a',,'b')
run_id in ('a'
run_id in 'a'
run_id in
run_id = ('a','b')
run_id is null
run_id > 'a'
run_id NOT LIKE 'x'
metrics.a > 1 AND run_id in ('a') AND params.p is not null AND run_id not in ('b')
start_time > 100
start_time >= 100
start_time > 99.5
start_time = 100
start_time = 100.0
start_time > 1e2
start_time != 100
start_time = '100'
start_time in (100)
start_time like 100
created > 100
Created > 100
`created` > 100
attributes.created > 100
end_time > 0
end_time != 200
end_time is null
end_time < 99999999999999999999
end_time=400 
  end_time=400
run_name = 'alpha'
run_name ILIKE 'ALPHA'
run_name LIKE 'alpha%'
run_name in ('alpha')
run_name = "it's"
`run name` = 'alpha'
"run name" = 'alpha'
run name = 'alpha'
attributes.`Run name` = 'alpha'
attributes."Run Name" != 'alpha'
run.`run name` like 'alpha'
user_id = 'ann'
user_id != 'ann'
user = 'ann'
artifact_uri = 'x'
lifecycle_stage = 'active'
experiment_id = '0'
name = 'x'
foo = 1
foo.bar = 1
datasets.name = 'd1'
dataset.name = 'd1'
dataset.`name` = 'd1'
datasets.name != 'd1'
datasets.name ILIKE 'd1'
datasets.name in ('d1', 'd3')
datasets.name not in ('d1')
datasets.digest = 'h1'
datasets.digest LIKE 'h%'
datasets.context = 'train'
datasets.context in ('train')
datasets.context != 'train'
datasets.name = 'd1' AND datasets.context = 'train'
datasets.name = 1
datasets.name > 'x'
datasets.name is null
datasets.foo = 'x'
datasets.Name = 'x'
"""
EXPERIMENT_FILTERS = r"""

name = 'one'
name != 'one'
name LIKE 'o%'
name ILIKE 'O%'
name like 'o%'
name ilike 'o%'
name IN ('one')
name > 'a'
name is null
name = "it's"
name = one
attribute.name = 'one'
attributes.name = 'one'
attr.name = 'one'
`name` = 'one'
experiment_id = '1'
experiment_id = 1
experiment_id != '1'
experiment_id IN ('1', '2')
experiment_id NOT IN ('1')
experiment_id in ('1')
experiment_id = 'x'
experiment_id IN ('x')
experiment_id LIKE '1%'
experiment_id > '1'
creation_time > 20
creation_time >= 20 AND last_update_time < 60
creation_time = 20
creation_time != 20
creation_time > 20.5
creation_time > 1e1
creation_time = '20'
creation_time LIKE '20'
creation_time > 99999999999999999999
tags.t = 'x'
tag.t = 'x'
tags.t != 'x'
tags.t ILIKE 'x'
tags.t LIKE 'x'
tags.t like 'x'
tags.t IS NULL
tags.t is not null
tags.`a b` = 'v'
tags."a b" = 'v'
`tags`.t = 'x'
tags.t IN ('x')
tags.t = 1
tags.t > 'x'
params.a = 'x'
foo = 'x'
name = 'one' tags.t = 'x'
name = 'one' OR name = 'One'
"""
MODEL_FILTERS = rf"""

name = 'm1'
name != 'm1'
name LIKE 'm%'
name like 'm%'
name ILIKE 'M%'
name IN ('m1', 'M1')
name in ('m1')
name NOT IN ('m1')
name = ('m1', 'M1')
name = 1
name = m1
name > 'a'
name is null
name = "m1"
`name` = 'm1'
attribute.name = 'm1'
attributes.name = 'm1'
name = 'm1' AND tags.t = 'x'
tags.t = 'x'
tag.t = 'x'
tags.t != 'x'
tags.t like 'x%'
tags.t ILIKE 'x'
tags.t is null
tags.t IN ('x')
tags.t = 1
tags.t > 'x'
tags.`a b` = 'v'
tags.t != 'x' AND tags.t LIKE 'X%' AND tags.stage = 'a'
tags.`{MARKER}` = 'true'
tags.`{MARKER}` = 'True'
tags.`{MARKER}` = 'false'
tags.`{MARKER}` != 'true'
tags.`{MARKER}` != 'false'
tags.`{MARKER}` LIKE 'tr%'
tags.`{MARKER}` = 'true' AND tags.t = 'x'
tags.`{MARKER}` = 'true' AND name LIKE 'p%'
tags.`{MARKER}` != 'true' AND name LIKE 'p%'
tags.`{MARKER}` != 'x' AND tags.`{MARKER}` = 'true'
tags.`{MARKER}` = 'true' AND tags.`{MARKER}` != 'x'
run_id = 'x'
creation_timestamp > 1
"""
VERSION_FILTERS = rf"""

name = 'm1'
name IN ('m1', 'm2')
name NOT IN ('m1')
name LIKE 'M%'
name ILIKE 'M%'
name = 1
name = x
name = `x`
name > 'a'
version_number = 1
version_number != 1
version_number >= 2
version_number = '1'
version_number > '1'
version_number = 'x'
version_number = 1.5
version_number = 1.0
version_number LIKE '1'
version_number IN ('1')
version_number is null
version_number = 99999999999999999999
version = 1
run_id = 'run1'
run_id != 'run1'
run_id IN ('run1', 'RUN1')
run_id in ('run1')
run_id NOT IN ('run1')
run_id ILIKE 'run1'
source_path = 's3://b/one'
source_path LIKE 's3://b/t%'
source_path ILIKE 's3://b/t%'
source_path LIKE 'x_y'
source_path IN ('x')
source_path is null
attribute.source_path = 'x_y'
attributes.source_path = 'x_y'
tags.t = 'x'
tags.t != 'x'
tags.t ILIKE 'x'
tags.t = x
tags.t is null
tags.t in ('x')
creation_timestamp > 1
current_stage = 'Production'
name = 'm1' AND version_number > 1 AND tags.t = 'y'
tags.`{MARKER}` = 'true'
tags.`{MARKER}` != 'true'
tags.`{MARKER}` = 'false'
tags.`{MARKER}` != 'false'
name = 'p1'
name = 'p1' AND tags.`{MARKER}` = 'true'
"""
LOGGED_FILTERS = r"""

  
metrics.a > 1
metrics.a >= 9
metrics.a != 1
metrics.a = 5
metrics.`a` > 1
metrics.a == 1
metrics.a > 'x'
metrics.a > 1e+5
metrics.a > nan
metrics.a LIKE 'x'
metric.a > 1
Metrics.a > 1
metrics.a > 1 AND metrics.b > 0
params.lr = '0.01'
params.lr = 0.01
params.lr = x
params.lr = "x"
params.lr IN ('0.01', 'x')
params.lr in ('x')
params.lr NOT IN ('x')
params.lr != 'x'
params.lr > 'x'
params.lr is null
param.lr = 'x'
tags.t = 'x'
tags.t like 'x%'
tags.t ILIKE 'X'
tags.`a b` = 'v'
tags.t != 'x'
name = 'mod'
attributes.name = 'mod'
attribute.name = 'mod'
`name` = 'mod'
name ILIKE 'MOD'
name IN ('mod', 'late')
model_type = 'sk'
model_type != 'sk'
creation_time > 10
creation_timestamp > 10
creation_timestamp_ms >= 20
attributes.creation_timestamp_ms < 20
attributes.creation_time > 10
last_updated_timestamp <= 30
creation_time = '20'
creation_time LIKE '20'
experiment_id = '0'
experiment_id != '0'
status = 'READY'
foo = 'x'
metrics.a > 1 or metrics.b > 1
metrics.a > 1 and
name = 'mod' tags.t = 'x'
"""
RUN_ORDERS = [
    "", "metrics.a", "metrics.a desc", "metrics.a DESC", "metrics.a Asc", "metrics.a  asc", "metrics.`a b` desc", "metrics.'a b' desc",
    "metrics.missing desc", "metrics.b asc|start_time asc", "metrics.b desc|run_id desc", "params.p", "params.p desc", "tags.t desc",
    "tags.`a b`", "start_time", "start_time asc", "created desc", "Created", "attributes.end_time", "attribute.`end_time` desc",
    "run_name", "run_name desc", "status|user_id desc", "user_id", "run_id desc", "`metrics.a` desc", "`metrics`.`a` desc",
    "`run name` desc", " metrics.a", "metrics.a ", "metrics.a b", "metrics.a foo", "metrics.a desc foo", "metrics.a desc, metrics.b",
    "metrics.a desc nulls last", "datasets.name", "foo", "foo.bar", "desc", "1", "timestamp", "user", "metrics.a-b", "metrics.`a-b`",
    "lifecycle_stage", "metrics.a; metrics.b", "metrics.a|metrics.a desc", "start_time|created", "metrics.a|params.a", "METRICS.a",
    "metrics.a.1 desc", "tags.in desc", "tags.order desc",
]
EXPERIMENT_ORDERS = [
    "", "name", "name desc", "creation_time", "creation_time desc|name", "last_update_time desc", "experiment_id", "experiment_id DESC",
    "attribute.name", "attributes.name", "tags.t", "`name` desc", "foo", "name|name desc", "creation_time asc|experiment_id asc", "name foo",
]
MODEL_ORDERS = [
    "", "name", "name DESC", "timestamp", "timestamp desc", "timestamp  DESC", "last_updated_timestamp", "last_updated_timestamp desc|name desc",
    "timestamp|last_updated_timestamp", "name|name", "creation_timestamp", "attribute.name", "`name`", "`name` desc", "foo", "timestamp foo",
]
VERSION_ORDERS = [
    "", "name", "name desc", "version_number", "version_number desc", "creation_timestamp", "last_updated_timestamp DESC",
    "last_updated_timestamp asc|version_number asc", "attribute.name desc", "tags.x", "tags.name", "version", "run_id", "name|name asc", "foo",
]
# field name, direction, dataset name
LOGGED_ORDERS = [
    "", "metrics.a asc", "metrics.a desc", "metrics.a asc d1", "metrics.a desc d2", "metrics.b desc", "metrics.`a` asc", "name asc", "name desc",
    "creation_time asc", "creation_timestamp desc", "last_updated_timestamp asc", "model_type asc", "model_type desc", "model_id desc",
    "name asc|creation_time asc", "name asc|name desc", "params.lr asc", "attributes.name asc", "foo asc", "metrics.a asc|metrics.b desc",
]
# datasets, each a name or name#digest, then a filter
LOGGED_ON_DATASETS = [
    "d1|", "d2|", "d1 d2|", "d3|", "d1#hd1|", "d1#other|", "d1|metrics.a > 1", "d2|metrics.a > 1", "d1 d2|metrics.a > 1", "d1|metrics.b > 0",
    "d2|name = 'mod'", "d1|name = 'mod' AND metrics.a = 1", "d2#hd2|metrics.a > 1 AND metrics.b > 1", "d1|tags.t = 'x'",
]
