//! What the host is called.

use std::net::IpAddr;

use super::{Ask, Facts, Pace, Source};
use crate::host::{Command, Host};

pub(super) static SOURCE: Source = Source {
    collector: "platform",
    facts: &["hostname", "nodename", "fqdn", "domain"],
    // A name that is not in `/etc/hosts` is asked of the name service.
    pace: Pace::Slow,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let fqdn = full_name(host, &node);
    let domain = fqdn.split_once('.').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
    Facts::from_iter([
        ("hostname".to_owned(), node.split('.').next().unwrap_or_default().into()),
        ("nodename".to_owned(), node.as_str().into()),
        ("fqdn".to_owned(), fqdn.into()),
        ("domain".to_owned(), domain.into()),
    ])
}

/// The first name with a dot of those that belong to the address of `node`; otherwise the first of them.
fn full_name(host: &Host, node: &str) -> String {
    let hosts = host.text("/etc/hosts").unwrap_or_default();
    let services = services(&host.text("/etc/nsswitch.conf").unwrap_or_default());
    let names =
        names_in(&hosts, node).filter(|_| services.first().is_some_and(|one| one == "files"));
    let names = names.or_else(|| if services == ["files"] { None } else { asked(host, node) });
    let Some(names) = names else { return node.to_owned() };
    let dotted = names.iter().find(|name| name.contains('.'));
    dotted.or(names.first()).map_or_else(|| node.to_owned(), Clone::clone)
}

/// Where names are looked up, in this order.
fn services(nsswitch: &str) -> Vec<String> {
    let line = nsswitch.lines().find_map(|line| line.trim_start().strip_prefix("hosts:"));
    let line = line.unwrap_or("files dns");
    let words = line.split_whitespace().filter(|word| !word.starts_with('['));
    words.map(ToOwned::to_owned).collect()
}

/// The names of the address that `node` has in `/etc/hosts`, as a reverse lookup finds them.
fn names_in(hosts: &str, node: &str) -> Option<Vec<String>> {
    let entries: Vec<(IpAddr, Vec<&str>)> = hosts
        .lines()
        .filter_map(|line| {
            let mut words = line.split('#').next()?.split_whitespace();
            Some((words.next()?.parse().ok()?, words.collect()))
        })
        .collect();
    let same = |name: &str| name.eq_ignore_ascii_case(node);
    let of_node = |entry: &&(IpAddr, Vec<&str>)| entry.1.iter().any(|name| same(name));
    // The address that a program gets first: ::1 stands before 127.0.0.1, other addresses of IPv4 before IPv6.
    let mut found: Vec<_> = entries.iter().filter(of_node).map(|(address, _)| *address).collect();
    found.sort_by_key(|address| match address {
        IpAddr::V6(address) if address.is_loopback() => 0,
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) => 2,
    });
    let address = found.first()?;
    let names = entries.iter().find(|(one, _)| one == address)?;
    Some(names.1.iter().map(|name| (*name).to_owned()).collect())
}

/// The same from the host's name service, which only programs of the host can ask.
fn asked(host: &Host, node: &str) -> Option<Vec<String>> {
    let ask = |words: [&str; 3]| {
        let output = host.run(&Command::new(words)).ok()?;
        output.success().then(|| output.text())
    };
    let addresses = ask(["getent", "ahosts", node])?;
    let address = addresses.split_whitespace().next()?;
    let names = ask(["getent", "hosts", address])?;
    let names: Vec<_> =
        names.lines().next()?.split_whitespace().skip(1).map(ToOwned::to_owned).collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    fn check(hosts: &str, expected: &str) {
        let files = [("/etc/hosts", hosts), ("/etc/nsswitch.conf", "hosts: files\n")];
        assert_eq!(full_name(&TestHost::with(&files), "web1"), expected, "{hosts}");
    }

    #[test]
    fn the_full_name_stands_in_the_line_of_the_address() {
        check("127.0.0.1 localhost\n127.0.1.1 web1.example.org web1\n", "web1.example.org");
        check("127.0.0.1 localhost\n10.0.0.5 web1 web1.example.org # here\n", "web1.example.org");
        // The first line of the address has the name.
        check("127.0.0.1 localhost\n127.0.0.1 web1\n", "localhost");
        check("127.0.0.1 localhost\n", "web1");
        check("", "web1");
    }

    #[test]
    fn other_services_are_asked_for_what_the_file_lacks() {
        let files = [("/etc/nsswitch.conf", "hosts: files mymachines [!UNAVAIL=return] dns\n")];
        let host = TestHost::with(&files)
            .answer("getent ahosts web1", 0, "10.0.0.5      STREAM web1\n10.0.0.5 DGRAM\n")
            .answer("getent hosts 10.0.0.5", 0, "10.0.0.5   web1.corp.example web1\n");
        assert_eq!(full_name(&host, "web1"), "web1.corp.example");
        let unknown = TestHost::with(&files).answer("getent ahosts web1", 2, "");
        assert_eq!(full_name(&unknown, "web1"), "web1");
    }
}
