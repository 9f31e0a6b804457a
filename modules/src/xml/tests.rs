//! Tests of `xml`.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

const FILE: &str = "<?xml version='1.0' encoding='UTF-8'?>\n<business type=\"bar\">\n  <name>Tasty</name>\n  <beers>\n    <beer>Rochefort</beer>\n    <beer code=\"2\">Orval</beer>\n  </beers>\n</business>";

fn run(host: &Host, args: Value) -> Value {
    let mut given = json!({"path": "/f.xml"});
    given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    let Value::Object(given) = given else { unreachable!() };
    Value::Object(crate::find("xml").unwrap().run(&given, host))
}

fn after(args: Value) -> String {
    let host = TestHost::with(&[("/f.xml", FILE)]);
    let result = run(&host, args.clone());
    assert_eq!(result["changed"], true, "{result}");
    let text = host.read_text("/f.xml").unwrap().unwrap();
    if args.get("add_children").is_none() {
        assert_eq!(run(&host, args)["changed"], false);
    }
    text
}

fn changed(args: Value, from: &str, to: &str) {
    assert_eq!(after(args), FILE.replace(from, to));
}

#[test]
fn values_and_attributes_are_set() {
    changed(json!({"xpath": "/business/name", "value": "New & old"}), "Tasty", "New &amp; old");
    changed(json!({"xpath": "//beer[2]", "attribute": "code", "value": "3"}), "\"2\"", "\"3\"");
    changed(
        json!({"xpath": "/business", "attribute": "type", "value": "pub"}),
        "\"bar\"",
        "\"pub\"",
    );
    changed(json!({"xpath": "//beer[@code='2']", "value": "X"}), "Orval", "X");
    changed(
        json!({"xpath": "/business/name", "attribute": "new", "value": "1"}),
        "<name>",
        "<name new=\"1\">",
    );
    let host = TestHost::with(&[("/f.xml", FILE)]);
    let message = run(&host, json!({"xpath": "/business/@type", "value": "pub"}))["msg"].clone();
    let start = "Xpath /business/@type does not reference a node! tree is b'<business type=\"\">\\n  <name>";
    assert!(message.as_str().unwrap().starts_with(start), "{message}");
}

#[test]
fn elements_are_added_and_removed() {
    changed(
        json!({"xpath": "/business/beers", "add_children": [{"beer": "New"}, {"beer": {"code": "7", "_": [{"x": "y"}]}}]}),
        "\n  </beers>",
        "\n  <beer>New</beer><beer code=\"7\"><x>y</x></beer></beers>",
    );
    changed(
        json!({"xpath": "//beer[.='Rochefort']", "state": "absent"}),
        "<beer>Rochefort</beer>\n    ",
        "",
    );
    changed(json!({"xpath": "/business/@type", "state": "absent"}), " type=\"bar\"", "");
    changed(
        json!({"xpath": "//beer[1]", "insertbefore": true, "add_children": ["first"]}),
        "<beer>Rochefort",
        "<first/><beer>Rochefort",
    );
    changed(
        json!({"xpath": "/business/site/address", "value": "x"}),
        "</business>",
        "<site><address>x</address></site></business>",
    );
}

