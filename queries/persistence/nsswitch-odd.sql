-- name: nsswitch-odd
-- title: Name services that are not the usual ones
-- tags: persistence, account, credentials
-- attack: T1556
-- about: Each word of nsswitch.conf is a library, libnss_WORD.so, that is loaded into every program that looks
--   up users or hosts. The distributions', SSSD's, LDAP's, Winbind's and the clouds' are known.
-- key: line
select path, line_number, trim(line) as line
from file_lines
where path = '/etc/nsswitch.conf' and line not like '#%'
	and regex_match(regex_match(line, '^[^#]*', 0),
		':.*\b(?!(files|compat|db|dns|nis|nisplus|nis_plus|hesiod|systemd|resolve|myhostname|mymachines|mdns[46]?(_minimal)?|sss|ldap|winbind|wins|altfiles|extrausers|libvirt(_guest)?|google(_hostname|_oslogin|-compute-engine-oslogin)?|cache_oslogin|oslogin|aad|himmelblau|docker|gw_name|switch_cached|ato|NOTFOUND|SUCCESS|UNAVAIL|TRYAGAIN|return|continue|merge|[0-9]+)\b)[A-Za-z_][A-Za-z0-9_-]*', 0) is not null
