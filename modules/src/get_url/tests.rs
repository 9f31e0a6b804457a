//! `get_url` from a server in this process.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::{Value as Json, json};

use crate::host::TestHost;

/// Answers every request by its path until the test ends, and keeps the heads of what was asked.
struct Server {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &seen);
            }
        });
        Server { base, asked }
    }
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut head = String::new();
    for line in BufReader::new(&stream).lines() {
        let line = line.unwrap();
        if line.is_empty() {
            break;
        }
        head.push_str(&line.to_lowercase());
        head.push('\n');
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = if head.starts_with("head") { "" } else { "hello world\n" };
    let ok = |headers: &str, body: &str| {
        format!("HTTP/1.1 200 OK\r\n{headers}Connection: close\r\n\r\n{body}")
    };
    let reply = match path.as_str() {
        "/f" if head.contains("if-modified-since") => {
            "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_owned()
        }
        "/f" => ok("Content-Length: 12\r\n", body),
        "/to" => {
            "HTTP/1.1 302 Found\r\nLocation: /f\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .to_owned()
        }
        "/auth" if head.contains("authorization: basic dtpw") => ok("Content-Length: 12\r\n", body),
        "/auth" => {
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
        }
        "/named" => ok("Content-Disposition: attachment; filename=\"n.txt\"\r\n", body),
        "/short" => ok("Content-Length: 100\r\n", "abc"),
        "/sums" => {
            ok("", "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447  f\n00  g\n")
        }
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    };
    seen.lock().unwrap().push(head);
    // The client may have gone.
    let _ = stream.write_all(reply.as_bytes());
}

fn get(host: &TestHost, server: &Server, path: &str, args: Json) -> Json {
    let mut args = args.as_object().unwrap().clone();
    args.insert("url".into(), format!("{}{path}", server.base).into());
    args.entry("dest").or_insert("/t/a".into());
    let mut result = crate::find("get_url").unwrap().run(&args, host);
    for key in ["uid", "gid", "owner", "group", "url", "elapsed", "src"] {
        result.remove(key);
    }
    Json::Object(result)
}

fn host() -> TestHost {
    TestHost::with(&[("/t/old", "old\n")])
}

const SHA1: &str = "22596363b3de40b06f981fb85d82312e8c0ed511";

#[test]
fn a_file_is_fetched_and_not_again_when_it_did_not_change() {
    let (host, server) = (host(), Server::start());
    assert_eq!(
        get(&host, &server, "/f", json!({})),
        json!({
            "changed": true, "checksum_dest": null, "checksum_src": SHA1, "dest": "/t/a", "mode": "0644",
            "md5sum": "6f5902ac237024bdd0c176cb93063dc4", "msg": "OK (12 bytes)", "size": 12, "state": "file",
            "status_code": 200,
        })
    );
    assert_eq!(
        get(&host, &server, "/f", json!({})),
        json!({
            "changed": false, "dest": "/t/a", "mode": "0644", "size": 12, "state": "file",
            "msg": "HTTP Error 304: Not Modified", "status_code": 304,
        })
    );
    let result = get(&host, &server, "/f", json!({"force": true, "mode": "0600"}));
    assert_eq!((&result["changed"], &result["mode"]), (&json!(true), &json!("0600")));
    assert_eq!(result["checksum_dest"], SHA1);
    assert!(server.asked.lock().unwrap().last().unwrap().contains("cache-control: no-cache"));
    assert_eq!(host.list("/t").unwrap(), ["a", "old"]);
}

#[test]
fn another_file_is_replaced_with_a_backup() {
    let (host, server) = (host(), Server::start());
    let args = json!({"dest": "/t/old", "force": true, "backup": true});
    let result = get(&host, &server, "/f", args);
    let backup = result["backup_file"].as_str().unwrap();
    assert_eq!(host.read_text(backup).unwrap().unwrap(), "old\n");
    assert_eq!(host.read_text("/t/old").unwrap().unwrap(), "hello world\n");
}

#[test]
fn check_mode_asks_and_touches_nothing() {
    let (host, server) = (host().check(), Server::start());
    let result = get(&host, &server, "/f", json!({}));
    assert_eq!((&result["changed"], &result["msg"]), (&json!(true), &json!("OK (12 bytes)")));
    assert!(server.asked.lock().unwrap()[0].starts_with("head /f "));
    assert_eq!(host.list("/t").unwrap(), ["old"]);
}

