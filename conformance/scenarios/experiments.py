"""Experiments: their life cycle, their tags, and every search a client can make for them."""

from mlflow.entities import ViewType


def life_cycle(session):
    client = session.client
    experiment_id = client.create_experiment(session.unique("one"), tags={"team": "lancers", "ünï": "wert ✓"})
    session.see("created id is decimal", experiment_id.isdecimal())
    session.see("created", client.get_experiment(experiment_id))
    session.see("by name", client.get_experiment_by_name(session.unique("one")))
    client.rename_experiment(experiment_id, session.unique("renamed"))
    session.see("renamed", client.get_experiment(experiment_id))
    session.see("old name", client.get_experiment_by_name(session.unique("one")))
    client.delete_experiment(experiment_id)
    session.see("deleted", client.get_experiment(experiment_id))
    session.see("deleted, by name", client.get_experiment_by_name(session.unique("renamed")))
    client.restore_experiment(experiment_id)
    session.see("restored", client.get_experiment(experiment_id))


def tags(session):
    client = session.client
    experiment_id = client.create_experiment(session.unique("tagged"), tags={"a": "1", "b": "2"})
    client.set_experiment_tag(experiment_id, "a", "changed")
    client.set_experiment_tag(experiment_id, "c", 3)
    client.set_experiment_tag(experiment_id, "empty", "")
    client.set_experiment_tag(experiment_id, "mlflow.note.content", "# A note\n\nwith two lines")
    session.see("tags", client.get_experiment(experiment_id).tags)
    session.refused("key too long", client.set_experiment_tag, experiment_id, "k" * 251, "v")
    client.set_experiment_tag(experiment_id, "long", "v" * 20000)
    session.see("long value kept", len(client.get_experiment(experiment_id).tags["long"]))
    session.refused("value too long", client.set_experiment_tag, experiment_id, "k", "v" * 20001)
    session.refused("key with a bad character", client.set_experiment_tag, experiment_id, "a\nb", "v")
    session.refused("no such experiment", client.set_experiment_tag, "987654", "k", "v")
    client.delete_experiment(experiment_id)
    session.refused("experiment is deleted", client.set_experiment_tag, experiment_id, "k", "v")


def the_default_experiment(session):
    default = session.client.get_experiment("0")
    session.see("name", default.name)
    session.see("life cycle", default.lifecycle_stage)
    session.see("artifact location", default.artifact_location)
    session.see("by name", session.client.get_experiment_by_name("Default").experiment_id == default.experiment_id)


def refusals(session):
    client = session.client
    name = session.unique("taken")
    experiment_id = client.create_experiment(name)
    session.refused("name taken", client.create_experiment, name)
    session.refused("empty name", client.create_experiment, "")
    session.refused("name too long", client.create_experiment, "n" * 501)
    session.refused("unknown id", client.get_experiment, "987654")
    session.refused("id that is no number", client.get_experiment, "soup")
    session.refused("restore of an active one", client.restore_experiment, experiment_id)
    session.refused("rename to a taken name", client.rename_experiment, client.create_experiment(session.unique("x")), name)
    session.refused("artifact location with a fragment", client.create_experiment, session.unique("f"), "s3://bucket/a#b")
    session.refused("artifact location with a query", client.create_experiment, session.unique("q"), "s3://bucket/a?b=c")
    session.refused("artifact location that climbs", client.create_experiment, session.unique("c"), "s3://bucket/../a")
    client.delete_experiment(experiment_id)
    session.refused("delete twice", client.delete_experiment, experiment_id)
    session.refused("rename of a deleted one", client.rename_experiment, experiment_id, session.unique("y"))
    session.refused("name of a deleted one", client.create_experiment, name)


def artifact_locations(session):
    for location in ("s3://bucket/folder", "mlflow-artifacts:/some/where", "gs://bucket/", "s3://bucket/ä ö"):
        experiment_id = session.client.create_experiment(session.unique(location.replace("/", "-")), artifact_location=location)
        session.see(location, session.client.get_experiment(experiment_id).artifact_location)
        run = session.client.create_run(experiment_id)
        session.see(f"run under {location}", run.info.artifact_uri)


def names_of_every_kind(session):
    for name in (" spaces around ", "slash/and\\backslash", "Ünïcode ✓ 実験", "100%_like", "'quoted' \"twice\"", "a" * 400):
        experiment_id = session.client.create_experiment(f"{session.unique()} {name}")
        session.see(f"read back {name[:20]}", session.client.get_experiment(experiment_id).name)
        found = session.client.get_experiment_by_name(f"{session.unique()} {name}")
        session.see(f"found by name {name[:20]}", found is not None and found.experiment_id == experiment_id)


def _five_experiments(session):
    client = session.client
    ids = [
        client.create_experiment(session.unique(name), tags={"set": session.unique(), "place": place, "Capital": name.upper()})
        for name, place in (("ada", "york"), ("Bea", "Kent"), ("cyd", "york"), ("dot_x", "100%"), ("dotyx", "oxford's"))
    ]
    client.delete_experiment(ids[2])
    return ids


