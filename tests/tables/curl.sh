#!/bin/bash
# The tables `curl`, `curl_certificate` and `prometheus_metrics`, asked of servers on loopback.
. "$(dirname "$0")/../lib.sh"
need python3 openssl

rows() {
	run "$AGENTD" query -o tsv "$@"
	out=$(tail -n +2 <<<"$out")
}
rows "select count(*) from curl where url = 'http://127.0.0.1:1/'"
! grep -q 'libcurl is not installed' <<<"$err" || all_skipped "no libcurl"

cat >"$T/extensions" <<'END'
subjectAltName = DNS:demo.example,DNS:other.example
issuerAltName = email:ca@issuer.example
basicConstraints = CA:TRUE
keyUsage = digitalSignature,keyCertSign
extendedKeyUsage = serverAuth,clientAuth
certificatePolicies = 1.2.3.4,1.2.3.5
authorityInfoAccess = OCSP;URI:http://ocsp.issuer.example
subjectInfoAccess = caRepository;URI:http://repository.demo.example
policyMappings = 1.2.3.4:1.2.3.6
nameConstraints = permitted;DNS:demo.example,excluded;DNS:evil.example
policyConstraints = requireExplicitPolicy:3
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/ca.key" -out "$T/ca" -days 3 -subj "/O=Their Org/OU=Their Unit/CN=issuer.example" 2>/dev/null &&
	openssl req -new -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/request" -subj "/O=Org/OU=Unit/CN=demo.example" 2>/dev/null &&
	openssl x509 -req -in "$T/request" -CA "$T/ca" -CAkey "$T/ca.key" -set_serial 0x1f2e -days 3 -extfile "$T/extensions" -out "$T/cert" 2>/dev/null ||
	all_skipped "openssl makes no certificate"
cat >"$T/server.py" <<'PY'
import http.server, ssl, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302); self.send_header("Location", "/agent"); self.end_headers(); return
        if self.path == "/file":
            self.send_response(302); self.send_header("Location", "file:///etc/passwd"); self.end_headers(); return
        self.send_response(404 if self.path == "/none" else 200)
        self.end_headers()
        if self.path == "/agent": self.wfile.write(("I am " + self.headers["User-Agent"]).encode())
        if self.path == "/metrics": self.wfile.write(b'# HELP x\n# TYPE x counter\nplain 1.5\nlabels{a="b c",d="\\" }"} 2 1700000000\n\nbad\nnan NaN\n')
        if self.path == "/endless":
            try:
                while True: self.wfile.write(b"x" * 100000)
            except OSError: pass
    def log_message(self, *a): pass
def serve(port, tls):
    s = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if tls:
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[4], sys.argv[3])
        s.socket = c.wrap_socket(s.socket, server_side=True)
    s.serve_forever()
threading.Thread(target=serve, args=(int(sys.argv[2]), True), daemon=True).start()
serve(int(sys.argv[1]), False)
PY
plain=$(free_port)
while tls=$(free_port) && [ "$tls" = "$plain" ]; do :; done
background python3 "$T/server.py" "$plain" "$tls" "$T/key" "$T/cert" 2>/dev/null
wait_for 20 port_open 127.0.0.1 "$plain" && wait_for 20 port_open 127.0.0.1 "$tls" || fail curl_server "does not start"
u=http://127.0.0.1:$plain

rows "select method, user_agent, response_code, bytes, result, round_trip_time > 0 from curl where url = '$u/moved'"
is curl "$out$err" "GET	tocsin	200	11	I am tocsin	1"
rows "select response_code, result from curl where url = '$u/agent' and user_agent = 'me' || char(10) || 'X: y'"
is curl_user_agent "$out" "200	I am meX: y"
rows "select response_code, bytes from curl where url = '$u/none'"
is curl_status "$out" "404	0"
rows "select url, response_code from curl where url in ('$u/file', 'file:///etc/passwd', 'gopher://x', '')"
is curl_only_http "$(cut -f2 <<<"$out" | tr -d '\n')" ""
has curl_only_http_says "$err" 'curl: file:///etc/passwd: '
rows "select response_code from curl where url = '$u/endless'"
is curl_endless "$status $out" "0 "
run "$AGENTD" query "select * from curl"
has curl_needs_an_address "$err" 'url'
rows "select response_code from curl where url = 'https://127.0.0.1:$tls/'"
is curl_distrusts "$out" ""

