-- name: certificates-expiring
-- title: Certificates of services that end soon, or have ended
-- tags: posture, certificates
-- about: Files where web servers, mail and others keep theirs. What a process serves may be another one: it
--   reads its file at its start.
-- key: path, common_name
-- diff-ignore: days_left
-- param: days=30  how far ahead
select f.path, c.common_name, c.issuer, c.not_valid_after,
	(c.not_valid_after - (select unix_time from time)) / 86400 as days_left
from file f join certificates c on c.path = f.path
where (f.path like '/etc/ssl/private/%.pem' or f.path like '/etc/letsencrypt/live/%/cert.pem' or f.path like '/etc/pki/tls/certs/%.crt'
		or f.path like '/etc/nginx/%/%.crt' or f.path like '/etc/nginx/%/%.pem' or f.path like '/etc/apache2/%/%.crt'
		or f.path like '/etc/postfix/%.pem' or f.path like '/etc/dovecot/private/%.pem'
		or f.path like '/etc/kubernetes/pki/%.crt' or f.path like '/etc/haproxy/certs/%.pem')
	and c.not_valid_after < (select unix_time from time) + :days * 86400
