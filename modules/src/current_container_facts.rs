//! `current_container_facts`: whether the host is a container, and which.

use windlass_macros::Args;

use crate::host::{Host, Outcome, Result};

/// Tells whether the host is a container, and which
///
/// The facts are `ansible_module_running_in_container`, `ansible_module_container_id` and `ansible_module_container_type`: `docker`,
/// `podman`, `azure_pipelines`, `github_actions`, or nothing.
///
/// # Examples
/// ```yaml
/// - name: Find out whether this is a container
///   community.docker.current_container_facts:
///
/// - name: Stop here inside of one
///   ansible.builtin.meta: end_host
///   when: ansible_module_running_in_container
///
/// - name: Find out where a job of continuous integration runs
///   community.docker.current_container_facts:
///   register: here
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {}

pub fn run(_args: Args, host: &Host) -> Result<Outcome> {
    let text = |path: &str| {
        let bytes = host.read(path).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let owned = |(id, kind): (&str, &'static str)| (id.to_owned(), kind);
    let found = by_group(text("/proc/self/cpuset").trim())
        .map(owned)
        .or_else(|| text("/proc/self/mountinfo").lines().find_map(by_mount).map(owned));
    let (id, kind) = found.unwrap_or_default();
    Ok(Outcome::changed_if(false).with(
        "ansible_facts",
        serde_json::json!({
            "ansible_module_running_in_container": !id.is_empty(),
            "ansible_module_container_id": id,
            "ansible_module_container_type": kind,
        }),
    ))
}

/// Returns the container that a group of processors is named after.
fn by_group(path: &str) -> Option<(&str, &'static str)> {
    let (above, id) = path.rsplit_once('/')?;
    let kind = match above {
        "/docker" => "docker",
        "/azpl_job" => "azure_pipelines",
        "/actions_job" => "github_actions",
        _ => return None,
    };
    Some((id, kind))
}

/// Returns the container whose files a mount of the host's name comes from.
fn by_mount(line: &str) -> Option<(&str, &'static str)> {
    let mut words = line.split_whitespace().skip(3);
    let source = words.next()?;
    if words.next()? != "/etc/hostname" {
        return None;
    }
    let above = source.strip_suffix("/hostname")?;
    let (above, kind) = match above.strip_suffix("/userdata") {
        Some(above) => (above, "podman"),
        None => (above, "docker"),
    };
    let id = above.rsplit_once('/')?.1;
    let is_id = id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then_some((id, kind))
}

#[cfg(test)]
mod tests {
    use super::{by_group, by_mount};

    #[test]
    fn groups_and_mounts_name_the_container() {
        assert_eq!(by_group("/docker/0f2c"), Some(("0f2c", "docker")));
        assert_eq!(by_group("/azpl_job/1"), Some(("1", "azure_pipelines")));
        assert_eq!(by_group("/"), None);
        assert_eq!(by_group("/system.slice/docker"), None);
        let id = "8c".repeat(32);
        let line = |source: &str| {
            format!("651 640 8:1 {source} /etc/hostname rw,relatime - ext4 /dev/sda1 rw")
        };
        let docker = line(&format!("/var/lib/docker/containers/{id}/hostname"));
        assert_eq!(by_mount(&docker), Some((&*id, "docker")));
        let podman = line(&format!("/overlay-containers/{id}/userdata/hostname"));
        assert_eq!(by_mount(&podman), Some((&*id, "podman")));
        assert_eq!(by_mount(&line("/etc/hostname")), None);
        assert_eq!(by_mount("651 640 8:1 / /"), None);
    }
}
