//! What `dnf` makes of packages, over canned outputs.

use serde_json::{Value as Json, json};

use super::installed::compare;
use crate::{find, host::TestHost};

const QUERY: &str =
    "rpm -qa --queryformat %{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";
const BASH: &str = "bash\t0\t5.1.8\t9.el9\tx86_64\nvim\t2\t8.2\t1.el9\tx86_64\n";
const TREE: &str = "tree\t0\t1.8\t10.el9\tx86_64\n";

fn host() -> TestHost {
    TestHost::with(&[("/bin/dnf", "")]).executable(&["/bin/dnf"]).answer(QUERY, 0, BASH)
}

fn dnf(host: &TestHost, given: Json) -> Json {
    let Json::Object(given) = given else { unreachable!() };
    Json::Object(find("dnf").unwrap().run(&given, host))
}

#[test]
fn what_is_installed_starts_no_package_manager() {
    for name in ["bash", "bash-5.1.8", "bash-5.1.8-9.el9.x86_64", "bash.x86_64", "vim-2:8.2-1.el9"]
    {
        assert_eq!(
            dnf(&host(), json!({"name": name, "state": "present"})),
            json!({"changed": false, "msg": "Nothing to do", "results": [], "rc": 0}),
            "{name}"
        );
    }
    let host = host().answer("rpm -q --whatprovides /usr/bin/awk", 0, "gawk\n");
    assert_eq!(dnf(&host, json!({"name": "/usr/bin/awk"}))["changed"], false);
}

#[test]
fn what_is_missing_is_installed() {
    let host = host()
        .answer("rpm -q --whatprovides tree", 1, "")
        .answer("/bin/dnf --enablerepo=epel --nogpgcheck -y install tree", 0, "Complete!\n")
        .answer(QUERY, 0, &format!("{BASH}{TREE}"));
    let given = json!({"name": ["tree", "bash"], "enablerepo": "epel", "disable_gpg_check": true});
    assert_eq!(
        dnf(&host, given),
        json!({"changed": true, "msg": "", "results": ["Installed: tree-1.8-10.el9.x86_64"], "rc": 0})
    );
}

#[test]
fn check_mode_asks_what_would_happen() {
    let plan = "Dependencies resolved.\n====\n Package Arch Version Repo Size\n====\nInstalling:\n tree x86_64 1.8-10.el9 base 56 k\nInstalling dependencies:\n libx noarch 1:2-1 base 1 k\n\nTransaction Summary\n===\nInstall  2 Packages\n\nOperation aborted.\n";
    let host = host()
        .answer("rpm -q --whatprovides tree", 1, "")
        .answer("/bin/dnf --assumeno install tree", 1, plan)
        .check();
    let result = dnf(&host, json!({"name": "tree"}));
    assert_eq!(
        result["results"],
        json!(["Installed: tree-1.8-10.el9.x86_64", "Installed: libx-2-1.noarch"])
    );
    assert_eq!(result["msg"], "Check mode: No changes made, but would have if not in check mode");
}

#[test]
fn removal_takes_what_is_there() {
    let host = host()
        .answer("rpm -q --whatprovides none", 1, "")
        .answer(
            "/bin/dnf -y remove --setopt=clean_requirements_on_remove=False vim",
            0,
            "Removed\n",
        )
        .answer(QUERY, 0, "bash\t0\t5.1.8\t9.el9\tx86_64\n");
    let result = dnf(&host, json!({"name": ["vim", "none"], "state": "absent"}));
    assert_eq!(
        result["results"],
        json!(["No match for argument: none", "Removed: vim-8.2-1.el9.x86_64"])
    );
    let host = TestHost::with(&[("/bin/dnf", "")])
        .executable(&["/bin/dnf"])
        .answer(QUERY, 0, BASH)
        .answer("rpm -q --whatprovides none", 1, "");
    let result = dnf(&host, json!({"name": "none", "state": "removed"}));
    assert_eq!(result["msg"], "Nothing to do");
    assert_eq!(result["results"], json!(["No match for argument: none"]));
}

#[test]
fn everything_is_upgraded() {
    let host = host().answer("/bin/dnf -y upgrade --security", 0, "Nothing to do.\n");
    let given = json!({"name": "*", "state": "latest", "security": true});
    assert_eq!(dnf(&host, given)["changed"], false);
}

