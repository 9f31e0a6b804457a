//! What the task says of the container, as the engine has it: for comparing and for making it.

use super::{
    Args, CommandHandling, networks,
    parts::{DeviceRequest, Health, Mount, Rate},
    ports, units, volumes,
};
use crate::{
    docker::check_labels,
    host::{Failure, Host, Result, split_words},
    spec::{Json, JsonMap, part, python_repr, python_str},
};

/// How values of an option are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Value,
    List,
    Set,
    /// A set of dictionaries.
    Dicts,
    Dict,
}

/// An option that the task gives.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// What is compared with the container.
    pub(super) value: Json,
    /// What the engine is told, where that is something else.
    pub(super) told: Option<Json>,
    /// Where the engine has it: `Hostname`, `HostConfig.Memory`.
    pub(super) at: &'static str,
    /// Whether it can be changed while the container is there.
    pub(super) live: bool,
}

impl Setting {
    /// Puts it into what the engine is told.
    pub(super) fn tell(&self, body: &mut JsonMap) {
        if self.at.is_empty() {
            return;
        }
        let value = self.told.as_ref().unwrap_or(&self.value).clone();
        put(body, self.at, value);
    }
}

/// Sets a value at a path, making the dictionaries on the way.
pub(super) fn put(body: &mut JsonMap, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            body.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let slot = body.entry(first.to_owned()).or_insert_with(|| JsonMap::new().into());
            if let Json::Object(inner) = slot {
                put(inner, rest, value);
            }
        }
    }
}

/// Collects the settings.
pub(super) struct Settings<'a> {
    args: &'a Args,
    host: &'a Host,
    found: Vec<Setting>,
}

impl<'a> Settings<'a> {
    /// Returns what the task says; `default_ip` is where ports without an address are published.
    pub(super) fn of(args: &'a Args, host: &'a Host, default_ip: &str) -> Result<Vec<Setting>> {
        let mut settings = Settings { args, host, found: Vec::new() };
        args.labels.as_ref().map_or(Ok(()), check_labels)?;
        settings.plain();
        settings.sizes()?;
        settings.command()?;
        settings.environment()?;
        settings.limits()?;
        settings.health()?;
        settings.storage()?;
        settings.ports(default_ip)?;
        Ok(settings.found)
    }

    fn add(&mut self, name: &'static str, shape: Shape, at: &'static str, value: Option<Json>) {
        if let Some(value) = value {
            self.found.push(Setting { name, shape, value, told: None, at, live: false });
        }
    }

    fn add_live(&mut self, name: &'static str, at: &'static str, value: Option<Json>) {
        if let Some(value) = value {
            let shape = Shape::Value;
            self.found.push(Setting { name, shape, value, told: None, at, live: true });
        }
    }

