"""Registered models: life cycle, rename, tags, aliases and what is refused."""


def life_cycle(session):
    client, name = session.client, session.unique("knight")
    session.see("created", client.create_registered_model(name, tags={"a": "1", "b": "2"}, description="first"))
    session.see("read", client.get_registered_model(name))
    session.see("updated", client.update_registered_model(name, description="second ✓\nline"))
    session.see("emptied description", client.update_registered_model(name, description="").description)
    client.delete_registered_model(name)
    session.refused("read after delete", client.get_registered_model, name)
    session.see("made again under the name", client.create_registered_model(name).description)


def without_anything(session):
    name = session.unique("bare")
    session.see("created", session.client.create_registered_model(name))
    session.see("read", session.client.get_registered_model(name))


def refusals(session):
    client, name = session.client, session.unique("taken")
    client.create_registered_model(name)
    session.refused("name taken", client.create_registered_model, name)
    session.refused("empty name", client.create_registered_model, "")
    session.refused("name with a slash", client.create_registered_model, "a/b")
    session.refused("name with a colon", client.create_registered_model, "a:b")
    session.refused("name too long", client.create_registered_model, "n" * 257)
    session.refused("name of a dot", client.create_registered_model, ".")
    session.refused("read of an unknown one", client.get_registered_model, "nobody")
    session.refused("delete of an unknown one", client.delete_registered_model, "nobody")
    session.refused("update of an unknown one", client.update_registered_model, "nobody", "d")
    session.refused("rename of an unknown one", client.rename_registered_model, "nobody", "somebody")
    session.refused("description too long", client.update_registered_model, name, "d" * 5001)
    session.refused("description very long", client.update_registered_model, name, "d" * 100_001)


def names_of_every_kind(session):
    for name in ("with space", "Ünï✓コード", "per%cent_under", "quo'te\"s", "back\\slash", "a.b-c_d", "plus+and&amp=", "#hash?"):
        full = f"{session.unique()} {name}"
        session.see(f"created {name}", session.client.create_registered_model(full).name)
        session.see(f"read {name}", session.client.get_registered_model(full).name)
        version = session.client.create_model_version(full, "s3://bucket/model")
        session.see(f"version of {name}", session.client.get_model_version(full, version.version).name)
    session.see("upper and lower case differ", session.client.create_registered_model(f"{session.unique()} WITH SPACE").name)


def rename(session):
    client, old, new = session.client, session.unique("old"), session.unique("new")
    client.create_registered_model(old, tags={"k": "v"}, description="d")
    client.create_model_version(old, "s3://bucket/one", tags={"vk": "vv"})
    client.create_model_version(old, "s3://bucket/two")
    client.set_registered_model_alias(old, "champion", "1")
    client.transition_model_version_stage(old, "2", "Staging")
    session.see("renamed", client.rename_registered_model(old, new))
    session.see("read", client.get_registered_model(new))
    session.refused("old name", client.get_registered_model, old)
    session.see("version", client.get_model_version(new, "1"))
    session.see("by alias", client.get_model_version_by_alias(new, "champion").version)
    client.create_registered_model(old)
    session.refused("to a taken name", client.rename_registered_model, new, old)
    session.refused("to an empty name", client.rename_registered_model, new, "")
    session.refused("to a bad name", client.rename_registered_model, new, "a/b")
    session.refused("to its own name", client.rename_registered_model, new, new)


def tags(session):
    client, name = session.client, session.unique("tagged")
    client.create_registered_model(name, tags={"a": "1"})
    client.set_registered_model_tag(name, "a", "2")
    client.set_registered_model_tag(name, "b", 5)
    client.set_registered_model_tag(name, "empty", "")
    session.see("tags", client.get_registered_model(name).tags)
    client.delete_registered_model_tag(name, "a")
    client.delete_registered_model_tag(name, "never set")
    session.see("after deleting", client.get_registered_model(name).tags)
    session.refused("key too long", client.set_registered_model_tag, name, "k" * 251, "v")
    session.refused("value too long", client.set_registered_model_tag, name, "k", "v" * 100_001)
    client.set_registered_model_tag(name, "long", "v" * 100_000)
    session.see("long value kept", len(client.get_registered_model(name).tags["long"]))
    session.refused("unknown model", client.set_registered_model_tag, "nobody", "k", "v")
    session.refused("delete on an unknown model", client.delete_registered_model_tag, "nobody", "k")
    session.refused("empty key", client.set_registered_model_tag, name, "", "v")
    session.refused("key in another script", client.set_registered_model_tag, name, "ключ ✓", "v")
    session.refused("key that climbs", client.set_registered_model_tag, name, "../k", "v")


