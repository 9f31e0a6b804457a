//! Containers against an engine that gives canned answers.

use serde_json::{Value as Json, json};

use crate::{docker::FakeEngine, host::TestHost};

fn run(host: &TestHost, args: Json) -> Json {
    Json::Object(crate::find("docker_container").unwrap().run(args.as_object().unwrap(), host))
}

fn image() -> Json {
    json!({"Id": "sha256:1", "Config": {"Env": ["PATH=/bin"], "Labels": null, "Volumes": null}})
}

fn container(running: bool) -> Json {
    json!({
        "Id": "c1", "Image": "sha256:1", "Name": "/web",
        "State": {"Running": running, "Paused": false},
        "Config": {
            "Image": "busy:1", "Env": ["A=1", "PATH=/bin"], "Labels": {"x": "y", "z": "w"},
            "ExposedPorts": {"80/tcp": {}}, "Cmd": ["sleep"],
        },
        "HostConfig": {
            "Memory": 67_108_864, "NetworkMode": "default", "Binds": ["/tmp:/t:ro"],
            "PortBindings": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
            "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        },
        "NetworkSettings": {"Networks": {"bridge": {}}},
    })
}

fn wanted() -> Json {
    json!({
        "name": "web", "image": "busy:1", "env": {"A": "1"}, "labels": {"x": "y"}, "memory": "64m",
        "volumes": ["/tmp:/t:ro"], "published_ports": ["8080:80"], "restart_policy": "no",
        "command": "sleep",
    })
}

const LOOK: &str = "GET /containers/web/json";

#[test]
fn a_container_that_is_right_is_left_alone() {
    let host = TestHost::with(&[]);
    let engine = FakeEngine::start(
        &host,
        &[
            (LOOK, 200, container(true)),
            ("GET /images/busy:1/json", 200, image()),
            ("GET /networks", 200, json!([])),
        ],
    );
    let result = run(&host, wanted());
    assert_eq!(result["changed"], false, "{result}");
    assert_eq!(result["diff"], json!({"before": {}, "after": {}}));
    assert_eq!(engine.changes(), Vec::<String>::new());
}

#[test]
fn a_new_container_is_made_and_started() {
    let host = TestHost::with(&[]);
    let engine = FakeEngine::start(
        &host,
        &[
            ("GET /images/busy:1/json", 200, image()),
            ("GET /networks", 200, json!([])),
            ("POST /containers/create?name=web", 201, json!({"Id": "c1", "Warnings": ["careful"]})),
            ("GET /containers/c1/json", 200, container(false)),
            ("GET /containers/c1/json", 200, container(true)),
            ("POST /containers/c1/start", 204, json!(null)),
        ],
    );
    let result = run(&host, wanted());
    assert_eq!(result["changed"], true, "{result}");
    assert_eq!(result["warnings"], json!(["Docker warning: careful"]));
    assert_eq!(
        result["diff"],
        json!({"before": {"exists": false, "running": false}, "after": {"exists": true, "running": true}})
    );
    let changes = engine.changes();
    let body = changes[0].strip_prefix("POST /containers/create?name=web ").unwrap();
    let body: Json = serde_json::from_str(body).unwrap();
    assert_eq!(body["Cmd"], json!(["sleep"]));
    assert_eq!(body["HostConfig"]["Binds"], json!(["/tmp:/t:ro"]));
    assert_eq!(body["HostConfig"]["Memory"], 67_108_864);
    assert_eq!(body["ExposedPorts"], json!({"80/tcp": {}}));
    assert_eq!(changes[1], "POST /containers/c1/start");
}

#[test]
fn limits_change_in_place() {
    let host = TestHost::with(&[]);
    let engine = FakeEngine::start(
        &host,
        &[
            (LOOK, 200, container(true)),
            ("GET /images/busy:1/json", 200, image()),
            ("POST /containers/c1/update", 200, json!({})),
            ("GET /containers/c1/json", 200, container(true)),
        ],
    );
    let result = run(&host, json!({"name": "web", "image": "busy:1", "memory": "65m"}));
    assert_eq!(result["changed"], true, "{result}");
    assert_eq!(result["diff"]["after"], json!({"memory": 68_157_440}));
    assert_eq!(engine.changes(), ["POST /containers/c1/update {\"Memory\":68157440}"]);
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let host = TestHost::with(&[]).check();
    let engine = FakeEngine::start(
        &host,
        &[(LOOK, 200, container(true)), ("GET /images/busy:1/json", 200, image())],
    );
    let result = run(&host, json!({"name": "web", "image": "busy:1", "env": {"A": "2"}}));
    assert_eq!(result["changed"], true, "{result}");
    let (before, after) = (["A=1", "PATH=/bin"], ["A=2", "PATH=/bin"]);
    assert_eq!(
        result["diff"],
        json!({
            "before": {"env": before}, "after": {"env": after},
            "differences": [{"env": {"container": before, "parameter": after}}],
        })
    );
    assert_eq!(result["actions"].as_array().unwrap().len(), 3, "{result}");
    assert_eq!(engine.changes(), Vec::<String>::new());
}

#[test]
fn files_of_variables_and_labels_are_read_strictly() {
    let host = TestHost::with(&[("/good", "# c\nA = 2\n\n"), ("/bad", "A=1\nB\n")]).check();
    let looks = [(LOOK, 200, container(true)), ("GET /images/busy:1/json", 200, image())];
    let _engine = FakeEngine::start(&host, &looks);
    let with =
        |key: &str, value: Json| run(&host, json!({"name": "web", "image": "busy:1", key: value}));
    assert_eq!(
        with("env_file", json!("/good"))["diff"]["after"]["env"],
        json!(["A = 2", "PATH=/bin"])
    );
    insta::assert_snapshot!(with("env_file", json!("/bad"))["msg"].as_str().unwrap(), @r"
    An unexpected Docker error occurred: Invalid line in environment file /bad:
    B
    ");
    assert_eq!(
        with("labels", json!({"a": true}))["msg"],
        "The value True for 'a' of labels is not a string or something than can be safely converted to a string!"
    );
}

#[test]
fn comparisons_decide_what_counts() {
    let host = TestHost::with(&[]).check();
    let _engine = FakeEngine::start(
        &host,
        &[(LOOK, 200, container(true)), ("GET /images/busy:1/json", 200, image())],
    );
    let changed = |comparisons: Json| {
        let args = json!({
            "name": "web", "image": "busy:1", "labels": {"x": "y"}, "comparisons": comparisons,
        });
        run(&host, args)["changed"].clone()
    };
    assert_eq!(changed(json!({})), false);
    assert_eq!(changed(json!({"labels": "strict"})), true);
    assert_eq!(changed(json!({"*": "strict", "labels": "ignore"})), true);
    let ignored = json!({"*": "strict", "labels": "ignore", "env": "ignore"});
    assert_eq!(changed(ignored), false);
    let failed = |comparisons: Json| {
        run(&host, json!({"name": "web", "comparisons": comparisons}))["msg"].clone()
    };
    assert_eq!(failed(json!({"x": "strict"})), "Unknown module option 'x' in comparisons dict!");
    assert_eq!(
        failed(json!({"image": "allow_more_present"})),
        "Option 'image' is a value and not a set/list/dict, so its comparison cannot be allow_more_present"
    );
}

#[test]
fn a_container_is_stopped_and_removed() {
    let host = TestHost::with(&[]);
    let engine = FakeEngine::start(
        &host,
        &[
            (LOOK, 200, container(true)),
            ("POST /containers/c1/stop?t=3", 204, json!(null)),
            ("DELETE /containers/c1?v=True&link=False&force=False", 204, json!(null)),
        ],
    );
    let args = json!({"name": "web", "state": "absent", "keep_volumes": false, "stop_timeout": 3});
    let result = run(&host, args);
    assert_eq!((&result["changed"], &result["container"]), (&json!(true), &Json::Null));
    assert_eq!(engine.changes().len(), 2, "{:?}", engine.changes());
}

#[test]
fn errors_are_in_the_words_of_the_reference() {
    let host = TestHost::with(&[]);
    let message = |args: Json| run(&host, args)["msg"].as_str().unwrap().to_owned();
    assert_eq!(
        message(json!({"name": "web", "state": "absent"})),
        "Error connecting: Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))"
    );
    let _engine = FakeEngine::start(
        &host,
        &[
            ("GET /version", 200, json!({"ApiVersion": "1.41"})),
            ("GET /images/busy:1/json", 200, image()),
            ("POST /containers/create?name=web", 400, json!({"message": "no"})),
        ],
    );
    assert_eq!(
        message(json!({"name": "web", "image": "busy:1"})),
        "Error creating container: 400 Client Error for http+docker://localhost/v1.41/containers/create?name=web: Bad (\"no\")"
    );
    assert_eq!(
        message(json!({"name": "web"})),
        "Cannot create container when image is not specified!"
    );
    assert_eq!(
        message(json!({"name": "web", "image": "none", "pull": "never"})),
        "Cannot find image with name none:latest, and pull=never"
    );
    assert_eq!(
        message(json!({"name": "web", "image": "busy:1", "networks": [{"nam": "x"}]})),
        "missing required arguments: name found in networks"
    );
    assert!(
        message(json!({"name": "web", "memory": "5x"})).starts_with("Failed to convert memory")
    );
}
