//! The options that a container is compared by.

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

/// An option that is compared.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Where the engine has it: `Hostname`, `HostConfig.Memory`; empty where it is no part of the container.
    pub(super) at: &'static str,
    /// Whether it can be changed while the container is there.
    pub(super) live: bool,
}

/// All of them, in the order in which differences are told.
static OPTIONS: [Known; 75] = [
    value("auto_remove", "HostConfig.AutoRemove"),
    set("capabilities", "HostConfig.CapAdd"),
    set("cap_drop", "HostConfig.CapDrop"),
    value("cgroupns_mode", "HostConfig.CgroupnsMode"),
    value("cgroup_parent", "HostConfig.CgroupParent"),
    list("command", "Cmd"),
    list("entrypoint", "Entrypoint"),
    value("cpus", "HostConfig.NanoCpus"),
    value("interactive", "OpenStdin"),
    dicts("devices", "HostConfig.Devices"),
    dicts("device_read_bps", "HostConfig.BlkioDeviceReadBps"),
    dicts("device_write_bps", "HostConfig.BlkioDeviceWriteBps"),
    dicts("device_read_iops", "HostConfig.BlkioDeviceReadIOps"),
    dicts("device_write_iops", "HostConfig.BlkioDeviceWriteIOps"),
    dicts("device_requests", "HostConfig.DeviceRequests"),
    set("device_cgroup_rules", "HostConfig.DeviceCgroupRules"),
    list("dns_servers", "HostConfig.Dns"),
    set("dns_opts", "HostConfig.DnsOptions"),
    list("dns_search_domains", "HostConfig.DnsSearch"),
    value("domainname", "Domainname"),
    set("env", "Env"),
    set("etc_hosts", "HostConfig.ExtraHosts"),
    set("groups", "HostConfig.GroupAdd"),
    dict("healthcheck", "Healthcheck"),
    value("hostname", "Hostname"),
    value("init", "HostConfig.Init"),
    value("ipc_mode", "HostConfig.IpcMode"),
    dict("labels", "Labels"),
    set("links", "HostConfig.Links"),
    value("log_driver", "HostConfig.LogConfig.Type"),
    dict("log_options", "HostConfig.LogConfig.Config"),
    value("mac_address", "MacAddress"),
    value("memory_swappiness", "HostConfig.MemorySwappiness"),
    value("stop_timeout", "StopTimeout"),
    value("network_mode", "HostConfig.NetworkMode"),
    value("oom_killer", "HostConfig.OomKillDisable"),
    value("oom_score_adj", "HostConfig.OomScoreAdj"),
    value("pid_mode", "HostConfig.PidMode"),
    value("pids_limit", "HostConfig.PidsLimit"),
    value("platform", ""),
    value("privileged", "HostConfig.Privileged"),
    value("read_only", "HostConfig.ReadonlyRootfs"),
    value("runtime", "HostConfig.Runtime"),
    set("security_opts", "HostConfig.SecurityOpt"),
    value("shm_size", "HostConfig.ShmSize"),
    value("stop_signal", "StopSignal"),
    dict("storage_opts", "HostConfig.StorageOpt"),
    dict("sysctls", "HostConfig.Sysctls"),
    dict("tmpfs", "HostConfig.Tmpfs"),
    value("tty", "Tty"),
    dicts("ulimits", "HostConfig.Ulimits"),
    value("user", "User"),
    value("userns_mode", "HostConfig.UsernsMode"),
    value("uts", "HostConfig.UTSMode"),
    value("volume_driver", "HostConfig.VolumeDriver"),
    set("volumes_from", "HostConfig.VolumesFrom"),
    value("working_dir", "WorkingDir"),
    dicts("mounts", "HostConfig.Mounts"),
    dict("volumes", "Volumes"),
    set("volume_binds", "HostConfig.Binds"),
    set("exposed_ports", "ExposedPorts"),
    value("publish_all_ports", "HostConfig.PublishAllPorts"),
    dict("published_ports", "HostConfig.PortBindings"),
    live("blkio_weight", "HostConfig.BlkioWeight"),
    live("cpu_period", "HostConfig.CpuPeriod"),
    live("cpu_quota", "HostConfig.CpuQuota"),
    live("cpuset_cpus", "HostConfig.CpusetCpus"),
    live("cpuset_mems", "HostConfig.CpusetMems"),
    live("cpu_shares", "HostConfig.CpuShares"),
    live("kernel_memory", "HostConfig.KernelMemory"),
    live("memory", "HostConfig.Memory"),
    live("memory_reservation", "HostConfig.MemoryReservation"),
    live("memory_swap", "HostConfig.MemorySwap"),
    live("restart_policy", "HostConfig.RestartPolicy.Name"),
    live("restart_retries", "HostConfig.RestartPolicy.MaximumRetryCount"),
];

const fn value(name: &'static str, at: &'static str) -> Known {
    Known { name, shape: Shape::Value, at, live: false }
}

const fn live(name: &'static str, at: &'static str) -> Known {
    Known { name, shape: Shape::Value, at, live: true }
}

const fn list(name: &'static str, at: &'static str) -> Known {
    Known { name, shape: Shape::List, at, live: false }
}

const fn set(name: &'static str, at: &'static str) -> Known {
    Known { name, shape: Shape::Set, at, live: false }
}

const fn dicts(name: &'static str, at: &'static str) -> Known {
    Known { name, shape: Shape::Dicts, at, live: false }
}

const fn dict(name: &'static str, at: &'static str) -> Known {
    Known { name, shape: Shape::Dict, at, live: false }
}

/// Returns an option, and its place among all.
pub(super) fn known(name: &str) -> Option<(usize, &'static Known)> {
    OPTIONS.iter().enumerate().find(|(_, option)| option.name == name)
}

/// Returns how an option is compared; nothing where it is not.
pub(super) fn shape_of(name: &str) -> Option<Shape> {
    match name {
        "image" => Some(Shape::Value),
        "networks" => Some(Shape::Dicts),
        _ => known(name).map(|(_, option)| option.shape),
    }
}
