//! Requests against a server on this machine.

use super::*;
use crate::testing::TestServer;

fn client(server: &TestServer) -> Client {
    Client {
        service: "ec2",
        region: "eu-west-1".to_owned(),
        endpoint: server.url(),
        credentials: Some(Credentials {
            access_key: "KEY".to_owned(),
            secret_key: "SECRET".to_owned(),
            session_token: None,
            expires: None,
        }),
        environment: Environment::default(),
        ca_bundle: None,
        pause: Duration::ZERO,
    }
}

fn refused(code: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
    )
}

#[test]
fn a_request_is_a_signed_form() {
    let server = TestServer::new(|_, _| (200, "<A><b>1</b></A>".to_owned()));
    let parameters = [("Filter.1.Name".to_owned(), "tag:a b".to_owned())];
    let answer = client(&server).query("DescribeInstances", "2016-11-15", &parameters).unwrap();
    assert_eq!(answer.text_of("b"), Some("1"));
    let [request] = &server.requests()[..] else { panic!() };
    assert!(request.contains("Credential=KEY/"));
    assert!(request.contains("/eu-west-1/ec2/aws4_request"));
    assert!(!request.contains("SECRET"));
    assert!(
        request.ends_with("Action=DescribeInstances&Filter.1.Name=tag%3Aa%20b&Version=2016-11-15"),
        "{request}"
    );
}

#[test]
fn throttled_requests_are_tried_again() {
    let server = TestServer::new(|n, _| match n {
        0..=5 => (503, refused("RequestLimitExceeded")),
        _ => (200, "<A/>".to_owned()),
    });
    client(&server).query("X", "1", &[]).unwrap();
    assert_eq!(server.requests().len(), 7);
}

#[test]
fn throttling_without_end_is_an_error() {
    let server = TestServer::new(|_, _| (400, refused("Throttling")));
    let error = client(&server).query("X", "1", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "An error occurred (Throttling) when calling the X operation: no"
    );
    assert_eq!(server.requests().len(), 10);
}

#[test]
fn refusals_are_final() {
    let server = TestServer::new(|_, _| (403, refused("UnauthorizedOperation")));
    let error = client(&server).query("X", "1", &[]).unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn errors_may_be_json_or_nothing() {
    let server = TestServer::new(|_, request| {
        if request.contains("AmazonSSM.GetInventory") {
            return (400, r#"{"__type": "x#AccessDeniedException", "Message": "no"}"#.to_owned());
        }
        (404, String::new())
    });
    let client = client(&server);
    let error = client.json("AmazonSSM", "GetInventory", &Json::Null).unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    let error = client.get("ListHostedZones", "/2013-04-01/hostedzone", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "An error occurred (404) when calling the ListHostedZones operation: Not Found"
    );
}

#[test]
fn what_cannot_be_reached_is_said() {
    let server = TestServer::new(|_, _| (200, String::new()));
    let mut client = client(&server);
    client.endpoint = "http://127.0.0.1:1".to_owned();
    let error = client.query("X", "1", &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Could not connect to the endpoint URL: \"http://127.0.0.1:1\"")
    );
}
