"""Search of registered models and of model versions: filters, orders and pages."""


def _registry(session):
    client, stable = session.client, session.unique()
    run_id = client.create_run(session.experiment(f"experiment {stable}")).info.run_id
    for name, tags in (("Alpha", {"team": "red", "n": "1"}), ("beta_x", {"team": "blue"}), ("betaxx", {"n": "2"}), ("it's", {})):
        full = f"{stable}-{name}"
        client.create_registered_model(full, tags=tags | {"set": stable})
        for number in (1, 2, 3):
            source = f"s3://bucket/{name}/{number}"
            client.create_model_version(full, source, run_id if number == 2 else None, tags={"set": stable, "half": str(number % 2)})
        client.transition_model_version_stage(full, "2", "Production")
        client.set_registered_model_alias(full, "champion", "1")
    client.create_registered_model(f"{stable}-empty", tags={"set": stable})
    return stable, run_id


MODEL_FILTERS = (
    "name = '{set}-Alpha'",
    "name = '{set}-alpha'",
    "name != '{set}-Alpha'",
    "name LIKE '{set}-beta%'",
    "name LIKE '%-beta_x'",
    "name LIKE '%-BETA%'",
    "name ILIKE '%-BETA%'",
    "name LIKE '%'",
    "name LIKE '%it''s'",
    "name = \"{set}-it's\"",
    "name ILIKE '%-beta\\_x'",
    "attribute.name = '{set}-Alpha'",
    "attributes.name = '{set}-Alpha'",
    "registered_model.name = '{set}-Alpha'",
    "`name` = '{set}-Alpha'",
    "tags.team = 'red'",
    "tags.team != 'red'",
    "tag.team = 'red'",
    "tags.team LIKE 'r%'",
    "tags.team ILIKE 'RED'",
    "tags.`team` = 'red'",
    "tags.\"team\" = 'red'",
    "tags.missing = 'x'",
    "tags.missing != 'x'",
    "tags.team = 'red' AND tags.n = '1'",
    "tags.team = 'red' AND tags.team = 'blue'",
    "tags.team = 'red' and name LIKE '%Alpha'",
    "tags.team IS NULL",
    "tags.team IN ('red')",
    "name IN ('a')",
    "name > 'a'",
    "name = 5",
    "name = unquoted",
    "description = 'x'",
    "creation_timestamp > 5",
    "last_updated_timestamp > 5",
    "run_id = 'x'",
    "aliases = 'champion'",
    "name = 'a' OR name = 'b'",
    "NOT name = 'a'",
    "(name = 'a')",
    "name",
    "name =",
    "name == 'a'",
    "nonsense.x = 'y'",
    "name = 'unclosed",
)

VERSION_FILTERS = (
    "name = '{set}-Alpha'",
    "name != '{set}-Alpha'",
    "name LIKE '{set}-beta%'",
    "name ILIKE '%-BETA%'",
    "name = '{set}-Alpha' AND version_number = 2",
    "version_number = 2",
    "version_number != 2",
    "version_number > 1",
    "version_number >= 2 AND version_number < 3",
    "version_number <= 1",
    "version_number = '2'",
    "version_number = 1.5",
    "version_number = two",
    "version_number LIKE '1'",
    "version = '2'",
    "run_id = '{run}'",
    "run_id != '{run}'",
    "run_id IN ('{run}')",
    "run_id IN ('{run}', 'nothing')",
    "run_id IN ('nothing')",
    "run_id IN ()",
    "run_id IN ('a'",
    "run_id NOT IN ('a')",
    "run_id LIKE '%'",
    "name IN ('a')",
    "source_path = 's3://bucket/Alpha/1'",
    "source_path LIKE 's3://bucket/beta%'",
    "source_path != 's3://bucket/Alpha/1'",
    "source = 's3://bucket/Alpha/1'",
    "attribute.name = '{set}-Alpha'",
    "attributes.version_number = 2",
    "tags.half = '1'",
    "tags.half != '1'",
    "tags.half LIKE '%'",
    "tag.half = '0'",
    "tags.`half` ILIKE '1'",
    "tags.missing = 'x'",
    "tags.missing != 'x'",
    "tags.half = '1' AND version_number > 1",
    "current_stage = 'Production'",
    "stage = 'Production'",
    "creation_timestamp > 5",
    "last_updated_timestamp >= 5",
    "creation_timestamp = 'x'",
    "description = 'x'",
    "user_id = 'x'",
    "status = 'READY'",
    "aliases = 'champion'",
    "name = 'a' OR name = 'b'",
    "name",
    "nonsense = 'x'",
    "nonsense.x = 'y'",
)

MODEL_ORDERS = (
    ["name"], ["name ASC"], ["name DESC"], ["last_updated_timestamp", "name"], ["timestamp", "name DESC"],
    ["last_updated_timestamp DESC"], ["attribute.name DESC"], ["`name` DESC"], ["creation_timestamp"], ["nonsense"],
    ["name SIDEWAYS"], ["name, timestamp"], ["tags.team"], [""], ["name", "name"],
)  # fmt: skip

VERSION_ORDERS = (
    ["name", "version_number"], ["name DESC", "version_number DESC"], ["version_number", "name"], ["version_number DESC", "name DESC"],
    ["creation_timestamp"], ["last_updated_timestamp DESC"], ["run_id"], ["source_path"], ["attribute.name", "version_number ASC"],
    ["name"], ["version"], ["nonsense"], ["name SIDEWAYS"], ["tags.half"], [""], ["current_stage"], ["name, version_number"],
)  # fmt: skip


