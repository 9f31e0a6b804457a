//! Whole inventories: sources, groups, variables in layers, patterns.

mod properties;
mod script;

use std::path::Path;

use super::*;
use crate::{diagnostic::Diagnostics, settings::Settings, value::Value};

/// Writes files and reads the inventory `hosts` among them.
struct World {
    dir: tempfile::TempDir,
    inventory: Inventory,
    diagnostics: Diagnostics,
}

fn world(source: &str, files: &[(&str, &str)]) -> World {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let sources = [dir.path().join(source).display().to_string()];
    let (inventory, diagnostics) =
        Inventory::load(&sources, &Settings::defaults(), &crate::vault::Opener::default());
    World { dir, inventory, diagnostics }
}

fn ini(text: &str) -> World {
    world("hosts", &[("hosts", text)])
}

impl World {
    fn names(&self, hosts: &[HostId]) -> String {
        let names = hosts.iter().map(|host| self.inventory.host(*host).name.to_string());
        names.collect::<Vec<_>>().join(" ")
    }

    fn members(&self, group: &str) -> String {
        self.names(&self.inventory.members(self.inventory.group_id(group).unwrap()))
    }

    fn groups_of(&self, host: &str) -> String {
        let groups = self.inventory.groups_of(self.inventory.host_id(host).unwrap());
        let names = groups.iter().map(|group| self.inventory.group(*group).name.to_string());
        names.collect::<Vec<_>>().join(" ")
    }

