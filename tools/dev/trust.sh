# shellcheck shell=bash
# The root file system trusts the certificate authorities that the machine around it trusts, and uses its proxies and
# registries: people behind a TLS-inspecting proxy or with a mirror of their own need no second configuration.

HOST_CA=$CACHE/host-ca.pem           # every authority the host knows, in one file
CA_VARIABLES=(SSL_CERT_FILE NODE_EXTRA_CA_CERTS CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO AWS_CA_BUNDLE)

ca_sources() {
    local file name
    for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
        [ ! -r "$file" ] || { printf '%s\n' "$file"; break; }
    done
    for name in "${CA_VARIABLES[@]}"; do
        file=${!name:-}
        [ -z "$file" ] || [ ! -r "$file" ] || printf '%s\n' "$file"
    done
}

# Host side: gathers the authorities into HOST_CA when a source is new or changed. Sources are only ever added, so two
# terminals with different settings do not undo one another.
gather_trust() {
    local known='' file changed=''
    [ ! -r "$HOST_CA.sources" ] || known=$(<"$HOST_CA.sources")
    [ -e "$HOST_CA" ] || changed=yes
    while IFS= read -r file; do
        if ! grep -qxF "$file" <<<"$known"; then known+=${known:+$'\n'}$file; changed=yes; fi
        [ ! "$file" -nt "$HOST_CA" ] || changed=yes
    done < <(ca_sources)
    [ -n "$changed" ] || return 0
    printf '%s\n' "$known" >"$HOST_CA.sources"
    while IFS= read -r file; do [ ! -r "$file" ] || cat "$file"; echo; done <<<"$known" >"$HOST_CA.new"
    mv "$HOST_CA.new" "$HOST_CA"
}

# trust_current TREE: does the root file system know today's HOST_CA?
trust_current() { [ -e "$1$STATE/trust" ] && [ ! "$HOST_CA" -nt "$1$STATE/trust" ]; }

# Inside the root file system, as its root: adds the authorities that Debian's own bundle lacks.
install_trust() {
    local dir=/usr/local/share/ca-certificates/host
    say "trusting the certificate authorities that this machine trusts"
    mkdir -p "$STATE" "$LOG"
    rm -rf "$dir"
    mkdir -p "$dir"
    find /usr/share/ca-certificates -name '*.crt' -exec cat {} + | awk -v dir="$dir" '
        /-----BEGIN CERTIFICATE-----/ { inside = 1; body = ""; text = "" }
        inside { text = text $0 "\n"; if ($0 !~ /-----/) { gsub(/[ \r]/, ""); body = body $0 } }
        /-----END CERTIFICATE-----/ {
            inside = 0
            if (!seen[body]++ && host) { file = sprintf("%s/%03d.crt", dir, ++n); printf "%s", text > file; close(file) }
        }' - host=1 "$HOST_CA"
    update-ca-certificates >>"$LOG/setup.log" 2>&1 || die "update-ca-certificates failed" "whole log: $LOG/setup.log"
    touch -r "$HOST_CA" "$STATE/trust"
}

# Host side: settings of apt and npm that lie outside of the home directory, kept beside the authorities.
gather_registries() {
    local file
    mkdir -p "$CACHE/host"
    { apt-config dump 2>/dev/null || true; } | grep -E '^Acquire::(http|https)::[Pp]roxy' >"$CACHE/host/apt.conf" || true
    : >"$CACHE/host/npmrc"
    for file in /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc; do
        [ ! -r "$file" ] || grep -E '^(@[^:]+:)?(registry|proxy|https-proxy|noproxy|strict-ssl)[[:space:]]*=|^//' "$file" >>"$CACHE/host/npmrc" || true
    done
    if [ -r /etc/pip.conf ]; then cp /etc/pip.conf "$CACHE/host/pip.conf"; else : >"$CACHE/host/pip.conf"; fi
}

# Inside: puts them where apt, npm 11 and pip look.
install_registries() {
    mkdir -p /usr/local/etc
    cp "$CACHE/host/apt.conf" /etc/apt/apt.conf.d/80host-proxy
    cp "$CACHE/host/npmrc" /usr/local/etc/npmrc
    cp "$CACHE/host/npmrc" /etc/npmrc
    cp "$CACHE/host/pip.conf" /etc/pip.conf
}

# Inside: variables that name the host's bundle name this file system's instead, which holds the same authorities.
use_trust() {
    local name
    for name in "${CA_VARIABLES[@]}"; do
        [ -z "${!name:-}" ] || export "$name=/etc/ssl/certs/ca-certificates.crt"
    done
    trust_for_node
    [ -z "${SSL_CERT_DIR:-}" ] || export SSL_CERT_DIR=/etc/ssl/certs
}

# Node alone brings authorities of its own instead of reading the system's.
trust_for_node() { export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}; }
