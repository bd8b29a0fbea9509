"""Prompts, which ride on registered models: versions, aliases, tags, searches and deletion."""

import mlflow

from harness.session import only_for_line


@only_for_line("3")
def register_and_load(session):
    name = session.unique("greeting")
    first = mlflow.genai.register_prompt(name, "Hello {{name}}", commit_message="first", tags={"k": "v"})
    session.see("first", _shape(first))
    second = mlflow.genai.register_prompt(name, "Good day {{name}}, {{title}}", commit_message="second")
    session.see("second", _shape(second))
    session.see("loaded", _shape(mlflow.genai.load_prompt(name, version=1)))
    session.see("loaded by address", _shape(mlflow.genai.load_prompt(f"prompts:/{name}/2")))
    session.see("formatted", mlflow.genai.load_prompt(name, version=2).format(name="Ann", title="Dr"))
    session.see("latest", _shape(mlflow.genai.load_prompt(f"prompts:/{name}@latest")))
    session.outcome("unknown version", mlflow.genai.load_prompt, name, version=9)
    session.outcome("unknown prompt", mlflow.genai.load_prompt, session.unique("nobody"), version=1)
    session.see("allowed to miss", mlflow.genai.load_prompt(name, version=9, allow_missing=True))


def _shape(prompt):
    return {
        "name": prompt.name,
        "version": prompt.version,
        "template": prompt.template,
        "message": prompt.commit_message,
        "tags": dict(prompt.tags),
        "variables": sorted(prompt.variables),
        "aliases": sorted(getattr(prompt, "aliases", []) or []),
        "made at": prompt.creation_timestamp,
    }


@only_for_line("3")
def chat_prompts(session):
    name = session.unique("chat")
    messages = [{"role": "system", "content": "You are {{who}}."}, {"role": "user", "content": "{{question}}"}]
    mlflow.genai.register_prompt(name, messages, response_format={"type": "object"})
    prompt = mlflow.genai.load_prompt(name, version=1)
    session.see("template", prompt.template)
    session.see("response format", prompt.response_format)


@only_for_line("3")
def aliases(session):
    name = session.unique("aliased")
    for text in ("one", "two"):
        mlflow.genai.register_prompt(name, text)
    mlflow.genai.set_prompt_alias(name, alias="production", version=1)
    session.see("by alias", mlflow.genai.load_prompt(f"prompts:/{name}@production").template)
    mlflow.genai.set_prompt_alias(name, alias="production", version=2)
    mlflow.genai.load_prompt(name, version=2)
    session.see("moved", session.client.get_prompt_version_by_alias(name, "production").version)
    mlflow.genai.delete_prompt_alias(name, alias="production")
    session.refused("gone", session.client.get_prompt_version_by_alias, name, "production")
    session.refused("reserved", mlflow.genai.set_prompt_alias, name, alias="latest", version=1)
    session.refused("unknown version", mlflow.genai.set_prompt_alias, name, alias="x", version=9)


@only_for_line("3")
def tags_and_search(session):
    client, stable = session.client, session.unique()
    for name, tags in (("ask", {"team": "red"}), ("bid", {"team": "blue"})):
        client.create_prompt(f"{stable}-{name}", description=name, tags=tags)
        client.create_prompt_version(f"{stable}-{name}", f"{name} {{{{x}}}}", tags={"v": "1"})
    client.create_registered_model(f"{stable}-model", tags={"team": "red"})
    for text in (f"name LIKE '{stable}%'", f"name = '{stable}-ask'", f"name LIKE '{stable}%' AND tags.team = 'red'", f"name = '{stable}-model'", "nonsense"):
        session.outcome(f"prompts {text}", lambda text=text: sorted(p.name for p in client.search_prompts(text)))
        session.outcome(f"models {text}", lambda text=text: sorted(m.name for m in client.search_registered_models(text)))
        session.outcome(f"versions {text}", lambda text=text: sorted(v.name for v in client.search_model_versions(text)))
    client.set_prompt_tag(f"{stable}-ask", "new", "tag")
    client.delete_prompt_tag(f"{stable}-ask", "team")
    prompt = client.get_prompt(f"{stable}-ask")
    session.see("prompt", [prompt.name, prompt.description, prompt.tags])
    client.set_prompt_version_tag(f"{stable}-ask", "1", "vt", "x")
    client.delete_prompt_version_tag(f"{stable}-ask", "1", "v")
    session.see("version tags", client.get_prompt_version(f"{stable}-ask", "1").tags)
    found = client.search_prompts(f"name LIKE '{stable}%'", max_results=1)
    session.see("first page", [[prompt.name for prompt in found], found.token is not None])
    session.outcome("as a registered model", client.get_registered_model, f"{stable}-ask")
    session.outcome("as a model version", client.get_model_version, f"{stable}-ask", "1")
    session.refused("model under a prompt's name", client.create_registered_model, f"{stable}-ask")
    session.refused("prompt under a model's name", client.create_prompt, f"{stable}-model")
    session.refused("prompt version of a model", client.create_prompt_version, f"{stable}-model", "x")
    session.see("model's prompt is none", client.get_prompt(f"{stable}-model") is None)


@only_for_line("3")
def deletion(session):
    client, name = session.client, session.unique("gone")
    for text in ("one", "two"):
        client.register_prompt(name, text)
    client.delete_prompt_version(name, "1")
    session.outcome("deleted version", client.get_prompt_version, name, "1")
    session.outcome("delete of the prompt", client.delete_prompt, name)
    session.outcome("second version", client.delete_prompt_version, name, "2")
    session.outcome("delete of the emptied prompt", client.delete_prompt, name)
    session.outcome("deleted prompt", client.get_prompt, name)
    session.outcome("unknown prompt", client.delete_prompt, session.unique("nobody"))


@only_for_line("3")
def prompts_of_runs(session):
    client, name = session.client, session.unique("used")
    prompt = client.register_prompt(name, "text {{x}}")
    run_id = client.create_run(session.experiment()).info.run_id
    client.link_prompt_version_to_run(run_id, prompt)
    session.see("linked", [[item.name, item.version] for item in client.list_logged_prompts(run_id)])
    model_id = client.create_logged_model(session.experiment("other"), "m").model_id
    client.link_prompt_version_to_model(name, "1", model_id)
    session.see("tag of the model", client.get_logged_model(model_id).tags)


@only_for_line("2")
def the_older_clients_prompts(session):
    client, name = session.client, session.unique("old")
    client.register_prompt(name, "Hello {{name}}", commit_message="first", tags={"k": "v"}, version_metadata={"a": "b"})
    client.register_prompt(name, "Bye {{name}}")
    prompt = client.load_prompt(name, version=1)
    session.see("loaded", [prompt.name, prompt.version, prompt.template, prompt.commit_message, prompt.tags])
    client.set_prompt_alias(name, "production", 2)
    session.see("by alias", client.load_prompt(f"prompts:/{name}@production").template)
    client.delete_prompt_alias(name, "production")
    session.outcome("gone alias", client.load_prompt, f"prompts:/{name}@production")
    session.outcome("unknown", client.load_prompt, session.unique("nobody"), 1)
    session.outcome("delete", client.delete_prompt, name, 1)
    session.outcome("deleted", client.load_prompt, name, 1)