    /// The variables of a host, layer over layer.
    fn vars(&self, host: &str) -> Dict {
        let mut all = Dict::new();
        for layer in self.inventory.layers(self.inventory.host_id(host).unwrap()) {
            all.extend(layer.vars.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        all
    }

    #[track_caller]
    fn check_var(&self, host: &str, name: &str, expected: &str) {
        let vars = self.vars(host);
        let value = vars.get(name).map_or("nothing".to_owned(), |value| format!("{value:?}"));
        assert_eq!(value, expected, "{name} of {host}");
    }

    #[track_caller]
    fn check(&self, pattern: &str, expected: &str) {
        let selection = self.inventory.select(&[pattern], None).unwrap();
        assert_eq!(self.names(&selection.hosts), expected, "{pattern}");
    }

    fn messages(&self) -> Vec<String> {
        let root = self.dir.path().display().to_string();
        self.diagnostics.0.iter().map(|d| d.message.replace(&root, "ROOT")).collect()
    }
}

const SITE: &str = "
lone
[web]
web[1:3] x=1
[db]
db1 port='{{ base }}' n=05 flag=True
db2:2222
[dc1:children]
web
db
[db:vars]
x = 2
";

#[test]
fn groups_and_their_order_are_the_references() {
    let world = ini(SITE);
    assert_eq!(world.messages(), Vec::<String>::new());
    assert_eq!(world.members("all"), "lone web1 web2 web3 db1 db2");
    assert_eq!(world.members("dc1"), "web1 web2 web3 db1 db2");
    assert_eq!(world.members("ungrouped"), "lone");
    assert_eq!(world.groups_of("db1"), "all dc1 db");
    assert_eq!(world.groups_of("lone"), "all ungrouped");
    let file = world.inventory.origin(world.inventory.host_id("db1").unwrap()).unwrap();
    assert_eq!(&*file.file, world.dir.path().join("hosts").to_str().unwrap());
}

#[test]
fn ini_values_are_literals_text_or_templates() {
    let world = ini(SITE);
    world.check_var("web2", "x", "1");
    world.check_var("db1", "port", "Template(\"{{ base }}\")");
    world.check_var("db1", "n", "\"05\"");
    world.check_var("db1", "flag", "True");
    world.check_var("db2", "ansible_port", "2222");
    world.check_var("db2", "x", "2");
}

#[test]
fn patterns_select_as_the_reference_does() {
    let world = ini(SITE);
    for (pattern, expected) in [
        ("all", "lone web1 web2 web3 db1 db2"),
        ("*", "lone web1 web2 web3 db1 db2"),
        ("web", "web1 web2 web3"),
        ("web2", "web2"),
        ("db:web1", "db1 db2 web1"),
        ("db,web1", "db1 db2 web1"),
        ("dc1:!web", "db1 db2"),
        ("!web", "lone db1 db2"),
        ("&web", "web1 web2 web3"),
        ("dc1:&web:!web2", "web1 web3"),
        ("!web2:web", "web1 web3"),
        ("web[0]", "web1"),
        ("web[-1]", "web3"),
        ("web[0:1]", "web1 web2"),
        ("web[1:]", "web2 web3"),
        ("web[2:0]", "web3"),
        ("web[5:]", ""),
        ("~web[13]", "web1 web3"),
        ("~(web|db)1$", "web1 db1"),
        ("w*2", "web2"),
        ("web?", "web1 web2 web3"),
        ("web[!1]", "web2 web3"),
        ("d*", "db1 db2 web1 web2 web3"),
        ("d*[0]", "db1"),
        ("db1:*", "db1 lone web1 web2 web3 db2"),
        ("web1[0]", "web1"),
        ("web[3:1]", ""),
        ("db2:2222", ""),
        ("web db1", "web1 web2 web3 db1"),
        ("dc1[0:2]:&web", "web1 web2 web3"),
        ("[w]eb1", "web1"),
        ("localhost", "localhost"),
        ("127.0.0.1", "localhost"),
    ] {
        world.check(pattern, expected);
    }
    assert_eq!(world.inventory.select(&["web[7]"], None).unwrap().hosts, []);
}

#[test]
fn a_pattern_without_hosts_warns_once() {
    let world = ini(SITE);
    let limit = Limit::parse("nope:web1").unwrap();
    let selection = world.inventory.select(&["nope", "web"], Some(&limit)).unwrap();
    assert_eq!(world.names(&selection.hosts), "web1");
    assert_eq!(selection.warnings, ["Could not match supplied host pattern, ignoring: nope"]);
    let nobody = world.inventory.targets("nope", None, true).unwrap();
    assert_eq!(
        nobody.warnings,
        [
            "Could not match supplied host pattern, ignoring: nope",
            "No hosts matched, nothing to do"
        ]
    );
    let error =
        world.inventory.targets("all", Some(&Limit::parse("nope").unwrap()), true).unwrap_err();
    assert_eq!(
        error.message,
        "Specified inventory, host pattern and/or --limit leaves us with no hosts to target."
    );
}

#[test]
fn limits_come_from_files_too() {
    let world = world("hosts", &[("hosts", SITE), ("failed", "web1\n\n db1 \n")]);
    let limit = Limit::parse(&format!("@{}", world.dir.path().join("failed").display())).unwrap();
    let selection = world.inventory.select(&["all"], Some(&limit)).unwrap();
    assert_eq!(world.names(&selection.hosts), "web1 db1");
    assert_eq!(
        Limit::parse("@/nowhere").unwrap_err().message,
        "Unable to find limit file b'/nowhere'"
    );
}

#[test]
fn hosts_are_put_into_the_order_that_is_asked_for() {
    let world = ini("b\nc\na\n");
    let sorted = |order| {
        let mut hosts = world.inventory.select(&["all"], None).unwrap().hosts;
        world.inventory.sort(&mut hosts, order, 7);
        world.names(&hosts)
    };
    assert_eq!(sorted(HostOrder::Inventory), "b c a");
    assert_eq!(sorted(HostOrder::ReverseInventory), "a c b");
    assert_eq!(sorted(HostOrder::Sorted), "a b c");
    assert_eq!(sorted(HostOrder::ReverseSorted), "c b a");
    let mut shuffled: Vec<String> =
        sorted(HostOrder::Shuffle).split(' ').map(str::to_owned).collect();
    shuffled.sort_unstable();
    assert_eq!(shuffled, ["a", "b", "c"]);
}

#[test]
fn layers_go_from_weak_to_strong() {
    let hosts =
        "h from=host\n[web]\nh\n[web:vars]\nfrom=group\ng=group\n[all:vars]\nfrom=all\na=all\n";
    let mut world = world(
        "inv/hosts",
        &[
            ("inv/hosts", hosts),
            ("inv/group_vars/all", "a: 1\nb: 1\nlist: ['{{ a }}']\n"),
            ("inv/group_vars/web.yml", "b: 2\nc: 2\n"),
            ("inv/host_vars/h/one.yml", "d: 3\n"),
            ("inv/host_vars/h/two.yaml", "d: 4\n"),
            ("inv/host_vars/h/.hidden.yml", "d: 5\n"),
            ("inv/host_vars/h/old.yml~", "d: 6\n"),
            ("inv/host_vars/h/note.txt", "d: 7\n"),
            ("group_vars/all.yml", "b: 9\nc: 9\n"),
            ("host_vars/h", "d: 10\n"),
        ],
    );
    assert_eq!(world.messages(), Vec::<String>::new());
    world.check_var("h", "from", "\"host\"");
    world.check_var("h", "g", "\"group\"");
    world.check_var("h", "a", "1");
    world.check_var("h", "b", "2");
    world.check_var("h", "d", "4");
    let playbook_dir = world.dir.path().to_owned();
    assert!(world.inventory.enter_playbook(&playbook_dir).0.is_empty());
    world.check_var("h", "b", "2");
    world.check_var("h", "c", "2");
    world.check_var("h", "d", "10");
    world.check_var("localhost", "b", "9");
    let host = world.inventory.host_id("h").unwrap();
    let kinds: Vec<LayerKind> =
        world.inventory.layers(host).iter().map(|layer| layer.kind).collect();
    let web = world.inventory.group_id("web").unwrap();
    assert_eq!(
        kinds,
        [
            LayerKind::Group(ALL),
            LayerKind::Group(web),
            LayerKind::InventoryGroupVars(ALL),
            LayerKind::PlaybookGroupVars(ALL),
            LayerKind::InventoryGroupVars(web),
            LayerKind::Host,
            LayerKind::InventoryHostVars,
            LayerKind::PlaybookHostVars,
        ]
    );
}

#[test]
fn priority_decides_between_groups_of_one_depth() {
    let world = ini("[a]\nh\n[b]\nh\n[a:vars]\nx=a\nansible_group_priority=10\n[b:vars]\nx=b\n");
    world.check_var("h", "x", "\"a\"");
    world.check_var("h", "ansible_group_priority", "nothing");
}

#[test]
fn yaml_sources_nest_groups() {
    let text = "
all:
  hosts:
    lone:
  vars: {v: 1}
  children:
    web:
      hosts:
        web[01:02]: {x: '{{ v }}'}
        web03:2222:
    dc1:
      children:
        web:
        db:
          hosts: db1
";
    let world = world("hosts.yml", &[("hosts.yml", text)]);
    assert_eq!(world.messages(), Vec::<String>::new());
    assert_eq!(world.members("dc1"), "web01 web02 web03 db1");
    assert_eq!(world.groups_of("web01"), "all dc1 web");
    world.check_var("web02", "x", "Template(\"{{ v }}\")");
    world.check_var("web03", "ansible_port", "2222");
    world.check_var("lone", "v", "1");
}

#[test]
fn a_folder_is_read_in_the_order_of_names_and_bad_files_do_not_hide_good_ones() {
    let world = world(
        "inv",
        &[
            ("inv/01.ini", "one\n"),
            ("inv/02.yml", "all:\n  hosts: [x]\n"),
            ("inv/03", "three\n"),
            ("inv/04.ini", "four five\n"),
            ("inv/.hidden", "no\n"),
            ("inv/old.bak", "no\n"),
            ("inv/group_vars/all", "v: 1\n"),
        ],
    );
    assert_eq!(world.members("all"), "one three");
    world.check_var("three", "v", "1");
    assert_eq!(
        world.messages(),
        [
            "Failed to parse inventory with 'yaml' plugin: Invalid \"hosts\" entry for \"all\" group, requires a dictionary, \
             found \"a list\" instead.",
            "Unable to parse ROOT/inv/02.yml as an inventory source",
            "Failed to parse inventory with 'ini' plugin: Failed to parse inventory: Expected key=value host variable assignment, got: five",
            "Unable to parse ROOT/inv/04.ini as an inventory source",
        ]
    );
}

#[test]
fn lists_of_hosts_need_no_file() {
    let (inventory, diagnostics) = Inventory::load(
        &["a,b:22, [::1]:33".to_owned()],
        &Settings::defaults(),
        &crate::vault::Opener::default(),
    );
    assert!(diagnostics.0.is_empty());
    let names: Vec<&str> = inventory.hosts().map(|(_, host)| &*host.name).collect();
    assert_eq!(names, ["a", "b", "::1"]);
    let vars = inventory.host(inventory.host_id("b").unwrap()).vars.clone().unwrap();
    assert_eq!(vars.get("ansible_port"), Some(&Value::Int(22)));
    assert_eq!(inventory.origin(inventory.host_id("b").unwrap()).unwrap().dir, None);
}

#[test]
fn mistakes_have_the_references_words_and_a_place() {
    for (text, message, line) in [
        ("x foo\n", "Expected key=value host variable assignment, got: foo", 0),
        ("[a:foo]\n", "Section [a:foo] has unknown type: foo", 0),
        ("\n[a:children]\nzz\n", "Section [a:children] includes undefined group 'zz'.", 2),
        ("[a:vars]\nx=1\n", "Section [a:vars] not valid for undefined group 'a'.", 0),
        (
            "[a:children]\nb\n[b:children]\na\n",
            "Adding group 'a' as child to 'b' creates a recursive dependency loop.",
            3,
        ),
        ("h a=\"b\n", "Error parsing host definition 'h a=\"b': No closing quotation", 0),
        ("[a]\n[a:vars]\nfoo\n", "Expected key=value, got: foo", 2),
        ("h[01:2]\n", "host range must specify equal-length begin and end formats", 0),
    ] {
        let world = ini(text);
        let found = &world.diagnostics.0[0];
        assert_eq!(
            found.message,
            format!(
                "Failed to parse inventory with 'ini' plugin: Failed to parse inventory: {message}"
            )
        );
        assert_eq!(found.span.as_ref().map(|span| span.line), Some(line), "{text}");
        let last = world.messages().pop().unwrap();
        assert_eq!(last, "No inventory was parsed, only implicit localhost is available");
    }
}

#[test]
fn a_mistake_is_shown_with_its_line() {
    let world = ini("[web]\nweb1 port 80\n");
    let shown =
        world.diagnostics.0[0].render(false).replace(world.dir.path().to_str().unwrap(), "");
    insta::assert_snapshot!(shown, @r"
    [WARNING]: Failed to parse inventory with 'ini' plugin: Failed to parse inventory: Expected key=value host variable assignment, got: port
     --> /hosts:2:6
      |
    2 | web1 port 80
      |      ^^^^ no `=` here
      |
      = hint: quote a value that has spaces: key='a b'
    ");
}

#[test]
fn hosts_and_groups_can_be_added_at_run_time() {
    let mut world = world(
        "hosts",
        &[("hosts", "a\n"), ("group_vars/new.yml", "v: 1\n"), ("host_vars/b", "w: 2\n")],
    );
    let vars: Dict = [("x", Value::Int(5))].into_iter().collect();
    let (_, changed) = world.inventory.add_host("b", &["new"], &vars);
    assert!(changed);
    let (host, changed) = world.inventory.add_host("b", &["new"], &vars);
    assert!(!changed);
    assert_eq!(world.members("all"), "b a");
    assert_eq!(world.groups_of("b"), "all new");
    for (name, value) in [("v", "1"), ("w", "2"), ("x", "5")] {
        world.check_var("b", name, value);
    }
    assert!(world.inventory.add_group("os_debian", &["os"], host).unwrap());
    assert!(!world.inventory.add_group("os_debian", &["os"], host).unwrap());
    assert_eq!(world.members("os"), "b");
    assert!(Path::new(&*world.inventory.sources()[0]).is_absolute());
}

#[test]
fn without_a_source_only_localhost_is_there() {
    let world = world("nothing", &[]);
    assert_eq!(
        world.messages(),
        [
            "Unable to parse ROOT/nothing as an inventory source",
            "No inventory was parsed, only implicit localhost is available"
        ]
    );
    world.check("all", "");
    world.check("localhost", "localhost");
    world.check_var("localhost", "ansible_connection", "\"local\"");
    let selection = world.inventory.targets("all", None, true).unwrap();
    assert_eq!(
        selection.warnings,
        [
            "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'"
        ]
    );
}

#[test]
fn nothing_is_above_all() {
    let world = ini("[g:children]\nall\n");
    assert_eq!(
        world.messages(),
        ["Adding group 'g' as child to 'all' creates a recursive dependency loop."]
    );
    assert!(world.diagnostics.has_errors());
    assert_eq!(world.members("all"), "");
}

#[test]
fn only_the_first_mention_of_a_host_gives_it_a_port() {
    let world = ini("a\na:22\nb:22\nb:23\n");
    world.check_var("a", "ansible_port", "nothing");
    world.check_var("b", "ansible_port", "22");
}