rows "select replace(metric_name, char(92), '/'), metric_value, timestamp_ms > 1700000000000 from prometheus_metrics where target_name = '$u/metrics'"
is prometheus_metrics "$out$err" "$(printf '%s\n' 'plain	1.5	1' 'labels{a="b c",d="/" }"}	2.0	1' 'nan		1')"
rows "select count(*) from prometheus_metrics"
is prometheus_metrics_of_nobody "$out" 0

rows "select common_name, organization, organization_unit, issuer_common_name, issuer_organization, issuer_organization_unit, version, has_expired, signature_algorithm, subject_alternative_names, basic_constraint,
	pem from curl_certificate where hostname = '127.0.0.1:$tls'"
is curl_certificate "$out$err" "demo.example	Org	Unit	issuer.example	Their Org	Their Unit	3	0	RSA-SHA256	DNS:demo.example, DNS:other.example	CA:TRUE	"
fingerprint() { openssl x509 -in "$T/cert" -noout -fingerprint "-$1" | sed 's/.*=//; s/://g' | tr A-F a-f; }
rows "select sha256_fingerprint, sha1_fingerprint, serial_number, valid_to from curl_certificate where hostname = '127.0.0.1:$tls'"
is curl_certificate_facts "$out" "$(fingerprint sha256)	$(fingerprint sha1)	$(openssl x509 -in "$T/cert" -noout -serial | sed 's/.*=//')	$(openssl x509 -in "$T/cert" -noout -enddate | sed 's/.*=//')"
"$AGENTD" query -o json "select pem from curl_certificate where hostname = '127.0.0.1:$tls' and dump_certificate = 1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["pem"].strip())' >"$T/got" 2>/dev/null
is curl_certificate_pem "$(openssl x509 -in "$T/got" -noout -serial 2>&1)" "$(openssl x509 -in "$T/cert" -noout -serial)"
rows "select valid_from, timeout from curl_certificate where hostname = '127.0.0.1:$tls' and timeout = 60"
is curl_certificate_validity "$out" "$(openssl x509 -in "$T/cert" -noout -startdate | sed 's/.*=//')	60"
# What openssl prints of each, its lines as one.
ext() { openssl x509 -in "$T/cert" -noout -ext "$1" | sed 1d | sed 's/ *$//' | paste -sd';'; }
while read -r column name; do
	rows "select $column from curl_certificate where hostname = '127.0.0.1:$tls'"
	is "curl_certificate_$column" "$(tr -d ' ' <<<"$out")" "$(ext "$name" | tr -d ' ')"
done <<'END'
subject_key_identifier subjectKeyIdentifier
authority_key_identifier authorityKeyIdentifier
key_usage keyUsage
extended_key_usage extendedKeyUsage
policies certificatePolicies
issuer_alternative_names issuerAltName
info_access authorityInfoAccess
subject_info_access subjectInfoAccess
policy_mappings policyMappings
name_constraints nameConstraints
policy_constraints policyConstraints
END
rows "select signature from curl_certificate where hostname = '127.0.0.1:$tls'"
is curl_certificate_signature "$(tr -dc 0-9a-f <<<"${out,,}")" \
	"$(openssl x509 -in "$T/cert" -noout -text -certopt no_header,no_version,no_serial,no_signame,no_validity,no_subject,no_issuer,no_pubkey,no_extensions | sed 1,2d | tr -dc 0-9a-f)"
rows "select count(*) from curl_certificate where hostname in ('127.0.0.1:$plain', '127.0.0.1:1', 'a/b', '')"
is curl_certificate_none "$out" 0
