-- name: certificates-foreign
-- title: Certificate authorities that were added by hand
-- tags: posture, certificates
-- attack: T1553.004
-- about: Files in the places where administrators (and intercepting proxies, and intruders) put an authority of
--   their own, which every program then believes.
-- key: path, sha1
select f.path, c.common_name, c.issuer, c.self_signed, c.not_valid_before, c.not_valid_after, c.sha1
from file f join certificates c on c.path = f.path
where f.path like '/usr/local/share/ca-certificates/%.crt' or f.path like '/usr/local/share/ca-certificates/%/%.crt'
	or f.path like '/etc/pki/ca-trust/source/anchors/%' or f.path like '/etc/ca-certificates/trust-source/anchors/%'
