//! `docker_container`: containers, as they are asked for.

mod compare;
mod engine;
mod image;
mod networks;
mod options;
mod parts;
mod ports;
mod settings;
#[cfg(test)]
mod tests;
mod units;
mod volumes;
mod work;

pub(crate) use units::bytes;
use windlass_macros::{Args, Choice};

use crate::{
    docker::Engine,
    host::{Host, Outcome, Result},
    spec::{ArgPath, Json, JsonMap},
};

/// Keeps containers of the Docker engine as they are described
///
/// What the task does not say is not compared, so a container is made anew only when something that the task says is
/// different. Limits and restart policies change in place.
///
/// # Examples
/// ```yaml
/// - name: Have a web server that comes back after a reboot
///   community.docker.docker_container:
///     name: web
///     image: nginx:1.27
///     restart_policy: unless-stopped
///     published_ports: ["8080:80"]
///     volumes: ["/srv/web:/usr/share/nginx/html:ro"]
///     env:
///       TZ: Europe/Vienna
///
/// - name: Run a job to its end and show what it printed
///   community.docker.docker_container:
///     name: job
///     image: registry.example.com/job:2
///     command: [migrate, --all]
///     detach: false
///     cleanup: true
///
/// - name: Take the container away, and its volumes
///   community.docker.docker_container:
///     name: web
///     state: absent
///     keep_volumes: false
/// ```
#[derive(Args)]
#[args(
    collection = "community.docker",
    also("community.general.docker_container"),
    required_by("log_options", "log_driver"),
    required_by("restart_retries", "restart_policy"),
    required_if("state", "present", "image")
)]
pub struct Args {
    /// Name of the container, or its number where it is only stopped or removed
    name: String,
    /// How it should be
    #[arg(default = "started")]
    state: State,
    /// Image that it is made of, or the number of one
    image: Option<String>,
    /// What it runs, as a list or as a line
    command: Option<Json>,
    /// How a command that is a list is read
    #[arg(default = "correct")]
    command_handling: CommandHandling,
    /// Program that the command is given to
    entrypoint: Option<Vec<String>>,
    /// Variables of its environment
    env: Option<JsonMap>,
    /// File with variables of its environment
    env_file: Option<ArgPath>,
    /// How each option is compared: `strict`, `ignore`, `allow_more_present`; `*` is for all
    comparisons: Option<JsonMap>,
    /// Which defaults options have that are not given
    #[arg(default = "no_defaults")]
    container_default_behavior: DefaultBehavior,
    /// Whether the engine removes it when it ends
    auto_remove: Option<bool>,
    /// Weight of its input and output, 10 to 1000
    blkio_weight: Option<i64>,
    /// Capabilities that it has beside the usual ones
    capabilities: Option<Vec<String>>,
    /// Capabilities that it does not have
    cap_drop: Option<Vec<String>>,
    /// Whether it has its own namespace of control groups, or the host's
    cgroupns_mode: Option<CgroupNamespace>,
    /// Control group that is its parent
    cgroup_parent: Option<String>,
    /// Whether it is removed when it has ended, with `detach: false`
    #[arg(default = "false")]
    cleanup: bool,
    /// Length of the period that its quota is for, in microseconds
    cpu_period: Option<i64>,
    /// Time of a processor that it gets in a period, in microseconds
    cpu_quota: Option<i64>,
    /// How many processors it may use
    cpus: Option<f64>,
    /// Processors that it may use, as `0-2,4`
    cpuset_cpus: Option<String>,
    /// Memory nodes that it may use
    cpuset_mems: Option<String>,
    /// Its weight among containers that compete
    cpu_shares: Option<i64>,
    /// Address that ports without one are published on
    default_host_ip: Option<String>,
    /// Whether the task does not wait for it to end
    detach: Option<bool>,
    /// Devices of the host that it may use, as `/dev/sda:/dev/xvda:rwm`
    devices: Option<Vec<String>>,
    /// Limits of bytes read from devices in a second
    device_read_bps: Option<Vec<JsonMap>>,
    /// Limits of bytes written to devices in a second
    device_write_bps: Option<Vec<JsonMap>>,
    /// Limits of reads from devices in a second
    device_read_iops: Option<Vec<JsonMap>>,
    /// Limits of writes to devices in a second
    device_write_iops: Option<Vec<JsonMap>>,
    /// Devices that drivers provide, as graphics processors
    device_requests: Option<Vec<JsonMap>>,
    /// Rules of its control group for devices, as `c 42:* rwm`
    device_cgroup_rules: Option<Vec<String>>,
    /// Options of its name service
    dns_opts: Option<Vec<String>>,
    /// Domains in which its names are looked for
    dns_search_domains: Option<Vec<String>>,
    /// Its name servers
    dns_servers: Option<Vec<String>>,
    /// Its domain
    domainname: Option<String>,
    /// Names and addresses in its hosts file
    etc_hosts: Option<JsonMap>,
    /// Ports that other containers may reach
    #[arg(alias = "exposed", alias = "expose")]
    exposed_ports: Option<Vec<String>>,
    /// Whether it is killed rather than asked to end
    #[arg(default = "false", alias = "forcekill")]
    force_kill: bool,
    /// Further groups of its user
    groups: Option<Vec<String>>,
    /// How the engine finds out whether it works: `test`, `interval`, `timeout`, `retries`, `start_period`,
    /// `start_interval`
    healthcheck: Option<JsonMap>,
    /// Seconds to wait for it to be healthy
    #[arg(default = "300")]
    healthy_wait_timeout: f64,
    /// Its host name
    hostname: Option<String>,
    /// Which image the container's settings are compared with
    #[arg(default = "desired-image")]
    image_comparison: ImageComparison,
    /// What happens when labels of the image would have to go
    #[arg(default = "ignore")]
    image_label_mismatch: LabelMismatch,
    /// What happens when only the name of the image is another
    #[arg(default = "recreate")]
    image_name_mismatch: NameMismatch,
    /// Whether a small init process is its first
    init: Option<bool>,
    /// Whether its standard input stays open
    interactive: Option<bool>,
    /// Its namespace of shared memory
    ipc_mode: Option<String>,
    /// Whether its volumes stay when it is removed
    #[arg(default = "true")]
    keep_volumes: bool,
    /// Signal that ends it
    kill_signal: Option<String>,
    /// Limit of the kernel's memory for it
    kernel_memory: Option<String>,
    /// Its labels
    labels: Option<JsonMap>,
    /// Containers that it knows by name, as `container:name`
    links: Option<Vec<String>>,
    /// Driver of its log
    log_driver: Option<String>,
    /// Options of the driver of its log
    #[arg(alias = "log_opt")]
    log_options: Option<JsonMap>,
    /// Its hardware address
    mac_address: Option<String>,
    /// Limit of its memory, as `512M`
    memory: Option<String>,
    /// Memory that it is guaranteed
    memory_reservation: Option<String>,
    /// Limit of memory and swap together, or `unlimited`
    memory_swap: Option<String>,
    /// How willingly its memory is swapped, 0 to 100
    memory_swappiness: Option<i64>,
    /// What is mounted in it, each with `type`, `source`, `target` and options
    mounts: Option<Vec<JsonMap>>,
    /// What its network is: `bridge`, `host`, `none`, `container:NAME`, or the name of one
    network_mode: Option<String>,
    /// Networks that it is connected to, each with `name` and perhaps `aliases`, `links` and addresses
    networks: Option<Vec<JsonMap>>,
    /// Whether the first network takes the place of the engine's own one
    #[arg(default = "true")]
    networks_cli_compatible: bool,
    /// Whether it is spared when memory is short
    oom_killer: Option<bool>,
    /// How likely it is ended when memory is short, -1000 to 1000
    oom_score_adj: Option<i64>,
    /// Whether what it printed is told, with `detach: false`
    #[arg(default = "false")]
    #[expect(dead_code, reason = "what it printed is in the result in any case")]
    output_logs: bool,
    /// Whether it is paused
    paused: Option<bool>,
    /// Its namespace of processes: `host`, or `container:NAME`
    pid_mode: Option<String>,
    /// How many processes it may have
    pids_limit: Option<i64>,
    /// Platform of the image: `linux/arm64/v8`
    platform: Option<String>,
    /// Whether it may do everything
    privileged: Option<bool>,
    /// Whether all exposed ports are published on ports that are free
    publish_all_ports: Option<bool>,
    /// Ports that are published, as `127.0.0.1:8080:80/tcp`
    #[arg(alias = "ports")]
    published_ports: Option<Vec<String>>,
    /// When the image is pulled: `always`, `missing`, `never`
    #[arg(default = "missing")]
    pull: Json,
    /// What check mode says about an image that would be pulled
    #[arg(default = "image_not_present")]
    pull_check_mode_behavior: PullCheck,
    /// Whether its file system is read-only
    read_only: Option<bool>,
    /// Whether it is made anew in any case
    #[arg(default = "false")]
    recreate: bool,
    /// Seconds to wait for the engine to remove it
    removal_wait_timeout: Option<f64>,
    /// Whether it is restarted when it runs
    #[arg(default = "false")]
    restart: bool,
    /// When the engine restarts it
    restart_policy: Option<RestartPolicy>,
    /// How often the engine restarts it
    restart_retries: Option<i64>,
    /// Program that runs it
    runtime: Option<String>,
    /// Options of security, such as `no-new-privileges`
    security_opts: Option<Vec<String>>,
    /// Size of its shared memory, as `64M`
    shm_size: Option<String>,
    /// Signal that asks it to end
    stop_signal: Option<String>,
    /// Seconds after which it is killed
    stop_timeout: Option<i64>,
    /// Options of the driver of its storage
    storage_opts: Option<JsonMap>,
    /// Settings of the kernel in it
    sysctls: Option<JsonMap>,
    /// Folders that are in memory
    tmpfs: Option<Vec<String>>,
    /// Whether it has a terminal
    tty: Option<bool>,
    /// Limits of its processes, as `nofile:1024:2048`
    ulimits: Option<Vec<String>>,
    /// User that its command runs as
    user: Option<String>,
    /// Its namespace of users: `host`, or the engine's own when absent
    userns_mode: Option<String>,
    /// Its namespace of host names: `host`, or its own when absent
    uts: Option<String>,
    /// Volumes and folders of the host in it, as `source:target:mode`
    volumes: Option<Vec<String>>,
    /// Driver of its volumes
    volume_driver: Option<String>,
    /// Containers whose volumes it has, too
    volumes_from: Option<Vec<String>>,
    /// Folder in which its command starts
    working_dir: Option<String>,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Absent,
    Present,
    Healthy,
    Started,
    Stopped,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum CommandHandling {
    Compatibility,
    Correct,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum DefaultBehavior {
    Compatibility,
    NoDefaults,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum CgroupNamespace {
    Private,
    Host,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum ImageComparison {
    #[choice("desired-image")]
    Desired,
    #[choice("current-image")]
    Current,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum LabelMismatch {
    Ignore,
    Fail,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum NameMismatch {
    Ignore,
    Recreate,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum PullCheck {
    ImageNotPresent,
    Always,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum RestartPolicy {
    No,
    #[choice("on-failure")]
    OnFailure,
    Always,
    #[choice("unless-stopped")]
    UnlessStopped,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    if args.container_default_behavior == DefaultBehavior::Compatibility {
        args.detach.get_or_insert(true);
        args.memory.get_or_insert_with(|| "0".to_owned());
        for option in [
            &mut args.auto_remove,
            &mut args.init,
            &mut args.interactive,
            &mut args.paused,
            &mut args.privileged,
            &mut args.read_only,
            &mut args.tty,
        ] {
            option.get_or_insert(false);
        }
    }
    work::run(&args, host)
}
