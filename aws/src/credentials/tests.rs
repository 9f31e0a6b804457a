//! The places that may have credentials, in files and on a server on this machine.

use std::{fs, path::Path};

use super::*;
use crate::{Environment, SessionOptions, testing::TestServer};

struct Home(tempfile::TempDir);

impl Home {
    fn with(files: &[(&str, &str)]) -> Home {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Home(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Finds the access key in this home, with these variables.
    fn find(&self, variables: &[(&str, &str)], profile: Option<&str>) -> Result<String, String> {
        self.session(variables, profile).map(|found| found.access_key)
    }

    fn session(
        &self,
        variables: &[(&str, &str)],
        profile: Option<&str>,
    ) -> Result<Credentials, String> {
        let home = self.path().to_str().unwrap();
        let mut all = vec![("HOME", home)];
        if !variables.iter().any(|(name, _)| name.starts_with("AWS_EC2_METADATA")) {
            all.push(("AWS_EC2_METADATA_DISABLED", "true"));
        }
        all.extend_from_slice(variables);
        let environment = all.into_iter().fold(Environment::default(), Environment::with);
        let options = SessionOptions {
            environment,
            profile: profile.map(str::to_owned),
            ..SessionOptions::default()
        };
        let session = Session::new(options).map_err(|error| error.to_string())?;
        let found = Chain { session: &session }.find().map_err(|error| error.to_string())?;
        require(found).map_err(|error| error.to_string())
    }
}

fn sts(n: &str) -> String {
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE{n}</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}

#[test]
fn the_environment_comes_before_the_files() {
    let home = Home::with(&[(
        ".aws/credentials",
        "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n[half]\naws_access_key_id=H\n",
    )]);
    let keys = [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    assert_eq!(home.find(&keys, None).unwrap(), "ENV");
    assert_eq!(home.find(&[], None).unwrap(), "FILE");
    // A profile that is named is meant.
    assert_eq!(home.find(&keys, Some("default")).unwrap(), "FILE");
    assert_eq!(
        home.find(&keys[..1], None).unwrap_err(),
        "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY"
    );
    assert_eq!(
        home.find(&[("AWS_PROFILE", "half")], None).unwrap_err(),
        "Partial credentials found in shared-credentials-file, missing: aws_secret_access_key"
    );
    assert_eq!(Home::with(&[]).find(&[], None).unwrap_err(), "Unable to locate credentials");
}

#[test]
fn roles_are_assumed_one_after_another() {
    let server = TestServer::new(|n, _| (200, sts(&n.to_string())));
    let home = Home::with(&[(
        ".aws/config",
        "[profile base]\naws_access_key_id=BASE\naws_secret_access_key=s\n\
         [profile one]\nrole_arn=arn:one\nsource_profile=base\nexternal_id=x y\nduration_seconds=900\n\
         [profile two]\nrole_arn=arn:two\nsource_profile=one\nrole_session_name=me\n\
         [profile env]\nrole_arn=arn:env\ncredential_source=Environment\n\
         [profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a\n\
         [profile lost]\nrole_arn=r\nsource_profile=nowhere\n",
    )]);
    let url = server.url();
    let at = ("AWS_ENDPOINT_URL_STS", url.as_str());
    assert_eq!(home.find(&[at], Some("two")).unwrap(), "ROLE1");
    let requests = server.requests();
    assert!(requests[0].contains("Credential=BASE/"));
    assert!(requests[0].contains("DurationSeconds=900&ExternalId=x%20y"));
    assert!(requests[1].contains("Credential=ROLE0/"));
    assert!(requests[1].contains("RoleSessionName=me"));
    let keys = [at, ("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    assert_eq!(home.find(&keys, Some("env")).unwrap(), "ROLE2");
    assert!(home.find(&[at], Some("a")).unwrap_err().starts_with("Infinite loop"));
    assert_eq!(
        home.find(&[at], Some("lost")).unwrap_err(),
        "The source profile \"nowhere\" referenced in the profile \"lost\" does not exist."
    );
}

#[test]
fn a_web_identity_needs_no_keys() {
    let server = TestServer::new(|_, _| (200, sts("")));
    let home = Home::with(&[
        ("token", "TOKEN\n"),
        (".aws/config", "[profile p]\nrole_arn=arn:p\nweb_identity_token_file=~/token\n"),
    ]);
    let url = server.url();
    let at = ("AWS_ENDPOINT_URL", url.as_str());
    assert_eq!(home.find(&[at], Some("p")).unwrap(), "ROLE");
    let file = home.path().join("token");
    let variables = [
        at,
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:env"),
        ("AWS_ROLE_SESSION_NAME", "pod"),
    ];
    assert_eq!(home.find(&variables, None).unwrap(), "ROLE");
    for request in server.requests() {
        assert!(request.contains("WebIdentityToken=TOKEN") && !request.contains("uthorization"));
    }
}

#[test]
fn a_program_may_print_credentials() {
    let home = Home::with(&[(
        ".aws/config",
        "[profile good]\ncredential_process=printf '{\"Version\": 1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"s\"}'\n\
         [profile old]\ncredential_process=echo '{\"Version\": 1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"s\", \"Expiration\": \"2001-01-01T00:00:00Z\"}'\n\
         [profile bad]\ncredential_process=sh -c 'echo oh >&2; exit 1'\n\
         [profile text]\ncredential_process=echo secret\n[profile v2]\ncredential_process=echo '{\"Version\": 2}'\n",
    )]);
    let path = std::env::var("PATH").unwrap();
    let find = |profile| home.find(&[("PATH", &path)], Some(profile));
    assert_eq!(find("good").unwrap(), "P");
    for (profile, reason) in [
        ("old", "the credentials have expired"),
        ("bad", "oh"),
        ("text", "echo did not print JSON"),
        ("v2", "Unsupported version '2' for credential process provider, supported versions: 1"),
    ] {
        assert_eq!(
            find(profile).unwrap_err(),
            format!("Error when retrieving credentials from custom-process: {reason}")
        );
    }
}

#[test]
fn a_sign_on_gives_a_role() {
    let server = TestServer::new(|_, request| {
        match request.split(' ').nth(1).unwrap() {
        "/token" => (200, r#"{"accessToken": "NEW", "expiresIn": 3600}"#.to_owned()),
        _ if !request.contains("NEW") => (401, "{}".to_owned()),
        _ => (
            200,
            r#"{"roleCredentials": {"accessKeyId": "SSO", "secretAccessKey": "s", "sessionToken": "t", "expiration": 4070908800000}}"#
                .to_owned(),
        ),
    }
    });
    let cache = format!(
        ".aws/sso/cache/{}.json",
        crate::sign::hex(&<sha1::Sha1 as sha1::Digest>::digest(b"corp"))
    );
    let token = r#"{"accessToken": "OLD", "expiresAt": "2001-01-01T00:00:00Z", "refreshToken": "R", "clientId": "c",
        "clientSecret": "s", "registrationExpiresAt": "2099-01-01T00:00:00Z"}"#;
    let config = "[sso-session corp]\nsso_region=eu-west-1\nsso_start_url=https://x\n\
        [profile p]\nsso_session=corp\nsso_account_id=1\nsso_role_name=admin\n";
    let home = Home::with(&[(".aws/config", config), (&cache, token)]);
    let url = server.url();
    let variables =
        [("AWS_ENDPOINT_URL_SSO", url.as_str()), ("AWS_ENDPOINT_URL_SSO_OIDC", url.as_str())];
    let found = home.session(&variables, Some("p")).unwrap();
    assert_eq!((found.access_key.as_str(), found.expires.is_some()), ("SSO", true));
    // The renewed token is kept.
    assert!(fs::read_to_string(home.path().join(&cache)).unwrap().contains("NEW"));
    home.session(&variables, Some("p")).unwrap();
    assert_eq!(server.requests().len(), 3);
    let none = Home::with(&[(".aws/config", config)]);
    assert!(none.find(&variables, Some("p")).unwrap_err().starts_with("Error loading SSO Token"));
}

#[test]
fn containers_and_instances_have_their_services() {
    let server = TestServer::new(|_, request| {
        let said = r#"{"AccessKeyId": "NEAR", "SecretAccessKey": "s", "Token": "t"}"#;
        match request.split(' ').nth(1).unwrap() {
            "/latest/api/token" => (200, "TOKEN".to_owned()),
            "/latest/meta-data/iam/security-credentials/" => (200, "role\n".to_owned()),
            _ => (200, said.to_owned()),
        }
    });
    let home = Home::with(&[("token", "AUTH\n")]);
    let url = server.url();
    let file = home.path().join("token");
    let container = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
    ];
    assert_eq!(home.find(&container, None).unwrap(), "NEAR");
    assert!(server.requests()[0].contains("AUTH\r\n"));
    let far = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/")];
    assert!(home.find(&far, None).unwrap_err().contains("Unsupported host 'example.com'"));
    let instance = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())];
    assert_eq!(home.find(&instance, None).unwrap(), "NEAR");
    let requests = server.requests();
    assert!(requests[1].starts_with("PUT "));
    assert!(requests[3].contains("security-credentials/role ") && requests[3].contains("TOKEN"));
}
