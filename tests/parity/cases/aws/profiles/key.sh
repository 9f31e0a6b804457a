echo '{"Version": 1, "AccessKeyId": "AKIAONE", "SecretAccessKey": "s"}'
