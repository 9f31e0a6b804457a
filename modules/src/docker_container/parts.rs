//! What the container's structured arguments hold.

use windlass_macros::{Args, Choice};

use crate::spec::{Json, JsonMap};

/// A network that the container is connected to
#[derive(Args, Debug)]
pub(super) struct Network {
    /// Its name
    pub(super) name: String,
    /// Address there
    pub(super) ipv4_address: Option<String>,
    /// Address of version 6 there
    pub(super) ipv6_address: Option<String>,
    /// Names under which others find it there
    pub(super) aliases: Option<Vec<String>>,
    /// Containers that it knows there
    pub(super) links: Option<Vec<String>>,
    /// Hardware address there
    pub(super) mac_address: Option<String>,
    /// Options of the network's driver
    pub(super) driver_opts: Option<JsonMap>,
    /// Which network is the way out: the highest
    pub(super) gw_priority: Option<i64>,
}

/// Something that is mounted
#[derive(Args)]
pub(super) struct Mount {
    /// Folder in the container
    pub(super) target: String,
    /// Folder of the host, or name of a volume
    pub(super) source: Option<String>,
    /// What is mounted
    #[arg(name = "type", default = "volume")]
    pub(super) kind: MountKind,
    /// Whether it cannot be written to
    pub(super) read_only: Option<bool>,
    /// How consistent it is
    pub(super) consistency: Option<Consistency>,
    /// How further mounts are seen
    pub(super) propagation: Option<Propagation>,
    /// Whether what the image has there is not copied
    pub(super) no_copy: Option<bool>,
    /// Labels of a new volume
    pub(super) labels: Option<JsonMap>,
    /// Driver of a new volume
    pub(super) volume_driver: Option<String>,
    /// Options of the driver of a new volume
    pub(super) volume_options: Option<JsonMap>,
    /// Size of a folder in memory
    pub(super) tmpfs_size: Option<String>,
    /// Permissions of a folder in memory
    pub(super) tmpfs_mode: Option<String>,
    /// Options of a folder in memory
    pub(super) tmpfs_options: Option<Vec<JsonMap>>,
    /// Whether what is mounted below stays out
    pub(super) non_recursive: Option<bool>,
    /// Whether a folder of the host is made
    pub(super) create_mountpoint: Option<bool>,
    /// Whether only it is read-only, not what is mounted below
    pub(super) read_only_non_recursive: Option<bool>,
    /// Whether it fails where what is mounted below cannot be read-only
    pub(super) read_only_force_recursive: Option<bool>,
    /// Folder in the volume
    pub(super) subpath: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(super) enum MountKind {
    Bind,
    Volume,
    Tmpfs,
    Npipe,
    Cluster,
    Image,
}

#[derive(Choice, Clone, Copy)]
pub(super) enum Consistency {
    Cached,
    Consistent,
    Default,
    Delegated,
}

#[derive(Choice, Clone, Copy)]
pub(super) enum Propagation {
    Private,
    Rprivate,
    Shared,
    Rshared,
    Slave,
    Rslave,
}

/// How the engine looks whether the container works
#[derive(Args)]
pub(super) struct Health {
    /// Command, as a line or a list
    pub(super) test: Option<Json>,
    /// Whether no command means that of the image
    #[arg(default = "false")]
    pub(super) test_cli_compatible: bool,
    /// Time between two looks
    pub(super) interval: Option<String>,
    /// How long one may take
    pub(super) timeout: Option<String>,
    /// How many failures are one
    pub(super) retries: Option<i64>,
    /// Time after the start in which failures do not count
    pub(super) start_period: Option<String>,
    /// Time between two looks then
    pub(super) start_interval: Option<String>,
}

/// A limit of a device
#[derive(Args)]
pub(super) struct Rate {
    /// The device
    pub(super) path: String,
    /// How much in a second
    pub(super) rate: Json,
}

/// Devices that a driver provides
#[derive(Args)]
pub(super) struct DeviceRequest {
    /// What they must be capable of
    pub(super) capabilities: Vec<Json>,
    /// How many; -1 for all
    pub(super) count: Option<i64>,
    /// Which ones
    pub(super) device_ids: Vec<String>,
    /// The driver
    pub(super) driver: Option<String>,
    /// Options of the driver
    pub(super) options: Option<JsonMap>,
}