def model_filters(session):
    stable, _ = _registry(session)
    for text in MODEL_FILTERS:
        session.outcome(f"filter {text}", _models, session, f"tags.`set` = '{stable}' AND " + text.replace("{set}", stable))
        if not text.startswith(("name !=", "name LIKE '%'", "tags.missing !=", "tags.team IS NULL")):
            session.outcome(f"filter alone {text}", _models, session, text.replace("{set}", stable))
    session.outcome("empty filter finds ours", lambda: len(session.client.search_registered_models("", max_results=1000)) >= 5)
    session.see("in full", session.client.search_registered_models(f"name = '{stable}-Alpha'"))


def _models(session, text, order=("name",)):
    return [model.name for model in session.client.search_registered_models(text, order_by=list(order))]


def model_orders_and_pages(session):
    stable, _ = _registry(session)
    ours = f"tags.`set` = '{stable}'"
    for order in MODEL_ORDERS:
        session.outcome(f"order {order}", _steady, _models, session, ours, order)
    for size in (1, 2, 5, 100):
        for order in (["name"], ["name DESC"], None):
            session.see(f"pages of {size} by {order}", _pages(session.client.search_registered_models, ours, size, order))
    for size in (0, -1, 1001, 100_000):
        session.refused(f"page size {size}", session.client.search_registered_models, ours, max_results=size)
    session.refused("token of junk", session.client.search_registered_models, ours, page_token="junk")


# These find, on their own, what other scenarios left behind.
MATCHES_VERSIONS_OF_OTHERS = (
    "name !=", "version_number", "tags.missing !=", "run_id !=", "attributes.version",
    "creation_", "last_", "source_path !=",
)  # fmt: skip


def version_filters(session):
    stable, run_id = _registry(session)
    for text in VERSION_FILTERS:
        full = text.replace("{set}", stable).replace("{run}", run_id)
        session.outcome(f"filter {text}", _versions, session, f"tags.`set` = '{stable}' AND {full}")
        if not text.startswith(MATCHES_VERSIONS_OF_OTHERS):
            session.outcome(f"filter alone {text}", _versions, session, full)
    session.see("in full", session.client.search_model_versions(f"name = '{stable}-Alpha'", order_by=["version_number"]))


def _versions(session, text, order=("name", "version_number")):
    return [f"{v.name} {v.version}" for v in session.client.search_model_versions(text, order_by=list(order))]


MARKER = "mlflow.prompt.is_prompt"


def versions_and_the_marker_of_prompts(session):
    client, stable = session.client, session.unique()
    for name in ("plain", "marked", "capital", "marked model"):
        client.create_registered_model(f"{stable}-{name}")
        for number in (1, 2, 3):
            client.create_model_version(f"{stable}-{name}", f"s3://bucket/{name}/{number}")
    _see_with_marker(session, "before", stable)
    client.set_registered_model_tag(f"{stable}-marked model", MARKER, "true")
    client.set_model_version_tag(f"{stable}-marked", "2", MARKER, "true")
    client.set_model_version_tag(f"{stable}-capital", "2", MARKER, "True")
    _see_with_marker(session, "marked", stable)
    client.delete_model_version(f"{stable}-marked", "2")
    _see_with_marker(session, "marked one deleted", stable)
    client.set_model_version_tag(f"{stable}-plain", "1", MARKER, "true")
    client.set_model_version_tag(f"{stable}-plain", "3", MARKER, "true")
    client.delete_model_version_tag(f"{stable}-plain", "1", MARKER)
    _see_with_marker(session, "one of two unmarked", stable)
    client.set_model_version_tag(f"{stable}-plain", "3", MARKER, "false")
    _see_with_marker(session, "the other one too", stable)


def _see_with_marker(session, label, stable):
    ours = f"name LIKE '{stable}%'"
    for test in ("", "= 'true'", "= 'TRUE'", "= 'false'", "!= 'true'", "!= 'false'", "!= 'x'", "LIKE 't%'"):
        text = f"{ours} AND tags.`{MARKER}` {test}" if test else ours
        session.outcome(f"{label}: {test or 'no marker'}", _versions, session, text)
    session.see(f"{label}: by name", _versions(session, f"name = '{stable}-marked'"))


def version_orders_and_pages(session):
    stable, _ = _registry(session)
    ours = f"tags.`set` = '{stable}'"
    for order in VERSION_ORDERS:
        session.outcome(f"order {order}", _steady, _versions, session, ours, order)
    for size in (1, 5, 12, 100):
        for order in (["name", "version_number"], ["version_number DESC", "name"]):
            session.see(f"pages of {size} by {order}", _pages(session.client.search_model_versions, ours, size, order))
    for size in (0, -1, 200_001):
        session.refused(f"page size {size}", session.client.search_model_versions, ours, max_results=size)
    session.refused("token of junk", session.client.search_model_versions, ours, page_token="junk")


def _steady(search, session, ours, order):
    """Orders by clock or random id are compared as sets: they differ from one run to the next."""
    found = search(session, ours, order)
    return sorted(found) if any("time" in key or key in ("", "run_id") for key in order) else found


def _pages(search, text, size, order):
    token, pages = None, []
    for _ in range(20):
        page = search(text, max_results=size, order_by=order, page_token=token)
        pages.append(", ".join(f"{item.name} {getattr(item, 'version', '')}".strip() for item in page))
        token = page.token
        if not token:
            break
    return pages
