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
