//! What the command shows of a small site.

use super::*;

const SITE: &str = "lone v=1
[web]
web1 x='{{ y }}'
[web:vars]
z={'b': 1, 'a': [1.5, None, 'é']}
[dc1:children]
web
[empty]
";

fn show_site(options: &str) -> Result<Shown, Refusal> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hosts"), SITE).unwrap();
    std::fs::create_dir(dir.path().join("group_vars")).unwrap();
    std::fs::write(dir.path().join("group_vars/dc1.yml"), "u: !unsafe '{{ a }}'\n").unwrap();
    let mut arguments = vec!["-i".into(), dir.path().join("hosts").into_os_string()];
    arguments.extend(options.split_whitespace().map(OsString::from));
    inventory("ansible-inventory", arguments, &Settings::defaults())
}

#[test]
fn the_list_is_what_a_dynamic_source_would_give() {
    insta::assert_snapshot!(show_site("--list").unwrap().text, @r#"
    {
        "_meta": {
            "hostvars": {
                "lone": {
                    "v": 1
                },
                "web1": {
                    "u": {
                        "__ansible_unsafe": "{{ a }}"
                    },
                    "x": "{{ y }}",
                    "z": {
                        "a": [
                            1.5,
                            null,
                            "é"
                        ],
                        "b": 1
                    }
                }
            },
            "profile": "inventory_legacy"
        },
        "all": {
            "children": [
                "ungrouped",
                "dc1",
                "empty"
            ]
        },
        "dc1": {
            "children": [
                "web"
            ]
        },
        "ungrouped": {
            "hosts": [
                "lone"
            ]
        },
        "web": {
            "hosts": [
                "web1"
            ]
        }
    }
    "#);
}

#[test]
fn an_export_keeps_variables_where_they_are_said() {
    insta::assert_snapshot!(show_site("--list --export").unwrap().text, @r#"
    {
        "_meta": {
            "hostvars": {
                "lone": {
                    "v": 1
                },
                "web1": {
                    "x": "{{ y }}"
                }
            },
            "profile": "inventory_legacy"
        },
        "all": {
            "children": [
                "ungrouped",
                "dc1",
                "empty"
            ]
        },
        "dc1": {
            "children": [
                "web"
            ],
            "vars": {
                "u": {
                    "__ansible_unsafe": "{{ a }}"
                }
            }
        },
        "ungrouped": {
            "hosts": [
                "lone"
            ]
        },
        "web": {
            "hosts": [
                "web1"
            ],
            "vars": {
                "z": {
                    "a": [
                        1.5,
                        null,
                        "é"
                    ],
                    "b": 1
                }
            }
        }
    }
    "#);
}

#[test]
fn the_graph_is_a_tree() {
    insta::assert_snapshot!(show_site("--graph").unwrap().text, @r#"
    @all:
      |--@ungrouped:
      |  |--lone
      |--@dc1:
      |  |--@web:
      |  |  |--web1
      |--@empty:
    "#);
    insta::assert_snapshot!(show_site("--graph dc1 --vars").unwrap().text, @r#"
    @dc1:
      |--@web:
      |  |--web1
      |  |  |--{u = {{ a }}}
      |  |  |--{x = {{ y }}}
      |  |  |--{z = {'b': 1, 'a': [1.5, None, 'é']}}
      |  |--{z = {'b': 1, 'a': [1.5, None, 'é']}}
      |--{u = {{ a }}}
    "#);
}

#[test]
fn one_host_shows_its_variables_as_they_are() {
    insta::assert_snapshot!(show_site("--host web1").unwrap().text, @r#"
    {
        "u": "{{ a }}",
        "x": "{{ y }}",
        "z": {
            "a": [
                1.5,
                null,
                "é"
            ],
            "b": 1
        }
    }
    "#);
}

#[test]
fn wrong_combinations_have_the_references_words() {
    for (options, message) in [
        (
            "",
            "No action selected, at least one of --host, --graph or --list needs to be specified.",
        ),
        (
            "--list --graph",
            "Conflicting options used, only one of --host, --graph or --list can be used at the same time.",
        ),
        ("--host nope", "You must pass a single valid host to --host parameter"),
        ("--graph nope", "Pattern must be valid group name when using --graph"),
    ] {
        match show_site(options) {
            Err(Refusal::Error(error, _)) => assert_eq!(error.message, message),
            other => panic!("{options}: {other:?}"),
        }
    }
}

/// Shows a site of several files; the folder's name is left out of what is shown.
fn show(files: &[(&str, &str)], options: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut arguments = vec!["-i".into(), dir.path().join(files[0].0).into_os_string()];
    arguments.extend(options.split_whitespace().map(OsString::from));
    let text = match inventory("ansible-inventory", arguments, &Settings::defaults()) {
        Ok(shown) => shown.text,
        Err(Refusal::Error(error, _)) => error.message,
        Err(other) => panic!("{other:?}"),
    };
    text.replace(&format!("{}/", dir.path().display()), "")
}

const LAYERS: &[(&str, &str)] = &[
    (
        "hosts",
        "[web]\nw1 a=line\n[site:children]\nweb\n[web:vars]\na=section\nb=section\n[site:vars]\nc=1\n",
    ),
    ("group_vars/all.yml", "b: all\nd: all\n"),
    ("group_vars/web/10.yml", "# first\nd: ten\n"),
    ("group_vars/web/20.yml", "d: twenty\n"),
    ("host_vars/w1.yml", "e: [1, x]\n"),
];

#[test]
fn explain_says_where_a_variable_comes_from_and_what_it_overrode() {
    assert_eq!(
        show(LAYERS, "explain w1"),
        "a = 'line'\n    host `w1`, hosts:2\n    overrides 'section': group `web`, hosts:6\n\
         b = 'all'\n    group_vars of `all`, group_vars/all.yml:1\n    overrides 'section': group `web`, hosts:7\n\
         c = 1\n    group `site`, hosts:9\n\
         d = 'twenty'\n    group_vars of `web`, group_vars/web/20.yml:1\n    overrides 'all': group_vars of `all`, group_vars/all.yml:2\n\
         e = [1, 'x']\n    host_vars of `w1`, host_vars/w1.yml:1\n"
    );
    assert_eq!(show(LAYERS, "explain w1 c"), "c = 1\n    group `site`, hosts:9\n");
    assert_eq!(show(LAYERS, "explain w1 z"), "no source says `z` for `w1`\n");
    assert_eq!(show(LAYERS, "explain w9"), "there is no host `w9`");
}

#[test]
fn explain_finds_its_way_in_yaml() {
    let files = [(
        "hosts.yml",
        "all:\n  vars: {z: 0}\n  children:\n    web:\n      hosts:\n        w[1:2]:\n          a: 1\n      vars:\n        a: 2\n",
    )];
    assert_eq!(
        show(&files, "explain w2"),
        "a = 1\n    host `w2`, hosts.yml:7\n    overrides 2: group `web`, hosts.yml:9\nz = 0\n    group `all`, hosts.yml:2\n"
    );
}

#[test]
fn check_finds_what_has_no_effect() {
    let files = [
        ("hosts", "[web]\nw1 a=1\nw2 a=1\n[db]\n[web:vars]\na=0\nb=0\n"),
        ("group_vars/nosuch.yml", "x: 1\n"),
        ("group_vars/web.yml", "y: 1\n"),
        ("host_vars/w3/main.yml", "x: 1\n"),
    ];
    assert_eq!(
        show(&files, "check"),
        "group `db` has no hosts\n`a` of group `web` is replaced on every host (hosts:6)\n\
         `group_vars/nosuch.yml` belongs to nothing in the inventory\n\
         `host_vars/w3` belongs to nothing in the inventory\n"
    );
    assert_eq!(
        show(&LAYERS[..1], "check"),
        "`a` of group `web` is replaced on every host (hosts:6)\n"
    );
}
