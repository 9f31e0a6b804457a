//! Who asks, and where the services of a region are.

use std::time::Duration;

use crate::{
    Client, Credentials, Environment, Error,
    credentials::{Chain, require},
    profile::{Profile, Profiles},
};

/// Regions that are asked when nobody may list them.
pub const KNOWN_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Ends of hosts' names in each partition, by the beginning of the region.
const SUFFIXES: &[(&str, &str)] = &[
    ("cn-", "amazonaws.com.cn"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("us-iso-", "c2s.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
];

/// What is said of who asks; the rest is found.
#[derive(Clone, Default)]
pub struct SessionOptions {
    pub environment: Environment,
    pub access_key: Option<String>,
    pub secret_key: Option<String>,
    pub session_token: Option<String>,
    pub profile: Option<String>,
    /// Address of all services.
    pub endpoint_url: Option<String>,
    pub region: Option<String>,
    /// File with the certificates that are trusted.
    pub ca_bundle: Option<String>,
}

impl SessionOptions {
    /// Returns what a plugin's options say, or else the environment; `option` looks one up by its names.
    ///
    /// An empty text says that there is nothing, whatever the environment has.
    pub fn of_plugin<E>(
        environment: Environment,
        option: impl Fn(&[&str]) -> Result<Option<String>, E>,
    ) -> Result<SessionOptions, E> {
        let text = |names: &[&str], variables: &[&str]| {
            let of_environment =
                || variables.iter().find_map(|name| environment.get(name)).map(str::to_owned);
            let found = option(names)?.or_else(of_environment);
            Ok(found.filter(|text| !text.is_empty()))
        };
        Ok(SessionOptions {
            access_key: text(
                &["access_key", "aws_access_key_id", "aws_access_key", "ec2_access_key"],
                &["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "EC2_ACCESS_KEY"],
            )?,
            secret_key: text(
                &["secret_key", "aws_secret_access_key", "aws_secret_key", "ec2_secret_key"],
                &["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "EC2_SECRET_KEY"],
            )?,
            session_token: text(
                &[
                    "session_token",
                    "aws_session_token",
                    "aws_security_token",
                    "security_token",
                    "access_token",
                ],
                &["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "EC2_SECURITY_TOKEN"],
            )?,
            profile: text(&["profile", "aws_profile"], &["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])?,
            endpoint_url: text(
                &["endpoint_url", "aws_endpoint_url", "endpoint"],
                &["AWS_URL", "EC2_URL"],
            )?,
            region: text(&["region", "aws_region", "ec2_region"], &["AWS_REGION", "EC2_REGION"])?,
            ca_bundle: text(&["aws_ca_bundle"], &[])?,
            environment,
        })
    }

    /// Returns what is wrong where the options say in two ways who asks.
    pub fn contradiction(&self) -> Option<&'static str> {
        let keys = [&self.access_key, &self.secret_key, &self.session_token];
        (self.profile.is_some() && keys.iter().any(|key| key.is_some()))
            .then_some("Passing both a profile and access tokens is not supported.")
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub struct Session {
    options: SessionOptions,
    profiles: Profiles,
    credentials: Option<Credentials>,
    pause: Duration,
}

impl Session {
    /// Reads the profiles; credentials are found when [`Session::login`] is called.
    pub fn new(options: SessionOptions) -> Result<Session, Error> {
        let profiles = Profiles::read(&options.environment)?;
        let session =
            Session { options, profiles, credentials: None, pause: Duration::from_millis(250) };
        let named = session.options.profile.as_deref();
        let name = named.or_else(|| session.options.environment.get("AWS_PROFILE"));
        match name {
            Some(name) if session.profiles.get(name).is_none() => {
                Err(Error::Credentials(format!("The config profile ({name}) could not be found")))
            }
            _ => Ok(session),
        }
    }

    fn profile_name(&self) -> &str {
        let environment = &self.options.environment;
        let of_environment =
            environment.get("AWS_PROFILE").or_else(|| environment.get("AWS_DEFAULT_PROFILE"));
        self.options.profile.as_deref().or(of_environment).unwrap_or("default")
    }

    fn profile(&self) -> Option<Profile<'_>> {
        self.profiles.get(self.profile_name())
    }

    /// Finds credentials: those that were given, or the first that the whole chain of places has.
    pub fn login(&mut self) -> Result<(), Error> {
        let options = &self.options;
        let given = (&options.access_key, &options.secret_key);
        self.credentials = Some(match given {
            (Some(access_key), Some(secret_key)) => Credentials {
                access_key: access_key.clone(),
                secret_key: secret_key.clone(),
                session_token: options.session_token.clone(),
                expires: None,
            },
            (Some(_), None) => return Err(partial("explicit", "aws_secret_access_key")),
            (None, Some(_)) => return Err(partial("explicit", "aws_access_key_id")),
            (None, None) => require(Chain { session: self }.find()?)?,
        });
        Ok(())
    }

    /// Returns the same session as somebody with another role.
    pub fn assume_role(&self, role: &str, session_name: &str) -> Result<Session, Error> {
        let request = crate::assume::Role {
            arn: role,
            session_name,
            external_id: None,
            duration: None,
            mfa: None,
        };
        let credentials = request.assume(&self.sts(self.credentials.clone()))?;
        Ok(Session { credentials: Some(credentials), ..self.clone() })
    }

    /// Returns the region that is meant where none is named.
    pub fn region(&self) -> Option<&str> {
        let environment = &self.options.environment;
        self.options
            .region
            .as_deref()
            .or_else(|| environment.get("AWS_REGION"))
            .or_else(|| environment.get("AWS_DEFAULT_REGION"))
            .or_else(|| self.profile()?.get("region"))
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.options.environment
    }

    pub(crate) fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// Returns the profile that was asked for by name, and not by the environment.
    pub(crate) fn named_profile(&self) -> Option<&str> {
        self.options.profile.as_deref()
    }

    pub(crate) fn current_profile(&self) -> &str {
        self.profile_name()
    }

    pub(crate) fn ca_bundle(&self) -> Option<&str> {
        let bundle = self.options.ca_bundle.as_deref();
        bundle
            .or_else(|| self.environment().get("AWS_CA_BUNDLE"))
            .or_else(|| self.profile()?.get("ca_bundle"))
    }

    /// Returns a service of a region.
    pub fn client(&self, service: &'static str, region: &str) -> Client {
        self.client_as(service, region, self.credentials.clone())
    }

    pub(crate) fn client_as(
        &self,
        service: &'static str,
        region: &str,
        credentials: Option<Credentials>,
    ) -> Client {
        let region = match (service, region) {
            // One service for a whole partition, signed for one of its regions.
            ("route53", region) if region.starts_with("cn-") => "cn-northwest-1",
            ("route53", region) if region.starts_with("us-gov-") => "us-gov-west-1",
            ("route53", _) => "us-east-1",
            (_, region) => region,
        };
        Client {
            service,
            region: region.to_owned(),
            endpoint: self.endpoint(service, region),
            credentials,
            environment: self.options.environment.clone(),
            ca_bundle: self.ca_bundle().map(str::to_owned),
            pause: self.pause,
        }
    }

    /// Returns the service that gives roles to who shows these credentials.
    pub(crate) fn sts(&self, credentials: Option<Credentials>) -> Client {
        self.client_as("sts", self.region().unwrap_or("us-east-1"), credentials)
    }

    fn endpoint(&self, service: &str, region: &str) -> String {
        let url = self.configured_endpoint(service).map_or_else(
            || {
                let suffix = SUFFIXES.iter().find(|(start, _)| region.starts_with(start));
                let suffix = suffix.map_or("amazonaws.com", |(_, suffix)| suffix);
                let is_on = |variable: &str, key: &str| {
                    self.environment().flag(variable)
                        || self.profile().and_then(|profile| profile.get(key)) == Some("true")
                };
                let fips =
                    if is_on("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") { "-fips" } else { "" };
                let dual = is_on("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
                match (service, dual && suffix == "amazonaws.com") {
                    ("route53", _) if region.starts_with("us-gov-") => {
                        format!("https://route53.us-gov.{suffix}")
                    }
                    ("route53", _) => format!("https://route53.{suffix}"),
                    (_, true) => format!("https://{service}{fips}.{region}.api.aws"),
                    (_, false) => format!("https://{service}{fips}.{region}.{suffix}"),
                }
            },
            str::to_owned,
        );
        url.trim_end_matches('/').to_owned()
    }

    /// Returns an address that options, environment or profile name, as AWS' own library looks for it.
    fn configured_endpoint(&self, service: &str) -> Option<&str> {
        let id = match service {
            "portal.sso" => "sso",
            "oidc" => "sso_oidc",
            "route53" => "route_53",
            other => other,
        };
        let environment = self.environment();
        let is_for_all = !matches!(id, "sso" | "sso_oidc");
        if let Some(url) = self.options.endpoint_url.as_deref().filter(|_| is_for_all) {
            return Some(url);
        }
        if environment.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        let own = environment.get(&format!("AWS_ENDPOINT_URL_{}", id.to_uppercase()));
        let of_profile = || {
            let services = self.profiles.services(self.profile()?.get("services")?)?;
            services.get(&format!("{id}.endpoint_url")).map(String::as_str)
        };
        own.or_else(|| environment.get("AWS_ENDPOINT_URL"))
            .or_else(of_profile)
            .or_else(|| self.profile()?.get("endpoint_url"))
    }
}

fn partial(place: &'static str, missing: &'static str) -> Error {
    Error::PartialCredentials { place, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(environment: Environment, service: &'static str, region: &str) -> String {
        let session =
            Session::new(SessionOptions { environment, ..SessionOptions::default() }).unwrap();
        session.client(service, region).endpoint
    }

    #[test]
    fn services_are_found_in_each_partition() {
        for (service, region, expected) in [
            ("ec2", "eu-west-1", "https://ec2.eu-west-1.amazonaws.com"),
            ("ec2", "cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn"),
            ("rds", "us-gov-west-1", "https://rds.us-gov-west-1.amazonaws.com"),
            ("ec2", "us-isob-east-1", "https://ec2.us-isob-east-1.sc2s.sgov.gov"),
            ("route53", "eu-west-1", "https://route53.amazonaws.com"),
        ] {
            assert_eq!(endpoint([("HOME", "/nowhere")].into(), service, region), expected);
        }
    }

    #[test]
    fn other_addresses_are_taken_from_the_environment() {
        let both: Environment = [
            ("HOME", "/nowhere"),
            ("AWS_ENDPOINT_URL", "http://all/"),
            ("AWS_ENDPOINT_URL_EC2", "http://ec2"),
        ]
        .into();
        assert_eq!(endpoint(both.clone(), "ec2", "x"), "http://ec2");
        assert_eq!(endpoint(both, "rds", "x"), "http://all");
        let fips: Environment = [("HOME", "/nowhere"), ("AWS_USE_FIPS_ENDPOINT", "true")].into();
        assert_eq!(endpoint(fips, "ec2", "us-east-1"), "https://ec2-fips.us-east-1.amazonaws.com");
    }

    #[test]
    fn a_profile_that_is_nowhere_is_an_error() {
        let environment = [("HOME", "/nowhere"), ("AWS_PROFILE", "gone")].into();
        let options = SessionOptions { environment, ..SessionOptions::default() };
        let error = Session::new(options).err().unwrap();
        assert_eq!(error.to_string(), "The config profile (gone) could not be found");
    }
}
