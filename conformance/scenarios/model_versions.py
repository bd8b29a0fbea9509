"""Model versions: creation, stages, tags, download addresses, copies and deletion."""


def _model(session, suffix="model", versions=0):
    name = session.unique(suffix)
    session.client.create_registered_model(name)
    for number in range(1, versions + 1):
        session.client.create_model_version(name, f"s3://bucket/{number}")
    return name


def life_cycle(session):
    client, name = session.client, _model(session)
    run_id = client.create_run(session.experiment(), run_name="maker").info.run_id
    created = client.create_model_version(
        name, "s3://bucket/model", run_id, tags={"a": "1"}, run_link="http://example.org/run", description="first"
    )
    session.see("created", created)
    session.see("read", client.get_model_version(name, "1"))
    session.see("updated", client.update_model_version(name, "1", description="second"))
    session.see("download address", client.get_model_version_download_uri(name, "1"))
    session.see("model's latest versions", client.get_registered_model(name).latest_versions)
    client.delete_model_version(name, "1")
    session.refused("read after delete", client.get_model_version, name, "1")
    session.refused("delete twice", client.delete_model_version, name, "1")
    session.see("next number", client.create_model_version(name, "s3://bucket/model").version)


def numbers_never_come_again(session):
    client, name = session.client, _model(session, versions=3)
    client.delete_model_version(name, "2")
    session.see("after deleting one in the middle", client.create_model_version(name, "s3://bucket/x").version)
    client.delete_model_version(name, "4")
    session.see("after deleting the last", client.create_model_version(name, "s3://bucket/x").version)
    found = client.search_model_versions(f"name = '{name}'", order_by=["version_number"])
    session.see("left", [version.version for version in found])


def sources(session):
    client, name = session.client, _model(session)
    run_id = client.create_run(session.experiment()).info.run_id
    sources = (
        "s3://bucket/a b/ü", "gs://bucket/x", "dbfs:/models/x", "http://example.org/model", "mlflow-artifacts:/0/x/artifacts/m",
        "runs:/" + run_id + "/model", "models:/nobody/1", "hdfs://host:8020/x", "relative/path", "/etc/passwd", "/", "file:///etc/passwd",
        "file://remote/etc", "file:/etc", "", "s3://bucket/../x", "mlflow-artifacts:/../../x", "mlflow-artifacts://host/../x",
        "s3://bucket/x?a=b", "s3://bucket/x#frag", "s3:/bucket", "ftp://host/%2e%2e/x", "sftp://user:secret@host/x", "FILE:///etc/passwd",
        "file:///etc/%2e%2e/passwd", "models:/m-" + "0" * 32, "s3://bucket/" + "x" * 480, "s3://bucket/" + "x" * 500,
    )  # fmt: skip
    for source in sources:
        session.outcome(f"source {source[:50]}", lambda source=source: client.create_model_version(name, source).source)
        session.outcome(f"source {source[:50]} with a run", lambda source=source: client.create_model_version(name, source, run_id).source)


def refusals(session):
    client, name = session.client, _model(session, versions=1)
    session.refused("unknown model", client.create_model_version, "nobody", "s3://bucket/x")
    session.refused("unknown run", client.create_model_version, name, "s3://bucket/x", "0" * 32)
    session.refused("tag key too long", client.create_model_version, name, "s3://bucket/x", tags={"k" * 251: "v"})
    for version in ("9", "0", "-1", "one", "1.0", "", "99999999999999999999"):
        session.refused(f"version {version!r}", client.get_model_version, name, version)
        session.refused(f"update of {version!r}", client.update_model_version, name, version, "d")
        session.refused(f"delete of {version!r}", client.delete_model_version, name, version)
    session.see("version 01 is", client.create_model_version(name, "s3://bucket/x").version)
    session.refused("leading zero", client.get_model_version, name, "01")
    session.refused("download address of an unknown one", client.get_model_version_download_uri, name, "9")


def stages(session):
    client, name = session.client, _model(session, versions=3)
    for stage in ("Staging", "staging", "PRODUCTION", "Production", "aRcHiVeD", "none", "None", "NONE"):
        moved = client.transition_model_version_stage(name, "1", stage)
        session.see(f"to {stage}", moved.current_stage)
    session.see("in full", client.transition_model_version_stage(name, "1", "Production"))
    client.transition_model_version_stage(name, "2", "Production")
    session.see("two in one stage", [[v.version, v.current_stage] for v in _all(session, name)])
    session.see("latest in it", [[v.version, v.current_stage] for v in client.get_latest_versions(name, ["Production"])])
    for stage in ("Done", "", "Prod", "production ", "Staging,Production"):
        session.refused(f"stage {stage!r}", client.transition_model_version_stage, name, "1", stage)
    session.refused("unknown version", client.transition_model_version_stage, name, "9", "Staging")
    session.refused("unknown model", client.transition_model_version_stage, "nobody", "1", "Staging")
    session.see("possible stages", client.get_model_version_stages(name, "1"))


def _all(session, name):
    return session.client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])


