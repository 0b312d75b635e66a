#!/usr/bin/env bash
# The one test command: installs what is missing, starts private servers on free ports, checks, runs every test, stops everything.
# Usage: ./test.sh [filter for cargo nextest]      SEONMUL_TEST_FUZZ=long ./test.sh fuzzes the API for longer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf '\n==> %s\n' "$*"; }

# ---- What the tests need ----
missing=()
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing+=("$2"); }
need cc gcc
need mariadbd mariadb-server
need redis-server redis-server
need chromium chromium
need chromedriver chromium-driver
need python3 python3
need pkill procps
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
if command -v fc-list >/dev/null 2>&1 && fc-list :lang=ko | grep -q .; then :; else missing+=(fontconfig fonts-noto-cjk); fi
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(libfaketime)
need openssl openssl
need prlimit util-linux
if [ "${#missing[@]}" -gt 0 ]; then
  say "installing ${missing[*]}"
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
PATH=$PATH:/usr/sbin
cargo nextest --version >/dev/null 2>&1 || { say "installing cargo-nextest"; cargo install --locked cargo-nextest; }
target=${CARGO_TARGET_DIR:-target}
venv=$target/schemathesis
if [ ! -x "$venv/bin/schemathesis" ]; then
  say "installing schemathesis"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'schemathesis==4.*'
fi
# What tests meet in the place of the world: another reader of Parquet, an S3, a mail server.
python=$target/python
if [ ! -x "$python/bin/moto_server" ]; then
  say "installing duckdb, moto and aiosmtpd"
  python3 -m venv "$python"
  "$python/bin/pip" install --quiet --disable-pip-version-check 'duckdb==1.*' 'moto[server,s3]==5.*' 'aiosmtpd==1.*'
fi
SEONMUL_TEST_PYTHON=$(realpath "$python/bin")/python
export SEONMUL_TEST_PYTHON

# ---- Private servers ----
work=$(mktemp -d)
export TMPDIR=$work
pids=()
cleanup() {
  status=$?
  trap - EXIT
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pkill -KILL -f "$work" 2>/dev/null || true
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { # name, log, command...
  local name=$1 log=$2; shift 2
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  echo "$name did not start:" >&2; tail -n 20 "$log" >&2; exit 1
}

say "starting MariaDB and Redis"
user=(); [ "$(id -u)" = 0 ] && { user=(--user=mysql); chmod 1777 "$work"; }
mkdir "$work/mysql"; [ "$(id -u)" = 0 ] && chown mysql "$work/mysql"
mariadb-install-db --no-defaults "${user[@]}" --datadir="$work/mysql" --auth-root-authentication-method=normal \
  --skip-test-db >"$work/mysql-install.log" 2>&1 || { cat "$work/mysql-install.log" >&2; exit 1; }
mysql_port=$(free_port)
mariadbd --no-defaults "${user[@]}" --datadir="$work/mysql" --bind-address=127.0.0.1 --port="$mysql_port" \
  --socket="$work/mysql/socket" --pid-file="$work/mysql/pid" --max-connections=1000 >"$work/mysql.log" 2>&1 &
pids+=($!)
redis_port=$(free_port)
redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no --dir "$work" >"$work/redis.log" 2>&1 &
pids+=($!)
wait_for MariaDB "$work/mysql.log" mariadb-admin --no-defaults --protocol=tcp -h127.0.0.1 -P"$mysql_port" -uroot ping
wait_for Redis "$work/redis.log" redis-cli -p "$redis_port" ping
export SEONMUL_TEST_MYSQL_URL=mysql://root@127.0.0.1:$mysql_port
export SEONMUL_TEST_REDIS_URL=redis://127.0.0.1:$redis_port
export SEONMUL_TEST_CHROMIUM=$(command -v chromium) SEONMUL_TEST_CHROMEDRIVER=$(command -v chromedriver)

# ---- Checks ----
say "formatting and lints"
cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings

say "the API document, and a fuzz of the API made from it"
# The tests' own build, so that nothing is compiled twice.
cargo nextest run --locked --workspace --no-run
http_port=$(free_port)
SEONMUL_DATABASE_URL=sqlite:$work/fuzz/seonmul.db SEONMUL_OBJECT_STORE_URL=$work/fuzz/objects SEONMUL_LISTEN=127.0.0.1:$http_port \
  SEONMUL_ADMIN_TOKEN=fuzz-admin-token SEONMUL_RATE_LIMIT_PER_MINUTE=0 SEONMUL_LOG=warn \
  "$target/debug/seonmul" serve >"$work/fuzz.log" 2>&1 &
pids+=($!)
wait_for seonmul "$work/fuzz.log" python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$http_port/readyz')"
guest=$(python3 -c "
import json, urllib.request as u
print(json.load(u.urlopen(u.Request('http://127.0.0.1:$http_port/api/v1/guests', method='POST')))['guest_id'])")
# Left out: erasing the guest that asks, and the relay, whose 503 without a model is the contract's own.
examples=20; [ "${SEONMUL_TEST_FUZZ:-}" = long ] && examples=200
"$venv/bin/schemathesis" run "http://127.0.0.1:$http_port/api/v1/openapi.json" \
  --header "X-Guest-Id: $guest" --header "Authorization: Bearer fuzz-admin-token" --seed 20261123 --max-examples "$examples" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --exclude-path-regex '(/guests/me|/llm/chat/completions)$' --generation-database none --no-color || { tail -n 40 "$work/fuzz.log" >&2; exit 1; }

# ---- Tests, their summary last ----
say "tests"
cargo nextest run --locked --workspace --no-fail-fast "$@"
