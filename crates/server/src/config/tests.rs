//! What settings are taken, refused and shown.

use super::*;

fn sources(variables: &[(&str, &str)], file: Option<&str>) -> Result<Sources, ConfigError> {
    let variables = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Sources::from_parts(
        variables,
        file.map(|text| (Path::new("seonmul.toml"), text)),
    )
}

fn config(variables: &[(&str, &str)], file: Option<&str>) -> Result<Config, ConfigError> {
    Config::from_sources(&sources(variables, file)?)
}

#[test]
fn nothing_set_is_the_embedded_server() {
    let config = config(&[], None).unwrap();
    assert_eq!(
        config.database_url.expose(),
        "sqlite:./seonmul-data/seonmul.db"
    );
    assert_eq!(config.listen.port(), 8080);
    assert_eq!(config.rate_limit_per_minute, 120);
    assert!(config.admin_token.is_none() && config.redis_url.is_none());
}

#[test]
fn the_environment_wins_over_the_file() {
    let file =
        "listen = \"127.0.0.1:9000\"\nrate_limit_per_minute = 5\nadmin_token = \"from-file\"";
    let config = config(
        &[
            ("SEONMUL_RATE_LIMIT_PER_MINUTE", "7"),
            ("SEONMUL_ADMIN_TOKEN", ""),
        ],
        Some(file),
    )
    .unwrap();
    assert_eq!(
        (config.listen.port(), config.rate_limit_per_minute),
        (9000, 7)
    );
    assert!(config.admin_token.unwrap().matches("from-file"));
}

#[test]
fn wrong_values_name_the_setting_the_value_and_what_is_expected() {
    for (variable, value) in [
        ("SEONMUL_DATABASE_URL", "postgres://x"),
        ("SEONMUL_REDIS_URL", "localhost:6379"),
        ("SEONMUL_OBJECT_STORE_URL", "ftp://x/y"),
        ("SEONMUL_LISTEN", "8080"),
        ("SEONMUL_PUBLIC_URL", "example.com"),
        ("SEONMUL_RATE_LIMIT_PER_MINUTE", "-1"),
        ("SEONMUL_SNAPSHOT_POLL_SECONDS", "0"),
        ("SEONMUL_LOG_FORMAT", "xml"),
    ] {
        let message = config(&[(variable, value)], None).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{variable} is '{value}': expected ")),
            "{message}"
        );
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let message = config(&[], Some("# ours\nlisten = \":80\"\nlissten = \":81\""))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("seonmul.toml:3: unknown setting 'lissten'"),
        "{message}"
    );
    let message = config(&[], Some("log_format = true"))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("seonmul.toml:1: log_format is "),
        "{message}"
    );
    assert!(
        config(&[], Some("listen = "))
            .unwrap_err()
            .to_string()
            .contains("not valid TOML")
    );
}

#[test]
fn secrets_stay_hidden() {
    let set = [
        ("SEONMUL_ADMIN_TOKEN", "geheim1"),
        (
            "SEONMUL_DATABASE_URL",
            "mysql://app:ge/h@eim2@db/seonmul?ssl=geheim3",
        ),
        ("SEONMUL_REDIS_URL", "redis://:geheim4@cache:6379"),
        ("SEONMUL_LLM_API_KEY", "geheim5"),
        ("SEONMUL_LISTN", ":1"),
    ];
    let sources = sources(&set, None).unwrap();
    let config = Config::from_sources(&sources).unwrap();
    let everything = format!(
        "{config:?} {:?} {}",
        sources.shown(),
        config.database_shown()
    );
    assert!(
        !everything.contains("eheim") && !everything.contains("eim2"),
        "{everything}"
    );
    assert!(everything.contains("mysql://app:***@db/seonmul?***"));
    assert_eq!(sources.unknown_variables(), ["SEONMUL_LISTN"]);
    let message = Config::from_sources(
        &Sources::from_parts(
            [(
                "SEONMUL_REDIS_URL".to_owned(),
                "http://u:geheim@h".to_owned(),
            )],
            None,
        )
        .unwrap(),
    );
    assert!(!message.unwrap_err().to_string().contains("geheim"));
}

#[test]
fn the_object_store_is_a_folder_or_a_bucket() {
    let store = |url| config(&[("SEONMUL_OBJECT_STORE_URL", url)], None).map(|c| c.object_store);
    let folder = |url| match store(url).unwrap() {
        ObjectStoreConfig::Folder(folder) => folder,
        other => panic!("{other:?}"),
    };
    assert_eq!(folder("file:///srv/objects"), Path::new("/srv/objects"));
    assert_eq!(folder("objects"), Path::new("objects"));
    assert!(store("file://host/x").is_err() && store("s3://").is_err());
    match store("s3://gifts/shop/a/").unwrap() {
        ObjectStoreConfig::S3 { bucket, prefix, .. } => {
            assert_eq!((bucket.as_str(), prefix.as_str()), ("gifts", "shop/a"));
        }
        other => panic!("{other:?}"),
    }
}