#[test]
fn unknown_names_are_told_in_the_words_of_the_reference() {
    let printed = "No match for argument: nope\nError: Unable to find a match: nope\n";
    let host = host().answer("rpm -q --whatprovides nope", 1, "").answer(
        "/bin/dnf -y install nope",
        1,
        printed,
    );
    let result = dnf(&host, json!({"name": "nope"}));
    assert_eq!(result["msg"], "Failed to install some of the specified packages");
    assert_eq!(result["failures"], json!(["No package nope available."]));
}

#[test]
fn other_names_mean_it_too() {
    for name in ["yum", "ansible.builtin.yum", "ansible.builtin.dnf5"] {
        assert_eq!(find(name).map(|module| module.name), Some("dnf"));
    }
    assert_eq!(
        dnf(&host(), json!({"autoremove": true, "state": "latest", "name": "x"}))["msg"],
        "Autoremove should be used alone or with state=absent"
    );
}

#[test]
fn packages_are_listed() {
    let host = TestHost::with(&[("/bin/dnf", "")]).executable(&["/bin/dnf"]).answer(
        "/bin/dnf list --quiet --showduplicates bash",
        0,
        "Installed Packages\nbash.x86_64   5.1.8-9.el9   @anaconda\nAvailable Packages\na-name-that-is-longer-than-its-column.noarch\n              1-1      base\nbash.x86_64   5.1.10-1.el9   base\n",
    );
    let result = dnf(&host, json!({"list": "bash"}));
    let found = result["results"].as_array().unwrap();
    let found: Vec<&str> = found.iter().map(|found| found["nevra"].as_str().unwrap()).collect();
    let expected = [
        "0:a-name-that-is-longer-than-its-column-1-1.noarch",
        "0:bash-5.1.8-9.el9.x86_64",
        "0:bash-5.1.10-1.el9.x86_64",
    ];
    assert_eq!(found, expected);
    assert_eq!(result["results"][1]["repo"], "@System");
    assert_eq!(result["results"][1]["yumstate"], "installed");
}

#[test]
fn groups_are_told_by_their_ids() {
    let list =
        "Installed Groups:\n   Lab Tools (lab-tools)\nAvailable Groups:\n   More (of it) (more)\n";
    let list = ("/bin/dnf group list --hidden -v", 0, list);
    let given = |name: &str, state: &str| json!({"name": name, "state": state});
    let with = |words: &str, printed: &str| {
        host().answer(list.0, list.1, list.2).answer(words, 0, printed).answer(QUERY, 0, BASH)
    };
    let result = dnf(&with("", ""), given("@Lab*", "present"));
    assert_eq!(result["results"], json!(["Group lab-tools installed."]));
    let printed = "Installing Groups:\n More (of it)\n\nTransaction Summary\n";
    let result =
        dnf(&with("/bin/dnf -y install @more", printed), given("@More (of it)", "present"));
    assert_eq!(
        (&result["changed"], &result["results"]),
        (&json!(false), &json!(["Group more installed."]))
    );
    let result = dnf(
        &with("/bin/dnf -y upgrade @lab-tools", "Nothing to do.\n"),
        given("@lab-tools", "latest"),
    );
    assert_eq!(result["results"], json!(["Group lab-tools upgraded."]));
    assert_eq!(dnf(&with("", ""), given("@none", "absent"))["msg"], "No group none available.");
}

#[test]
fn unknown_repositories_are_passed_over() {
    let host = host()
        .answer("rpm -q --whatprovides tree", 1, "")
        .answer(
            "/bin/dnf --enablerepo=none --enablerepo=base -y install tree",
            1,
            "Error: Unknown repo: 'none'\n",
        )
        .answer(
            "/bin/dnf --enablerepo=base -y install tree",
            0,
            "Installing:\n tree x86_64 1.8-10.el9 base 5 k\n",
        )
        .answer(QUERY, 0, &format!("{BASH}{TREE}"));
    let result = dnf(&host, json!({"name": "tree", "enablerepo": "none,base"}));
    assert_eq!(result["results"], json!(["Installed: tree-1.8-10.el9.x86_64"]));
}

#[test]
fn versions_are_ordered_as_rpm_orders_them() {
    for (left, right) in [
        ("1.9", "1.10"),
        ("1.0~rc1", "1.0"),
        ("1.a", "1.1"),
        ("2", "2.0"),
        ("1.0a", "1.0b"),
        ("1.01", "1.2"),
    ] {
        assert!(compare(left, right).is_lt(), "{left} < {right}");
        assert!(compare(right, left).is_gt(), "{right} > {left}");
    }
    assert!(compare("1.0", "1.00").is_eq());
}
