//! What is done to one container: starting, stopping, removing, waiting.

use std::time::{Duration, Instant};

use super::{settings::Setting, work::Work};
use crate::{
    docker::{ApiError, attached_in_order, flag},
    host::{Failure, Result},
    spec::{Json, python_str},
};

impl Work<'_> {
    /// Returns a mode that names another container, by that one's number.
    pub(super) fn by_id(&self, mode: &str) -> Result<String> {
        let Some(name) = mode.strip_prefix("container:") else { return Ok(mode.to_owned()) };
        let other = self.api.container(name)?;
        let id = other.as_ref().and_then(|other| other["Id"].as_str()).unwrap_or(name);
        Ok(format!("container:{id}"))
    }

    /// Names other containers in settings as the engine does.
    pub(super) fn name_by_id(&self, settings: &mut [Setting]) -> Result<()> {
        for setting in settings {
            if let ("ipc_mode" | "pid_mode", Json::String(mode)) =
                (setting.option.name, &setting.value)
            {
                setting.value = self.by_id(mode)?.into();
            }
        }
        Ok(())
    }

    pub(super) fn start(&mut self, id: &str, container: Json) -> Result<Json> {
        self.actions.push(serde_json::json!({"started": id}));
        self.changed = true;
        if self.host.checking() {
            return Ok(container);
        }
        self.api
            .call("POST", &format!("/containers/{id}/start"), &[], None)
            .map_err(|error| error.while_doing(format!("Error starting container {id}")))?;
        if self.args.detach == Some(false) {
            return self.finish(id);
        }
        self.look_again(id)
    }

    /// Waits for a container to end, and tells what it printed.
    fn finish(&mut self, id: &str) -> Result<Json> {
        let status = loop {
            match self.api.call("POST", &format!("/containers/{id}/wait"), &[], None) {
                Ok(ended) => break ended["StatusCode"].as_i64().unwrap_or(0),
                // It still runs: the engine says nothing until it ends.
                Err(ApiError { status: 0, explanation, .. })
                    if explanation.contains("timed out") && !self.host.cancelled() => {}
                Err(error) => {
                    return Err(error.while_doing(format!("Error waiting for container {id}")));
                }
            }
        };
        // The engine may have removed it by now.
        let (mut container, output) = if self.args.auto_remove == Some(true) {
            let told = "Cannot retrieve result as auto_remove is enabled".to_owned();
            let left = self.api.container(id)?;
            (left.unwrap_or_else(|| serde_json::json!({})), told)
        } else {
            let container = self.look_again(id)?;
            let output = self.logs(id, &container)?;
            (container, output)
        };
        self.status = Some(status);
        if self.args.cleanup {
            self.remove(id, true)?;
            // The engine may still be at it itself.
            for _ in 0..50 {
                if self.api.container(id)?.is_none() || !self.host.pause(Duration::from_millis(200))
                {
                    break;
                }
            }
            container = serde_json::json!({});
        }
        container["Output"] = output.as_str().into();
        if status != 0 {
            let failure = Failure::new(output)
                .with("changed", true)
                .with("status", status)
                .with("container", container);
            let told = self.args.engine.debug;
            return Err(if told { failure.with("actions", self.actions.clone()) } else { failure });
        }
        Ok(container)
    }

    fn logs(&self, id: &str, container: &Json) -> Result<String> {
        let driver = container["HostConfig"]["LogConfig"]["Type"].as_str().unwrap_or_default();
        if !matches!(driver, "json-file" | "journald" | "local") {
            return Ok(format!("Result logged using `{driver}` driver"));
        }
        let query = [
            ("stderr", "1".to_owned()),
            ("stdout", "1".to_owned()),
            ("timestamps", "0".to_owned()),
            ("follow", "0".to_owned()),
            ("tail", "all".to_owned()),
        ];
        let path = format!("/containers/{id}/logs");
        let mut response = self.api.open("GET", &path, &query, None, &[]).map_err(Failure::from)?;
        let terminal = container["Config"]["Tty"] == true;
        let read = both(&mut *response.body, terminal);
        read.map_err(|error| Failure::io(format!("cannot read what {id} printed"), &error))
    }

    pub(super) fn restart(&mut self, id: &str, container: Json) -> Result<Json> {
        let timeout = self.args.stop_timeout;
        self.actions.push(serde_json::json!({"restarted": id, "timeout": timeout}));
        self.changed = true;
        if self.host.checking() {
            return Ok(container);
        }
        let timeout = timeout.map(|seconds| ("t", seconds.to_string()));
        self.api
            .call("POST", &format!("/containers/{id}/restart"), timeout.as_slice(), None)
            .map_err(|error| error.while_doing(format!("Error restarting container {id}")))?;
        self.look_again(id)
    }

    pub(super) fn stop(&mut self, id: &str) -> Result<()> {
        self.changed = true;
        if self.args.force_kill {
            self.actions.push(serde_json::json!({"killed": id, "signal": self.args.kill_signal}));
            if self.host.checking() {
                return Ok(());
            }
            let signal = self.args.kill_signal.clone().map(|signal| ("signal", signal));
            let path = format!("/containers/{id}/kill");
            return match self.api.call("POST", &path, signal.as_slice(), None) {
                // It has ended by itself meanwhile.
                Err(error) if error.explanation.contains("is not running") => Ok(()),
                Err(error) => Err(error.while_doing(format!("Error killing container {id}"))),
                Ok(_) => Ok(()),
            };
        }
        self.actions.push(serde_json::json!({"stopped": id, "timeout": self.args.stop_timeout}));
        if self.host.checking() {
            return Ok(());
        }
        let timeout = self.args.stop_timeout.map(|seconds| ("t", seconds.to_string()));
        let path = format!("/containers/{id}/stop");
        let stopped = self.api.call("POST", &path, timeout.as_slice(), None);
        let stopped = match stopped {
            Err(error)
                if error
                    .explanation
                    .contains("Unpause the container before stopping or killing") =>
            {
                self.api
                    .call("POST", &format!("/containers/{id}/unpause"), &[], None)
                    .and_then(|_| self.api.call("POST", &path, timeout.as_slice(), None))
            }
            stopped => stopped,
        };
        stopped
            .map(drop)
            .map_err(|error| error.while_doing(format!("Error stopping container {id}")))
    }

    pub(super) fn remove(&mut self, id: &str, force: bool) -> Result<()> {
        let volumes = !self.args.keep_volumes;
        self.actions.push(serde_json::json!({
            "removed": id, "volume_state": volumes, "link": false, "force": force,
        }));
        self.changed = true;
        if self.host.checking() {
            return Ok(());
        }
        let query = [("v", flag(volumes)), ("link", flag(false)), ("force", flag(force))];
        let path = format!("/containers/{id}");
        for _ in 0..3 {
            match self.api.call("DELETE", &path, &query, None) {
                Ok(_) => return Ok(()),
                // It is already on its way, or gone.
                Err(error)
                    if error.status == 404
                        || error.status == 409
                            && error.explanation.contains("removal of container") =>
                {
                    return Ok(());
                }
                Err(error)
                    if error
                        .explanation
                        .contains("Unpause the container before stopping or killing") =>
                {
                    let unpause = format!("/containers/{id}/unpause");
                    self.api.call("POST", &unpause, &[], None).map_err(Failure::from)?;
                }
                Err(error) => {
                    return Err(error.while_doing(format!("Error removing container {id}")));
                }
            }
        }
        Err(Failure::new(format!("Error removing container {id} (tried to unpause three times)")))
    }

    pub(super) fn wait_until_gone(&self, id: &str) -> Result<()> {
        if self.host.checking() {
            return Ok(());
        }
        let started = Instant::now();
        while self.api.container(id)?.is_some() {
            let limit = self.args.removal_wait_timeout;
            if limit.is_some_and(|limit| started.elapsed().as_secs_f64() > limit)
                || !self.host.pause(Duration::from_millis(200))
            {
                return Err(Failure::new(format!(
                    "Timeout of {} seconds exceeded while waiting for container \"{id}\"",
                    limit.unwrap_or(0.0)
                )));
            }
        }
        Ok(())
    }

    pub(super) fn wait_until_healthy(&self, id: &str) -> Result<()> {
        let started = Instant::now();
        let limit = self.args.healthy_wait_timeout;
        loop {
            let container = self.look_again(id)?;
            let state = &container["State"];
            match state["Health"]["Status"].as_str() {
                // Where nothing looks, nothing is ill; who is ill may get well.
                Some("healthy") | None => return Ok(()),
                Some(_) => (),
            }
            if limit > 0.0 && started.elapsed().as_secs_f64() > limit
                || !self.host.pause(Duration::from_millis(500))
            {
                return Err(Failure::new(format!(
                    "Timeout of {} seconds exceeded while waiting for container \"{id}\"",
                    python_str(&limit.into())
                ))
                .with("container", container.clone()));
            }
        }
    }
}

/// Both outputs of a command, in their order.
fn both(reader: &mut dyn std::io::Read, terminal: bool) -> std::io::Result<String> {
    Ok(String::from_utf8_lossy(&attached_in_order(reader, terminal)?).into_owned())
}
