//! Names as inventories have them: `PrivateIpAddress` is `private_ip_address`.

/// Returns a name in small letters with underscores between its words.
///
/// A word begins at a capital after a small letter or a digit, and at a capital before a small letter, so abbreviations
/// stay together. The plural of an abbreviation at the end of a name is one word: `TargetGroupARNs`.
pub fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let plural = plural_start(&chars);
    let mut out = String::with_capacity(name.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let starts_word = match plural {
            Some(start) if at >= start => at == start,
            _ => {
                let after = chars.get(at + 1);
                c.is_ascii_uppercase()
                    && (before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                        || after.is_some_and(char::is_ascii_lowercase))
            }
        };
        if starts_word && before.is_some() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Returns where an abbreviation of three capitals or more with an `s` after it begins, when a name ends with it.
fn plural_start(chars: &[char]) -> Option<usize> {
    let (last, rest) = chars.split_last()?;
    let n_capitals = rest.iter().rev().take_while(|c| c.is_ascii_uppercase()).count();
    (*last == 's' && n_capitals >= 3).then(|| rest.len() - n_capitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parted_where_words_begin() {
        for (name, expected) in [
            ("PrivateIpAddress", "private_ip_address"),
            ("DBInstanceArn", "db_instance_arn"),
            ("EnableResourceNameDnsAAAARecord", "enable_resource_name_dns_aaaa_record"),
            ("Ipv6CidrBlock", "ipv6_cidr_block"),
            ("MinRequiredACU", "min_required_acu"),
            ("MultiAZ", "multi_az"),
            ("S3Bucket", "s3_bucket"),
            ("TargetGroupARNs", "target_group_arns"),
            ("InstanceIDs", "instance_i_ds"),
            ("DBs", "d_bs"),
            ("IAMRoleARNsX", "iam_role_ar_ns_x"),
            ("vCPUs", "v_cpus"),
            ("HTTPs", "https"),
            ("dBInstanceARNs", "d_b_instance_arns"),
            ("", ""),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }
}