def archiving(session):
    client, name = session.client, _model(session, versions=4)
    for version in ("1", "2"):
        client.transition_model_version_stage(name, version, "Production")
    client.transition_model_version_stage(name, "3", "Staging")
    client.transition_model_version_stage(name, "4", "production", archive_existing_versions=True)
    session.see("after archiving production", [[v.version, v.current_stage] for v in _all(session, name)])
    client.transition_model_version_stage(name, "4", "PRODUCTION", archive_existing_versions=True)
    session.see("to its own stage", [[v.version, v.current_stage] for v in _all(session, name)])
    client.transition_model_version_stage(name, "2", "sTaGiNg", archive_existing_versions=True)
    session.see("after archiving staging", [[v.version, v.current_stage] for v in _all(session, name)])
    for stage in ("Archived", "None", "archived"):
        session.refused(
            f"archiving for {stage}", client.transition_model_version_stage, name, "1", stage, archive_existing_versions=True
        )


def latest_versions(session):
    client, name = session.client, _model(session, versions=6)
    for version, stage in (("1", "Production"), ("2", "Production"), ("3", "Staging"), ("4", "Archived")):
        client.transition_model_version_stage(name, version, stage)
    for stages in (None, [], ["Production"], ["production", "STAGING"], ["None"], ["Archived"], ["Production", "Production"]):
        found = client.get_latest_versions(name, stages)
        session.see(f"stages {stages}", sorted([v.current_stage, v.version] for v in found))
    session.refused("stage of junk", client.get_latest_versions, name, ["junk"])
    session.refused("unknown model", client.get_latest_versions, "nobody")
    session.see("of a model without versions", client.get_latest_versions(_model(session, "empty")))
    found = client.get_registered_model(name).latest_versions
    session.see("in the model", sorted([v.current_stage, v.version] for v in found))


def tags(session):
    client, name = session.client, _model(session, versions=2)
    client.transition_model_version_stage(name, "2", "Staging")
    client.set_model_version_tag(name, "1", "a", "1")
    client.set_model_version_tag(name, "1", "a", "2")
    client.set_model_version_tag(name, key="by stage", value=3, stage="Staging")
    client.set_model_version_tag(name, "1", "empty", "")
    session.see("version 1", client.get_model_version(name, "1").tags)
    session.see("version 2", client.get_model_version(name, "2").tags)
    client.delete_model_version_tag(name, "1", "a")
    client.delete_model_version_tag(name, "1", "never set")
    session.see("after deleting", client.get_model_version(name, "1").tags)
    session.refused("unknown version", client.set_model_version_tag, name, "9", "a", "b")
    session.refused("unknown model", client.set_model_version_tag, "nobody", "1", "a", "b")
    session.refused("delete on an unknown version", client.delete_model_version_tag, name, "9", "a")
    session.refused("key too long", client.set_model_version_tag, name, "1", "k" * 251, "v")
    session.refused("value too long", client.set_model_version_tag, name, "1", "k", "v" * 100_001)
    session.refused("stage without a version", client.set_model_version_tag, name, key="a", value="b", stage="Production")


def copies(session):
    client, source, target = session.client, _model(session, "source"), session.unique("target")
    run_id = client.create_run(session.experiment()).info.run_id
    client.create_model_version(source, "s3://bucket/1", run_id, tags={"k": "v"}, run_link="http://example.org", description="told")
    client.set_registered_model_alias(source, "champion", "1")
    session.see("to a new model", client.copy_model_version(f"models:/{source}/1", target))
    session.see("the new model", client.get_registered_model(target))
    session.see("its download address", client.get_model_version_download_uri(target, "1"))
    session.see("by alias", client.copy_model_version(f"models:/{source}@champion", target).version)
    session.see("copy of a copy", client.copy_model_version(f"models:/{target}/1", session.unique("third")))
    session.see("to itself", client.copy_model_version(f"models:/{source}/1", source).version)
    session.refused("unknown version", client.copy_model_version, f"models:/{source}/9", target)
    session.refused("unknown model", client.copy_model_version, "models:/nobody/1", target)
    session.refused("address of another kind", client.copy_model_version, "runs:/x/y", target)
    client.delete_model_version(source, "1")
    session.outcome("download address after the source is gone", client.get_model_version_download_uri, target, "1")


def deletion(session):
    client, name = session.client, _model(session, versions=3)
    client.transition_model_version_stage(name, "3", "Production")
    client.set_registered_model_alias(name, "champion", "3")
    client.delete_model_version(name, "3")
    session.see("latest versions", client.get_latest_versions(name))
    session.see("aliases", client.get_registered_model(name).aliases)
    session.refused("stage of a deleted version", client.transition_model_version_stage, name, "3", "None")
    session.refused("tag of a deleted version", client.set_model_version_tag, name, "3", "a", "b")
    session.refused("alias to a deleted version", client.set_registered_model_alias, name, "again", "3")
    session.refused("update of a deleted version", client.update_model_version, name, "3", "d")
    session.refused("download address", client.get_model_version_download_uri, name, "3")
