//! Users and groups: from `/etc/passwd` and `/etc/group`, then from `getent`, which knows LDAP and SSSD.
//!
//! A static binary has no name service switch of its own, so nothing here asks libc.

use super::{Command, Host};

/// A line of the user database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub comment: String,
    pub home: String,
    pub shell: String,
}

/// A line of the group database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub gid: u32,
    pub members: Vec<String>,
}

impl User {
    fn parse(line: &str) -> Option<User> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let comment = fields.next()?.to_owned();
        let home = fields.next()?.to_owned();
        Some(User {
            name,
            uid,
            gid,
            comment,
            home,
            shell: fields.next().unwrap_or_default().to_owned(),
        })
    }
}

impl Group {
    fn parse(line: &str) -> Option<Group> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let gid = fields.nth(1)?.parse().ok()?;
        let members = fields.next().unwrap_or_default();
        let members =
            members.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
        Some(Group { name, gid, members })
    }
}

impl Host {
    /// Returns the users of the local files, in their order.
    pub fn local_users(&self) -> Vec<User> {
        self.database("/etc/passwd").lines().filter_map(User::parse).collect()
    }

    /// Returns the groups of the local files, in their order.
    pub fn local_groups(&self) -> Vec<Group> {
        self.database("/etc/group").lines().filter_map(Group::parse).collect()
    }

    /// Returns the user of this name, or of this number written as text.
    pub fn user(&self, name: &str) -> Option<User> {
        let local = self.local_users().into_iter().find(|user| user.name == name);
        local.or_else(|| User::parse(self.getent("passwd", name)?.lines().next()?))
    }

    /// Returns the user with this number.
    pub fn user_by_id(&self, uid: u32) -> Option<User> {
        let local = self.local_users().into_iter().find(|user| user.uid == uid);
        local.or_else(|| User::parse(self.getent("passwd", &uid.to_string())?.lines().next()?))
    }

    /// Returns the group of this name.
    pub fn group(&self, name: &str) -> Option<Group> {
        let local = self.local_groups().into_iter().find(|group| group.name == name);
        local.or_else(|| Group::parse(self.getent("group", name)?.lines().next()?))
    }

    /// Returns the group with this number.
    pub fn group_by_id(&self, gid: u32) -> Option<Group> {
        let local = self.local_groups().into_iter().find(|group| group.gid == gid);
        local.or_else(|| Group::parse(self.getent("group", &gid.to_string())?.lines().next()?))
    }

    pub(super) fn database(&self, path: &str) -> String {
        self.read_text(path).ok().flatten().unwrap_or_default()
    }

    fn getent(&self, database: &str, key: &str) -> Option<String> {
        let output = self.run(&Command::new(["getent", database, key])).ok()?;
        output.success().then(|| output.text())
    }
}

/// Returns the name of the user that this program runs as, or its number where it has none.
pub fn own_name() -> String {
    let uid = rustix::process::geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = users.lines().filter_map(User::parse).find(|user| user.uid == uid);
    user.map_or_else(|| uid.to_string(), |user| user.name)
}

/// Returns the home folder of a user of this machine; of the helper's own user when `name` is empty.
pub fn home_of(name: &str) -> Option<String> {
    let users = || std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    if !name.is_empty() {
        return users()
            .lines()
            .filter_map(User::parse)
            .find(|user| user.name == name)
            .map(|user| user.home);
    }
    if let Ok(home) = std::env::var("HOME")
        && !home.is_empty()
    {
        return Some(home);
    }
    let uid = rustix::process::getuid().as_raw();
    users().lines().filter_map(User::parse).find(|user| user.uid == uid).map(|user| user.home)
}