def search_views(session):
    _five_experiments(session)
    ours = f"tags.`set` = '{session.unique()}'"
    for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL):
        found = session.client.search_experiments(view, filter_string=ours, order_by=["name ASC"])
        session.see(ViewType.to_string(view), [experiment.name for experiment in found])
    session.see("one in full", session.client.search_experiments(ViewType.DELETED_ONLY, filter_string=ours))


FILTERS = (
    "name LIKE '%dot%'",
    "name LIKE '%dot_x'",
    "name LIKE '%DOT%'",
    "name ILIKE '%DOT%'",
    "name ILIKE '%bea'",
    "name != 'nobody'",
    "attribute.name LIKE '%ada'",
    "attributes.name LIKE '%ada'",
    "attr.name LIKE '%ada'",
    "experiment.name LIKE '%ada'",
    "tags.place = 'york'",
    "tags.place != 'york'",
    "tag.place = 'york'",
    'tags.place = "york"',
    "tags.`place` = 'york'",
    'tags."place" = \'york\'',
    "tags.place LIKE 'y%'",
    "tags.place LIKE '100\\%'",
    "tags.place ILIKE 'KENT'",
    "tags.place LIKE 'kent'",
    'tags.place = "oxford\'s"',
    "tags.Capital = 'ADA'",
    "tags.capital = 'ADA'",
    "tags.missing != 'x'",
    "creation_time > 0",
    "creation_time < 5",
    "last_update_time >= 1000",
    "attribute.creation_time != 7",
    "tags.place = 'york' AND name LIKE '%ada'",
    "tags.place = 'york' and name like '%ada'",
    "  tags.place   =   'york'  ",
    "name IN ('a', 'b')",
    "tags.place IS NULL",
    "tags.place IS NOT NULL",
    "tags.place = 'york' OR tags.place = 'Kent'",
    "(tags.place = 'york')",
    "NOT tags.place = 'york'",
    "name = unquoted",
    "name = 5",
    "name > 'a'",
    "creation_time = 'today'",
    "creation_time LIKE '1%'",
    "creation_time > 1.5",
    "lifecycle_stage = 'active'",
    "experiment_id = '1'",
    "metrics.a > 1",
    "params.a = 'x'",
    "nonsense",
    "name =",
    "= 'x'",
    "tags.place = 'york' AND",
    "tags.place = 'york' tags.place = 'york'",
    "tags.place == 'york'",
    "name = 'a;b'",
    "name = 'a'; DROP TABLE experiments",
    "tags.place = 'unclosed",
    "tags. = 'x'",
    ".name = 'x'",
    "tags.a.b = 'x'",
)


def search_filters(session):
    _five_experiments(session)
    for text in FILTERS:
        _try_search(session, text, f"tags.`set` = '{session.unique()}' AND {text}")
    session.see("empty filter", len(session.client.search_experiments(filter_string="")) > 0)


def search_filters_alone(session):
    """The same filters as the whole filter: errors name positions and remainders of the text."""
    _five_experiments(session)
    for text in FILTERS:
        if not text.startswith(("creation_time", "last_update_time", "attribute.creation", "name !=", "tags.place IS", "tags.missing")):
            _try_search(session, text, text)


def _try_search(session, label, text):
    def names():
        found = session.client.search_experiments(ViewType.ALL, filter_string=text, order_by=["name"])
        return [experiment.name for experiment in found]

    session.outcome(label, names)


# Creation takes well under a millisecond's difference, so orders by time are made whole by the name.
ORDERS = (
    ["name"],
    ["name ASC"],
    ["name DESC"],
    ["name desc"],
    ["attribute.name"],
    ["attribute.name DESC"],
    ["attributes.name DESC"],
    ["experiment.name"],
    ["creation_time ASC"],
    ["creation_time DESC", "name"],
    ["last_update_time"],
    ["experiment_id"],
    ["experiment_id DESC"],
    ["`name` DESC"],
    ["  name   DESC  "],
    ["name", "name DESC"],
    ["nonsense"],
    ["name SIDEWAYS"],
    ["tags.place"],
    ["name ASC DESC"],
    [""],
    ["metrics.a"],
    ["name, creation_time"],
    ["lifecycle_stage"],
)


def _names_in_order(session, ours, order):
    found = session.client.search_experiments(ViewType.ALL, filter_string=ours, order_by=order)
    names = [experiment.name for experiment in found]
    return sorted(names) if "time" in order[0] else names


def search_order_and_pages(session):
    _five_experiments(session)
    ours = f"tags.`set` = '{session.unique()}'"
    for order in ORDERS:
        session.outcome(f"order {order}", _names_in_order, session, ours, order)
    _pages(session, ours)


def _pages(session, ours):
    token = None
    for number in range(1, 10):
        page = session.client.search_experiments(ViewType.ALL, max_results=2, filter_string=ours, order_by=["name"], page_token=token)
        session.see(f"page {number}", [experiment.name for experiment in page])
        token = page.token
        session.see(f"page {number} has another", token is not None)
        if not token:
            break
    for size in (0, -1, 50001, 1000000):
        session.refused(f"page size {size}", session.client.search_experiments, max_results=size)
    session.refused("page token of junk", session.client.search_experiments, page_token="junk")