    /// Options that the engine has as they are.
    #[expect(clippy::too_many_lines, reason = "one setting after the other")]
    fn plain(&mut self) {
        let args = self.args;
        let text = |value: &Option<String>| value.as_deref().map(Json::from);
        let truth = |value: Option<bool>| value.map(Json::from);
        let number = |value: Option<i64>| value.map(Json::from);
        let list = |value: &Option<Vec<String>>| value.clone().map(Json::from);
        let map = |value: &Option<JsonMap>| value.as_ref().map(|map| volumes::texts(map).into());
        for (name, at, value) in [
            ("auto_remove", "HostConfig.AutoRemove", truth(args.auto_remove)),
            (
                "cgroupns_mode",
                "HostConfig.CgroupnsMode",
                args.cgroupns_mode.map(|one| one.as_str().into()),
            ),
            ("cgroup_parent", "HostConfig.CgroupParent", text(&args.cgroup_parent)),
            ("domainname", "Domainname", text(&args.domainname)),
            ("hostname", "Hostname", text(&args.hostname)),
            ("init", "HostConfig.Init", truth(args.init)),
            ("interactive", "OpenStdin", truth(args.interactive)),
            ("ipc_mode", "HostConfig.IpcMode", text(&args.ipc_mode)),
            ("memory_swappiness", "HostConfig.MemorySwappiness", number(args.memory_swappiness)),
            ("oom_killer", "HostConfig.OomKillDisable", truth(args.oom_killer)),
            ("oom_score_adj", "HostConfig.OomScoreAdj", number(args.oom_score_adj)),
            ("pid_mode", "HostConfig.PidMode", text(&args.pid_mode)),
            ("pids_limit", "HostConfig.PidsLimit", number(args.pids_limit)),
            ("platform", "", text(&args.platform)),
            ("privileged", "HostConfig.Privileged", truth(args.privileged)),
            ("publish_all_ports", "HostConfig.PublishAllPorts", truth(args.publish_all_ports)),
            ("read_only", "HostConfig.ReadonlyRootfs", truth(args.read_only)),
            ("runtime", "HostConfig.Runtime", text(&args.runtime)),
            ("stop_signal", "StopSignal", text(&args.stop_signal)),
            ("stop_timeout", "StopTimeout", number(args.stop_timeout)),
            ("tty", "Tty", truth(args.tty)),
            ("user", "User", text(&args.user)),
            ("userns_mode", "HostConfig.UsernsMode", text(&args.userns_mode)),
            ("uts", "HostConfig.UTSMode", text(&args.uts)),
            ("volume_driver", "HostConfig.VolumeDriver", text(&args.volume_driver)),
            ("working_dir", "WorkingDir", text(&args.working_dir)),
            ("mac_address", "MacAddress", text(&args.mac_address).map(lower)),
        ] {
            self.add(name, Shape::Value, at, value);
        }
        for (name, at, value) in [
            ("blkio_weight", "HostConfig.BlkioWeight", number(args.blkio_weight)),
            ("cpu_period", "HostConfig.CpuPeriod", number(args.cpu_period)),
            ("cpu_quota", "HostConfig.CpuQuota", number(args.cpu_quota)),
            ("cpu_shares", "HostConfig.CpuShares", number(args.cpu_shares)),
            ("cpuset_cpus", "HostConfig.CpusetCpus", text(&args.cpuset_cpus)),
            ("cpuset_mems", "HostConfig.CpusetMems", text(&args.cpuset_mems)),
        ] {
            self.add_live(name, at, value);
        }
        for (name, shape, at, value) in [
            ("capabilities", Shape::Set, "HostConfig.CapAdd", list(&args.capabilities)),
            ("cap_drop", Shape::Set, "HostConfig.CapDrop", list(&args.cap_drop)),
            (
                "device_cgroup_rules",
                Shape::Set,
                "HostConfig.DeviceCgroupRules",
                list(&args.device_cgroup_rules),
            ),
            ("dns_opts", Shape::Set, "HostConfig.DnsOptions", list(&args.dns_opts)),
            (
                "dns_search_domains",
                Shape::List,
                "HostConfig.DnsSearch",
                list(&args.dns_search_domains),
            ),
            ("dns_servers", Shape::List, "HostConfig.Dns", list(&args.dns_servers)),
            ("groups", Shape::Set, "HostConfig.GroupAdd", list(&args.groups)),
            ("links", Shape::Set, "HostConfig.Links", networks::links(args)),
            ("security_opts", Shape::Set, "HostConfig.SecurityOpt", list(&args.security_opts)),
            ("volumes_from", Shape::Set, "HostConfig.VolumesFrom", list(&args.volumes_from)),
            ("storage_opts", Shape::Dict, "HostConfig.StorageOpt", map(&args.storage_opts)),
            ("sysctls", Shape::Dict, "HostConfig.Sysctls", map(&args.sysctls)),
        ] {
            self.add(name, shape, at, value);
        }
        self.add("log_driver", Shape::Value, "HostConfig.LogConfig.Type", text(&args.log_driver));
        self.add("log_options", Shape::Dict, "HostConfig.LogConfig.Config", map(&args.log_options));
        let cpus = args.cpus.map(|cpus| {
            #[expect(clippy::cast_possible_truncation, reason = "nobody has that many processors")]
            let nano = (cpus * 1e9).round() as i64;
            nano.into()
        });
        self.add("cpus", Shape::Value, "HostConfig.NanoCpus", cpus);
        let policy = args.restart_policy.map(|policy| policy.as_str().into());
        self.add_live("restart_policy", "HostConfig.RestartPolicy.Name", policy);
        let retries = number(args.restart_retries).filter(|_| args.restart_policy.is_some());
        self.add_live("restart_retries", "HostConfig.RestartPolicy.MaximumRetryCount", retries);
        let hosts = args.etc_hosts.as_ref().map(|hosts| {
            let pairs =
                hosts.iter().map(|(name, address)| format!("{name}:{}", python_str(address)));
            pairs.collect::<Vec<_>>().into()
        });
        self.add("etc_hosts", Shape::Set, "HostConfig.ExtraHosts", hosts);
        let labels = args.labels.as_ref().map(|labels| volumes::texts(labels).into());
        self.add("labels", Shape::Dict, "Labels", labels);
    }