def aliases(session):
    client, name = session.client, session.unique("aliased")
    client.create_registered_model(name)
    for number in (1, 2, 3):
        client.create_model_version(name, f"s3://bucket/{number}")
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "Challenger", 2)
    client.set_registered_model_alias(name, "extra", "1")
    session.see("model", client.get_registered_model(name).aliases)
    session.see("version 1", client.get_model_version(name, "1").aliases)
    session.see("by alias", client.get_model_version_by_alias(name, "champion"))
    client.set_registered_model_alias(name, "champion", "3")
    session.see("after moving", client.get_registered_model(name).aliases)
    session.see("after moving, by alias", client.get_model_version_by_alias(name, "champion").version)
    session.refused("other letter case", client.get_model_version_by_alias, name, "CHAMPION")
    found = client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
    session.see("in a search of versions", [[version.version, version.aliases] for version in found])
    found = client.search_registered_models(f"name = '{name}'")
    session.see("in a search of models", [[model.aliases, len(model.latest_versions)] for model in found])
    session.see("in latest versions", [v.aliases for v in client.get_registered_model(name).latest_versions])
    client.delete_registered_model_alias(name, "extra")
    client.delete_registered_model_alias(name, "never-set")
    session.see("after deleting", client.get_registered_model(name).aliases)
    client.delete_model_version(name, "3")
    session.see("after deleting the version", client.get_registered_model(name).aliases)
    session.refused("alias of a deleted version", client.get_model_version_by_alias, name, "champion")


ALIASES = (
    "champion", "Champion", "a b", "ünï", "a.b", "a-b_c", "1st", "123", "v1", "V1", "v2beta", "v", "latest", "LATEST", "Latest",
    "a@b", "a/b", "a:b", "", "x" * 255, "x" * 256, "none", "production", "Production", "staging", "archived", "a\nb", "a%b", " ",
)  # fmt: skip


def alias_names(session):
    client, name = session.client, session.unique("aliased")
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/1")
    for alias in ALIASES:
        label = alias if len(alias) < 40 else f"{len(alias)} characters"
        session.refused(f"set {label!r}", client.set_registered_model_alias, name, alias, "1")
    session.see("set are", sorted(key for key in client.get_registered_model(name).aliases if len(key) < 40))
    for alias in ("latest", "Latest", "v1", ""):
        session.refused(f"get {alias!r}", client.get_model_version_by_alias, name, alias)
        session.refused(f"delete {alias!r}", client.delete_registered_model_alias, name, alias)
    session.refused("unknown model", client.set_registered_model_alias, "nobody", "champion", "1")
    session.refused("unknown version", client.set_registered_model_alias, name, "champion", "9")
    session.refused("version that is no number", client.set_registered_model_alias, name, "champion", "one")
    session.refused("get on an unknown model", client.get_model_version_by_alias, "nobody", "champion")
    session.refused("get of an unknown alias", client.get_model_version_by_alias, name, "nobody")
    session.refused("delete on an unknown model", client.delete_registered_model_alias, "nobody", "champion")


def delete_rules(session):
    client, name = session.client, session.unique("kept")
    client.create_registered_model(name)
    for stage in ("Staging", "Production", "Archived", "None"):
        version = client.create_model_version(name, "s3://bucket/x").version
        client.transition_model_version_stage(name, version, stage)
    session.refused("model with versions in stages", client.delete_registered_model, name)
    session.refused("its read afterwards", client.get_registered_model, name)
    session.refused("its version afterwards", client.get_model_version, name, "1")
    session.refused("second delete", client.delete_registered_model, name)
