//! What goes wrong, in the words of AWS' own library, which scripts look for.

use std::fmt;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No place that may have credentials has some.
    NoCredentials,
    /// A place has only a part of them; the missing part is named.
    PartialCredentials {
        place: &'static str,
        missing: &'static str,
    },
    /// A place that should have credentials cannot give them.
    Credentials(String),
    /// The service refused.
    Service {
        code: String,
        message: String,
        operation: String,
        status: u16,
    },
    /// Nobody answered there.
    Unreachable {
        endpoint: String,
        reason: String,
    },
    /// What came is no answer.
    Answer(String),
    NoRegion,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoCredentials => f.write_str("Unable to locate credentials"),
            Error::PartialCredentials { place, missing } => {
                write!(f, "Partial credentials found in {place}, missing: {missing}")
            }
            Error::Credentials(message) | Error::Answer(message) => f.write_str(message),
            Error::Service { code, message, operation, .. } => write!(
                f,
                "An error occurred ({code}) when calling the {operation} operation: {message}"
            ),
            Error::Unreachable { endpoint, reason } => {
                write!(f, "Could not connect to the endpoint URL: \"{endpoint}\" ({reason})")
            }
            Error::NoRegion => f.write_str("You must specify a region."),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// Returns the code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Service { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Returns whether the same request may be answered a moment later because there were too many.
    pub fn is_throttling(&self) -> bool {
        const CODES: &[&str] = &[
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "InternalFailure",
            "InternalError",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "ServiceUnavailable",
            "SlowDown",
            "Throttling",
            "ThrottledException",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
            "Unavailable",
        ];
        match self {
            Error::Service { code, status, .. } => {
                CODES.contains(&code.as_str()) || *status == 429 || *status == 503
            }
            _ => false,
        }
    }

    /// Returns whether trying again may help, though nobody asked us to slow down.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Service { status, code, .. } => {
                matches!(status, 500 | 502 | 504) || code == "RequestTimeout"
            }
            Error::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// Returns whether a service answered that this user may not ask that.
    pub fn is_unauthorized(&self) -> bool {
        self.code() == Some("UnauthorizedOperation")
    }
}