    fn sizes(&mut self) -> Result<()> {
        let args = self.args;
        for (name, at, given, live) in [
            ("kernel_memory", "HostConfig.KernelMemory", &args.kernel_memory, true),
            ("memory", "HostConfig.Memory", &args.memory, true),
            ("memory_reservation", "HostConfig.MemoryReservation", &args.memory_reservation, true),
            ("memory_swap", "HostConfig.MemorySwap", &args.memory_swap, true),
            ("shm_size", "HostConfig.ShmSize", &args.shm_size, false),
        ] {
            let Some(given) = given else { continue };
            let size = match given.as_str() {
                "unlimited" | "-1" if name == "memory_swap" => -1,
                given => units::bytes(given).map_err(|error| {
                    Failure::new(format!("Failed to convert {name} to bytes: {error}"))
                })?,
            };
            if live {
                self.add_live(name, at, Some(size.into()));
            } else {
                self.add(name, Shape::Value, at, Some(size.into()));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<()> {
        let args = self.args;
        let words = |option: &str, text: &str| {
            split_words(text)
                .map_err(|error| Failure::new(format!("Failed to parse {option}: {error}")))
        };
        // The old way takes what is empty for what is not given.
        let keeps_empty = args.command_handling == CommandHandling::Correct;
        if let Some(entrypoint) = &args.entrypoint
            && (keeps_empty || !entrypoint.is_empty())
        {
            let entrypoint = match args.command_handling {
                CommandHandling::Correct => entrypoint.clone(),
                CommandHandling::Compatibility => words("entrypoint", &entrypoint.join(" "))?,
            };
            self.add("entrypoint", Shape::List, "Entrypoint", Some(entrypoint.into()));
        }
        let is_empty = |command: &Json| match command {
            Json::Array(items) => items.is_empty(),
            other => python_str(other).is_empty(),
        };
        if let Some(command) = args.command.as_ref().filter(|it| keeps_empty || !is_empty(it)) {
            let command = match command {
                Json::Array(items) => {
                    let items: Vec<String> = items.iter().map(python_str).collect();
                    match args.command_handling {
                        CommandHandling::Correct => items,
                        CommandHandling::Compatibility => words("command", &items.join(" "))?,
                    }
                }
                other => words("command", &python_str(other))?,
            };
            self.add("command", Shape::List, "Cmd", Some(command.into()));
        }
        Ok(())
    }

    fn environment(&mut self) -> Result<()> {
        let args = self.args;
        if args.env.is_none() && args.env_file.is_none() {
            return Ok(());
        }
        let mut env: Vec<(String, String)> = Vec::new();
        if let Some(path) = args.env_file.as_deref() {
            let text = self.host.read_text(path)?.ok_or_else(|| {
                Failure::raised(format!("[Errno 2] No such file or directory: '{path}'"))
            })?;
            for line in text.lines().filter(|line| !line.starts_with('#')).map(str::trim) {
                match line.split_once('=') {
                    Some((key, value)) => set(&mut env, key, value),
                    None if line.is_empty() => (),
                    None => {
                        return Err(Failure::new(format!(
                            "An unexpected Docker error occurred: Invalid line in environment file {path}:\n{line}"
                        )));
                    }
                }
            }
        }
        for (key, value) in args.env.iter().flatten() {
            let Json::String(value) = value else {
                return Err(Failure::new(format!(
                    "Non-string value found for env option. Ambiguous env options must be wrapped in quotes to avoid them being interpreted. Key: {key}"
                )));
            };
            set(&mut env, key, value);
        }
        let pairs: Vec<String> = env.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.add("env", Shape::Set, "Env", Some(pairs.into()));
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one setting after the other")]
    fn limits(&mut self) -> Result<()> {
        let args = self.args;
        if let Some(ulimits) = &args.ulimits {
            let read = |text: &String| {
                let mut parts = text.split(':');
                let name = parts.next().unwrap_or_default();
                let mut limit = JsonMap::new();
                limit.insert("Name".to_owned(), name.into());
                let (soft, hard) = (parts.next(), parts.next());
                for (key, given) in [("Soft", soft), ("Hard", hard.or(soft))] {
                    let Some(given) = given else { continue };
                    let number: i64 = given.trim().parse().map_err(|_| {
                        Failure::raised(format!(
                            "invalid literal for int() with base 10: {}",
                            python_repr(&given.into())
                        ))
                    })?;
                    limit.insert(key.to_owned(), number.into());
                }
                Ok(limit.into())
            };
            let limits = ulimits.iter().map(read).collect::<Result<Vec<Json>>>()?;
            self.add("ulimits", Shape::Dicts, "HostConfig.Ulimits", Some(limits.into()));
        }
        if let Some(devices) = &args.devices {
            let read = |text: &String| {
                let parts: Vec<&str> = text.split(':').collect();
                let (inside, rights) = match parts.as_slice() {
                    [_, inside, rights] => (*inside, *rights),
                    [_, rights] if !rights.starts_with('/') => (parts[0], *rights),
                    [_, inside] => (*inside, "rwm"),
                    _ => (parts[0], "rwm"),
                };
                serde_json::json!({
                    "CgroupPermissions": rights, "PathInContainer": inside, "PathOnHost": parts[0],
                })
            };
            let devices: Vec<Json> = devices.iter().map(read).collect();
            self.add("devices", Shape::Dicts, "HostConfig.Devices", Some(devices.into()));
        }
        for (name, at, given, in_bytes) in [
            ("device_read_bps", "HostConfig.BlkioDeviceReadBps", &args.device_read_bps, true),
            ("device_write_bps", "HostConfig.BlkioDeviceWriteBps", &args.device_write_bps, true),
            ("device_read_iops", "HostConfig.BlkioDeviceReadIOps", &args.device_read_iops, false),
            (
                "device_write_iops",
                "HostConfig.BlkioDeviceWriteIOps",
                &args.device_write_iops,
                false,
            ),
        ] {
            let Some(given) = given else { continue };
            let mut rates = Vec::new();
            for one in given {
                let rate: Rate = part("community.docker.docker_container", name, one)?;
                let text = python_str(&rate.rate);
                let number = if in_bytes {
                    units::bytes(&text)
                } else {
                    text.parse().map_err(|_| format!("`{text}` is no number"))
                };
                let number = number.map_err(|error| {
                    Failure::new(format!(
                        "Failed to convert \"{name}\" to bytes for path \"{}\": {error}",
                        rate.path
                    ))
                })?;
                rates.push(serde_json::json!({"Path": rate.path, "Rate": number}));
            }
            self.add(name, Shape::Dicts, at, Some(rates.into()));
        }
        if let Some(given) = &args.device_requests {
            let mut requests = Vec::new();
            for one in given {
                let request: DeviceRequest =
                    part("community.docker.docker_container", "device_requests", one)?;
                requests.push(serde_json::json!({
                    "Driver": request.driver,
                    "Count": request.count.unwrap_or(0),
                    "DeviceIDs": Some(request.device_ids).filter(|ids| !ids.is_empty()),
                    "Capabilities": request.capabilities,
                    "Options": request.options.as_ref().map(volumes::texts),
                }));
            }
            let at = "HostConfig.DeviceRequests";
            self.add("device_requests", Shape::Dicts, at, Some(requests.into()));
        }
        Ok(())
    }

    fn health(&mut self) -> Result<()> {
        let Some(given) = &self.args.healthcheck else { return Ok(()) };
        let health: Health = part("community.docker.docker_container", "healthcheck", given)?;
        let test: Option<Vec<String>> = match &health.test {
            None | Some(Json::Null) => None,
            Some(Json::Array(items)) => Some(items.iter().map(python_str).collect()),
            Some(other) => Some(vec!["CMD-SHELL".to_owned(), python_str(other)]),
        };
        let none = match &test {
            None => !health.test_cli_compatible,
            Some(test) => test.is_empty() || test == &["NONE"] || test == &["CMD-SHELL", "NONE"],
        };
        let mut found = JsonMap::new();
        if none {
            found.insert("Test".to_owned(), vec!["NONE"].into());
        } else {
            if let Some(test) = test {
                found.insert("Test".to_owned(), test.into());
            }
            for (key, text) in [
                ("Interval", &health.interval),
                ("Timeout", &health.timeout),
                ("StartPeriod", &health.start_period),
                ("StartInterval", &health.start_interval),
            ] {
                let Some(text) = text else { continue };
                let span = units::nanoseconds(text)
                    .ok_or_else(|| Failure::raised(format!("Invalid time duration - {text}")))?;
                // What is zero is the engine's own.
                if span != 0 {
                    found.insert(key.to_owned(), span.into());
                }
            }
            if let Some(retries) = health.retries.filter(|retries| *retries != 0) {
                found.insert("Retries".to_owned(), retries.into());
            }
        }
        self.add("healthcheck", Shape::Dict, "Healthcheck", Some(found.into()));
        Ok(())
    }

    fn storage(&mut self) -> Result<()> {
        let args = self.args;
        volumes::once(args.volumes.as_deref(), args.mounts.as_deref())?;
        if let Some(tmpfs) = &args.tmpfs {
            let pairs = tmpfs.iter().map(|text| {
                let (path, options) = text.split_once(':').unwrap_or((text, ""));
                (path.to_owned(), options.into())
            });
            let pairs: JsonMap = pairs.collect();
            self.add("tmpfs", Shape::Dict, "HostConfig.Tmpfs", Some(pairs.into()));
        }
        if let Some(given) = &args.mounts {
            let mut mounts = Vec::new();
            for one in given {
                let mount: Mount = part("community.docker.docker_container", "mounts", one)?;
                mounts.push(volumes::mount(self.host, &mount)?);
            }
            self.add("mounts", Shape::Dicts, "HostConfig.Mounts", Some(mounts.into()));
        }
        if let Some(given) = &args.volumes {
            let (binds, anonymous) = volumes::read(self.host, given)?;
            self.add("volumes", Shape::Set, "HostConfig.Binds", Some(binds.into()));
            if !anonymous.is_empty() {
                let set: JsonMap =
                    anonymous.into_iter().map(|path| (path, JsonMap::new().into())).collect();
                self.add("volumes", Shape::Dict, "Volumes", Some(set.into()));
            }
        }
        Ok(())
    }

    fn ports(&mut self, default_ip: &str) -> Result<()> {
        let args = self.args;
        let published = match &args.published_ports {
            Some(ports) => Some(ports::bindings(ports, default_ip)?),
            None => None,
        };
        if args.exposed_ports.is_some() || published.is_some() {
            let mut exposed = ports::exposed(args.exposed_ports.as_deref().unwrap_or_default());
            exposed.extend(published.iter().flat_map(JsonMap::keys).cloned());
            let told: JsonMap =
                exposed.iter().map(|port| (port.clone(), JsonMap::new().into())).collect();
            self.add("exposed_ports", Shape::Set, "ExposedPorts", Some(exposed.into()));
            if let Some(setting) = self.found.last_mut() {
                setting.told = Some(told.into());
            }
        }
        let published = published.map(Json::from);
        self.add("published_ports", Shape::Dict, "HostConfig.PortBindings", published);
        Ok(())
    }
}

fn set(env: &mut Vec<(String, String)>, key: &str, value: &str) {
    env.retain(|(known, _)| known != key);
    env.push((key.to_owned(), value.to_owned()));
}

fn lower(value: Json) -> Json {
    match value {
        Json::String(text) => text.to_lowercase().replace('-', ":").into(),
        other => other,
    }
}