#[test]
fn a_folder_takes_the_name_that_the_server_gives() {
    let (host, server) = (host(), Server::start());
    assert_eq!(get(&host, &server, "/named", json!({"dest": "/t"}))["dest"], "/t/n.txt");
    assert_eq!(get(&host, &server, "/to", json!({"dest": "/t/"}))["dest"], "/t/f");
}

#[test]
fn checksums_are_compared_before_and_after() {
    let (host, server) = (host(), Server::start());
    let wrong = get(&host, &server, "/f", json!({"checksum": "md5:00"}));
    let message = wrong["msg"].as_str().unwrap();
    assert!(
        message.ends_with("did not match 00; it was 6f5902ac237024bdd0c176cb93063dc4."),
        "{message}"
    );
    assert_eq!(host.list("/t").unwrap(), ["old"]);
    let listed = json!({"checksum": format!("sha256:{}/sums", server.base)});
    assert_eq!(get(&host, &server, "/f", listed.clone())["changed"], true);
    let again = get(&host, &server, "/f", listed);
    assert_eq!((&again["changed"], &again["msg"]), (&json!(false), &json!("file already exists")));
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked.iter().filter(|head| head.starts_with("get /f ")).count(), 2);
}

#[test]
fn names_and_passwords_are_sent_when_asked_for() {
    let (host, server) = (host(), Server::start());
    let args = json!({"url_username": "u", "url_password": "p"});
    assert_eq!(get(&host, &server, "/auth", args)["status_code"], 200);
    assert_eq!(server.asked.lock().unwrap().len(), 2);
    let args =
        json!({"url_username": "u", "url_password": "p", "force_basic_auth": true, "force": true});
    assert_eq!(get(&host, &server, "/auth", args)["status_code"], 200);
    assert_eq!(server.asked.lock().unwrap().len(), 3);
}

#[test]
fn headers_are_sent() {
    let (host, server) = (host(), Server::start());
    get(&host, &server, "/f", json!({"headers": {"X-A": "b c"}, "http_agent": "me/1"}));
    let asked = server.asked.lock().unwrap();
    assert!(
        asked[0].contains("x-a: b c\n") && asked[0].contains("user-agent: me/1\n"),
        "{}",
        asked[0]
    );
}

#[test]
fn failures_are_in_the_words_of_the_reference() {
    let (host, server) = (host(), Server::start());
    let message = |path: &str, args: Json| {
        let result = get(&host, &server, path, args);
        assert_eq!(result["failed"], true, "{result}");
        assert_eq!(host.list("/t").unwrap(), ["old"]);
        result["msg"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(message("/none", json!({})), @"Request failed");
    insta::assert_snapshot!(message("/f", json!({"dest": "/no/x"})), @"Destination /no does not exist");
    insta::assert_snapshot!(message("/f", json!({"tmp_dest": "/no"})), @"/no directory does not exist.");
    insta::assert_snapshot!(message("/short", json!({})), @"Incomplete read, (rsp.length=97, cl=100, st.st_size=3) failed to read remaining 97 bytes");
    insta::assert_snapshot!(message("/f", json!({"checksum": "abc"})), @"The checksum parameter has to be in format <algorithm>:<checksum>");
    insta::assert_snapshot!(message("/f", json!({"checksum": "md5:zz"})), @"The checksum format is invalid");
    let result = get(&host, &server, "/none", json!({}));
    assert_eq!(
        (&result["status_code"], &result["response"]),
        (&json!(404), &json!("HTTP Error 404: Not Found"))
    );
    let closed = Server { base: "http://127.0.0.1:1".into(), asked: Arc::default() };
    let result = get(&host, &closed, "/f", json!({"use_proxy": false}));
    assert_eq!(result["msg"], "Request failed: <urlopen error [Errno 111] Connection refused>");
}

#[test]
fn files_of_the_host_are_copied() {
    let (host, mut server) = (host(), Server::start());
    server.base = "file://".into();
    let result = get(&host, &server, "/t/old", json!({}));
    assert_eq!((&result["msg"], &result["status_code"]), (&json!("OK (4 bytes)"), &Json::Null));
    server.base = "foo://x".into();
    let result = get(&host, &server, "/f", json!({"dest": "/t/b"}));
    assert_eq!(result["msg"], "Request failed: <urlopen error unknown url type: foo>");
}
