//! `uri` from a server in this process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
};

use serde_json::{Value as Json, json};

use crate::host::TestHost;

/// Serves one answer and runs the module against it; returns its result and what was asked.
fn ask(host: &TestHost, answer: &str, args: Json) -> (Json, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut asked, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            }
            asked.push_str(&line);
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        asked + &String::from_utf8(body).unwrap()
    });
    let mut args = args.as_object().unwrap().clone();
    args.insert("url".into(), format!("{base}/a").into());
    let result = Json::Object(crate::find("uri").unwrap().run(&args, host));
    let asked = thread.join().unwrap();
    (result, asked.replace("\r\n", "\n"))
}

const JSON: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Some-Thing: v\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 8\r\n\r\n{\"k\": 1}";

#[test]
fn an_answer_is_taken_apart() {
    let (result, _) = ask(&TestHost::with(&[]), JSON, json!({"return_content": true}));
    assert_eq!(result["json"], json!({"k": 1}));
    assert_eq!(result["content"], "{\"k\": 1}");
    assert_eq!(result["x_some_thing"], "v");
    assert_eq!(
        (&result["cookies"], &result["cookies_string"]),
        (&json!({"a": "1"}), &json!("a=1"))
    );
    assert_eq!((&result["status"], &result["msg"]), (&json!(200), &json!("OK (8 bytes)")));
    assert_eq!((&result["redirected"], &result["changed"]), (&json!(false), &json!(false)));
}

#[test]
fn bodies_have_formats() {
    let sent = |args: Json| ask(&TestHost::with(&[]), JSON, args).1;
    let asked = sent(json!({"body": {"a": [1, "é"]}, "body_format": "json", "method": "post"}));
    assert!(asked.ends_with("\n\n{\"a\": [1, \"\\u00e9\"]}"), "{asked}");
    assert!(asked.contains("Content-Type: application/json\n"));
    let asked = sent(json!({"body": {"a": ["x", "y z"]}, "body_format": "form-urlencoded"}));
    assert!(asked.ends_with("\n\na=x&a=y+z"), "{asked}");
    let fields = json!({"a": "x", "f": {"filename": "b.txt", "content": "text"}});
    let asked = sent(json!({"body": fields, "body_format": "form-multipart", "method": "POST"}));
    assert!(asked.contains("Content-Type: multipart/form-data; boundary=\"====="), "{asked}");
    assert!(
        asked.contains("\nContent-Type: text/plain\nContent-Disposition: form-data; name=\"f\"; filename=\"b.txt\"\n\ntext\n--"),
        "{asked}"
    );
    let asked =
        sent(json!({"body": "{}", "headers": {"content-type": "x/y"}, "body_format": "json"}));
    assert!(asked.contains("Content-Type: x/y\n") && !asked.contains("application/json"));
}

#[test]
fn statuses_decide() {
    let host = TestHost::with(&[]);
    let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno";
    let (result, _) = ask(&host, answer, json!({}));
    assert_eq!(result["msg"], "Status code was 404 and not [200]: HTTP Error 404: Not Found");
    assert_eq!((&result["failed"], &result["status"]), (&json!(true), &json!(404)));
    let (result, _) = ask(&host, answer, json!({"status_code": [200, 404]}));
    assert_eq!(
        (&result["msg"], &result["body"]),
        (&json!("HTTP Error 404: Not Found"), &json!("no"))
    );
}

#[test]
fn answers_go_to_files() {
    let host = TestHost::with(&[("/d/x", "")]);
    let answer = "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"../n.txt\"\r\nContent-Length: 2\r\n\r\nhi";
    let (result, _) = ask(&host, answer, json!({"dest": "/d"}));
    assert_eq!((&result["changed"], &result["path"]), (&json!(true), &json!("/d/n.txt")));
    assert_eq!(host.read_text("/d/n.txt").unwrap().unwrap(), "hi");
    let (_, asked) = ask(&host, answer, json!({"dest": "/d/n.txt"}));
    assert!(asked.contains("If-Modified-Since: "), "{asked}");
}

#[test]
fn nothing_is_asked_where_nothing_should_be() {
    let host = TestHost::with(&[("/there", "")]);
    let run = |args: Json, host: &TestHost| {
        Json::Object(crate::find("uri").unwrap().run(args.as_object().unwrap(), host))
    };
    let result = run(json!({"url": "http://127.0.0.1:1", "creates": "/there"}), &host);
    assert_eq!(result["stdout"], "skipped, since '/there' exists");
    let result = run(json!({"url": "http://127.0.0.1:1", "method": "a-b"}), &host);
    assert_eq!(
        result["msg"],
        "Parameter 'method' needs to be a single word in uppercase, like GET or POST."
    );
    let result = run(json!({"url": "http://127.0.0.1:1/", "use_proxy": false}), &host);
    assert_eq!(
        result["msg"],
        "Status code was -1 and not [200]: Request failed: <urlopen error [Errno 111] Connection refused>"
    );
    let result =
        run(json!({"url": "http://127.0.0.1:1/", "status_code": -1, "use_proxy": false}), &host);
    assert_eq!(result["status"], -1);
}
