//! A server that answers what it is told to.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use serde_json::{Value, json};

use super::*;
use crate::host::TestHost;

/// Runs the module against a server with these answers; returns the result and what the server was asked.
fn redis(host: TestHost, answers: &[&str], args: Value) -> (Value, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = String::new();
        for answer in answers {
            let mut buffer = [0; 1024];
            let n = stream.read(&mut buffer).unwrap();
            let words = String::from_utf8_lossy(&buffer[..n]).into_owned();
            let words = words.split("\r\n").filter(|word| !word.starts_with(['*', '$']));
            asked += words.collect::<Vec<_>>().join(" ").trim_end();
            asked.push('\n');
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    let mut given = json!({"login_host": "127.0.0.1", "login_port": port});
    given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    let Value::Object(given) = given else { unreachable!() };
    let result = Value::Object(crate::find("redis").unwrap().run(&given, &host));
    (result, server.join().unwrap())
}

fn host() -> TestHost {
    TestHost::with(&[])
}

const PONG: &str = "+PONG\r\n";

#[test]
fn a_setting_is_changed_where_it_differs() {
    let now = "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n";
    let args = json!({"command": "config", "name": "maxmemory", "value": "4mb"});
    let (result, asked) = redis(host(), &[PONG, now, "+OK\r\n"], args.clone());
    assert_eq!(result, json!({"changed": true, "name": "maxmemory", "value": "4194304"}));
    assert_eq!(asked, "PING\nCONFIG GET maxmemory\nCONFIG SET maxmemory 4194304\n");
    let (result, _) = redis(host().check(), &[PONG, now], args);
    assert_eq!(result["changed"], true);
    let args = json!({"command": "config", "name": "maxmemory", "value": "0"});
    assert_eq!(redis(host(), &[PONG, now], args).0["changed"], false);
    let args = json!({"command": "config", "name": "none", "value": "0"});
    let (result, _) = redis(host(), &[PONG, "*0\r\n"], args);
    assert_eq!(result["msg"], "unable to read config: 'none'");
}

#[test]
fn a_server_follows_another_one() {
    let info = |text: &str| format!("${}\r\n{text}\r\n", text.len());
    let master = info("# Replication\r\nrole:master\r\n");
    let args = json!({"command": "slave", "master_host": "m", "master_port": 1});
    let (result, asked) = redis(host(), &[PONG, &master, "+OK\r\n"], args.clone());
    let mode = json!({"status": "replica", "master_host": "m", "master_port": 1});
    assert_eq!(result, json!({"changed": true, "mode": mode}));
    assert!(asked.ends_with("SLAVEOF m 1\n"), "{asked}");
    let slave = info("role:slave\r\nmaster_host:m\r\nmaster_port:1\r\n");
    assert_eq!(redis(host(), &[PONG, &slave], args).0["changed"], false);
    let args = json!({"command": "replica", "replica_mode": "master"});
    let (result, _) = redis(host(), &[PONG, &slave, "-ERR no\r\n"], args);
    assert_eq!(result["msg"], "Unable to set master mode");
}

#[test]
fn databases_are_flushed() {
    let args = json!({"command": "flush", "flush_mode": "db", "db": 3, "login_password": "p"});
    let (result, asked) = redis(host(), &["+OK\r\n", "+OK\r\n", PONG, "+OK\r\n"], args);
    assert_eq!(result, json!({"changed": true, "flushed": true, "db": 3}));
    assert_eq!(asked, "AUTH p\nSELECT 3\nPING\nFLUSHDB\n");
    let (result, asked) = redis(host(), &[PONG, "+OK\r\n"], json!({"command": "flush"}));
    assert_eq!((&result["flushed"], asked.as_str()), (&json!(true), "PING\nFLUSHALL\n"));
}

#[test]
fn what_is_wrong_is_said() {
    let refused = "-NOAUTH Authentication required.\r\n";
    let (result, _) = redis(host(), &[refused], json!({"command": "flush"}));
    assert_eq!(result["msg"], "unable to connect to database: Authentication required.");
    let message = |args: Value| {
        let Value::Object(given) = args else { unreachable!() };
        crate::find("redis").unwrap().run(&given, &host())["msg"].as_str().unwrap().to_owned()
    };
    assert_eq!(message(json!({})), "A valid command must be provided");
    assert_eq!(
        message(json!({"command": "replica"})),
        "In replica mode master host must be provided"
    );
    assert_eq!(
        message(json!({"command": "replica", "master_host": "m"})),
        "In replica mode master port must be provided"
    );
    assert_eq!(
        message(json!({"command": "flush", "flush_mode": "db"})),
        "In db mode the db number must be provided"
    );
    assert_eq!(
        message(json!({"command": "flush", "login_host": "127.0.0.1", "login_port": 1})),
        "unable to connect to database: Error 111 connecting to 127.0.0.1:1. Connection refused."
    );
}

#[test]
fn sizes_are_read() {
    for (text, expected) in [
        ("4mb", Some("4194304")),
        ("60", Some("60")),
        (" 1.5 k ", Some("1536")),
        ("2 bytes", Some("2")),
        ("yes", None),
        ("3x", None),
        ("1 kx", None),
        ("900 1 300 10", None),
        ("", None),
    ] {
        assert_eq!(bytes(text).as_deref(), expected, "{text}");
    }
}