#[test]
fn a_path_with_a_value_makes_what_it_says() {
    let made = |xpath: &str, from: &str, to: &str| changed(json!({"xpath": xpath}), from, to);
    made("/business/name/@since='1850'", "<name>", "<name since=\"1850\">");
    made("//beer[2]/@code=\"x=y\" ", "\"2\"", "\"x=y\"");
    made("/business/owner/@born='1976'", "</business>", "<owner born=\"1976\"/></business>");
    made("/business/owner[@a='1']/@b='2'", "</business>", "<owner a=\"1\" b=\"2\"/></business>");
    made(
        "/business/owner[dog/@age='7']",
        "</business>",
        "<owner><dog age=\"7\"/></owner></business>",
    );
    made("/business/name/text()='Other'", "</business>", "<name>Other</name></business>");
    let host = TestHost::with(&[("/f.xml", FILE)]);
    for xpath in ["/business/name='x'", "/business/name/@a = 'x'", "/business/name/@a=x"] {
        let message = run(&host, json!({"xpath": xpath}))["msg"].clone();
        let start =
            format!("Can't process Xpath {xpath} in order to spawn nodes! tree is b'<business");
        assert!(message.as_str().unwrap().starts_with(&start), "{message}");
    }
    for (xpath, error) in [
        ("/business/name/@q:a='x'", "Undefined namespace prefix"),
        ("/business/name/@a='x'", "'bool' object is not subscriptable"),
    ] {
        let message = run(&host, json!({"xpath": xpath, "value": "new"}))["msg"].clone();
        assert!(message.as_str().unwrap().contains(error), "{message}");
    }
    let message = run(&host, json!({"xpath": "/business/a[@b='c' and d='e']"}))["msg"].clone();
    assert_eq!(
        message,
        "Can't process Xpath ./d='e' in order to spawn nodes! tree is b'<a b=\"c\"/>\\n'"
    );
}

#[test]
fn parts_are_found_and_counted() {
    let host = TestHost::with(&[("/f.xml", FILE)]);
    assert_eq!(run(&host, json!({"xpath": "//beer", "count": true}))["count"], 2);
    let text = run(&host, json!({"xpath": "//beer", "content": "text"}));
    assert_eq!(text["matches"], json!([{"beer": "Rochefort"}, {"beer": "Orval"}]));
    let attributes = run(&host, json!({"xpath": "//beer[last()]", "content": "attribute"}));
    assert_eq!(attributes["matches"], json!([{"beer": {"code": "2"}}]));
    let count = |path: &str| run(&host, json!({"xpath": path, "count": true}))["count"].clone();
    for (path, expected) in [
        ("/business/*", 2),
        ("//beer[text()='Orval']", 1),
        ("//beer[contains(., 'o')]", 1),
        ("//beer[not(@code)] | //name", 2),
        ("//beer[position() < 2]/following-sibling::beer", 1),
        ("//beer/..", 1),
        ("//*[@*]", 2),
        ("//beer[starts-with(@code, '2') and normalize-space() = 'Orval']", 1),
        ("//node()", 14),
    ] {
        assert_eq!(count(path), expected, "{path}");
    }
}

#[test]
fn namespaces_are_told_apart() {
    let text = "<a xmlns=\"u\" xmlns:b=\"v\"><b:c/><c/></a>";
    let host = TestHost::with(&[("/f.xml", text)]);
    let count = |path: &str, namespaces: Value| {
        run(&host, json!({"xpath": path, "count": true, "namespaces": namespaces}))["count"].clone()
    };
    assert_eq!(count("/a", json!({})), 0);
    assert_eq!(count("/x:a/x:c", json!({"x": "u"})), 1);
    assert_eq!(count("//y:c", json!({"y": "v"})), 1);
}

#[test]
fn what_is_no_document_is_refused() {
    let message = |text: &str| {
        let host = TestHost::with(&[("/f.xml", text)]);
        run(&host, json!({"xpath": "/a", "count": true}))["msg"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    for text in [
        "",
        "x",
        "<a>",
        "<a></b>",
        "<a b=1/>",
        "<a/><b/>",
        "<a>&nope;</a>",
        "<a b='1' b='2'/>",
        "<!DOCTYPE",
    ] {
        assert!(message(text).starts_with("Error while parsing document: /f.xml"), "{text}");
    }
    let host = TestHost::with(&[]);
    assert_eq!(
        run(&host, json!({"xpath": "/a", "count": true}))["msg"],
        "The target XML source '/f.xml' does not exist."
    );
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let host = TestHost::with(&[("/f.xml", FILE)]).check();
    assert_eq!(run(&host, json!({"xpath": "//name", "value": "x"}))["changed"], true);
    assert_eq!(host.read_text("/f.xml").unwrap().unwrap(), FILE);
}
