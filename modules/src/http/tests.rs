//! Requests to a server in this process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    time::Duration,
};

use super::*;
use crate::host::TestHost;

/// Answers each connection with the next text, and returns what was asked.
fn serve(answers: &[&str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<String> = answers.iter().map(|text| (*text).to_owned()).collect();
    let thread = std::thread::spawn(move || {
        answers
            .iter()
            .map(|answer| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if let Some(value) = line.strip_prefix("Content-Length: ") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    head.push_str(line.trim());
                    head.push('\n');
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
                head + &String::from_utf8(body).unwrap()
            })
            .collect()
    });
    (base, thread)
}

fn options(follow: Follow) -> Options {
    Options {
        timeout: Duration::from_secs(20),
        trust: Trust::default(),
        use_proxy: false,
        credentials: None,
        force_credentials: false,
        follow,
        unix_socket: None,
        decompress: true,
        unredirected: vec!["x-once".to_owned()],
    }
}

fn ask(base: &str, method: &str, body: Option<&str>, options: &Options) -> (Response, String) {
    let request = Request {
        method: method.to_owned(),
        url: format!("{base}/start?q"),
        headers: vec![("X-Once".to_owned(), "1".to_owned())],
        body: body.map(|text| Body::Bytes(text.as_bytes().to_vec())),
    };
    let mut response = send(&TestHost::with(&[]), options, request).unwrap();
    let mut text = String::new();
    response.body.read_to_string(&mut text).unwrap();
    (response, text)
}

const MOVED: &str = "HTTP/1.1 302 Found\r\nLocation: next\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_redirected_post_becomes_a_get() {
    let (base, thread) = serve(&[
        MOVED,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n",
    ]);
    let (response, text) = ask(&base, "POST", Some("x=1"), &options(Follow::All));
    assert_eq!((response.status, text.as_str()), (200, "abcde"));
    assert_eq!(response.url, format!("{base}/next"));
    assert_eq!(response.message(), "OK (unknown bytes)");
    let asked = thread.join().unwrap();
    assert!(asked[0].starts_with("POST /start?q HTTP/1.1\nAccept-Encoding: identity\n"));
    assert!(asked[0].contains("X-Once: 1\n") && asked[0].ends_with("x=1"), "{}", asked[0]);
    assert!(asked[1].starts_with("GET /next ") && !asked[1].contains("X-Once"), "{}", asked[1]);
}

#[test]
fn what_changes_something_is_not_repeated_elsewhere_unasked() {
    let (base, thread) = serve(&[MOVED]);
    let (response, _) = ask(&base, "POST", Some("x"), &options(Follow::Safe));
    assert_eq!(response.message(), "HTTP Error 302: Found");
    thread.join().unwrap();
}

#[test]
fn name_and_password_wait_for_the_question() {
    let (base, thread) = serve(&[
        "HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok more",
    ]);
    let credentials = Some(Credentials { user: "me".to_owned(), password: "pw".to_owned() });
    let (response, text) =
        ask(&base, "GET", None, &Options { credentials, ..options(Follow::Safe) });
    assert_eq!((response.message().as_str(), text.as_str()), ("OK (2 bytes)", "ok"));
    let asked = thread.join().unwrap();
    assert!(!asked[0].contains("Authorization"));
    assert!(asked[1].contains("Authorization: Basic bWU6cHc=\n"), "{}", asked[1]);
}

#[test]
fn answers_that_are_none_are_failures() {
    let fails = |answer: &str| {
        let (base, thread) = serve(&[answer]);
        let request = Request { method: "GET".into(), url: base, headers: Vec::new(), body: None };
        let error = send(&TestHost::with(&[]), &options(Follow::Safe), request).err().unwrap();
        thread.join().unwrap();
        error.message
    };
    assert_eq!(fails(""), "Connection failure: Remote end closed connection without response");
    assert_eq!(
        fails("what is this\r\n\r\n"),
        "Connection failure: connection was closed before a valid response was received: what is this\r\n"
    );
}

#[test]
fn a_certificate_must_be_right() {
    // An address of a server that speaks no TLS.
    let (base, thread) = serve(&["HTTP/1.1 200 OK\r\n\r\n"]);
    let url = base.replace("http:", "https:");
    let request = Request { method: "GET".into(), url, headers: Vec::new(), body: None };
    // The server waits for a line that never comes; what it reads first ends it.
    let host = TestHost::with(&[]);
    let options = Options { timeout: Duration::from_millis(300), ..options(Follow::Safe) };
    let error = send(&host, &options, request).err().unwrap();
    assert!(error.message.starts_with("Request failed: <urlopen error "), "{}", error.message);
    drop(thread);
}
